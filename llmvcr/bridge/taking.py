"""The recording side of a cassette: what it takes in, in which form, and how that comes to disk."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vcr.cassette import Cassette
from vcr.record_mode import RecordMode

from llmvcr import storage
from llmvcr.bridge.calls import Calls
from llmvcr.bridge.files import Persister, Serializer
from llmvcr.bridge.gating import Gate
from llmvcr.bridge.noting import note
from llmvcr.bridge.options import Options
from llmvcr.bridge.pairs import Pairs
from llmvcr.bridge.recording import Recording, heard, now
from llmvcr.bridge.translate import Pair, filters, settle, to_interaction, to_pair, to_vcr_request
from llmvcr.errors import ReadError
from llmvcr.formats import extra
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.keeping import Keeping
from llmvcr.redaction import Redactor

__all__ = ["TakingCassette"]


class TakingCassette(Cassette):  # type: ignore[misc]
    """A cassette of vcrpy's that keeps the order of requests, and what was recorded, redacted, whatever comes next."""

    def __init__(self, options: Options, redactor: Redactor, **config: Any) -> None:
        if options.llmvcr_dialect and isinstance(config.get("serializer"), Serializer):
            config["serializer"] = Serializer(options.llmvcr_dialect)
        if isinstance(persister := config.get("persister"), Persister):
            first = config.get("record_mode") == RecordMode.ALL
            gate = Gate(options.llmvcr_leaks, redactor)
            config["persister"] = persister.of_one(config["path"], config.get("serializer"), gate=gate, first=first)
        super().__init__(**config)
        if self._before_save_interaction:
            self._before_save_interaction.append(_settled)
        self.data = Pairs()
        hooks = (filters(self._before_record_request), filters(self._before_record_response))
        if isinstance(self._persister, Persister):
            self._persister.unaltered = hooks == ([], []) and not self._after_load_interaction
        self._options, self._redactor = options, redactor
        self._lock = threading.RLock()
        self._recording = Recording()
        self._calls = Calls()
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

    def go_on(self) -> None:
        """Record on under `once` too: the run that began to record the cassette is not over, or ended by a crash."""
        if self.record_mode == RecordMode.ONCE:
            self.record_mode: RecordMode = RecordMode.NEW_EPISODES

    def append(self, request: Any, response: dict[str, Any]) -> None:
        """Add what vcrpy's own stubs recorded, or what the file held."""
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

    @property
    def _keeping(self) -> Keeping | None:
        return self._persister.keeping if isinstance(self._persister, Persister) else None

    @property
    def _folder(self) -> Path:
        return (self._keeping.path if self._keeping else Path(self._path)).parent


def _settled(request: Any, response: dict[str, Any]) -> Pair:
    settle(request, response)
    return request, response
