"""A WebSocket conversation, read as a call: what was said until the last answer, and that answer."""

# OpenAI's Realtime, and Responses over a WebSocket (events as in openai 3.54): a client sends items of the conversation
# and asks for an answer, whose events are those of a stream of the Responses API, from `response.created` to its end.

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from llmvcr.conversation.answering import answers, error, model_of, usage
from llmvcr.conversation.asking import asked, one_message
from llmvcr.conversation.joining_responses import responses
from llmvcr.conversation.looking import at, parsed, string
from llmvcr.conversation.values import Answer, Message, Part, Usage
from llmvcr.errors import ReadError
from llmvcr.interaction import Interaction, Json, is_socket
from llmvcr.sockets import Frame, from_json

__all__ = ["Talk", "talked"]

_NOTHING = Usage()
_ENDS = frozenset({"response.done", "response.completed", "response.incomplete", "response.failed"})


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: `messages` with every answer but the last, which `answers` holds; `usage` is that of all.

    `duration` and `first` (of an answer) are milliseconds after the handshake was asked.
    """

    messages: tuple[Message, ...] = ()
    tools: tuple[str, ...] = ()
    parameters: tuple[tuple[str, Json], ...] = ()
    answers: tuple[Answer, ...] = ()
    usage: Usage = _NOTHING
    model: str = ""
    error: str = ""
    duration: float | None = None
    first: float | None = None


def talked(interaction: Interaction) -> Talk | None:
    """Read the frames of a connection; None where it has none, or where nothing in them is a conversation's."""
    if not is_socket(interaction.request.url):
        return None
    try:
        frames = from_json(interaction.notes.get("frames", []), path="frames")
    except ReadError:
        return None
    reader = _Reader()
    for frame in frames:
        value = parsed(frame.data) if isinstance(frame, Frame) and isinstance(frame.data, str) else None
        if isinstance(value, dict):
            (reader.sent if frame.sent else reader.received)(string(value.get("type")), value, frame.ms)
    return reader.end()


class _Reader:
    def __init__(self) -> None:
        self.talk = Talk()
        self.system: tuple[Message, ...] = ()
        self.said: list[Message] = []
        self.events: list[tuple[str, Json]] = []
        self.heard = 0  # bytes of sound that no message holds yet
        self.last: int | None = None  # where in `said` the last answer stands

    def sent(self, kind: str, value: dict[str, Json], _: float) -> None:
        if kind == "session.update":
            self._ask(value.get("session"), standing=True)
        elif kind == "conversation.item.create" and isinstance(item := value.get("item"), dict):
            self._sound()
            self.said.append(one_message(item))
        elif kind == "input_audio_buffer.append":
            self.heard += len(string(value.get("audio")).rstrip("=")) * 3 // 4
        elif kind == "response.create":
            self._sound()
            # Of Realtime it stands below `response`, of Responses beside the type.
            self._ask(
                value.get("response", {key: one for key, one in value.items() if key not in ("type", "event_id")})
            )

    def received(self, kind: str, value: dict[str, Json], ms: float) -> None:
        if kind == "response.created":
            self._sound()
            self._answered()
        if kind.startswith("response."):
            self.talk = replace(
                self.talk, duration=ms, first=ms if self.talk.first is None and "delta" in value else self.talk.first
            )
            self.events.append((kind, value))
        elif kind == "error":
            self.talk = replace(self.talk, error=error(value))
        if kind in _ENDS:
            self._answered()

    def end(self) -> Talk | None:
        self._sound()
        self._answered()
        messages = (*self.system, *(one for number, one in enumerate(self.said) if number != self.last))
        if not messages and not self.talk.answers and not self.talk.error:
            return None
        return replace(self.talk, messages=messages)

    def _ask(self, body: Json, *, standing: bool = False) -> None:
        question = asked(body)
        system = tuple(one for one in question.messages if one.role == "system") if standing else ()
        self.system = system or self.system
        self.said += [one for one in question.messages if one not in system]
        parameters = {**dict(self.talk.parameters), **dict(question.parameters)}
        self.talk = replace(
            self.talk,
            model=string(at(body, "model")) or self.talk.model,
            tools=question.tools or self.talk.tools,
            parameters=tuple(parameters.items()),
        )

    def _sound(self) -> None:
        if self.heard:
            self.said.append(Message("user", parts=(Part("audio", size=self.heard),)))
            self.heard = 0

    def _answered(self) -> None:
        """Join the events of an answer that has come to its end, or was cut."""
        if not self.events:
            return
        whole = responses(self.events)
        self.events = []
        if given := answers(whole):
            self.last = len(self.said)
            self.said.append(given[0].message)
        wrong = error(whole) if at(whole, "error") else ""
        self.talk = replace(
            self.talk,
            answers=given,
            usage=_added(self.talk.usage, usage(whole)),
            model=model_of(whole) or self.talk.model,
            error=wrong or self.talk.error,
        )


def _added(one: Usage, other: Usage) -> Usage:
    sums = {each.name: (getattr(one, each.name), getattr(other, each.name)) for each in fields(Usage)}
    return Usage(**{name: None if a is None and b is None else (a or 0) + (b or 0) for name, (a, b) in sums.items()})
