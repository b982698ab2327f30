"""Recorded requests by what they ask: the next answer for a request in constant time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from heapq import nsmallest
from threading import RLock
from typing import TypeVar

from llmvcr.canonical import Canonical, canonical
from llmvcr.diff import ABSENT, Change, changes
from llmvcr.interaction import Json, Request

__all__ = ["Index"]

_Word = TypeVar("_Word", bytes, str)
_Bytes = tuple[str, str, bytes | None]

# Everything but letters, digits and what is no ASCII becomes a blank.
_WORDS = bytes(c if c >= 0x80 or chr(c).isalnum() else 0x20 for c in range(256))
_MOST_BYTES = 32 * 1024
_CANDIDATES = 12


class _Queue:
    """The positions of equal requests in recorded order; `head` is the first that may be unplayed."""

    __slots__ = ("head", "positions")

    def __init__(self) -> None:
        self.head = 0
        self.positions: list[int] = []


class Index:
    """Which recorded request answers the next one (shared/decisions.md, 16).

    Positions count from 0 in the order of `add`. Each is taken once; with `repeats` the unplayed go first, and then
    the last recording of that very request (or, none being equal byte for byte, of that canonical key) answers again
    and again. `form` is the function that decides sameness. Safe to use from several threads at once.
    """

    def __init__(
        self,
        requests: Iterable[Request] = (),
        *,
        repeats: bool = False,
        form: Callable[[Request], Canonical] = canonical,
    ) -> None:
        """Take in `requests` in recorded order."""
        self._repeats = repeats
        self._form = form
        self._lock = RLock()
        self._requests: list[Request] = []
        self._played: list[bool] = []
        self._by_bytes: dict[_Bytes, _Queue] = {}
        # Filled as far as _called reaches, on the first request that misses by bytes.
        self._by_key: dict[bytes, _Queue] = {}
        self._called: list[tuple[str, str]] = []
        for request in requests:
            self.add(request)

    def __len__(self) -> int:
        """Count the recorded requests, played or not."""
        return len(self._requests)

    def add(self, request: Request) -> int:
        """Take in one more recorded request, unplayed, and give its position."""
        with self._lock:
            position = len(self._requests)
            self._requests.append(request)
            self._played.append(False)
            self._by_bytes.setdefault(_exactly(request), _Queue()).positions.append(position)
            return position

    def take(self, request: Request) -> int | None:
        """Give the position that answers `request`, and mark it played; None when nothing recorded does."""
        with self._lock:
            position = self._next(request)
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
            for queue in (*self._by_bytes.values(), *self._by_key.values()):
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
        same = [i for i, one in enumerate(called) if one == (form.provider, form.endpoint)]
        words = set(_words(request))
        scores = [(-_share(words, _words(requests[i])), played[i], i) for i in same or range(len(requests))]
        closest = [
            (changes(self._form(requests[i]).fields, form.fields), played[i], i)
            for _, _, i in nsmallest(_CANDIDATES, scores)
        ]
        if not closest:
            return None
        found, _, position = min(closest, key=lambda one: (_weight(one[0]), one[1], one[2]))
        return position, found

    def _next(self, request: Request) -> int | None:
        exact = self._by_bytes.get(_exactly(request))
        if exact is not None:
            position = self._unplayed(exact)
            if position is not None:
                return position
            if self._repeats:
                return exact.positions[-1]
        self._catch_up()
        alike = self._by_key.get(self._form(request).key)
        if alike is None:
            return None
        position = self._unplayed(alike)
        return alike.positions[-1] if position is None and self._repeats else position

    def _unplayed(self, queue: _Queue) -> int | None:
        positions, head = queue.positions, queue.head
        while head < len(positions) and self._played[positions[head]]:
            head += 1
        queue.head = head
        return positions[head] if head < len(positions) else None

    def _catch_up(self) -> None:
        for position in range(len(self._called), len(self._requests)):
            form = self._form(self._requests[position])
            self._by_key.setdefault(form.key, _Queue()).positions.append(position)
            self._called.append((form.provider, form.endpoint))


def _exactly(request: Request) -> _Bytes:
    return request.method, request.url, request.body


def _words(request: Request) -> list[bytes]:
    body = request.body or request.url.encode("utf-8", "surrogatepass")
    if len(body) > _MOST_BYTES:
        # Of a long conversation the beginning says which it is, and the end how far it came.
        body = body[: _MOST_BYTES // 2] + b" " + body[-_MOST_BYTES // 2 :]
    return body.translate(_WORDS).split()


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
