"""What each provider's API sends for a streamed answer of four words, one word a piece; for `taps.paced`.

The rows are made by hand after the providers' documentation of their streams: event streams (server-sent events),
Ollama's JSON lines, and the binary event stream of Amazon Bedrock.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["ANTHROPIC", "BEDROCK", "BEDROCK_INVOKE", "COHERE", "GEMINI", "LINES", "OLLAMA", "OPENAI", "WORDS", "Api"]

WORDS = ("One ", "two ", "three ", "four.")
_SSE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Api:
    """One way to stream: the pieces before the words, one piece for each word, and the pieces after them."""

    content_type: str
    before: tuple[bytes, ...]
    words: tuple[bytes, ...]
    after: tuple[bytes, ...]


def _event(data: Any, name: str = "", end: str = "\n") -> bytes:
    """One server-sent event."""
    told = data if isinstance(data, str) else json.dumps(data)
    return ((f"event: {name}{end}" if name else "") + f"data: {told}{end}{end}").encode()


def _named(events: Iterable[dict[str, Any]]) -> tuple[bytes, ...]:
    return tuple(_event(event, event["type"]) for event in events)


def _choice(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    head = {"id": "chatcmpl-made-up", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": [choice]}


OPENAI = Api(
    _SSE,
    (),
    tuple(_event(_choice({"role": "assistant", "content": word})) for word in WORDS),
    (_event(_choice({"content": ""}, "stop")), _event("[DONE]")),
)
"""Chat completions of OpenAI, and of Groq and Mistral, whose streams have the same shape."""

_USAGE = {"input_tokens": 3, "output_tokens": 4}
_MESSAGE = {"id": "msg_made_up", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": _USAGE}

ANTHROPIC = Api(
    _SSE,
    _named(
        [
            {"type": "message_start", "message": {**_MESSAGE, "stop_reason": None, "stop_sequence": None}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        ]
    ),
    _named(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in WORDS
    ),
    _named(
        [
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": _USAGE},
            {"type": "message_stop"},
        ]
    ),
)

COHERE = Api(
    _SSE,
    _named(
        [
            {"type": "message-start", "id": "made-up", "delta": {"message": {"role": "assistant", "content": []}}},
            {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        ]
    ),
    _named({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": word}}}} for word in WORDS),
    _named(
        [
            {"type": "content-end", "index": 0},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": _USAGE}}},
        ]
    ),
)


def _candidate(word: str) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [{"text": word}], "role": "model"}, "index": 0}], "modelVersion": "m"}


GEMINI = Api(_SSE, (), tuple(_event(_candidate(word), end="\r\n") for word in WORDS), ())


def _line(word: str, *, done: bool = False) -> bytes:
    message = {"role": "assistant", "content": word}
    return (
        json.dumps({"model": "m", "created_at": "2026-11-22T00:00:00Z", "message": message, "done": done}).encode()
        + b"\n"
    )


OLLAMA = Api("application/x-ndjson", (), tuple(map(_line, WORDS)), (_line("", done=True),))


def _message(event: str, payload: dict[str, Any]) -> bytes:
    """One message of Amazon's event stream encoding: lengths and headers, the payload, two checksums.

    See "Event stream encoding" in Amazon Transcribe's developer guide; header type 7 is a string.
    """
    told = {":event-type": event, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
        for name, value in told.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 12 + len(headers) + len(body) + 4, len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


_STREAM = "application/vnd.amazon.eventstream"

BEDROCK = Api(
    _STREAM,
    (_message("messageStart", {"role": "assistant"}),),
    tuple(_message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}}) for word in WORDS),
    (_message("contentBlockStop", {"contentBlockIndex": 0}), _message("messageStop", {"stopReason": "end_turn"})),
)
"""Bedrock's ConverseStream."""

BEDROCK_INVOKE = Api(
    _STREAM,
    (),
    tuple(_message("chunk", {"bytes": base64.b64encode(word.encode()).decode()}) for word in WORDS),
    (),
)
"""Bedrock's InvokeModelWithResponseStream, whose chunks are whatever the model's own API says; here a word."""

LINES = Api("text/plain", (), tuple(word.encode() for word in WORDS), ())
"""No API at all: for HTTP libraries that are used without an SDK."""
