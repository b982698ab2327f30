"""A recorded call as people read it: from any provider's JSON to messages, tools, an answer and its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmvcr.late import late

if TYPE_CHECKING:
    from llmvcr.conversation.exporting import as_json
    from llmvcr.conversation.opening import opened
    from llmvcr.conversation.reading import read_call
    from llmvcr.conversation.values import Answer, LlmCall, Message, Part, Reading, ToolCall, ToolResult, Usage

__all__ = [
    "Answer",
    "LlmCall",
    "Message",
    "Part",
    "Reading",
    "ToolCall",
    "ToolResult",
    "Usage",
    "as_json",
    "opened",
    "read_call",
]

__getattr__ = late(
    __name__,
    {
        "exporting": ("as_json",),
        "opening": ("opened",),
        "reading": ("read_call",),
        "values": ("Answer", "LlmCall", "Message", "Part", "Reading", "ToolCall", "ToolResult", "Usage"),
    },
)
