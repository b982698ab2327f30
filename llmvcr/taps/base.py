"""What a tap is: the one place where a client library is touched, and what it asks of a cassette."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from llmvcr.interaction import Request, Response

__all__ = ["Call", "Patch", "Recorder", "Tap"]

Patch = tuple[Any, str, Any]
"""(object, name of the attribute, the function that stands there while a cassette is open)."""


@dataclass(frozen=True, slots=True)
class Call:
    """What the cassette said to a request: an `answer` to replay, or a way to `record` the real one.

    All are None for traffic that the cassette is told to leave alone. `record` is called once, when the real
    answer has passed or has come to a bad end (`Response.ended`). While it passes, `opened` was given a function
    that has it recorded as far as it was heard: the cassette may close first.
    """

    answer: Response | None = None
    record: Callable[[Response], None] | None = None
    opened: Callable[[Callable[[], None]], None] | None = None


class Recorder(Protocol):
    """What a tap asks of the cassette that is open."""

    def call(self, request: Request) -> Call:
        """Say what to do with a request; raises the miss when it is neither recorded nor may be."""
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

    def patches(self, recorder: Recorder) -> Iterable[Patch]:
        """Give the patches that make the library ask `recorder`; none where the library is not installed."""
        ...
