"""Recorded connections of one handshake, told apart and played by what the client sends: a state machine, no I/O."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from llmvcr.canonical import canonical
from llmvcr.diff import Change
from llmvcr.sockets.fitting import Break, Conversation, Due, Fit, Form, Mismatch, Recorded, Script, whole
from llmvcr.sockets.frames import Close, Frame

__all__ = ["Player", "Recordings"]


class Recordings:
    """The recorded connections of one handshake, each of which is played once; with `repeats`, again and again.

    `url` is that of the handshake, which says what API it is. `moved(old, new)` is told whenever another recording
    (by its position in the file; None before the first) is the one that a connection plays. Safe to use from several
    threads.
    """

    def __init__(
        self,
        url: str,
        recorded: Sequence[Recorded],
        *,
        repeats: bool = False,
        form: Form = lambda message, known: whole(message, canonical(message, known=known)),
        moved: Callable[[int | None, int], None] = lambda _old, _new: None,
        lock: threading.RLock | None = None,
    ) -> None:
        """Take the recordings in recorded order; `lock` is held in the place of one of its own."""
        self._url, self._form, self._repeats, self._moved = url, form, repeats, moved
        self._scripts = [Script(one, Conversation(url, form)) for one in recorded]
        self._players: dict[int, Player] = {}  # by the script's place: who plays it, or has played it
        self.lock = lock or threading.RLock()

    def open(self) -> Player | None:
        """Begin to play the first recording that nobody plays; None where all are taken."""
        with self.lock:
            place = self._untaken()
            if place is None:
                if not self._repeats or not self._scripts:
                    return None
                place = len(self._scripts) - 1
            player = Player(self, Conversation(self._url, self._form), place)
            self.take(player, place)
            return player

    def choose(self, player: Player) -> int | None:
        """Give the place of the first recording that fits all a player was sent, its own before the others'."""
        number = len(player.conversation.forms)
        return next((place for place in self._free(player) if self.fit(player, place).fits(number)), None)

    def fit(self, player: Player, place: int) -> Fit:
        """Give how far this recording fits what the player was sent."""
        return player.fits.setdefault(place, Fit(self._scripts[place], player.conversation))

    def take(self, player: Player, place: int) -> None:
        """Let a player play this recording; whoever had it and was sent nothing yet takes another one."""
        former, old = self._players.get(place), None
        if player.place != place and self._players.get(player.place) is player:
            old = player.place
            del self._players[old]
        self._players[place], player.place = player, place
        gained = place
        if former is not None and former.waits and (free := self._untaken()) is not None:
            self._players[free], former.place = former, free
            gained = free
        if gained != old:
            self._moved(None if old is None else self._scripts[old].position, self._scripts[gained].position)

    def mismatch(self, player: Player, data: str | bytes) -> Mismatch:
        """Say what is recorded in the place of the message that the player was sent last."""
        number = len(player.conversation.forms) - 1
        found: list[tuple[bool, int, int, tuple[Change, ...]]] = []
        for place in self._free(player):
            fit = self.fit(player, place)
            before = fit.fits(number)
            different = fit.changes(number)
            if different is not None:
                found.append((not before, len(different), place, different))
        if not found:
            return Mismatch(number, data)
        _, _, place, different = min(found, key=lambda one: one[:3])
        script = self._scripts[place]
        return Mismatch(number, data, script.asked[number].data, different, script.position)

    def _untaken(self) -> int | None:
        return next((place for place in range(len(self._scripts)) if place not in self._players), None)

    def _free(self, player: Player) -> Iterator[int]:
        """Give the places that a player may have: its own, then those that nobody holds for having fit."""
        yield player.place
        for place in range(len(self._scripts)):
            holder = self._players.get(place)
            if place != player.place and (holder is None or holder.waits or self._repeats):
                yield place


class Player:
    """One connection of a client to a recorded server: what the server's side does, by what the client sends.

    Which recording it plays is known for sure only when the client's messages have told: until then it is the first
    that fits. An id that the client has drawn anew stands in the server's messages in place of the recorded one.
    """

    def __init__(self, recordings: Recordings, conversation: Conversation, place: int) -> None:
        """Made by `Recordings.open`."""
        self._recordings, self.conversation, self.place = recordings, conversation, place
        self.fits: dict[int, Fit] = {}
        self._over = False

    @property
    def waits(self) -> bool:
        """Whether the client may still send its first message."""
        return not (self._over or self.conversation.forms)

    def begin(self) -> tuple[Due, ...]:
        """Give what the server's side does before the client has sent anything."""
        with self._recordings.lock:
            return self._turn(0)

    def sent(self, data: str | bytes) -> tuple[Due, ...]:
        """Take a message of the client's and give what the server's side does then; raises Mismatch."""
        with self._recordings.lock:
            self.conversation.add(data)
            place = self._recordings.choose(self)
            if place is None:
                raise self._recordings.mismatch(self, data)
            if place != self.place:
                self._recordings.take(self, place)
            return self._turn(len(self.conversation.forms))

    def left(self) -> None:
        """Say that the connection has ended, by whichever side."""
        self._over = True

    def _turn(self, number: int) -> tuple[Due, ...]:
        fit = self._recordings.fit(self, self.place)
        return tuple(replace(due, event=_renamed(due.event, fit.there)) for due in fit.script.turns[number])


def _renamed(event: Frame | Close | Break, there: dict[str, str]) -> Frame | Close | Break:
    """Put the client's own ids in the place of the recorded ones, wherever such a one is a whole JSON string."""
    if not isinstance(event, Frame) or not isinstance(event.data, str):
        return event
    news = {json.dumps(old): json.dumps(new) for old, new in there.items() if old != new}
    if not news:
        return event
    # All at once: the client's id for one may be the recorded one of another.
    known = re.compile("|".join(map(re.escape, sorted(news, key=len, reverse=True))))
    text = known.sub(lambda found: news[found[0]], event.data)
    return event if text == event.data else replace(event, data=text, fragments=())
