"""Two branches that each recorded into one cassette, brought together as git does it: by what they had in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llmvcr.canonical import canonical
from llmvcr.interaction import Interaction
from llmvcr.lifecycle.pruning import fingerprint

__all__ = ["Merged", "merged"]


@dataclass(frozen=True, slots=True)
class Merged:
    """What the two have together, and what came and went; `torn` are requests that both answered anew, in words."""

    interactions: tuple[Interaction, ...]
    added: int
    removed: int
    torn: tuple[str, ...]


def merged(base: Iterable[Interaction], ours: Sequence[Interaction], theirs: Sequence[Interaction]) -> Merged:
    """Give our interactions without those that they removed, and after them what they added.

    What both have added alike comes once. Where both recorded another answer to the same request, compared as the
    matcher `llm` does, both answers stay, ours first, and the request is named as torn.
    """
    before, mine, other = (Counter(map(fingerprint, held)) for held in (base, ours, theirs))
    kept, removed = _without(ours, before - other)
    added = _only(theirs, (other - before) - (mine - before))
    fresh = {canonical(one.request).key for one in _only(ours, (mine - before) - (other - before))}
    torn = tuple(_told(one) for one in added if canonical(one.request).key in fresh)
    return Merged((*kept, *added), len(added), removed, torn)


def _without(held: Sequence[Interaction], gone: Counter[str]) -> tuple[tuple[Interaction, ...], int]:
    """Give what is left without so many of each fingerprint, the last of equal ones first, and how many went."""
    left, kept = Counter(gone), list[Interaction]()
    for one in reversed(held):
        seen = fingerprint(one)
        if left[seen] > 0:
            left[seen] -= 1
        else:
            kept.append(one)
    return tuple(reversed(kept)), len(held) - len(kept)


def _only(held: Sequence[Interaction], wanted: Counter[str]) -> tuple[Interaction, ...]:
    """Give so many of each fingerprint, in their order, the last of equal ones."""
    left, found = Counter(wanted), list[Interaction]()
    for one in reversed(held):
        seen = fingerprint(one)
        if left[seen] > 0:
            left[seen] -= 1
            found.append(one)
    return tuple(reversed(found))


def _told(one: Interaction) -> str:
    return f"{one.request.method} {one.request.url}"
