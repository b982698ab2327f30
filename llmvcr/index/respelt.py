"""Recorded requests by the JSON that their bodies hold: those that differ in its spelling alone need no form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llmvcr.index.asked import Asked, digest
from llmvcr.index.queues import Queue
from llmvcr.interaction import Request

__all__ = ["Respelt"]

# So many are read for the first request that is not found among them, then twice as many each time: whoever asks for
# one that is far behind, or for none at all, is not kept waiting for all of them.
_AT_FIRST = 16


class Respelt:
    """Requests of one index by method, URL and JSON; used under the index's lock.

    What is equal so is equal in its canonical form, ids included. So it is found without one: the canonical form is a
    function of method, URL and JSON, whatever rules there are, unless they look at the text of a body.
    """

    def __init__(self, requests: Sequence[Request], played: Sequence[bool], *, repeats: bool) -> None:
        """Take the lists of the index, which grow and change, and what is said in `Index`."""
        self._requests, self._played, self._repeats = requests, played, repeats
        self._most = self._end = _AT_FIRST
        self.rewind()

    def find(self, asked: Asked, is_foreign: Callable[[Asked], bool] | None, *, taking: bool) -> int | None:
        """Give the position that answers a request of the same JSON; None where none does, as far as is read.

        How far that is changes with what is taken alone: whoever looks first finds what is taken then. None is read
        for a request of which `is_foreign` says that nothing recorded has its JSON.
        """
        if asked.spelling is None:
            return None
        found, far = self._found(asked, is_foreign)
        if taking:
            self._most *= 2 if far else 1
            self._end = self._row + self._most
        return found

    def rewind(self) -> None:
        """Say that none was played."""
        self._queues: dict[bytes, Queue] = {}
        self._row = 0  # up to here all that can be played is read
        self._most = self._end = _AT_FIRST

    def _found(self, asked: Asked, is_foreign: Callable[[Asked], bool] | None) -> tuple[int | None, bool]:
        if not self._queues and self._is_next(asked):
            return self._row, False
        wanted = asked.digest
        reads: bool | None = None
        while True:
            queue = self._queues.get(wanted)
            if queue is not None and (position := queue.next(self._played)) is not None:
                return position, False
            if reads is None:
                reads = is_foreign is None or not is_foreign(asked)
            # Before one answers once more, all are read: another may be unplayed.
            if not reads or (self._row >= self._end and not (queue is not None and self._repeats)):
                return None, reads
            if not self._read_on():
                return (queue.next(self._played, repeats=True) if queue is not None and self._repeats else None), False

    def _is_next(self, asked: Asked) -> bool:
        """Say whether the first that may be played asks this, where none was read before it: nothing is kept then."""
        if self._repeats:
            return False
        while self._row < len(self._requests) and self._played[self._row]:
            self._row += 1
        if self._row == len(self._requests):
            return False
        first, one = self._requests[self._row], asked.request
        return first.url == one.url and first.method == one.method and Asked(first).spelling == asked.spelling

    def _read_on(self) -> bool:
        """Read the next that may be played; False where there is none."""
        while self._row < len(self._requests):
            position = self._row
            self._row += 1
            if self._repeats or not self._played[position]:
                self._keep(position)
                return True
        return False

    def _keep(self, position: int) -> None:
        request = self._requests[position]
        if (spelling := Asked(request).spelling) is not None:
            queue = self._queues.get(said := digest(request, spelling))
            if queue is None:
                queue = self._queues[said] = Queue()
            queue.positions.append(position)
