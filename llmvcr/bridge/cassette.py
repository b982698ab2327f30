"""vcrpy's cassette with our index inside, and the recorder that the taps ask."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from vcr.record_mode import RecordMode

from llmvcr import storage
from llmvcr.bridge.faulting import Faulting, Mishap
from llmvcr.bridge.finding import Finding
from llmvcr.bridge.matching import llm
from llmvcr.bridge.options import Options
from llmvcr.bridge.redacting import redacting
from llmvcr.bridge.serving import served
from llmvcr.bridge.taking import TakingCassette
from llmvcr.bridge.translate import to_vcr_request, uncopied
from llmvcr.bridge.walling import Ignored, wall
from llmvcr.interaction import Request, Response
from llmvcr.taps import TAPS, Call, Dial
from llmvcr.taps.installed import is_installed

if TYPE_CHECKING:
    from llmvcr.bridge.sockets import Sockets
    from llmvcr.conversation import LlmCall

__all__ = ["LlmCassette", "Opener"]

_VCRPY_ALONE = ("httplib2", "tornado")
"""Libraries that vcrpy knows and no tap of ours, by the names of its patchers."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Stands where vcrpy expects the cassette class, and opens ours with our options."""

    options: Options
    ignored: Ignored = frozenset()

    def load(self, **config: Any) -> LlmCassette:
        """Open the cassette of a merged vcrpy configuration.

        Raises ReadError for a file that cannot be read, StaleError for one that is too old.
        """
        if self.options.llmvcr_mode is not None:
            config["record_mode"] = RecordMode.NEW_EPISODES
        cassette = LlmCassette(self.options, self.ignored, **config)
        cassette._load()
        return cassette


