"""The pace of a replay: each piece when it is due, never before, and no longer than the client waits."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from llmvcr.interaction import Response
from llmvcr.taps.pacing import Pace, TooSlow

ANSWER = Response(200, chunks=(b"a", b"b"), times=(100.0, 250.0, 300.0))


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)
        monkeypatch.setattr(asyncio, "sleep", self.sleep_async)

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.slept.append(round(seconds, 6))
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        """Move on."""
        self.sleep(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock of the test's own."""
    return Clock(monkeypatch)


def _wait(pace: Pace, piece: int, limit: float | None = None, *, asynchronous: bool) -> None:
    if not asynchronous:
        pace.wait(piece, limit)
        return
    coroutine: Any = pace.wait_async(piece, limit)
    with pytest.raises(StopIteration):
        coroutine.send(None)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_each_piece_is_due_by_the_clock(clock: Clock, *, asynchronous: bool) -> None:
    """What the application does between two pieces does not put off the next."""
    pace = Pace(ANSWER)
    for piece, works in enumerate((0.0, 0.1, 0.2)):
        _wait(pace, piece, asynchronous=asynchronous)
        clock.now += works
    assert clock.slept == [0.1, 0.15]


def test_without_times_nothing_waits(clock: Clock) -> None:
    """An answer without times comes at once."""
    pace = Pace(Response(200, chunks=(b"a",)))
    pace.wait(0)
    pace.wait(1)
    assert clock.slept == []


def test_a_limit_that_is_shorter(clock: Clock) -> None:
    """A client that waits less than the answer takes has waited that long, and is told."""
    pace = Pace(ANSWER)
    pace.wait(0, 0.2)
    with pytest.raises(TooSlow):
        pace.wait(1, 0.05)
    assert clock.slept == [0.1, 0.05]


def test_an_answer_that_never_came(clock: Clock) -> None:
    """Where the client gave up, the replay waits for it to do so again, but not for ever."""
    answer = Response(599, times=(400.0,))
    for limit in (None, 1.0):
        coroutine = Pace(answer).never(limit)
        with pytest.raises(TooSlow):
            coroutine.send(None)
    assert clock.slept == [5.8, 1.0]
