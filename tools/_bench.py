"""What a measurement of `bench.py` is: ways of doing one thing, run in turn, and the ratio between them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

__all__ = ["Figure", "Row", "Scale", "Took", "clocked", "ratio", "turns"]

_FEW = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: `quick` stays below a minute, else below ten."""

    quick: bool
    cassetter: str = ""
    """The Python of an environment that has cassetter, if there is one."""
    corpus: str = ""
    """A folder of real cassettes beside those of the project."""

    def pick(self, quick: int, full: int) -> int:
        """Give the one of two sizes that fits."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one run."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A median, and the quarter of all runs below and above it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """Take it of some values."""
        if len(values) < _FEW:
            return cls(median(values), min(values), max(values))
        low, middle, high = quantiles(values, n=4)
        return cls(middle, low, high)

    def said(self, unit: str, digits: int = 2) -> str:
        """Write it: "1.07 (1.05-1.12) x"."""
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f}) {unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, what came of it, and the bar, if there is one."""

    work: str
    figure: str
    bar: str = ""
    met: bool | None = None
    notes: tuple[str, ...] = field(default=())


def clocked(work: Callable[[], object]) -> Took:
    """Run some work once."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.process_time() - cpu, time.perf_counter() - wall)


def turns(rounds: int, ways: Sequence[Callable[[], object]], *, warm: int = 1) -> list[list[Took]]:
    """Run each way once a round, each round beginning with another; the first rounds are not counted."""
    took: list[list[Took]] = [[] for _ in ways]
    for number in range(rounds + warm):
        gc.collect()
        for place in range(len(ways)):
            way = (place + number) % len(ways)
            found = clocked(ways[way])
            if number >= warm:
                took[way].append(found)
    return took


def ratio(ours: Sequence[Took], other: Sequence[Took], *, wall: bool = False) -> Figure:
    """Hold the runs of one way against those of another, pair by pair: CPU time, or time on the wall."""
    return Figure.of([_time(a, wall=wall) / max(_time(b, wall=wall), 1e-9) for a, b in zip(ours, other, strict=True)])


def _time(took: Took, *, wall: bool) -> float:
    return took.wall if wall else took.cpu
