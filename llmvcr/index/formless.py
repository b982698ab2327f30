"""What answers a request that misses by its bytes, as far as that is seen without its canonical form."""

from __future__ import annotations

from collections.abc import Sequence

from llmvcr.canonical import Canonical
from llmvcr.index.asked import Asked
from llmvcr.index.foreign import Foreign
from llmvcr.index.respelt import Respelt
from llmvcr.interaction import Request

__all__ = ["Formless"]


class Formless:
    """Looks through the requests of one index; used under the index's lock."""

    def __init__(self, requests: Sequence[Request], played: Sequence[bool], *, repeats: bool, by_rows: bool) -> None:
        """Take the lists of the index, and whether forms go by the rows of the providers and nothing else."""
        self._requests, self._played = requests, played
        self._respelt = Respelt(requests, played, repeats=repeats)
        self._foreign = Foreign(requests) if by_rows else None
        self._begin = 0  # all before it were played

    def find(self, request: Request, *, taking: bool) -> tuple[int | None, Asked]:
        """Give the position that answers a request, None where that takes its form, and what is known of it by then."""
        asked, foreign, played = Asked(request), self._foreign, self._played
        if foreign is None:
            return self._respelt.find(asked, None, taking=taking), asked
        while self._begin < len(played) and played[self._begin]:
            self._begin += 1
        if self._begin < len(played) and foreign.is_twin(asked, self._requests[self._begin]):
            return self._begin, asked
        return self._respelt.find(asked, foreign.is_foreign, taking=taking), asked

    def is_alone(self, asked: Asked, form: Canonical) -> bool:
        """Say whether nothing recorded has any id of a request; False where that is not sure."""
        return self._foreign is not None and self._foreign.is_alone(asked, form)

    def rewind(self) -> None:
        """Say that none was played."""
        self._begin = 0
        self._respelt.rewind()
