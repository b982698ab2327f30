"""The way through the walls for a call that was heard, and that its cassette lets reach the network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["is_passing", "passing"]

_PASSING: ContextVar[bool] = ContextVar("llmvcr_passing", default=False)


@contextlib.contextmanager
def passing() -> Iterator[None]:
    """Let connections of this context, and of tasks that start in it, through every wall.

    A tap enters it around the real call, when the cassette has heard the request and lets it go on: it may be
    recorded, or `ignore_hosts` or `before_record_request` leave it alone.
    """
    token = _PASSING.set(True)
    try:
        yield
    finally:
        # A task that is thrown away unfinished ends in whatever context is there: nothing was set in that one.
        with contextlib.suppress(ValueError):
            _PASSING.reset(token)


def is_passing() -> bool:
    """Say whether a heard call is under way in this context."""
    return _PASSING.get()
