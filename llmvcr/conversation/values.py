"""A recorded call as people read it: messages, tools, the joined answer, what it used, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from llmvcr.interaction import Json

__all__ = ["Answer", "LlmCall", "Message", "Part", "Reading", "ToolCall", "ToolResult", "Usage"]

Reading = Literal["conversation", "line", "raw"]
"""How far a call was understood:
conversation  its messages and what was answered, or the error that was;
line          it is no conversation (embeddings, images, files, lists …): `LlmCall.summary` says it;
raw           nobody knows its shape: `LlmCall.raw` is the text of its answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a message holds beside text: `kind` is "image", "audio", "document", "thinking", "refusal" and the like.

    `size` is in bytes where the content stands in the message itself, else None; `text` is what can be read of it: a
    URL, a name, an id, the thought, the refusal.
    """

    kind: str
    media_type: str = ""
    size: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model called: `arguments` is the JSON that `text` spells, or `text` itself where that is none."""

    name: str
    arguments: Json = None
    id: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave back, for the call of this id (Gemini: of this name)."""

    id: str
    text: str = ""
    parts: tuple[Part, ...] = ()
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `role` is in the provider's word ("system", "developer", "user", "assistant", "model", "tool" …).

    `text` is all its text, joined. Of a message that is one tool's result ("tool") it is that result's text, which
    stands in `tool_results`, too.
    """

    role: str
    text: str = ""
    parts: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()

    @property
    def thinking(self) -> str:
        """What the model thought aloud, joined."""
        return "".join(part.text for part in self.parts if part.kind == "thinking")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a call (with `n` there are several), in the provider's words for why it ended."""

    message: Message
    finish_reason: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the answer says them; None where it does not.

    `input` and `output` are all of either side, whatever the provider: `input` with those read from and written to a
    cache (which Anthropic and Bedrock say beside it), `output` with those of reasoning (which Gemini says beside it).
    """

    input: int | None = None
    output: int | None = None
    cached: int | None = None
    cache_written: int | None = None
    reasoning: int | None = None

    def __bool__(self) -> bool:
        return self != Usage()


_NOTHING = Message("assistant")


@dataclass(frozen=True, slots=True)
class LlmCall:
    """One call, read; `provider` and `endpoint` are "" for a request that is no LLM call.

    `tools` are the names of the tools offered, `parameters` what else the body asks ("temperature": 0). `error` is the
    message of an answer that is an error, or of what cut it. `duration` and `first_chunk` are milliseconds since the
    request was asked, None where no times were kept. `ended` is as in `Response`: "" where the answer is whole.
    """

    provider: str
    endpoint: str
    model: str
    method: str
    url: str
    reading: Reading
    messages: tuple[Message, ...] = ()
    tools: tuple[str, ...] = ()
    parameters: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    streamed: bool = False
    status: int = 200
    answers: tuple[Answer, ...] = ()
    usage: Usage = Usage()
    error: str = ""
    summary: str = ""
    raw: str = ""
    duration: float | None = None
    first_chunk: float | None = None
    ended: str = ""
    recorded_at: str | None = None

    @property
    def answer(self) -> Message:
        """The first answer; a message without anything where there is none."""
        return self.answers[0].message if self.answers else _NOTHING

    @property
    def text(self) -> str:
        """The text of the first answer, the pieces of a stream joined."""
        return self.answer.text

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the first answer calls, their arguments joined."""
        return self.answer.tool_calls

    @property
    def finish_reason(self) -> str:
        """Why the first answer ended, in the provider's word."""
        return self.answers[0].finish_reason if self.answers else ""
