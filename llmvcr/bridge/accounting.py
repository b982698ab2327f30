"""What became of the interactions of one cassette while it was open, as the summary of a run counts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmvcr.errors import ReadError
from llmvcr.interaction import Interaction
from llmvcr.lifecycle import Account, Load

if TYPE_CHECKING:
    from llmvcr.conversation import LlmCall
    from llmvcr.prices import Prices

__all__ = ["account"]


def account(cassette: Any, *, missed: int, seconds: float, prices: Prices | None) -> Account:
    """Count what one of our cassettes played and recorded while it was open.

    `missed` is how many misses it had, `seconds` how long it took to open. Without `prices` neither tokens nor time
    are looked for: that reads every call that was played.
    """
    recorded = [cassette.data.answer(number, path=cassette.label) for number in range(*_recorded(cassette))]
    counted = Account(
        replayed=cassette.play_counts.total() - cassette.life.renewed,
        recorded=len(recorded),
        missed=missed,
        incomplete=sum(bool(one.ended) and not one.failed for one in recorded),
        verified=cassette.life.verified,
        side=tuple((*key, count) for key, count in sorted(cassette.siding.counts.items())),
        undated=frozenset({cassette.label} if cassette.life.undated else ()),
        recovered=frozenset({(cassette.label, cassette.recovered)} if cassette.recovered else ()),
        aside=cassette.life.aside,
        changed=((cassette.label, tuple(cassette.life.changed)),) if cassette.life.changed else (),
    )
    if prices is None:
        return counted
    path = Path(cassette.label)
    size = path.stat().st_size if path.is_file() else 0
    loads = (Load(seconds, cassette.label, size),) if cassette.rewound else ()
    return replace(counted + _spared(cassette, prices), loads=loads)


def _recorded(cassette: Any) -> tuple[int, int]:
    return cassette._loaded_count, len(cassette.data)


def _spared(cassette: Any, prices: Prices) -> Account:
    from llmvcr.conversation import read_call  # noqa: PLC0415 - calls are read for a summary alone

    waits = max(1 - cassette.pace, 0.0)  # of the recorded time, what a replay does not take
    sums = Account()
    for times, one in _played(cassette):
        call = read_call(one)
        if not call.provider:
            continue
        cost = prices.of(call)
        sums += Account(
            calls=times,
            priced=times if cost is not None else 0,
            input=times * (call.usage.input or 0),
            output=times * (call.usage.output or 0),
            usd=times * (cost or Decimal(0)),
            seconds=times * waits * _took(call),
        )
    return sums


def _took(call: LlmCall) -> float:
    return (call.duration or 0.0) / 1000


def _played(cassette: Any) -> Iterator[tuple[int, Interaction]]:
    for position, times in sorted(cassette.play_counts.items()):
        if times > 0 and position not in cassette.life.anew:
            try:
                answer = cassette.data.answer(position, path=cassette.label)
            except ReadError:  # a response of the user's own making has nothing to read
                continue
            yield times, Interaction(cassette.data.request(position), answer)
