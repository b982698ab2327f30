"""Which interaction of a cassette answers a request: by the index where `llm` alone decides, else as vcrpy looks."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from vcr.matchers import requests_match

from llmvcr.bridge.matching import explain, llm, matcher
from llmvcr.bridge.translate import to_request, to_response
from llmvcr.canonical import Canonical, canonical
from llmvcr.index import Index
from llmvcr.interaction import Request, Response
from llmvcr.rulesets import DEFAULT, RuleSet

__all__ = ["Finding"]


class Finding:
    """Looks through the interactions of one cassette, whose lock is held meanwhile."""

    def __init__(self, cassette: Any, rules: RuleSet) -> None:
        """Take the cassette, which need not be loaded yet, and what is compared."""
        self._cassette = cassette
        self._rules = rules
        self._applied: set[str] = set()
        self._index: Index | None = None
        self.llm = llm if rules is DEFAULT else matcher(self._form)
        """The matcher of this cassette."""
        self.recordings = False
        """Whether what was loaded answers equal requests without limit."""
        self.playable = 0
        """How many interactions may be played once; what was recorded since then may not."""

    @property
    def indexes(self) -> bool:
        """Whether the matcher `llm` alone decides."""
        return list(self._cassette._match_on) == [self.llm]

    @property
    def repeats(self) -> bool:
        """Whether an interaction may be played more than once."""
        return bool(self._cassette.allow_playback_repeats or self.recordings)

    def begin(self) -> None:
        """Make everything that is there playable, as if nothing had been played."""
        self._index = None
        self.playable = len(self._cassette.data)

    def find(self, request: Any) -> int | None:
        """Give the position of the interaction that answers next; it stays playable."""
        if self.indexes:
            return self._fresh().peek(to_request(request))
        data, counts, match_on = self._cassette.data, self._cassette.play_counts, self._cassette._match_on
        for position, (recorded, _) in enumerate(data if self.repeats else data[: self.playable]):
            if (self.repeats or not counts[position]) and requests_match(request, recorded, match_on):
                return position
        return None

    def take(self, request: Any) -> int | None:
        """Give the position that `find` would give, and mark it played."""
        return self._fresh().take(to_request(request)) if self.indexes else self.find(request)

    def positions(self, request: Any) -> Iterable[int]:
        """Give the positions of all interactions that the index has for a request, played or not."""
        return self._fresh().positions(to_request(request))

    def nearest(self, request: Any) -> list[Any]:
        """Give what vcrpy asks for: [(recorded request, matchers that agree, [(matcher, difference)]), …]."""
        data = self._cassette.data
        if played := self.positions(request):
            return [(data[position][0], ["llm"], []) for position in played]
        nearest = self._fresh().nearest(to_request(request))
        if nearest is None:
            return []
        position, different = nearest
        return [(data[position][0], [], [("llm", explain(different))])]

    def answer(self, position: int) -> Response:
        """Give a recorded answer."""
        return to_response(self._cassette.data[position][1], path=self._cassette.label, number=position)

    def rules(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the user's rules that `llm` goes by, and those that found something, in what is recorded too."""
        if not self._rules.labels or self.llm not in self._cassette._match_on:
            return (), ()
        for request, _ in self._cassette.data:
            self._form(to_request(request))
        return self._rules.labels, tuple(sorted(self._applied))

    def _form(self, request: Request, known: AbstractSet[str] = frozenset()) -> Canonical:
        form = canonical(request, self._rules, known)
        if self._rules.labels:
            self._applied.update(self._rules.applied(form.rules))
        return form

    def _fresh(self) -> Index:
        if self._index is None:
            self._index = Index(repeats=self.repeats, form=self._form, answer=self.answer)
        for position, (request, _) in enumerate(self._cassette.data[len(self._index) :], len(self._index)):
            fresh = position >= self.playable
            self._index.add(to_request(request), fresh=fresh)
            if fresh:
                self._index.mark(position)
        return self._index
