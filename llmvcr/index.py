"""Recorded requests by what they ask: the next answer for a request in constant time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from heapq import nlargest, nsmallest
from itertools import islice
from operator import eq
from threading import RLock
from typing import TypeVar

from llmvcr.canonical import Canonical, canonical
from llmvcr.diff import ABSENT, Change, changes
from llmvcr.interaction import Json, Request, Response
from llmvcr.origins import Origins

__all__ = ["Index"]

_Word = TypeVar("_Word", bytes, str)
_Bytes = tuple[str, str, bytes | None]
_Ids = tuple[int, ...]

# Everything but letters, digits and what is no ASCII becomes a blank.
_WORDS = bytes(c if c >= 0x80 or chr(c).isalnum() else 0x20 for c in range(256))
# So many bytes are looked at for the nearest request: of all together, and of each at most and at least.
_MOST_IN_ALL, _MOST_BYTES, _LEAST_BYTES = 16 * 1024 * 1024, 32 * 1024, 1024
_CANDIDATES = 12
# Of more requests than so many, the words are looked at only of those whose sketches are most like.
_MANY, _SKETCHED_BYTES, _SKETCH_BITS = 128, 4096, 4096
_MOST_COMPARED = 64


class _Queue:
    """The positions of equal requests in recorded order; `head` is the first that may be unplayed."""

    __slots__ = ("head", "positions")

    def __init__(self) -> None:
        self.head = 0
        self.positions: list[int] = []


class Index:
    """Which recorded request answers the next one (shared/decisions.md, 16).

    Positions count from 0 in the order of `add`. Each is taken once. Among the unplayed of one canonical key those of
    the very bytes go first, then those with the very ids, then those with the most ids in common, then the first
    recorded. With `repeats` the unplayed go first, and then the last recording of that very request (or, none being
    equal byte for byte, of the same ids, or of that canonical key) answers again and again. `form` is the function
    that decides sameness; with `answer`, which gives the answer at a position, ids of answers that came just now from
    a server stand for recorded ones (`llmvcr.origins`): then `form` takes them as `known`, as `canonical` does.
    Safe to use from several threads at once.
    """

    def __init__(
        self,
        requests: Iterable[Request] = (),
        *,
        repeats: bool = False,
        form: Callable[..., Canonical] = canonical,
        answer: Callable[[int], Response] | None = None,
    ) -> None:
        """Take in `requests` in recorded order."""
        self._repeats = repeats
        self._form = form
        self._lock = RLock()
        self._origins = answer and Origins(form, answer)
        self._requests: list[Request] = []
        self._played: list[bool] = []
        self._by_bytes: dict[_Bytes, _Queue] = {}
        # Filled as far as _called reaches, by requests that miss by bytes.
        self._by_key: dict[bytes, _Queue] = {}
        self._by_ids: dict[tuple[bytes, _Ids], _Queue] = {}
        self._ids: list[_Ids] = []
        self._called: list[tuple[str, str]] = []
        self._sketches: list[int] = []  # as far as somebody asked for the nearest among many
        for request in requests:
            self.add(request)

    def __len__(self) -> int:
        """Count the recorded requests, played or not."""
        return len(self._requests)

    def add(self, request: Request, *, fresh: bool = False) -> int:
        """Take in one more recorded request, unplayed, and give its position; `fresh` if it was answered just now."""
        with self._lock:
            position = len(self._requests)
            self._requests.append(request)
            self._played.append(False)
            self._by_bytes.setdefault(_exactly(request), _Queue()).positions.append(position)
            if fresh and self._origins:
                self._origins.fresh.add(position)
            return position

    def take(self, request: Request) -> int | None:
        """Give the position that answers `request`, and mark it played; None when nothing recorded does."""
        with self._lock:
            position = self._next(request, taking=True)
            if position is not None:
                self._played[position] = True
            return position

    def peek(self, request: Request) -> int | None:
        """Give the position that `take` would give, and leave everything as it is."""
        with self._lock:
            return self._next(request)

    def positions(self, request: Request) -> tuple[int, ...]:
        """Give the positions of all recorded requests of the same canonical key, played or not, in recorded order."""
        key = self._form(request).key
        with self._lock:
            self._catch_up()
            queue = self._by_key.get(key)
            return tuple(queue.positions) if queue else ()

    def mark(self, position: int) -> None:
        """Mark a position as played. Raises IndexError for a position that was never added."""
        with self._lock:
            self._played[position] = True

    def rewind(self) -> None:
        """Mark every position as unplayed."""
        with self._lock:
            self._played = [False] * len(self._requests)
            for queue in (*self._by_bytes.values(), *self._by_key.values(), *self._by_ids.values()):
                queue.head = 0

    def nearest(self, request: Request) -> tuple[int, tuple[Change, ...]] | None:
        """Give the recorded request that is most like `request`, and what differs; None when nothing is recorded.

        One of the same endpoint where there is any; among those the fewest and smallest changes, and of equals the
        unplayed before the played, then the first recorded.
        """
        form = self._form(request)
        with self._lock:
            self._catch_up()
            called, requests, played = tuple(self._called), tuple(self._requests), tuple(self._played)
            same = [i for i, one in enumerate(called) if one == (form.provider, form.endpoint)] or range(len(requests))
            if len(same) > _MANY:
                same = self._sketched(request, same)
        most = min(max(_MOST_IN_ALL // max(len(same), 1), _LEAST_BYTES), _MOST_BYTES)
        words = set(_words(request, most))
        scores = [(-_share(words, _words(requests[i], most)), played[i], i) for i in same]
        closest = [
            (changes(self._form(requests[i]).fields, form.fields), played[i], i)
            for _, _, i in nsmallest(_CANDIDATES, scores)
        ]
        if not closest:
            return None
        found, _, position = min(closest, key=lambda one: (_weight(one[0]), one[1], one[2]))
        return position, found

    def _sketched(self, request: Request, among: Iterable[int]) -> list[int]:
        self._sketches += map(_sketch, self._requests[len(self._sketches) :])
        mine, theirs = _sketch(request), self._sketches
        alike = nlargest(_MANY, among, lambda i: (mine & theirs[i]).bit_count() / ((mine | theirs[i]).bit_count() or 1))
        return sorted(alike)

    def _next(self, request: Request, *, taking: bool = False) -> int | None:
        exact = self._by_bytes.get(_exactly(request))
        if exact is not None and (position := self._of(exact)) is not None:
            return position
        form = self._form(request)
        key = form.key
        if (position := self._same_ids(key, _hashed(form.ids))) is not None:
            return position
        alike = self._by_key.get(key)
        if alike is None or (position := self._alike(alike, key, form)) is None:
            return self._renewed(request, form, taking=taking)
        return position

    def _same_ids(self, key: bytes, ids: _Ids) -> int | None:
        """Give the first unplayed of a key with the very ids; of what is recorded no more is read than that takes."""
        wanted = (key, ids)
        same = self._by_ids.get(wanted)
        if same is not None and (position := self._unplayed(same)) is not None:
            return position
        while len(self._called) < len(self._requests):
            position = len(self._called)
            if self._read_next() == wanted and not self._played[position]:
                return position
        return None

    def _alike(self, alike: _Queue, key: bytes, form: Canonical) -> int | None:
        ids = _hashed(form.ids)
        same = self._by_ids.get((key, ids))
        if same is not None and (position := self._of(same)) is not None:
            return position
        position = self._of(alike)
        if position is None or not ids or self._played[position]:
            return position
        waiting = islice(self._waiting(alike), _MOST_COMPARED)
        return max(waiting, key=lambda one: sum(map(eq, self._ids[one], ids)))

    def _renewed(self, request: Request, form: Canonical, *, taking: bool) -> int | None:
        found = self._origins and self._origins.find(request, form, self._requests, self._played)
        if not found or not self._origins:
            return None
        position, pairs = found
        if taking:
            self._origins.bind(pairs)
        return position

    def _of(self, queue: _Queue) -> int | None:
        position = self._unplayed(queue)
        return queue.positions[-1] if position is None and self._repeats else position

    def _waiting(self, queue: _Queue) -> Iterator[int]:
        return (one for one in islice(queue.positions, queue.head, None) if not self._played[one])

    def _unplayed(self, queue: _Queue) -> int | None:
        positions, head = queue.positions, queue.head
        while head < len(positions) and self._played[positions[head]]:
            head += 1
        queue.head = head
        return positions[head] if head < len(positions) else None

    def _catch_up(self) -> None:
        while len(self._called) < len(self._requests):
            self._read_next()

    def _read_next(self) -> tuple[bytes, _Ids]:
        position = len(self._called)
        form = self._form(self._requests[position])
        key, ids = form.key, _hashed(form.ids)
        self._by_key.setdefault(key, _Queue()).positions.append(position)
        self._by_ids.setdefault((key, ids), _Queue()).positions.append(position)
        self._ids.append(ids)
        self._called.append((form.provider, form.endpoint))
        return key, ids


def _exactly(request: Request) -> _Bytes:
    # No body and an empty one are the same bytes, and which of them a file names is up to who wrote it.
    return request.method, request.url, request.body or None


def _hashed(ids: Iterable[str]) -> _Ids:
    # Seals and encrypted reasoning are renamed as ids are, and some kilobytes long.
    return tuple(map(hash, ids))


def _words(request: Request, most: int) -> list[bytes]:
    body = request.body or request.url.encode("utf-8", "surrogatepass")
    if len(body) > most:
        # Of a long conversation the beginning says which it is, and the end how far it came.
        body = body[: most // 2] + b" " + body[-most // 2 :]
    return body.translate(_WORDS).split()


def _sketch(request: Request) -> int:
    """Set a bit for each word: of two sketches the bits in common tell how many words are, about."""
    bits = bytearray(_SKETCH_BITS // 8)
    for word in map(hash, _words(request, _SKETCHED_BYTES)):
        bits[(word >> 3) % len(bits)] |= 1 << (word & 7)
    return int.from_bytes(bits, "big")


def _share(one: set[_Word], other: Collection[_Word]) -> float:
    common = len(one.intersection(other))
    return common / max(len(one) + len(other) - common, 1)


def _weight(found: tuple[Change, ...]) -> float:
    return sum(_size(change) for change in found)


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
