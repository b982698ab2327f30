"""How far a recorded connection fits what a client sends: message by message, in canonical form."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from llmvcr import bodies, ids
from llmvcr.canonical import Canonical
from llmvcr.diff import Change, changes
from llmvcr.interaction import Request
from llmvcr.sockets.frames import Close, Event, Frame

__all__ = ["BREAK", "Break", "Conversation", "Due", "Fit", "Form", "Mismatch", "Recorded", "Script", "whole"]

Form = Callable[[Request, AbstractSet[str]], Canonical]
"""What gives the `whole` canonical form of a message; the set holds the ids that the same side has named before."""


class Break:
    """The type of `BREAK`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "BREAK"


BREAK = Break()
"""Stands for the end of a connection that no close frame announced."""


@dataclass(frozen=True, slots=True)
class Due:
    """What the server's side does `after` so many milliseconds: a Frame, a Close, or BREAK.

    The time counts from the client's frame that it follows, or from the handshake.
    """

    event: Frame | Close | Break
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded connection: where it stands in its file, what crossed it, and how it ended (`Response.ended`)."""

    position: int
    events: tuple[Event, ...]
    ended: str = ""

    def turns(self) -> tuple[tuple[Frame, ...], tuple[tuple[Due, ...], ...]]:
        """Split into the client's frames and what the server sent before the first and after each of them.

        A close of the client's ends it: the server answers that by itself. So does one of the server's.
        """
        asked: list[Frame] = []
        turns: list[list[Due]] = [[]]
        since = last = 0.0
        for event in self.events:
            last = event.ms
            if isinstance(event, Close) and event.sent:
                break
            if isinstance(event, Frame) and event.sent:
                asked.append(event)
                turns.append([])
                since = event.ms
            else:
                turns[-1].append(Due(event, max(event.ms - since, 0.0)))
                if isinstance(event, Close):
                    break
        else:
            if self.ended not in ("", "closed"):
                turns[-1].append(Due(BREAK, max(last - since, 0.0)))
        return tuple(asked), tuple(map(tuple, turns))


class Mismatch(Exception):  # noqa: N818 - what a cassette makes its miss of
    """A message of the client's that no recorded connection has in this place.

    `number` counts the client's messages from 0; `recorded` is the nearest that is recorded in this place, by the
    connection at `position` of the file, and `changes` what differs; both are None and () where none has so many.
    """

    def __init__(
        self,
        number: int,
        data: str | bytes,
        recorded: str | bytes | None = None,
        different: tuple[Change, ...] = (),
        position: int | None = None,
    ) -> None:
        super().__init__(f"message {number + 1} of the client is not recorded")
        self.number, self.data, self.recorded, self.position = number, data, recorded, position
        self.changes = different


def whole(message: Request, form: Canonical) -> Canonical:
    """Give a message's canonical form with its body, which that of other traffic than LLM calls leaves out."""
    if form.provider:
        return form
    plain = bodies.read(message.body)
    return replace(form, fields={**form.fields, "kind": plain.kind, "body": plain.value})


class Conversation:
    """The client's messages on one connection, each in canonical form with its key."""

    def __init__(self, url: str, form: Form) -> None:
        self._url, self._form = url, form
        self._named: set[str] = set()
        self.forms: list[Canonical] = []
        self.keys: list[bytes] = []

    def add(self, data: str | bytes) -> None:
        """Bring the next message into canonical form; ids of those before are told in its texts, too."""
        binary = isinstance(data, bytes)
        body = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
        form = self._form(Request("SEND", self._url, (), body), self._named)
        if binary:
            form = replace(form, fields={**form.fields, "binary": True})
        self._named.update(filter(ids.is_generated, form.ids))
        self.forms.append(form)
        self.keys.append(form.key)


class Script:
    """A recorded connection, its client's messages brought into canonical form one after the other, when asked for."""

    def __init__(self, recorded: Recorded, conversation: Conversation) -> None:
        self.position = recorded.position
        self.asked, self.turns = recorded.turns()
        self._conversation = conversation

    def has(self, number: int) -> bool:
        """Say whether there is an n-th message of the client's (from 0), and make its form ready."""
        if number >= len(self.asked):
            return False
        while len(self._conversation.forms) <= number:
            self._conversation.add(self.asked[len(self._conversation.forms)].data)
        return True

    def form(self, number: int) -> Canonical:
        """Give the canonical form of a message that it has."""
        return self._conversation.forms[number]

    def key(self, number: int) -> bytes:
        """Give the key of a message that it has."""
        return self._conversation.keys[number]


class Fit:
    """How far a recording fits what a client has sent: message by message, and each id always in place of the same."""

    def __init__(self, script: Script, conversation: Conversation) -> None:
        self.script, self._conversation = script, conversation
        self.there: dict[str, str] = {}
        """The client's id by the recorded one that it stands for."""
        self._back: dict[str, str] = {}
        self._fitting = 0
        self._over = False

    def fits(self, number: int) -> bool:
        """Say whether the first `number` messages fit."""
        while not self._over and self._fitting < number:
            if self.changes(self._fitting) != ():
                self._over = True
            else:
                self._fitting += 1
        return self._fitting >= number

    def changes(self, number: int) -> tuple[Change, ...] | None:
        """Say what differs between the n-th messages, () where nothing does; None where the recording has no n-th."""
        if not self.script.has(number):
            return None
        recorded, received = self.script.form(number), self._conversation.forms[number]
        if self.script.key(number) != self._conversation.keys[number]:
            return changes(recorded.fields, received.fields)
        for old, new in zip(recorded.ids, received.ids, strict=False):
            if self.there.setdefault(old, new) != new or self._back.setdefault(new, old) != old:
                return (Change("id", self.there[old], new),)
        return ()
