"""Which recorded request is most like one that is not recorded, and what differs: few are read for that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from heapq import nlargest, nsmallest
from itertools import repeat
from operator import add, contains
from typing import TypeVar

from llmvcr.canonical import Canonical
from llmvcr.diff import ABSENT, Change, changes
from llmvcr.index.sieve import rarest
from llmvcr.interaction import Json, Request

__all__ = ["MANY", "nearest"]

MANY = 128
"""Of more requests than so many, words are looked at only of those that have the most phrases in common."""

_Word = TypeVar("_Word", bytes, str)

# Everything but letters, digits and what is no ASCII becomes a blank.
_WORDS = bytes(c if c >= 0x80 or chr(c).isalnum() else 0x20 for c in range(256))
# So many bytes are looked at for words: of all together, and of each at most and at least.
_MOST_IN_ALL, _MOST_BYTES, _LEAST_BYTES = 4 * 1024 * 1024, 32 * 1024, 256
_CANDIDATES = 12
_PHRASE = re.compile(rb"[A-Za-z0-9 ,.;:!?()_-]{8,24}")
# A search for a phrase goes through so many bytes in all.
_SEARCHED = 64 * 1024 * 1024
_FEWEST, _MOST = 6, 16
_URL_WORD = re.compile(r"\w+")
_MOST_URLS = 64


def nearest(
    request: Request,
    form: Canonical,
    requests: Sequence[Request],
    played: Sequence[bool],
    make: Callable[[Request], Canonical],
    called: Callable[[int], tuple[str, str]],
) -> tuple[int, tuple[Change, ...]] | None:
    """Give the position of the one of `requests` that is most like `request`, and what differs; None if there is none.

    `form` is its canonical form, and `make` makes one; `called` gives provider and endpoint of what is recorded at a
    position. See `Index.nearest`.
    """
    among = _of_endpoint(request, form, requests, called)
    if len(among) > MANY:
        among = _sharing_phrases(request, requests, among)
    mine = (form.provider, form.endpoint)
    best = []
    for position in _sharing_words(request, requests, played, among, _CANDIDATES):
        other = make(requests[position])
        found = changes(other.fields, form.fields)
        best.append(((other.provider, other.endpoint) != mine, _weight(found), played[position], position, found))
    if not best:
        return None
    *_, position, found = min(best, key=lambda one: one[:4])
    return position, found


def _of_endpoint(
    request: Request, form: Canonical, requests: Sequence[Request], called: Callable[[int], tuple[str, str]]
) -> Sequence[int]:
    """Give the positions of the same endpoint, or all; of many the first of each URL speaks for the others."""
    mine, everything = (form.provider, form.endpoint), range(len(requests))
    if len(requests) <= MANY:
        return [position for position in everything if called(position) == mine] or everything
    groups: dict[tuple[str, str], list[int]] = {}
    for position, one in enumerate(requests):
        groups.setdefault((one.method, one.url), []).append(position)
    own = groups.pop((request.method, request.url), [])
    words = set(_URL_WORD.findall(request.url))
    likest = nlargest(_MOST_URLS, groups, lambda one: _share(words, set(_URL_WORD.findall(one[1]))))
    same = [groups[one] for one in likest if called(groups[one][0]) == mine]
    return sorted([*own, *(position for group in same for position in group)]) or everything


def _sharing_phrases(request: Request, requests: Sequence[Request], among: Sequence[int]) -> Sequence[int]:
    """Give those that have the most phrases in common with a request, as many as words may be looked at."""
    bodies = [requests[position].body or b"" for position in among]
    known = list(dict.fromkeys(_PHRASE.findall(request.body or b"")))
    some = known[:: max(len(known) // (2 * _MOST), 1)]
    most = min(max(_SEARCHED // max(sum(map(len, bodies)), 1), _FEWEST), _MOST)
    phrases = rarest(some, bodies)[:most]
    counts = [0] * len(bodies)
    for phrase in phrases:
        counts = list(map(add, counts, map(contains, bodies, repeat(phrase))))
    least = nlargest(MANY, counts)[-1]
    more = [position for position, count in zip(among, counts, strict=True) if count > least]
    if 2 * least < max(counts) and 2 * max(counts) > len(phrases):
        return more  # one is by far more like it than all that is left out here
    level = [position for position, count in zip(among, counts, strict=True) if count == least]
    return [*more, *_sharing_words(request, requests, None, level, MANY - len(more))]


def _sharing_words(
    request: Request, requests: Sequence[Request], played: Sequence[bool] | None, among: Sequence[int], count: int
) -> list[int]:
    """Give so many that have the most words in common, the unplayed first where two have as many."""
    if len(among) <= count and played is None:
        return list(among)
    most = min(max(_MOST_IN_ALL // max(len(among), 1), _LEAST_BYTES), _MOST_BYTES)
    words = _words(request, most)
    scores = [(-_share(words, _words(requests[at], most)), played is not None and played[at], at) for at in among]
    return [position for *_, position in nsmallest(count, scores)]


def _words(request: Request, most: int) -> set[bytes]:
    body = request.body or request.url.encode("utf-8", "surrogatepass")
    if len(body) > most:
        # Of a long conversation the beginning says which it is, and the end how far it came.
        body = body[: most // 2] + b" " + body[-most // 2 :]
    return set(body.translate(_WORDS).split())


def _share(one: set[_Word], other: set[_Word]) -> float:
    common = len(one & other)
    return common / max(len(one) + len(other) - common, 1)


def _weight(found: Iterable[Change]) -> float:
    return sum(map(_size, found))


def _size(change: Change) -> float:
    if isinstance(change.recorded, str) and isinstance(change.received, str):
        return 2 - _share(set(change.recorded.split()), set(change.received.split()))
    if change.recorded is ABSENT or change.received is ABSENT:
        return 1 + _leaves(change.received if change.recorded is ABSENT else change.recorded)
    return 2


def _leaves(value: Json) -> int:
    if isinstance(value, dict | list):
        return sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return 1
