"""The summary of a run in a few lines: what was played, recorded and missed, what that saved, and what took longest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from llmvcr.reporting.leftovers import shown

if TYPE_CHECKING:
    from llmvcr.lifecycle import Account

__all__ = ["named", "summary"]

_MOST_NAMED = 5


def summary(counted: Account) -> Iterator[str]:
    """Give the lines; none where nothing happened."""
    if not counted:
        return
    words = [f"{counted.replayed:,} replayed", f"{counted.recorded:,} recorded"]
    if counted.incomplete:
        words[-1] += f" ({counted.incomplete:,} incomplete)"
    words += [f"{counted.missed:,} missed"] if counted.missed else []
    words += [f"{counted.verified:,} sent live to verify"] if counted.verified else []
    yield ", ".join(words)
    if counted.calls:
        yield f"saved by replay: {', '.join(_saved(counted))}"
    if counted.side:
        told = ", ".join(f"{count:,} {whose} ({what})" for whose, what, count in counted.side)
        yield f"kept out of cassettes: {told}"
    if counted.loads:
        told = ", ".join(f"{shown(one.path)} {one.seconds:.3f} s ({_size(one.size)})" for one in counted.loads)
        yield f"slowest to open: {told}"


def named(paths: tuple[str, ...]) -> str:
    """Name the first few paths, and how many more there are."""
    more = len(paths) - _MOST_NAMED
    return ", ".join(map(shown, paths[:_MOST_NAMED])) + (f" and {more:,} more" if more > 0 else "")


def _saved(counted: Account) -> Iterator[str]:
    yield f"{counted.calls:,} LLM call{'' if counted.calls == 1 else 's'}"
    if counted.input or counted.output:
        yield f"{counted.input:,} tokens in and {counted.output:,} out"
    if counted.priced:
        of = "" if counted.priced == counted.calls else f" (of {counted.priced:,} that have a price)"
        yield f"about ${counted.usd:,.4f}{of}"
    if counted.seconds:
        yield f"{counted.seconds:,.1f} s of waiting"


def _size(size: int) -> str:
    return f"{size:,} bytes" if size < 10_000 else f"{size / 1_000_000:,.2f} MB"
