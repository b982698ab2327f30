"""vcrpy's cassette with our index inside, and the recorder that the taps ask."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vcr.cassette import Cassette
from vcr.record_mode import RecordMode

from llmvcr import redaction, storage
from llmvcr.bridge.calls import Calls
from llmvcr.bridge.faulting import Faulting, Mishap
from llmvcr.bridge.files import Persister, Serializer
from llmvcr.bridge.finding import Finding
from llmvcr.bridge.gating import Gate
from llmvcr.bridge.matching import llm
from llmvcr.bridge.miss import miss
from llmvcr.bridge.noting import note
from llmvcr.bridge.options import Options
from llmvcr.bridge.pairs import Pairs
from llmvcr.bridge.recording import Recording, heard, now
from llmvcr.bridge.serving import served
from llmvcr.bridge.sockets import Sockets
from llmvcr.bridge.translate import Pair, filters, settle, to_interaction, to_pair, to_vcr_request, uncopied
from llmvcr.bridge.walling import PATCH, Ignored, wall
from llmvcr.conversation import LlmCall
from llmvcr.errors import ReadError
from llmvcr.formats import extra
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.keeping import Keeping
from llmvcr.taps import TAPS, Call, Dial

__all__ = ["LlmCassette", "Opener"]


@dataclass(frozen=True, slots=True)
class Opener:
    """Stands where vcrpy expects the cassette class, and opens ours with our options."""

    options: Options
    ignored: Ignored = frozenset()

    def load(self, **config: Any) -> LlmCassette:
        """Open the cassette of a merged vcrpy configuration; raises ReadError for a file that cannot be read."""
        cassette = LlmCassette(self.options, self.ignored, **config)
        cassette._load()
        return cassette


class LlmCassette(Cassette):  # type: ignore[misc]
    """A cassette that finds the answer in O(1) by canonical form, each caller its own, and keeps the order of requests.

    With another `match_on` than the single `llm`, it looks as vcrpy does: through all that is recorded.
    """

    def __init__(self, options: Options, ignored: Ignored = frozenset(), **config: Any) -> None:
        if options.llmvcr_dialect and isinstance(config.get("serializer"), Serializer):
            config["serializer"] = Serializer(options.llmvcr_dialect)
        skipped = tuple(config.pop("skip_patchers", ()))
        self.taps = tuple(tap for tap in TAPS if not set(tap.replaces).intersection(skipped))
        """The client libraries that this cassette hears; of others vcrpy's own stubs tell it."""
        replaced = itertools.chain.from_iterable(tap.replaces for tap in self.taps)
        self._rules = options.rules()
        self._redactor = redaction.redactor(options.llmvcr_redact)
        self.finding = Finding(self, self._rules, self._redactor)
        """What looks through the interactions."""
        if "match_on" in config:
            config["match_on"] = [self.finding.llm if one is llm else one for one in config["match_on"]]
        if isinstance(persister := config.get("persister"), Persister):
            first = config.get("record_mode") == RecordMode.ALL
            gate = Gate(options.llmvcr_leaks, self._redactor)
            config["persister"] = persister.of_one(config["path"], config.get("serializer"), gate=gate, first=first)
        patches = (*config.pop("custom_patches", ()), PATCH)
        super().__init__(skip_patchers=(*skipped, *replaced), custom_patches=patches, **config)
        self.wall = wall(self, options, ignored)
        """What it stops of what no one hears; None where it stops nothing."""
        if self._before_save_interaction:
            self._before_save_interaction.append(_settled)
        self.data = Pairs()
        self._wanted = uncopied(self._before_record_request)
        hooks = (filters(self._before_record_request), filters(self._before_record_response))
        if isinstance(self._persister, Persister):
            self._persister.unaltered = hooks == ([], []) and not self._after_load_interaction
        self._options, self._pace = options, options.pace
        self._lock = threading.RLock()
        self._used: set[int] = set()  # which of self.data were played, or had a fault made of them
        self._recording = Recording()
        self.faults = Faulting(options.llmvcr_faults, waits=options.pace > 0)
        self._sockets = Sockets(self, self._rules)
        self._calls = Calls()
        self.missed: list[BaseException] = []
        """The misses of LLM calls, as they were raised, while it is open."""
        self._loading = False
        self.failed = False
        """Whether the test that it is for has failed, so that more of it may be to record."""

    @property
    def _keeping(self) -> Keeping | None:
        return self._persister.keeping if isinstance(self._persister, Persister) else None

    @property
    def _folder(self) -> Path:
        return (self._keeping.path if self._keeping else Path(self._path)).parent

    def ended(self, *, well: bool) -> None:
        """Say that the cassette is closed, and whether what ran under it came to its end."""
        self.missed.clear()  # with the frames that they came through
        with self._lock:
            self._recording.over = True
        if self._keeping is None:
            return
        self._keeping.drop()
        if well and not self.failed and self.record_mode != RecordMode.NONE:
            storage.set_incomplete(self._keeping.path, to=False)

    @property
    def recovered(self) -> int:
        """How many interactions of a run that was cut short came back when the cassette was opened."""
        return self._persister.recovered if isinstance(self._persister, Persister) else 0

    def get_metadata(self, key: str, default: Any) -> Any:
        """Return what the cassette keeps under `key`, or keep `default` and return it, as vcrpy does."""
        fresh = key not in self._metadata
        value = super().get_metadata(key, default)
        if fresh and self._keeping is not None:
            with self._lock:
                self._keeping.tell({key: value})
        return value

    @property
    def label(self) -> str:
        """What messages call the cassette."""
        return str(self._path)

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
            if self.write_protected:
                raise miss(self, to_vcr_request(wanted))
            mishap.due.unrecorded()
            ticket = self._recording.ticket()
            record, spool = partial(self._record, request, ticket), partial(storage.spool, self._folder)
            return Call(None, record, self._recording.opener(ticket), spool if self._keeping else None)

    def dial(self, request: Request) -> Dial:
        """Say what a tap should do with the handshake of a WebSocket; raises Miss or MissAbort."""
        return self._sockets.dial(request)

    def append(self, request: Any, response: dict[str, Any]) -> None:
        """Add what vcrpy's own stubs recorded, or what the file held."""
        if not self._loading and extra.KEY not in response:
            response = {**response, extra.KEY: {"version": extra.VERSION, "recorded_at": now()}}
        self._append(request, response, self._recording.ticket())
        if not self._loading:
            self._calls.add(request, response)

    def can_play_response_for(self, request: Any) -> bool:
        """Say whether an answer is recorded that may still be played."""
        request = self._before_record_request(request)
        if not request:
            return False
        with self._lock:
            self.faults.unheard(request)
            return self._plays and self.finding.find(request) is not None

    def filter_request(self, request: Any) -> Any:
        """Give what the hooks make of a request; raises the miss: vcrpy's stubs ask when there is no answer to give."""
        wanted = super().filter_request(request)
        if wanted and self.write_protected:
            with self._lock:
                raise miss(self, wanted)
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
            self._sockets = Sockets(self, self._rules)

    def find_requests_with_most_matches(self, request: Any) -> list[Any]:
        """Give the recorded request that is nearest by content, with the differences field by field."""
        if not self.finding.indexes:
            found: list[Any] = super().find_requests_with_most_matches(request)
            return found
        with self._lock:
            return self.finding.similar(*self.finding.nearest(self._before_record_request(request) or request))

    def _load(self) -> None:
        self._loading = True
        try:
            super()._load()
        finally:
            self._loading = False
        self.finding.recordings = getattr(self._persister, "repeats", False)
        self.finding.begin()
        if self._keeping and storage.incomplete(self._keeping.path):
            self.go_on()

    def go_on(self) -> None:
        """Record on under `once` too: the run that began to record the cassette is not over, or ended by a crash."""
        if self.record_mode == RecordMode.ONCE:
            self.record_mode: RecordMode = RecordMode.NEW_EPISODES

    def _save(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - vcrpy's signature
        with contextlib.ExitStack() as stack:
            save = super()._save
            stack.callback(self._undisturbed, save, force)  # last, and also where a hook fails on one of the streams
            self._recording.end_all(stack)

    def _undisturbed(self, save: Callable[[bool], None], force: bool) -> None:  # noqa: FBT001 - as in vcrpy
        with self._lock:  # other threads may be about to record
            save(force)

    def _new_interactions(self) -> list[Pair]:
        # All that was recorded now, also where something like it was recorded before: the application got it.
        return list(self.data[self._loaded_count :])

    def _persist(self, cassette_dict: dict[str, Any]) -> None:
        pairs = zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
        in_order = self._recording.in_order(self.data, list(pairs))
        if self._keeping:
            loaded = {id(response) for _, response in self.data[: self._loaded_count]}
            self._persister.kept = sum(id(response) in loaded for _, response in in_order)
        ordered = {"requests": [request for request, _ in in_order], "responses": [said for _, said in in_order]}
        super()._persist({**cassette_dict, **ordered})

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
            self.finding.find if mishap.due.rows else self._take
        )  # a fault mostly leaves the answer to the call after it
        position = take(request) if self._plays else None
        if position is None:
            return None
        answer = served(self.finding.answer(position), self._pace)
        if mishap.due.rows:
            answer, uses_up = mishap.alter(answer)
            if uses_up:
                self._take(request)
            else:
                self._use(position)
        return answer

    def _record(self, request: Request, ticket: int, response: Response) -> None:
        interaction = heard(
            request, response, keep=self._options.llmvcr_keep, unpack=self._options.llmvcr_compressed == "unpack"
        )
        self._append(to_vcr_request(request), to_pair(interaction)[1], ticket)
        self._recording.done(ticket)

    def _append(self, request: Any, response: dict[str, Any], ticket: int) -> None:
        with self._lock:
            if self._recording.over:
                return
            if isinstance(request, Interaction):  # as the persister gave it
                self.data.keep(request)
            else:
                super().append(request, response)
            if len(self.data) > len(self._recording):  # no hook dropped it
                self._recording.placed(ticket)
                if not self._loading:
                    settle(*self.data[-1])
                    self._redact()
                    if self._keeping:
                        note(self, self._keeping, ticket)

    def _redact(self) -> None:
        """Take the secrets out of the last interaction: what stands in memory is what goes to disk."""
        with contextlib.suppress(ReadError):  # spoilt by a hook: saving will say so
            held = to_interaction(*self.data[-1], path=self.label, number=len(self.data) - 1)
            redacted = self._redactor.redact(held).interaction
            if redacted is not held:
                self.data[-1] = to_pair(redacted)


def _settled(request: Any, response: dict[str, Any]) -> Pair:
    settle(request, response)
    return request, response
