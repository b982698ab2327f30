"""The index itself: by bytes first, and by form where bytes miss."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING

from llmvcr.formats import unread
from llmvcr.index.queues import Queue
from llmvcr.interaction import Request, Response

if TYPE_CHECKING:
    from llmvcr.canonical import Canonical
    from llmvcr.diff import Change
    from llmvcr.index.formless import Formless
    from llmvcr.index.readings import Readings
    from llmvcr.origins import Origins

__all__ = ["MAY_GO_BY_HEADERS", "Index"]

_Bytes = tuple[str, str, bytes | None]

MAY_GO_BY_HEADERS = re.compile(r"/(?:apps|services)/|%")
"""A word of each path whose row names headers (a test holds the rows to it), or anything spelt in percent.

Without one of these in a URL no provider need be asked, nor imported.
"""


class Index:
    """Which recorded request answers the next one (shared/decisions.md, 16).

    Positions count from 0 in the order of `add`. Each is taken once. Among the unplayed of one canonical key those of
    the very bytes go first, then those of the same JSON in another spelling (as far as these are read: not all at
    once), then those with the very ids, then those with the most ids in common, then the first recorded. With `repeats`
    the unplayed go first, and then the last recording of that very request (or, none being equal byte for byte, of the
    same JSON, of the same ids, or of that canonical key) answers again and again.

    `form` is the function that decides sameness: None for `canonical` by the rows of the providers alone, and then what
    differs in new ids need not be read (see `llmvcr.index.foreign`). With `verbatim` it keeps strings as the body has
    them (see `llmvcr.index.sieve`), so that of many requests only those are read that come into question. With
    `by_value` it goes by the JSON of a body and not by its text (see `llmvcr.index.respelt`). With `answer`, which
    gives the answer at a position, ids of answers that came just now from a server stand for recorded ones
    (`llmvcr.origins`): then `form` takes them as `known`, as `canonical` does. Of calls whose headers count, too, only
    the form can say what is equal. Safe to use from several threads.
    """

    def __init__(
        self,
        requests: Iterable[Request] = (),
        *,
        repeats: bool = False,
        form: Callable[..., Canonical] | None = None,
        verbatim: bool = True,
        by_value: bool = True,
        answer: Callable[[int], Response] | None = None,
    ) -> None:
        """Take in `requests` in recorded order."""
        self._repeats, self._verbatim, self._by_value = repeats, verbatim, by_value
        self._given, self._answer = form, answer
        self._lock = RLock()
        self._requests: list[Request] = []
        self._played: list[bool] = []
        # By the bytes themselves; by their hash, where requests still stand in their file, so that none need be read.
        self._exactly: Callable[[Request], _Bytes | bytes] = _exactly
        self._by_bytes: dict[_Bytes | bytes, Queue] = {}
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
            if self._exactly is _exactly and unread.is_unread(request):
                self._go_by(unread.fingerprint)
            else:
                self._enter(position)
            if fresh and self._origins:
                self._origins.fresh.add(position)
            return position

    # What is needed by requests that miss by bytes alone is made, and imported, for the first of them.

    @cached_property
    def _form(self) -> Callable[..., Canonical]:
        from llmvcr.canonical import canonical  # noqa: PLC0415 - every provider comes with it

        return self._given or canonical

    @cached_property
    def _formless(self) -> Formless | None:
        from llmvcr.index.formless import Formless  # noqa: PLC0415 - as above

        by_rows = self._verbatim and self._given is None
        known = self._requests, self._played
        return Formless(*known, repeats=self._repeats, by_rows=by_rows) if self._by_value else None

    @cached_property
    def _readings(self) -> Readings:
        from llmvcr.index.readings import Readings  # noqa: PLC0415 - as above

        played, form = self._played, self._form
        return Readings(self._requests, played, form, repeats=self._repeats, verbatim=self._verbatim)

    @cached_property
    def _origins(self) -> Origins | None:
        from llmvcr.origins import Origins  # noqa: PLC0415 - as above

        return self._answer and Origins(self._form, self._answer)

    def _go_by(self, exactly: Callable[[Request], _Bytes | bytes]) -> None:
        self._exactly = exactly
        self._by_bytes.clear()
        for position in range(len(self._requests)):
            self._enter(position)

    def _enter(self, position: int) -> None:
        queue = self._by_bytes.get(exact := self._exactly(self._requests[position]))
        if queue is None:
            queue = self._by_bytes[exact] = Queue()
        queue.positions.append(position)

    def take(self, request: Request) -> int | None:
        """Give the position that answers `request`, and mark it played; None when nothing recorded does."""
        with self._lock:
            position = self._next(request, taking=True)
            if position is not None:
                self.mark(position)
            return position

    def peek(self, request: Request) -> int | None:
        """Give the position that `take` would give, and leave everything as it is."""
        with self._lock:
            return self._next(request)

    def positions(self, request: Request) -> tuple[int, ...]:
        """Give the positions of all recorded requests of the same canonical key, played or not, in recorded order."""
        form = self._form(request)
        with self._lock:
            return self._readings.positions(form)

    def mark(self, position: int) -> None:
        """Mark a position as played. Raises IndexError for a position that was never added."""
        with self._lock:
            self._played[position] = True
            if "_readings" in vars(self):  # otherwise none was read yet
                self._readings.mark(position)

    def rewind(self) -> None:
        """Mark every position as unplayed."""
        with self._lock:
            self._played[:] = [False] * len(self._played)
            if "_readings" in vars(self):
                self._readings.rewind()
            if "_formless" in vars(self) and self._formless is not None:
                self._formless.rewind()
            for queue in self._by_bytes.values():
                queue.head = 0

    def nearest(self, request: Request) -> tuple[int, tuple[Change, ...]] | None:
        """Give the recorded request that is most like `request`, and what differs; None when nothing is recorded.

        One of the same endpoint where there is any; among those the fewest and smallest changes, and of equals the
        unplayed before the played, then the first recorded.
        """
        from llmvcr.index.likeness import nearest  # noqa: PLC0415 - as above

        form = self._form(request)
        with self._lock:
            return nearest(request, form, self._requests, self._played, self._form, self._readings.called)

    def _next(self, request: Request, *, taking: bool = False) -> int | None:
        if not (by_headers := _goes_by_headers(request)) and (position := self._of_bytes(request)) is not None:
            return position
        alone, formless = False, None if by_headers else self._formless
        if formless is None:
            form = self._form(request)
        else:
            position, asked = formless.find(request, taking=taking)
            if position is not None:
                return position
            form = self._form(request)
            alone = formless.is_alone(asked, form)
        position = self._readings.find(form, alone=alone)
        if position is None:
            return self._renewed(request, form, taking=taking)
        return self._very(request, form, position) if by_headers else position

    def _very(self, request: Request, form: Canonical, position: int) -> int:
        """Give the first unplayed of the very bytes, headers that count included; `position` where there is none.

        Where all of that key were played, it is the last of them.
        """
        queue, exact, key = self._by_bytes.get(self._exactly(request)), _exactly(request), form.key
        if queue is None:
            return position
        played = self._repeats and self._played[position]
        for one in reversed(queue.positions) if played else queue.waiting(self._played):
            if _exactly(self._requests[one]) == exact and self._form(self._requests[one]).key == key:
                return one
        return position

    def _of_bytes(self, request: Request) -> int | None:
        exact = self._by_bytes.get(self._exactly(request))
        if exact is None or (position := exact.next(self._played, repeats=self._repeats)) is None:
            return None
        if self._exactly is _exactly or _exactly(self._requests[position]) == _exactly(request):
            return position
        self._go_by(_exactly)  # what was kept of the file is not true of it: all is read
        return self._of_bytes(request)

    def _renewed(self, request: Request, form: Canonical, *, taking: bool) -> int | None:
        found = self._origins and self._origins.find(request, form, self._requests, self._played)
        if not found or not self._origins:
            return None
        position, pairs = found
        if taking:
            self._origins.bind(pairs)
        return position


def _goes_by_headers(request: Request) -> bool:
    if MAY_GO_BY_HEADERS.search(request.url) is None:
        return False
    from llmvcr.providers import goes_by_headers  # noqa: PLC0415 - as above

    return goes_by_headers(request.method, request.url)


def _exactly(request: Request) -> _Bytes:
    # No body and an empty one are the same bytes, and which of them a file names is up to who wrote it.
    return request.method, request.url, request.body or None
