"""Work for the tests of the pool: fresh processes import it by its name."""

from __future__ import annotations

import os
import time

__all__ = ["die_of_three", "process", "slow"]


def process(number: int) -> tuple[int, int]:
    """Give the number and the process."""
    return number, os.getpid()


def die_of_three(number: int) -> int:
    """Give the number, or kill this process."""
    if number == 3:
        os._exit(1)
    return number


def slow(number: int) -> int:
    """Take a while."""
    time.sleep(0.2 if number == 0 else 0)
    return number
