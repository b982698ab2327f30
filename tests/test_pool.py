"""Work by several processes: in order, bounded ahead, and safe from a process that dies."""

from __future__ import annotations

import os
from collections.abc import Iterator

from llmvcr import pool
from pool_work import die_of_three, process, slow


def lost(number: int) -> int:
    """Stand for the work that killed its process."""
    return -number


def test_one_job_is_done_in_this_process() -> None:
    """No process is started for nothing."""
    found = list(pool.ordered(process, [1, 2], jobs=1, lost=lambda number: (number, 0)))
    assert found == [(1, os.getpid()), (2, os.getpid())]


def test_results_come_in_the_order_of_the_items() -> None:
    """A slow first item holds up the others, and nothing is mixed."""
    assert list(pool.ordered(slow, [0, 1, 2, 3, 4], jobs=2, lost=lost)) == [0, 1, 2, 3, 4]


def test_items_are_taken_only_a_little_ahead() -> None:
    """A long list is never taken whole: memory does not grow with it."""
    taken = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    found = pool.ordered(process, items(), jobs=2, lost=lambda number: (number, 0))
    number, other = next(found)
    assert (number, other != os.getpid()) == (0, True)
    assert len(taken) < 10
    found.close()  # type: ignore[attr-defined]


def test_a_process_that_dies_costs_one_item() -> None:
    """The item that killed its process is named as lost, every other is done."""
    assert list(pool.ordered(die_of_three, range(1, 8), jobs=2, lost=lost)) == [1, 2, -3, 4, 5, 6, 7]


def test_there_is_a_core() -> None:
    """At least this process has one to run on."""
    assert pool.cores() >= 1
