"""Which files the interactions of a cassette came from, and what of each was played."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcr.record_mode import RecordMode

from llmvcr import lifecycle
from llmvcr.interaction import Interaction

if TYPE_CHECKING:
    from llmvcr.lifecycle import Use

__all__ = ["elsewhere", "uses"]


def uses(cassette: Any, *, own: bool) -> tuple[Use, ...]:
    """Say of each file of one of our cassettes what was not played; `own` if the cassette is one test's alone.

    What a file gets only while it is open was asked for: a later test that loads it need not play that.
    """
    sizes, life = _sizes(cassette), cassette.life
    if not _is_known(cassette, sizes):
        return tuple(lifecycle.Use(os.path.realpath(path), Counter(), judged=False) for path in sizes)
    judged = not cassette.failed and cassette.record_mode != RecordMode.ALL and not life.verifies
    found: list[Use] = []
    start = 0
    for path, size in sizes.items():
        if Path(path).is_dir():  # a folder of recordings is used as a whole
            found.append(lifecycle.Use(os.path.realpath(path), Counter(), judged, own=False))
        else:
            left = set(range(start, start + size)) - cassette._used
            unused = Counter(lifecycle.fingerprint(_loaded(cassette, position)) for position in sorted(left))
            renewed = life.refreshes and not found  # what a mark names beside it is left alone
            found.append(lifecycle.Use(os.path.realpath(path), unused, judged, own and not found, renewed))
        start += size
    return tuple(found)


def elsewhere(cassette: Any) -> Iterator[int]:
    """Give the positions of what stays in other files than the cassette's own, as far as that is known."""
    sizes, start = _sizes(cassette), 0
    if not _is_known(cassette, sizes):
        return
    for path, size in sizes.items():
        if path not in (cassette.label, *cassette.life.takes_over):
            yield from range(start, start + size)
        start += size


def _sizes(cassette: Any) -> dict[str, int]:
    """Give how many interactions each file held, the cassette's own first."""
    return {cassette.label: 0, **getattr(cassette._persister, "sizes", {})}


def _is_known(cassette: Any, sizes: dict[str, int]) -> bool:
    """Say whether all that was loaded is there: a hook may have dropped some of it."""
    return bool(sum(sizes.values()) == cassette._loaded_count)


def _loaded(cassette: Any, position: int) -> Interaction:
    data = cassette.data
    recorded_at = data.recorded_at(position)
    return Interaction(data.request(position), data.answer(position, path=cassette.label), recorded_at=recorded_at)
