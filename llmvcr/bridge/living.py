"""What becomes of the interactions of a cassette as time goes on: too old, asked anew, compared, set aside, unused."""

from __future__ import annotations

import copy
import logging
import os
import warnings
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcr.cassette import _run_hooks
from vcr.record_mode import RecordMode

from llmvcr import lifecycle, storage
from llmvcr.bridge.options import Options
from llmvcr.bridge.translate import Pair, to_interaction, to_pair
from llmvcr.bridge.using import elsewhere, uses
from llmvcr.errors import LeakError, ReadError, StaleError, StaleWarning
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Request

if TYPE_CHECKING:
    from llmvcr.lifecycle import Use

__all__ = ["Life"]

_ERRORS = 400  # the least status that is one
_Rank = tuple[int, int, int]
_LOG = logging.getLogger("llmvcr")


class Life:
    """Of one cassette, whose lock is held meanwhile: which recordings are asked anew, and what takes their places.

    Under `verify` nothing is recorded: each call goes out, and its answer is compared with the recorded one. Under
    `refresh` what does not match is recorded in the place where it was asked. A recording that is too old is recorded
    anew in its own place, where that was asked for and the record mode lets it.
    """

    def __init__(self, cassette: Any, options: Options) -> None:
        """Take the cassette, which need not be loaded yet."""
        self._cassette, self._options = cassette, options
        self.verifies = options.llmvcr_mode == "verify"
        """Whether nothing is played nor recorded, but all answers are compared."""
        self.refreshes = options.llmvcr_mode == "refresh"
        """Whether what was not played is to go."""
        self.part_of_run = False
        """Whether somebody else takes out what was not played, when all tests are over."""
        self.drops = True
        """Whether a test that did not come to its end has failed by that: it may have been skipped there."""
        self.undated = False
        """Whether an interaction does not say when it was recorded, although that is asked."""
        self.renewed = 0
        """How many of those that count as played were not, but asked anew."""
        self.anew: set[int] = set()
        """The positions that were asked anew."""
        self.changed: list[str] = []
        """What verifying found, as lines."""
        self.verified = 0
        """How many calls were sent to be compared."""
        self.aside: tuple[tuple[str, int, str], ...] = ()
        """What a failed test recorded, if it is not in the file: (cassette, count, place)."""
        self.shared_by = ""
        """What tells the tests that share the cassette apart, in the name of what one of them leaves beside it."""
        self.takes_over: tuple[str, ...] = ()
        """Files that are read in its place as long as there is none of its name."""
        self._stale: frozenset[int] = frozenset()
        self._due: int | None = None  # the position that the call which is being looked at would have been answered by
        self._instead: dict[int, int] = {}  # by ticket, the position that it takes the place of
        self._ranks: dict[int, _Rank] = {}
        self._replaced: set[int] = set()
        self._last = -1  # the position that was played last

    def begin(self) -> None:
        """Look how old what was loaded is; raises StaleError, or warns, where it is too old."""
        limit = lifecycle.max_age(self._options.llmvcr_max_age) if self._options.llmvcr_max_age else None
        if limit is None:
            return
        data, now = self._cassette.data, datetime.now(UTC)
        times = [lifecycle.recorded_at(data.recorded_at(position)) for position in range(len(data))]
        self.undated = None in times
        old = frozenset(n for n, time in enumerate(times) if time is not None and now - time > limit)
        if not old:
            return
        if self._options.llmvcr_stale == "record" and self._cassette.record_mode != RecordMode.NONE:
            self._stale = old
            return
        age = lifecycle.spelt(now - min(time for time in times if time is not None))
        said = f"its oldest interaction was recorded {age} ago, and llmvcr_max_age is {self._options.llmvcr_max_age}"
        if self._options.llmvcr_stale == "fail":
            fix = "record it again (--record-mode=rewrite), or look what has changed (--llmvcr-mode=verify)"
            raise StaleError(self._cassette.label, said, fix=fix)
        warnings.warn(f"{self._cassette.label}: {said}", StaleWarning, stacklevel=2)

    def plays(self, position: int) -> bool:
        """Say whether the interaction that answers a call is played; if not, the call is one to `send` anew."""
        if self.verifies or (position in self._stale and position not in self.anew):
            self.anew.add(position)
            self.renewed += 1
            self._due = position
            return False
        self._last = position
        return True

    def meet(self, request: Request) -> None:
        """Look which recording a request that went out already would have been answered by."""
        position = self._cassette._take(request) if self._cassette._plays else None
        self._due = position
        if position is not None:
            self.anew.add(position)
            self.renewed += 1

    def send(self, ticket: int) -> None:
        """Say that a call is sent, as this ticket."""
        places = self._cassette._recording.places
        if self._due is not None:
            self._instead[ticket] = self._due
            self._ranks[ticket] = (places[self._due], 1, ticket)
            self._due = None
        elif self.refreshes:
            self._ranks[ticket] = (places[self._last] if self._last >= 0 else -1, 2, ticket)

    @property
    def is_notable(self) -> bool:
        """Whether the end of a run has to tell of it, whether counts were asked for or not."""
        return bool(self.undated or self.verified or self.changed or self.aside)

    @property
    def only_adds(self) -> bool:
        """Whether all that was recorded goes behind what was there, in the order of the requests."""
        return not self._ranks and not self._replaced

    @property
    def is_due(self) -> bool:
        """Whether the call that is being looked at is one to send, whatever the record mode says."""
        return self._due is not None

    def took(self, ticket: int) -> None:
        """Say that what was recorded as this ticket was taken in."""
        if (position := self._instead.get(ticket)) is None:
            return
        fresh = len(self._cassette.data) - 1
        if not self._fails(fresh) or self._fails(position):
            self._replaced.add(position)
            return
        # A provider that is down, or a key that is missing, takes no good recording away; a second try may come.
        self._replaced.add(fresh)
        self.anew.discard(position)
        self.renewed -= 1
        self._cassette.finding.give_back(position)
        _LOG.warning("%s: #%d could not be recorded anew, and stays as it is", self._cassette.label, position)

    def rank(self, ticket: int) -> _Rank:
        """Give where in the file an interaction stands, to be sorted by."""
        return self._ranks.get(ticket, (ticket, 0, 0))

    def kept(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Leave out the interactions that others take the places of, and under `refresh` those of other files."""
        left_out = {*self._replaced, *(elsewhere(self._cassette) if self.refreshes else ())}
        gone = {id(self._cassette.data[position][1]) for position in left_out}
        return [pair for pair in pairs if id(pair[1]) not in gone]

    def normalized(self, kept: Iterable[Request], pairs: Sequence[Pair]) -> list[Pair]:
        """Give what is written behind what was `kept`, without what only varies, where that is asked for."""
        what = self._options.normalizes
        if not what:
            return list(pairs)
        from llmvcr.normalizing import normalized  # noqa: PLC0415 - few cassettes are

        told = [to_interaction(*pair, path=self._cassette.label, number=n) for n, pair in enumerate(pairs)]
        return [to_pair(one) for one in normalized(kept, told, what)]

    def verify(self, live: Interaction, ticket: int | None) -> None:
        """Compare the answer that came just now with the recorded one that it would have been answered by."""
        cassette = self._cassette
        self.verified += 1
        position = self._instead.get(ticket) if ticket is not None else self._due
        self._due = None
        if position is None:
            self.changed.append(f"{live.request.method} {live.request.url.partition('?')[0]}: is not in the cassette")
            return
        recorded = Interaction(cassette.data.request(position), cassette.data.answer(position, path=cassette.label))
        redacted = cassette._redactor.redact(live).interaction
        if "times" in self._options.normalizes:  # what was recorded has none to compare
            from llmvcr.normalizing import normalized  # noqa: PLC0415 - few cassettes are

            recorded, redacted = normalized((), (recorded, redacted), frozenset({"times"}))
        self.changed += lifecycle.differences(recorded, redacted, position)

    def set_aside(self) -> None:
        """Keep what a failed test recorded in a file of its own beside the cassette, which is not written then.

        Raises LeakError for what may not be written anywhere, WriteError where it cannot be written.
        """
        cassette = self._cassette
        fresh = list(cassette.data[cassette._loaded_count :])
        if not fresh:
            return
        hooks = cassette._before_save_interaction
        pairs = [_run_hooks(hooks, *copy.deepcopy(pair), cassette) for pair in fresh]
        told = [to_interaction(*pair, path=cassette.label, number=n) for n, pair in enumerate(pairs) if pair]
        place = self._place
        kind = getattr(cassette._serializer, "format", "json")
        storage.workshop(place.parent.parent)
        try:
            cassette.gate.check(Document(tuple(told)), 0, cassette.label, kind)
        except LeakError:
            if cassette._keeping is not None:
                cassette._keeping.drop()  # what was refused is kept elsewhere, masked
            raise
        storage.dump(told, place, format=kind)
        self.aside = ((cassette.label, len(told), str(place)),)

    def uses(self, *, own: bool) -> tuple[Use, ...]:
        """Say of each file what was not played; `own` if the cassette is one test's alone."""
        return uses(self._cassette, own=own)

    def close(self, *, well: bool) -> None:
        """Take what was not played out of the file under `refresh`, where no run does that.

        What an earlier, failed, run recorded and left beside it is not needed any more, once it is recorded.
        """
        if well and self._options.llmvcr_failed == "drop" and len(self._cassette.data) > self._cassette._loaded_count:
            storage.remove(self._place)
        if self.refreshes and not self.part_of_run and well:
            for use in self.uses(own=True)[:1]:
                if use.judged and use.unused:
                    lifecycle.without(use.path, use.unused)

    def _fails(self, position: int) -> bool:
        try:
            answer = self._cassette.data.answer(position, path=self._cassette.label)
        except ReadError:  # a response of the user's own making has nothing to read
            return False
        return answer.failed or bool(answer.ended) or answer.status >= _ERRORS

    @property
    def _place(self) -> Path:
        path = Path(os.path.realpath(self._cassette._path))
        suffix = ".yaml" if getattr(self._cassette._serializer, "format", "") == "yaml" else ".json"
        return path.parent / ".llmvcr" / f"failed-{path.stem[:200]}{self.shared_by}{suffix}"
