"""Work for several processes, its results in order: a process that dies costs the one piece of work that killed it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

__all__ = ["cores", "ordered"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_AHEAD = 3
"""How many pieces of work for each process wait in the queue, so that memory does not grow with their number."""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ordered(
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    *,
    jobs: int,
    lost: Callable[[_Item], _Result],
) -> Iterator[_Result]:
    """Give `function(item)` for each item, in the order of the items, worked out by `jobs` processes.

    With one job it is done in this process. `function` and the items must be picklable, as the processes are fresh
    ones. Where a process dies, the work that was under way is done again, each piece in a process of its own, and
    `lost(item)` stands for the one that kills that one too. The processes end with this one, however it ends.
    """
    if jobs < 2:
        yield from map(function, items)
        return
    waiting: deque[tuple[_Item, Future[_Result]]] = deque()
    todo = iter(items)
    pool = _pool(jobs)
    try:
        while True:
            if len(waiting) < jobs * _AHEAD and (item := next(todo, None)) is not None:
                waiting.append((item, _submitted(pool, function, item)))
                continue
            if not waiting:
                return
            item, future = waiting.popleft()
            try:
                yield future.result()
            except BrokenProcessPool:
                # Whose fault it was cannot be told: what else was under way is lost as well.
                pool.shutdown(wait=True, cancel_futures=True)
                broken = [item, *(each for each, _ in waiting)]
                waiting.clear()
                for each in broken:
                    yield _alone(function, each, lost)
                pool = _pool(jobs)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, function: Callable[[_Item], _Result], item: _Item) -> Future[_Result]:
    try:
        return pool.submit(function, item)
    except BrokenProcessPool as error:  # a process died since the last result was taken
        failed: Future[_Result] = Future()
        failed.set_exception(error)
        return failed


def _alone(function: Callable[[_Item], _Result], item: _Item, lost: Callable[[_Item], _Result]) -> _Result:
    with _pool(1) as pool:
        try:
            return pool.submit(function, item).result()
        except BrokenProcessPool:
            return lost(item)


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Fresh processes on every system: a forked one would inherit locks that threads of this one hold.
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)


def _begin() -> None:
    # Ctrl-C goes to every process of the terminal; this one finishes what it is at, and is told by its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
