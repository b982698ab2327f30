"""When the pieces of a recorded answer are due, where it is replayed at the pace of its recording."""

from __future__ import annotations

import asyncio
import sys
import time

from llmvcr.interaction import Response

__all__ = ["Pace", "TooSlow"]

_GRACE = 5.0  # seconds


class TooSlow(Exception):  # noqa: N818 - a signal between a pace and its tap, which makes it the library's own timeout
    """The next piece is due later than the client is willing to wait; it has waited that long."""


class Pace:
    """The clock of one replay, started when the request is asked; without times nothing ever waits.

    Piece 0 is the head of the answer, piece n its n-th chunk. `limit` is the client's own read timeout in seconds.
    """

    __slots__ = ("_asked", "_times")

    def __init__(self, answer: Response) -> None:
        """Start the clock."""
        self._times = answer.times
        self._asked = time.monotonic()

    def wait(self, piece: int, limit: float | None = None) -> None:
        """Sleep until a piece is due; raises TooSlow after `limit` seconds."""
        left = self._left(piece)
        if left > 0:
            time.sleep(left if limit is None else min(left, limit))
            _check(left, limit)

    async def wait_async(self, piece: int, limit: float | None = None) -> None:
        """Sleep as `wait` does, without holding up the event loop (asyncio's or trio's)."""
        left = self._left(piece)
        if left > 0:
            await _sleep(left if limit is None else min(left, limit))
            _check(left, limit)

    async def never(self, limit: float | None = None) -> None:
        """Wait for the client to give up, as it did when this was recorded; TooSlow when it is in no hurry now."""
        patience = 2 * (self._times[-1] / 1000 if self._times else 0.0) + _GRACE
        await _sleep(patience if limit is None else min(patience, limit))
        raise TooSlow

    def _left(self, piece: int) -> float:
        if piece >= len(self._times):
            return 0.0
        return self._times[piece] / 1000 - (time.monotonic() - self._asked)


async def _sleep(seconds: float) -> None:
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        await trio.sleep(seconds)
    else:
        await asyncio.sleep(seconds)


def _check(left: float, limit: float | None) -> None:
    if limit is not None and left > limit:
        raise TooSlow