class LlmCassette(TakingCassette):
    """A cassette that finds the answer in O(1) by canonical form, each caller its own, and keeps the order of requests.

    With another `match_on` than the single `llm`, it looks as vcrpy does: through all that is recorded.
    """

    def __init__(self, options: Options, ignored: Ignored = frozenset(), **config: Any) -> None:
        skipped = tuple(config.pop("skip_patchers", ()))
        self.taps = tuple(tap for tap in TAPS if not set(tap.replaces).intersection(skipped))
        """The client libraries that this cassette hears; of others vcrpy's own stubs tell it."""
        self.hears_http_client = "httplib" not in skipped
        """Whether it hears http.client, through vcrpy's stubs for that."""
        # vcrpy tries to import what is not there at each opening, which takes longer than the rest of its patching.
        absent = (name for name in _VCRPY_ALONE if not is_installed(name))
        replaced = itertools.chain(absent, *(tap.replaces for tap in self.taps))
        redactor = redacting(options.llmvcr_redact)
        self.finding = Finding(self, options, redactor)
        """What looks through the interactions."""
        if "match_on" in config:
            config["match_on"] = [self.finding.llm if one is llm else one for one in config["match_on"]]
        super().__init__(options, redactor, skip_patchers=("httplib", *skipped, *replaced), **config)
        self.wall = wall(self, options, ignored)
        """What it stops of what no one hears; None where it stops nothing."""
        self._wanted = uncopied(self._before_record_request)
        self.pace = options.pace
        """How many times as long as in the recording a replay takes."""
        self._used: set[int] = set()  # which of self.data were played, or had a fault made of them
        self.faults = Faulting(options.llmvcr_faults, waits=options.pace > 0)
        self._sockets: Sockets | None = None  # made by the first handshake

    @property
    def calls(self) -> tuple[LlmCall, ...]:
        """The LLM calls that were made while it is open and got an answer, played or recorded, in their order."""
        return self._calls.told()

    def call(self, request: Request) -> Call:
        """Say what a tap should do with a request; raises Miss, MissAbort or FaultError."""
        return self._calls.hear(request, self._call(request))

    def _call(self, request: Request) -> Call:
        wanted = self._wanted(request)
        if not wanted:
            return Call()
        with self._lock:
            mishap = self.faults.mishap(request)
            answer = mishap.answer or self._answer(wanted, mishap)
            if answer is not None:
                return Call(answer=answer)
            if not self.life.is_due:
                if (beside := self.siding.call(request)) is not None:
                    return beside
                if self.write_protected:
                    raise self._miss(to_vcr_request(wanted))
            mishap.unrecorded()
            ticket = self._recording.ticket()
            self.life.send(ticket)
            record, spool = partial(self._record, request, ticket), partial(storage.spool, self._folder)
            return Call(None, record, self._recording.opener(ticket), spool if self._keeping else None)

    def dial(self, request: Request) -> Dial:
        """Say what a tap should do with the handshake of a WebSocket; raises Miss or MissAbort."""
        with self._lock:
            if self._sockets is None:
                from llmvcr.bridge.sockets import Sockets  # noqa: PLC0415 - most applications open none

                self._sockets = Sockets(self, self.finding.rule_set)
            sockets = self._sockets
        return sockets.dial(request)

    def can_play_response_for(self, request: Any) -> bool:
        """Say whether an answer is recorded that may still be played."""
        request = self._before_record_request(request)
        if not request:
            return False
        with self._lock:
            self.faults.unheard(request)
            return self._plays and not self.life.verifies and self.finding.find(request) is not None

    def filter_request(self, request: Any) -> Any:
        """Give what the hooks make of a request; raises the miss: vcrpy's stubs ask when there is no answer to give."""
        wanted = super().filter_request(request)
        if wanted and self.write_protected:
            with self._lock:
                raise self._miss(wanted)
        return wanted

    def play_response(self, request: Any) -> Any:
        """Give the next recorded answer; raises vcrpy's UnhandledHTTPRequestError where there is none."""
        wanted = self._before_record_request(request)
        with self._lock:
            position = self._take(wanted)
        response = super().play_response(request) if position is None else self.data[position][1]
        self._calls.add(request, response)
        return response

    def rules(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the user's rules that `llm` goes by, and those that found something, in what is recorded too."""
        with self._lock:
            return self.finding.rules()

    def rewind(self) -> None:
        """Make every interaction playable again."""
        with self._lock:
            super().rewind()
            self.finding.begin()
            self._sockets = None

    def find_requests_with_most_matches(self, request: Any) -> list[Any]:
        """Give the recorded request that is nearest by content, with the differences field by field."""
        if not self.finding.indexes:
            found: list[Any] = super().find_requests_with_most_matches(request)
            return found
        with self._lock:
            return self.finding.similar(*self.finding.nearest(self._before_record_request(request) or request))

    def _miss(self, wanted: Any) -> BaseException:
        from llmvcr.bridge.miss import miss  # noqa: PLC0415 - mostly every call has its answer

        return miss(self, wanted)

    def _load(self) -> None:
        self._loading = True
        try:
            super()._load()
        finally:
            self._loading = False
        self.finding.recordings = getattr(self._persister, "repeats", False)
        self.finding.begin()
        self.life.begin()
        if self._keeping and storage.incomplete(self._keeping.path):
            self.go_on()

    def _responses(self, request: Any) -> Iterator[tuple[int, Any]]:
        if not self.finding.indexes:
            yield from super()._responses(request)
            return
        with self._lock:
            positions = tuple(self.finding.positions(self._before_record_request(request)))
        for position in positions:
            yield position, self.data[position][1]

    @property
    def _plays(self) -> bool:
        return self.record_mode != RecordMode.ALL and bool(self.rewound or self.allow_playback_repeats)

    def _take(self, request: Any) -> int | None:
        position = self.finding.take(request)
        if position is not None:
            self._played(position)
        return position

    def _played(self, position: int) -> None:
        self._use(position)
        self.play_counts[position] += 1

    def _use(self, position: int) -> None:
        if position < self._loaded_count and position not in self._used:
            self._used.add(position)
            if self.drop_unused_requests:
                self._played_interactions.append(self.data[position])

    def _answer(self, request: Any, mishap: Mishap) -> Response | None:
        """Give the next recorded answer as a tap serves it, with what happens to it; None where there is none."""
        take = (
            self.finding.find if mishap.is_any else self._take
        )  # a fault mostly leaves the answer to the call after it
        position = take(request) if self._plays else None
        if position is None or not self.life.plays(position):
            return None
        answer = served(self.finding.answer(position), self.pace)
        if mishap.is_any:
            answer, uses_up = mishap.alter(answer)
            if uses_up:
                self._take(request)
            else:
                self._use(position)
        return answer
