"""The WebSocket connections of a cassette: which is played, which recorded, and what a miss in one says."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from vcr.matchers import requests_match

from llmvcr.bridge.miss import cleaned, miss, unlike
from llmvcr.bridge.recording import now
from llmvcr.bridge.translate import to_interaction, to_pair, to_vcr_request
from llmvcr.canonical import Canonical, canonical
from llmvcr.diff import describe
from llmvcr.errors import ReadError
from llmvcr.interaction import SWITCHED, Interaction, Request, Response, is_socket
from llmvcr.rulesets import RuleSet
from llmvcr.sockets import Event, Frame, Mismatch, Recorded, Recordings, from_json, to_json, unheard, whole
from llmvcr.taps import Dial

if TYPE_CHECKING:
    from llmvcr.redaction import Redactor

__all__ = ["Sockets", "check"]

_SHOWN = 200  # characters of a message
_ADVICE = (
    "If the conversation changed on purpose, record the cassette again: run once with --record-mode=rewrite",
    "  (without pytest: record_mode='all'). A recorded connection is played or recorded as a whole.",
    "If what differs changes on every run, leave it out of the comparison: give the path above to llmvcr_ignore,",
    "  llmvcr_patterns or llmvcr_ids (README, Matching); `llmvcr rules` lists the rules in force.",
)


def check(interaction: Interaction, *, path: str, number: int) -> None:
    """Refuse a WebSocket connection whose frames are not there, or no frames; raises ReadError."""
    if unheard(interaction):
        raise ReadError(
            path,
            f"{interaction.request.url} is a WebSocket session, whose frames this file does not hold",
            interaction=number,
            place="response.llmvcr.frames",
            fix="record it again with llmvcr, or take the interaction out of the file",
        )
    if is_socket(interaction.request.url) and "frames" in interaction.notes:
        from_json(interaction.notes["frames"], path=path, interaction=number)


@dataclass(frozen=True, slots=True)
class _Line:
    """What is recorded of one handshake: every answer to it by position, and the connections."""

    answers: dict[int, Response]
    recordings: Recordings


class Sockets:
    """The WebSocket connections of one cassette, which are asked for under its lock."""

    def __init__(self, cassette: Any, rules: RuleSet) -> None:
        """Begin before the first handshake."""
        self._cassette, self._rules, self._redactor = cassette, rules, cassette.finding.redactor
        self._lines: dict[tuple[int, ...], _Line] = {}  # by the positions of equal handshakes

    def dial(self, request: Request) -> Dial:
        """Say what a tap should do with a handshake; raises Miss, MissAbort or FaultError."""
        cassette = self._cassette
        wanted = cassette._before_record_request(to_vcr_request(request))
        if not wanted or cassette.life.verifies:  # what connections say is not compared
            return Dial()
        with cassette._lock:
            refused = cassette.faults.handshake(request)
            if refused is not None:
                return Dial(answer=refused)
            dial = self._replay(request, wanted) if cassette._plays else None
            if dial is not None:
                return dial
            if cassette.write_protected:
                raise miss(cassette, wanted)
            ticket = cassette._recording.ticket()
            return Dial(record=partial(self._record, ticket), opened=cassette._recording.opener(ticket))

    def _replay(self, request: Request, wanted: Any) -> Dial | None:
        """Give the next recorded answer to a handshake: a connection, or what it was refused by."""
        cassette, positions = self._cassette, self._positions(wanted)
        if not positions:
            return None
        line = self._lines.get(positions)
        if line is None:
            line = self._lines[positions] = self._line(request, positions)
        unplayed = (position for position in positions if not cassette.play_counts[position])
        position = next(unplayed, positions[-1] if cassette.finding.repeats else None)
        if position is None:
            return None
        answer = line.answers[position]
        if answer.status != SWITCHED:
            self._moved(None, position)
            return Dial(answer=answer)
        player = line.recordings.open()
        missing = partial(self._missing, request)
        return None if player is None else Dial(answer, player, cassette._options.pace, missing)

    def _line(self, request: Request, positions: tuple[int, ...]) -> _Line:
        redactor = self._redactor.knowing(request)
        recorded = {position: self._recorded(position) for position in positions}
        return _Line(
            {position: one.response for position, one in recorded.items()},
            Recordings(
                request.url,
                [
                    Recorded(position, self._events(one, position), one.response.ended)
                    for position, one in recorded.items()
                    if one.response.status == SWITCHED
                ],
                repeats=self._cassette.finding.repeats,
                form=partial(self._form, redactor),
                moved=self._moved,
                lock=self._cassette._lock,
            ),
        )

    def _form(self, redactor: Redactor, message: Request, known: AbstractSet[str]) -> Canonical:
        bare = redactor.matched(message)  # what is recorded holds no secret either
        return whole(bare, canonical(bare, self._rules, known))

    def _positions(self, wanted: Any) -> tuple[int, ...]:
        """Give the positions of the recorded handshakes that are equal to this one, in recorded order."""
        cassette = self._cassette
        playable = len(cassette.data) if cassette.finding.repeats else cassette.finding.playable
        if cassette.finding.indexes:
            found = cassette.finding.positions(wanted)
        else:
            bare, match_on = cassette.finding.bare, cassette._match_on
            asked = bare(to_vcr_request(wanted))
            found = [n for n, (one, _) in enumerate(cassette.data) if requests_match(asked, bare(one), match_on)]
        return tuple(n for n in found if n < playable and is_socket(cassette.data[n][0].uri))

    def _recorded(self, position: int) -> Interaction:
        return to_interaction(*self._cassette.data[position], path=self._cassette.label, number=position)

    def _events(self, interaction: Interaction, position: int) -> tuple[Event, ...]:
        check(interaction, path=self._cassette.label, number=position)
        return from_json(interaction.notes["frames"], path=self._cassette.label, interaction=position)

    def _moved(self, old: int | None, new: int) -> None:
        cassette = self._cassette
        if old is not None:  # another recording turned out to be the one
            cassette.play_counts[old] -= 1
            cassette._used.discard(old)
            pair = cassette.data[old]
            cassette._played_interactions[:] = [one for one in cassette._played_interactions if one is not pair]
        cassette._played(new)

    def _record(self, ticket: int, request: Request, response: Response, events: tuple[Event, ...]) -> None:
        cassette = self._cassette
        keep = cassette._options.llmvcr_keep
        if keep != "times":
            response = replace(response, times=())
            events = tuple(replace(event, ms=0.0) for event in events)
        if keep == "bytes":
            events = tuple(replace(one, fragments=()) if isinstance(one, Frame) else one for one in events)
        notes = {"frames": to_json(events)} if response.status == SWITCHED else {}
        interaction = Interaction(request, response, recorded_at=now(), notes=notes)
        cassette._append(to_vcr_request(request), to_pair(interaction)[1], ticket)
        cassette._recording.done(ticket)

    def _missing(self, request: Request, mismatch: Mismatch) -> BaseException:
        redactor = self._redactor.knowing(request)
        changes = cleaned(mismatch.changes, redactor)
        data = mismatch.data if isinstance(mismatch.data, bytes) else str(redactor.clean(mismatch.data))
        told = _told(
            self._cassette,
            redactor.redact_request(request),
            Mismatch(mismatch.number, data, mismatch.recorded, changes, mismatch.position),
        )
        return unlike(self._cassette, request, told, mismatch.position, changes)


def _told(cassette: Any, request: Request, mismatch: Mismatch) -> str:
    number, mode = mismatch.number + 1, getattr(cassette.record_mode, "value", cassette.record_mode)
    near = [f"Every recorded connection of this handshake has fewer than {number} messages of the client's."]
    if mismatch.position is not None:
        near = [
            f"Nearest recorded: message {number} of the client's in interaction {mismatch.position}",
            *(f"  {line}" for change in mismatch.changes for line in describe(change).splitlines()),
        ]
    lines = (
        f"Can't play back this message: no recorded connection has it as message {number} of the client's.",
        "",
        f"  {request.method} {request.url}",
        f"  message {number}: {_shown(mismatch.data)}",
        "",
        f"Cassette: {cassette.label}",
        f"  record_mode: {mode}",
        "",
        *near,
        "",
        "How to fix:",
        *(f"  * {line}" if line[:1] != " " else f"  {line}" for line in _ADVICE),
    )
    return "\n".join(lines)


def _shown(data: str | bytes) -> str:
    if isinstance(data, bytes):
        return f"{len(data)} bytes"
    return data if len(data) <= _SHOWN else f"{data[:_SHOWN]}… ({len(data)} characters)"
