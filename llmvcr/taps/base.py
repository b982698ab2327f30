"""What a tap is: the one place where a client library is touched, and what it asks of a cassette."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from llmvcr.interaction import Request, Response

if TYPE_CHECKING:
    from llmvcr.sockets import Event, Mismatch, Player

__all__ = ["Call", "Dial", "Patch", "Recorder", "Tap"]

Patch = tuple[Any, str, Any]
"""(object, name of the attribute, the function that stands there while a cassette is open).

None in the place of the function: nothing is patched there, but what stands there decides what the patches are.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """What the cassette said to a request: an `answer` to replay, or a way to `record` the real one.

    All are None for traffic that the cassette is told to leave alone. `record` is called once, when the real
    answer has passed or has come to a bad end (`Response.ended`). While it passes, `opened` was given a function
    that has it recorded as far as it was heard: the cassette may close first. `spool` opens a file for an answer that
    is too large to hold.
    """

    answer: Response | None = None
    record: Callable[[Response], None] | None = None
    opened: Callable[[Callable[[], None]], None] | None = None
    spool: Callable[[], BinaryIO] | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """What the cassette said to the handshake of a WebSocket: an `answer` to replay, or a way to `record` the real one.

    An answer of status 101 comes with the `player` of the connection; what it gives is due `pace` times as late as it
    was recorded, and what it raises is raised as `missing` says. Any other answer refuses the handshake. `record` is
    called once, with the request as it was sent, the answer to it, and what crossed the connection until it ended.
    All are None for a connection that the cassette is told to leave alone; `opened` is that of a Call.
    """

    answer: Response | None = None
    player: Player | None = None
    pace: float = 0.0
    missing: Callable[[Mismatch], BaseException] | None = None
    record: Callable[[Request, Response, tuple[Event, ...]], None] | None = None
    opened: Callable[[Callable[[], None]], None] | None = None


class Recorder(Protocol):
    """What a tap asks of the cassette that is open."""

    def call(self, request: Request) -> Call:
        """Say what to do with a request; raises the miss when it is neither recorded nor may be."""
        ...

    def dial(self, request: Request) -> Dial:
        """Say what to do with the handshake of a WebSocket; raises the miss as `call` does."""
        ...


class Tap(Protocol):
    """One client library; a module-level frozen instance of it stands in the shelf `llmvcr.taps.TAPS`."""

    @property
    def name(self) -> str:
        """The name of the library."""
        ...

    @property
    def replaces(self) -> tuple[str, ...]:
        """The names of vcrpy's own patchers that the tap takes the place of."""
        ...

    @property
    def awaits(self) -> tuple[str, ...]:
        """The modules of the library that make connections: the patches wait until one of them is imported.

        None for patches that need not wait.
        """
        ...

    @property
    def is_steady(self) -> bool:
        """Whether the library's own classes alone are patched: the places are the same each time."""
        ...

    def patches(self, recorder: Recorder) -> Iterable[Patch]:
        """Give the patches that make the library ask `recorder`."""
        ...
