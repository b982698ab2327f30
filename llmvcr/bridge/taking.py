"""The recording side of a cassette: what it takes in, in which form, and how that comes to disk."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcr.cassette import Cassette
from vcr.record_mode import RecordMode

from llmvcr import storage
from llmvcr.bridge.calls import Calls
from llmvcr.bridge.files import Persister, Serializer
from llmvcr.bridge.gating import Gate
from llmvcr.bridge.living import Life
from llmvcr.bridge.noting import note
from llmvcr.bridge.options import Options
from llmvcr.bridge.pairs import Pairs
from llmvcr.bridge.recording import Recording, heard, now
from llmvcr.bridge.siding import Siding
from llmvcr.bridge.translate import (
    Pair,
    filters,
    loaded_request,
    settle,
    to_interaction,
    to_pair,
    to_request,
    to_vcr_request,
)
from llmvcr.errors import ReadError
from llmvcr.formats import extra
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.keeping import Keeping

if TYPE_CHECKING:
    from llmvcr.redaction import Redactor

__all__ = ["TakingCassette"]


class TakingCassette(Cassette):  # type: ignore[misc]
    """A cassette of vcrpy's that keeps the order of requests, and what was recorded, redacted, whatever comes next."""

    dirty: bool  # vcrpy's: whether there is anything to save

    def __init__(self, options: Options, redactor: Redactor, **config: Any) -> None:
        self.gate = Gate(options.llmvcr_leaks, redactor)
        """What looks through it before it is written."""
        self.life = Life(self, options)
        """What becomes of its interactions as time goes on."""
        self.siding = Siding(self, options)
        """What becomes of side traffic."""
        if options.llmvcr_dialect and isinstance(config.get("serializer"), Serializer):
            config["serializer"] = Serializer(options.llmvcr_dialect)
        if persister := config.get("persister"):
            if not isinstance(persister, Persister):  # registered after ours, or named for this cassette
                persister = Persister(persister)
            first = config.get("record_mode") == RecordMode.ALL
            serializer = config.get("serializer")
            config["persister"] = persister.of_one(config["path"], serializer, gate=self.gate, first=first)
        super().__init__(**config)
        if self._before_save_interaction:
            self._before_save_interaction.append(_settled)
        self.data = Pairs()
        hooks = (filters(self._before_record_request), filters(self._before_record_response))
        self._hooked = hooks != ([], [])  # whether anything but us may change what is recorded
        if isinstance(self._persister, Persister):
            self._persister.unaltered = hooks[1] == [] and not self._after_load_interaction
        self._options, self._redactor = options, redactor
        self._lock = threading.RLock()
        self._recording = Recording()
        self._calls = Calls(redactor)
        self.missed: list[BaseException] = []
        """The misses of LLM calls, as they were raised, while it is open."""
        self._loading = False
        self.failed = False
        """Whether the test that it is for has failed, so that more of it may be to record."""

    @property
    def label(self) -> str:
        """What messages call the cassette."""
        return str(self._path)

    @property
    def recovered(self) -> int:
        """How many interactions of a run that was cut short came back when the cassette was opened."""
        return self._persister.recovered if isinstance(self._persister, Persister) else 0

    @property
    def has_age(self) -> bool:
        """Whether its recordings may be too old."""
        return bool(self._options.llmvcr_max_age)

    @property
    def reads_others(self) -> bool:
        """Whether it was loaded from more than its own file."""
        return any(path != self.label for path in getattr(self._persister, "sizes", ()))

    @property
    def is_notable(self) -> bool:
        """Whether the end of a run has to tell of it, whether counts were asked for or not."""
        return bool(self.recovered) or self.life.is_notable

    def ended(self, *, well: bool) -> None:
        """Say that the cassette is closed, and whether what ran under it came to its end."""
        self.missed.clear()  # with the frames that they came through
        with self._lock:
            self._recording.over = True
        if self._keeping is None:
            return
        self._keeping.drop()
        if well and not self.failed and self.record_mode != RecordMode.NONE and not self.life.verifies:
            storage.set_incomplete(self._keeping.path, to=False)
        self.life.close(well=well and not self.failed)

    def go_on(self) -> None:
        """Record on under `once` too: the run that began to record the cassette is not over, or ended by a crash."""
        if self.record_mode == RecordMode.ONCE:
            self.record_mode: RecordMode = RecordMode.NEW_EPISODES

    def append(self, request: Any, response: dict[str, Any]) -> None:
        """Add what vcrpy's own stubs recorded, or what the file held."""
        if not self._loading and self.siding.keeps_out(request):
            return
        if not self._loading and self.life.verifies:
            self._verify(request, response)
            return
        if not self._loading and extra.KEY not in response:
            response = {**response, extra.KEY: {"version": extra.VERSION, "recorded_at": now()}}
        self._append(request, response, self._recording.ticket())
        if not self._loading:
            self._calls.add(request, response)

    def get_metadata(self, key: str, default: Any) -> Any:
        """Return what the cassette keeps under `key`, or keep `default` and return it, as vcrpy does."""
        fresh = key not in self._metadata
        value = super().get_metadata(key, default)
        if fresh and self._keeping is not None:
            with self._lock:
                self._keeping.tell({key: value})
        return value

    def _save(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - vcrpy's signature
        with contextlib.ExitStack() as stack:
            save = super()._save
            stack.callback(self._undisturbed, save, force)  # last, and also where a hook fails on one of the streams
            self._recording.end_all(stack)

    def _undisturbed(self, save: Callable[[bool], None], force: bool) -> None:  # noqa: FBT001 - as in vcrpy
        with self._lock:  # other threads may be about to record
            if self.life.verifies:
                return
            if self.failed and self.life.drops and self._options.llmvcr_failed == "drop":
                self.life.set_aside()
                return
            if not self.dirty and self._has_children():
                self.dirty = True
            if not (force or self.dirty or self.drop_unused_requests):
                return  # vcrpy would make pairs of all that was loaded, to find that there is nothing to write
            if force or not self._add():
                save(force)

    def _has_children(self) -> bool:
        return bool(self._keeping and self.record_mode != RecordMode.NONE and self._keeping.has_children())

    def _add(self) -> bool:
        """Write what was recorded behind what is in the file; False where more than that has changed, or may have."""
        persister, first = self._persister, self._loaded_count
        if self.record_mode == RecordMode.ALL or self.drop_unused_requests or self._before_save_interaction:
            return False
        if not (isinstance(persister, Persister) and persister.adds and self.life.only_adds) or self._metadata:
            return False
        loaded = self.data.kept(first) if first and [*persister.sizes.values()] == [first] else None
        if loaded is None:
            return False
        fresh = sorted(zip(self._recording.places[first:], self.data[first:], strict=True), key=itemgetter(0))
        pairs = self.life.normalized((one.request for one in loaded), [pair for _, pair in fresh])
        persister.add_to_cassette(self._path, loaded, pairs, self._serializer)
        self.dirty = False
        return True

    def _new_interactions(self) -> list[Pair]:
        # All that was recorded now, also where something like it was recorded before: the application got it.
        return list(self.data[self._loaded_count :])

    def _persist(self, cassette_dict: dict[str, Any]) -> None:
        pairs = zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
        in_order = self._recording.in_order(self.data, self.life.kept(pairs), self.life.rank)
        loaded = {id(response) for _, response in self.data[: self._loaded_count]}
        kept = sum(1 for _ in itertools.takewhile(lambda pair: id(pair[1]) in loaded, in_order))
        if self._keeping:
            self._persister.kept = kept
        in_order[kept:] = self.life.normalized((to_request(one) for one, _ in in_order[:kept]), in_order[kept:])
        ordered = {"requests": [request for request, _ in in_order], "responses": [said for _, said in in_order]}
        super()._persist({**cassette_dict, **ordered})

    def _record(self, request: Request, ticket: int, response: Response) -> None:
        interaction = heard(
            request, response, keep=self._options.llmvcr_keep, unpack=self._options.llmvcr_compressed == "unpack"
        )
        if self.life.verifies:
            with self._lock:
                self.life.verify(interaction, ticket)
        else:
            self._append(to_vcr_request(request), to_pair(interaction)[1], ticket)
        self._recording.done(ticket)

    def _verify(self, request: Any, response: dict[str, Any]) -> None:
        """Compare what vcrpy's own stubs heard, where that is all that is wanted of it."""
        wanted = self._before_record_request(request)
        with self._lock:
            if wanted:
                self.life.meet(to_request(wanted))
                with contextlib.suppress(ReadError):  # a response of the user's own making has nothing to read
                    self.life.verify(to_interaction(request, response, path=self.label, number=0), None)

    def _append(self, request: Any, response: dict[str, Any], ticket: int) -> None:
        with self._lock:
            if self._recording.over:
                return
            if isinstance(request, Interaction):  # as the persister gave it
                self._take_in(request)
            else:
                super().append(request, response)
            if len(self.data) > len(self._recording):  # no hook dropped it
                self._recording.placed(ticket)
                if not self._loading:
                    self.life.took(ticket)
                    if self._hooked:
                        settle(*self.data[-1])
                    redacted = self._redact()
                    if self._keeping:
                        note(self, self._keeping, ticket, redacted)

    def _take_in(self, held: Interaction) -> None:
        """Take in what the file held, as it is but where a hook alters its request; hooks of answers there are none."""
        if self._hooked:
            asked = self._before_record_request(loaded_request(held.request))
            if not asked:
                return
            if to_request(asked) != to_request(loaded_request(held.request)):
                self.data.append((asked, to_pair(held)[1]))
                return
        self.data.keep(held)

    def _redact(self) -> Interaction | None:
        """Take the secrets out of the last interaction, and give it: what stands in memory is what goes to disk."""
        try:
            held = to_interaction(*self.data[-1], path=self.label, number=len(self.data) - 1)
        except ReadError:  # spoilt by a hook: saving will say so
            return None
        redacted = self._redactor.redact(held).interaction
        if redacted is not held:
            self.data[-1] = to_pair(redacted)
        return redacted

    @property
    def _keeping(self) -> Keeping | None:
        return self._persister.keeping if isinstance(self._persister, Persister) else None

    @property
    def _folder(self) -> Path:
        return (self._keeping.path if self._keeping else Path(self._path)).parent


def _settled(request: Any, response: dict[str, Any]) -> Pair:
    settle(request, response)
    return request, response
