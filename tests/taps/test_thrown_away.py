"""A call that is thrown away unfinished, as a pending task is with its loop, ends as it does without us."""

from __future__ import annotations

import asyncio
import contextvars

from llmvcr.walls import is_passing, passing


def test_the_way_through_the_walls_ends_in_another_context() -> None:
    """A coroutine that the garbage collector closes, in a context that it never ran in, says nothing of ours."""

    async def call() -> None:
        with passing():
            await asyncio.sleep(0)

    unfinished = call()
    contextvars.copy_context().run(unfinished.send, None)
    contextvars.copy_context().run(unfinished.close)
    assert not is_passing()
