"""Positions of requests that are equal in some way, in recorded order: the next that may be played in constant time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice

__all__ = ["Queue"]


class Queue:
    """Positions in recorded order; `head` is the place of the first that may be unplayed."""

    __slots__ = ("head", "positions")

    def __init__(self) -> None:
        """Begin with none."""
        self.head = 0
        self.positions: list[int] = []

    def insert(self, position: int) -> None:
        """Take in a position at its place in the order."""
        at = bisect_left(self.positions, position)
        self.positions.insert(at, position)
        self.head = min(self.head, at)

    def next(self, played: Sequence[bool], *, repeats: bool = False) -> int | None:
        """Give the first that was not played; where all were, the last with `repeats`, else None."""
        positions, head = self.positions, self.head
        while head < len(positions) and played[positions[head]]:
            head += 1
        self.head = head
        if head < len(positions):
            return positions[head]
        return positions[-1] if repeats and positions else None

    def waiting(self, played: Sequence[bool]) -> Iterator[int]:
        """Give those that were not played."""
        return (one for one in islice(self.positions, self.head, None) if not played[one])
