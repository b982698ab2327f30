"""What a cassette is recording: streams that still run, the order of requests, how much is kept."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from llmvcr.bridge.serving import whole
from llmvcr.bridge.translate import Pair
from llmvcr.bridge.unpacking import unpacked
from llmvcr.formats.extra import cut
from llmvcr.interaction import Interaction, Request, Response

__all__ = ["Keep", "Recording", "heard", "now"]

Keep = Literal["bytes", "boundaries", "times"]
"""How much is kept of a stream: its bytes; the boundaries of its chunks, too; or the time of each, too."""


class Recording:
    """The tickets of a cassette: answers that overlap end in any order, the file keeps the order of requests.

    Not safe by itself to use from several threads: the cassette's lock is.
    """

    def __init__(self) -> None:
        """Start with nothing recorded."""
        self._open: dict[int, Callable[[], None]] = {}  # by ticket: ends the recording of a stream that still runs
        self.places: list[int] = []
        """The ticket of each interaction of the cassette."""
        self._next = itertools.count()
        self.over = False
        """Whether the cassette is closed: what a call that was under way then gets is not recorded any more."""

    def ticket(self) -> int:
        """Draw the place of the next request."""
        return next(self._next)

    def opener(self, ticket: int) -> Callable[[Callable[[], None]], None]:
        """Return what takes in the way to end a stream, should the cassette close first."""
        return partial(self._open.__setitem__, ticket)

    def done(self, ticket: int) -> None:
        """Say that a stream has ended by itself."""
        self._open.pop(ticket, None)

    def placed(self, ticket: int) -> None:
        """Say that the cassette took in the interaction of this ticket as its next."""
        self.places.append(ticket)

    def end_all(self, stack: contextlib.ExitStack) -> None:
        """Have the streams that nobody read to their end, nor closed, recorded as far as they were heard."""
        for end in tuple(self._open.values()):
            stack.callback(end)

    def in_order(self, data: Sequence[Pair], pairs: Iterable[Pair], rank: Callable[[int], Any]) -> list[Pair]:
        """Sort `pairs`, which stand in `data`, by the order of their requests, or as `rank` has it for a ticket."""
        place = {id(response): ticket for (_, response), ticket in zip(data, self.places, strict=True)}
        return sorted(pairs, key=lambda pair: rank(place[id(pair[1])]))

    def __len__(self) -> int:
        """Count the interactions that were taken in."""
        return len(self.places)


def heard(request: Request, response: Response, *, keep: Keep, unpack: bool) -> Interaction:
    """Make the interaction of what a tap has heard, with as much of it as is to be kept."""
    response = whole(response)
    notes: dict[str, Any] = {}
    # An LLM's answer is there to be read; other traffic stays as vcrpy records it.
    if unpack and _is_llm(request):
        response, encoding = unpacked(response)
        notes = {"encoding": encoding} if encoding else {}
    if keep != "times":
        response = replace(response, times=())
    if keep == "bytes":
        response = replace(response, chunks=cut(response.body, None))
    return Interaction(request, response, recorded_at=now(), notes=notes)


def _is_llm(request: Request) -> bool:
    from llmvcr.canonical import canonical  # noqa: PLC0415 - every provider comes with it

    return bool(canonical(request).provider)


def now() -> str:
    """Give the time as files have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
