"""Recorded requests by their canonical forms, of which no more are made than it takes to answer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import eq
from typing import NamedTuple

from llmvcr.canonical import Canonical, same
from llmvcr.index.queues import Queue
from llmvcr.index.sieve import Sieve
from llmvcr.interaction import Request

__all__ = ["Readings"]

_Ids = tuple[int, ...]

# So many are read in a row before those are looked for that come into question at all. Looking for them takes as long
# as reading one in a hundred; for whoever misses by bytes again and again all are read.
_IN_A_ROW, _MOST_LOOKS = 16, 16
_MOST_COMPARED = 64


class _Read(NamedTuple):
    """What is kept of a recorded request whose form was made."""

    key: bytes
    ids: _Ids
    called: tuple[str, str]


class Readings:
    """What the requests of one index ask, read when a request misses by its bytes; used under the index's lock."""

    def __init__(
        self,
        requests: Sequence[Request],
        played: Sequence[bool],
        form: Callable[..., Canonical],
        *,
        repeats: bool,
        verbatim: bool,
    ) -> None:
        """Take the lists of the index, which grow and change, and what is said in `Index`."""
        self._requests, self._played = requests, played
        self._form, self._repeats = form, repeats
        self._read: dict[int, _Read] = {}
        self._held: set[int] = set()  # what was read and not played
        self._by_key: dict[bytes, Queue] = {}
        self._by_ids: dict[tuple[bytes, _Ids], Queue] = {}
        # Up to here all that can be played is read; and, by key, all of it that has this key.
        self._row = 0
        self._sifted: dict[bytes, int] = {}
        self._sieve = Sieve(requests) if verbatim else None
        self._looks = 0
        self._looked: tuple[bytes, int, Sequence[int] | None] = (b"", 0, None)  # the last: a miss asks twice

    def find(self, form: Canonical, *, alone: bool = False) -> int | None:
        """Give the position that answers a request of this form; None where none does.

        It stands `alone` where nothing recorded has any of its ids: then all of its key are as good as each other.
        """
        if (position := self._in_order(form, alone=alone)) is not None:
            return position
        key, ids = form.key, _hashed(form.ids)
        if (position := self._first(form, key, None if alone else ids)) is not None:
            return position
        alike = self._by_key.get(key)
        return None if alike is None else self._alike(alike, key, ids)

    def positions(self, form: Canonical) -> tuple[int, ...]:
        """Give all positions of a form, played or not, in recorded order."""
        key = form.key
        found = self._sift(form, key)
        for position in range(len(self._requests)) if found is None else found:
            self._reading(position)
        queue = self._by_key.get(key)
        return tuple(queue.positions) if queue else ()

    def called(self, position: int) -> tuple[str, str]:
        """Give provider and endpoint of what is recorded at a position."""
        return self._reading(position).called

    def mark(self, position: int) -> None:
        """Say that a position was played."""
        self._held.discard(position)

    def rewind(self) -> None:
        """Say that none was."""
        self._held = set(self._read)
        self._row = 0
        self._sifted.clear()
        for queue in (*self._by_key.values(), *self._by_ids.values()):
            queue.head = 0

    def _in_order(self, form: Canonical, *, alone: bool) -> int | None:
        """Give the first that may be played, where it is this very request and was not read yet: no key is made."""
        if self._repeats or self._held:
            return None
        while self._row < len(self._requests) and self._played[self._row]:
            self._row += 1
        if self._row == len(self._requests):
            return None
        first = self._form(self._requests[self._row])
        if same(first, form, ids=not alone):
            return self._row
        self._keep(self._row, first)
        self._row += 1
        return None

    def _first(self, form: Canonical, key: bytes, ids: _Ids | None) -> int | None:
        """Give the first unplayed of a key, with the very ids, if any; no more is read than that takes."""
        ahead = self._ahead(form, key)
        while True:
            queue = self._by_key.get(key) if ids is None else self._by_ids.get((key, ids))
            position = None if queue is None else queue.next(self._played)
            # One that another request has had read may have others before it.
            if position is not None and position < max(self._row, self._sifted.get(key, 0)):
                return position
            if next(ahead, None) is None:
                return position

    def _alike(self, alike: Queue, key: bytes, ids: _Ids) -> int | None:
        very = self._by_ids.get((key, ids))
        if very is not None and (position := very.next(self._played, repeats=self._repeats)) is not None:
            return position
        position = alike.next(self._played, repeats=self._repeats)
        if position is None or not ids or self._played[position]:
            return position
        waiting = islice(alike.waiting(self._played), _MOST_COMPARED)
        return max(waiting, key=lambda one: sum(map(eq, self._read[one].ids, ids)))

    def _ahead(self, form: Canonical, key: bytes) -> Iterator[int]:
        """Read, one after the other, what may be played and may have this key, and was not read yet."""
        count = len(self._requests)
        if self._sifted.get(key, 0) == count:
            return
        for _ in range(_IN_A_ROW):
            if not self._read_on():
                return
            yield self._row
        start = max(self._row, self._sifted.get(key, 0))
        found = range(start, count) if count - start <= _IN_A_ROW else self._sift(form, key)
        if found is None:
            while self._read_on():
                yield self._row
            return
        for position in found[bisect_left(found, start) :]:
            self._reading(position)
            self._sifted[key] = position + 1
            yield position
        self._sifted[key] = count

    def _read_on(self) -> bool:
        """Read the next in a row that may be played; False where there is none."""
        while self._row < len(self._requests):
            position = self._row
            self._row += 1
            if position not in self._read and (self._repeats or not self._played[position]):
                self._reading(position)
                return True
        return False

    def _sift(self, form: Canonical, key: bytes) -> Sequence[int] | None:
        """Give the positions that may have this form, in order; None where all are to be read."""
        count = len(self._requests)
        if self._looked[:2] != (key, count):
            if self._sieve is None or self._looks == _MOST_LOOKS or count <= _IN_A_ROW:
                return None
            self._looks += 1
            self._looked = (key, count, self._sieve.holding(form))
        return self._looked[2]

    def _reading(self, position: int) -> _Read:
        return self._read.get(position) or self._keep(position, self._form(self._requests[position]))

    def _keep(self, position: int, form: Canonical) -> _Read:
        known = self._read[position] = _Read(form.key, _hashed(form.ids), (form.provider, form.endpoint))
        self._by_key.setdefault(known.key, Queue()).insert(position)
        self._by_ids.setdefault((known.key, known.ids), Queue()).insert(position)
        if not self._played[position]:
            self._held.add(position)
        return known


def _hashed(ids: Iterable[str]) -> _Ids:
    # Seals and encrypted reasoning are renamed as ids are, and some kilobytes long.
    return tuple(map(hash, ids))
