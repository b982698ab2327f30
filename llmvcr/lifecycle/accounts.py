"""What a run did with its cassettes, as counts that add up: of one cassette, of one worker, of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

__all__ = ["Account", "Load"]

_MOST_LOADS = 3


@dataclass(frozen=True, slots=True, order=True)
class Load:
    """How long a cassette took to open, in seconds, and how many bytes its file has."""

    seconds: float
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Account:
    """Interactions by what became of them, what the replayed ones spared, and what took longest.

    `missed` are LLM calls; `incomplete` those of `recorded` whose answer the client closed, or that was cut. Of the
    replayed LLM calls `input` and `output` are tokens, `usd` what `priced` of them would have cost, and `seconds` how
    long their answers took when they were recorded. `side` counts calls kept out of cassettes by (whose, what became
    of them). `undated` are the paths of cassettes that do not say when they were recorded, `recovered` what came back
    of a run that was cut short as (cassette, count), `aside` what failed tests recorded as (cassette, count, place),
    `changed` what verifying found as (cassette, lines).
    """

    replayed: int = 0
    recorded: int = 0
    missed: int = 0
    incomplete: int = 0
    calls: int = 0
    """How many of the replayed are LLM calls."""
    priced: int = 0
    input: int = 0
    output: int = 0
    usd: Decimal = Decimal(0)
    seconds: float = 0.0
    verified: int = 0
    loads: tuple[Load, ...] = ()
    side: tuple[tuple[str, str, int], ...] = ()
    undated: frozenset[str] = frozenset()
    recovered: frozenset[tuple[str, int]] = frozenset()
    aside: tuple[tuple[str, int, str], ...] = ()
    changed: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __add__(self, other: Account) -> Account:
        """Give the account of both."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMS}
        sides: dict[tuple[str, str], int] = {}
        for whose, what, count in (*self.side, *other.side):
            sides[whose, what] = sides.get((whose, what), 0) + count
        return Account(
            **sums,
            loads=tuple(sorted((*self.loads, *other.loads), reverse=True)[:_MOST_LOADS]),
            side=tuple((*key, count) for key, count in sorted(sides.items())),
            undated=self.undated | other.undated,
            recovered=self.recovered | other.recovered,
            aside=self.aside + other.aside,
            changed=self.changed + other.changed,
        )

    def __bool__(self) -> bool:
        """Say whether anything happened: a cassette that was opened alone is nothing."""
        counts = (self.replayed, self.recorded, self.missed, self.verified)
        return any(counts) or bool(self.side or self.aside)

    def as_json(self) -> dict[str, Any]:
        """Give it in values that cross from one process to another."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        loads = [[one.seconds, one.path, one.size] for one in self.loads]
        return {
            **plain,
            "usd": str(self.usd),
            "loads": loads,
            "side": [list(one) for one in self.side],
            "undated": sorted(self.undated),
            "recovered": [list(one) for one in sorted(self.recovered)],
            "aside": [list(one) for one in self.aside],
            "changed": [[path, list(lines)] for path, lines in self.changed],
        }

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what `as_json` gave."""
        return cls(
            **{
                **told,
                "usd": Decimal(told["usd"]),
                "loads": tuple(Load(*one) for one in told["loads"]),
                "side": _tuples(told["side"]),
                "undated": frozenset(told["undated"]),
                "recovered": frozenset(_tuples(told["recovered"])),
                "aside": _tuples(told["aside"]),
                "changed": tuple((path, tuple(lines)) for path, lines in told["changed"]),
            }
        )


_SUMS = tuple(one.name for one in fields(Account) if isinstance(one.default, int | float | Decimal))


def _tuples(rows: Iterable[Iterable[Any]]) -> tuple[Any, ...]:
    return tuple(tuple(one) for one in rows)
