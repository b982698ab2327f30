"""A call as JSON, for other programs: every key is always there."""

from __future__ import annotations

from dataclasses import asdict

from llmvcr.conversation.values import Answer, LlmCall, Message
from llmvcr.interaction import Json

__all__ = ["as_json"]


def as_json(call: LlmCall) -> dict[str, Json]:
    """Give a call as JSON can hold it, in the words of `LlmCall`; times end in "_ms"."""
    return {
        "provider": call.provider,
        "endpoint": call.endpoint,
        "model": call.model,
        "method": call.method,
        "url": call.url,
        "reading": call.reading,
        "messages": [_message(one) for one in call.messages],
        "tools": list(call.tools),
        "parameters": dict(call.parameters),
        "streamed": call.streamed,
        "status": call.status,
        "answers": [_answer(one) for one in call.answers],
        "usage": asdict(call.usage),
        "error": call.error,
        "summary": call.summary,
        "raw": call.raw,
        "duration_ms": call.duration,
        "first_chunk_ms": call.first_chunk,
        "ended": call.ended,
        "recorded_at": call.recorded_at,
    }


def _answer(answer: Answer) -> dict[str, Json]:
    return {**_message(answer.message), "finish_reason": answer.finish_reason}


def _message(message: Message) -> dict[str, Json]:
    return {
        "role": message.role,
        "text": message.text,
        "parts": [asdict(one) for one in message.parts],
        "tool_calls": [
            {"name": one.name, "arguments": one.arguments, "id": one.id, "text": one.text} for one in message.tool_calls
        ],
        "tool_results": [asdict(one) for one in message.tool_results],
    }
