"""Which interaction of a cassette answers a request: by the index where `llm` alone decides, else as vcrpy looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import TYPE_CHECKING, Any

from vcr.matchers import requests_match

from llmvcr.bridge.matching import explain, matcher
from llmvcr.bridge.translate import to_request, to_vcr_request
from llmvcr.index import Index
from llmvcr.interaction import Request, Response

if TYPE_CHECKING:
    from llmvcr.bridge.options import Options
    from llmvcr.canonical import Canonical
    from llmvcr.diff import Change
    from llmvcr.redaction import Redactor
    from llmvcr.rulesets import RuleSet

__all__ = ["Finding"]


class Finding:
    """Looks through the interactions of one cassette, whose lock is held meanwhile."""

    def __init__(self, cassette: Any, options: Options, redactor: Redactor) -> None:
        """Take the cassette, which need not be loaded yet, what is compared, and what of that is a secret."""
        self._cassette, self._options = cassette, options
        self._own_rules = options.has_rules and options.rules()  # refused at once, where they cannot be
        self.redactor = redactor
        """What takes the secrets out of a request."""
        self._strips = False  # whether requests are compared without their secrets, which takes five times as long
        self._open = 0  # so many of the recorded are known to hold nothing in the place of a secret
        self._applied: set[str] = set()
        self._index: Index | None = None
        self.llm = matcher(self.form)
        """The matcher of this cassette."""
        self.recordings = False
        """Whether what was loaded answers equal requests without limit."""
        self.playable = 0
        """How many interactions may be played once; what was recorded since then may not."""

    @cached_property
    def rule_set(self) -> RuleSet:
        """What is compared, beside the rows of the provider."""
        return self._own_rules or self._options.rules()

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
        self._index, self._open = None, 0
        self.playable = len(self._cassette.data)

    def find(self, request: Any) -> int | None:
        """Give the position of the interaction that answers next; it stays playable."""
        if self.indexes:
            return self._answering(Index.peek, to_request(request))
        request = self.bare(to_vcr_request(request))
        data, counts, match_on = self._cassette.data, self._cassette.play_counts, self._cassette._match_on
        for position, (recorded, _) in enumerate(data if self.repeats else data[: self.playable]):
            free = self.repeats or not counts[position]
            if free and requests_match(request, self.bare(recorded), match_on):
                return position
        return None

    def take(self, request: Any) -> int | None:
        """Give the position that `find` would give, and mark it played."""
        return self._answering(Index.take, to_request(request)) if self.indexes else self.find(request)

    def give_back(self, position: int) -> None:
        """Make an interaction that was taken playable again."""
        self._cassette.play_counts[position] -= 1
        self._index = None

    def positions(self, request: Any) -> Iterable[int]:
        """Give the positions of all interactions that the index has for a request, played or not."""
        asked = to_request(request)
        found = tuple(self._fresh().positions(asked))
        if not found and self._strip(asked):
            found = tuple(self._fresh().positions(asked))
        return found

    def nearest(self, request: Any) -> tuple[tuple[int, ...], tuple[Change, ...]]:
        """Give the positions of what is equal, or that of what is most like a request, and what differs from it."""
        if played := tuple(self.positions(request)):
            return played, ()
        nearest = self._fresh().nearest(to_request(request))
        return ((), ()) if nearest is None else ((nearest[0],), nearest[1])

    def similar(self, positions: Iterable[int], different: tuple[Change, ...]) -> list[Any]:
        """Give `nearest` as vcrpy has it: [(recorded request, matchers that agree, [(matcher, difference)]), …]."""
        agree, differ = ([], [("llm", explain(different))]) if different else (["llm"], [])
        return [(self._cassette.data[position][0], agree, differ) for position in positions]

    def answer(self, position: int) -> Response:
        """Give a recorded answer."""
        answer: Response = self._cassette.data.answer(position, path=self._cassette.label)
        return answer

    def rules(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the user's rules that `llm` goes by, and those that found something, in what is recorded too."""
        if not self._own_rules or not self.rule_set.labels or self.llm not in self._cassette._match_on:
            return (), ()
        for position in range(len(self._cassette.data)):
            self.form(self._cassette.data.request(position))
        return self.rule_set.labels, tuple(sorted(self._applied))

    def form(self, request: Request, known: AbstractSet[str] = frozenset()) -> Canonical:
        """Give what is compared of a request."""
        from llmvcr.canonical import canonical  # noqa: PLC0415 - every provider comes with it

        held = self.redactor.matched(request) if self._strips else request
        form = canonical(held, self.rule_set, known)
        if self.rule_set.labels:
            self._applied.update(self.rule_set.applied(form.rules))
        return form

    def _answering(self, ask: Callable[[Index, Request], int | None], request: Request) -> int | None:
        position = ask(self._fresh(), request)
        if position is None and self._strip(request):
            position = ask(self._fresh(), request)
        return position

    def _strip(self, request: Request) -> bool:
        """Compare without secrets from now on, if the request, or a recorded one, then looks other; say so."""
        if self._strips:
            return False
        data, asked = self._cassette.data, self.redactor.matched(request)
        unseen = range(self._open, len(data))
        if asked is request and not any(self.redactor.hides(data.request(place)) for place in unseen):
            self._open = len(data)
            return False
        self._strips, self._index = True, None
        return True

    def bare(self, request: Any) -> Any:
        """Give a vcrpy request as matchers are to see it: without the secrets that are not in the file either."""
        held = to_request(request)
        bare = self.redactor.matched(held)
        return request if bare is held else to_vcr_request(bare)

    def _fresh(self) -> Index:
        if self._index is None:
            # A function of the user's, and what takes secrets out, may change every text, and see how it is spelt.
            rules = self._own_rules
            verbatim = not (rules and rules.function) and not self._strips
            self._index = Index(
                repeats=self.repeats,
                form=self.form if rules or self._strips else None,
                verbatim=verbatim,
                by_value=verbatim and not (rules and rules.strict),
                answer=self.answer,
            )
        data = self._cassette.data
        for position in range(len(self._index), len(data)):
            fresh = position >= self.playable
            self._index.add(data.request(position), fresh=fresh)
            if fresh or self._cassette.play_counts[position]:
                self._index.mark(position)
        return self._index
