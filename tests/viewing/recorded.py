"""Interactions for pages: an agent at work, streams with times, pictures, failures, and what would do a page harm."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from llmvcr.interaction import Interaction, Request, Response, failure

__all__ = ["HOSTILE", "PNG", "agent", "everything", "hostile", "spoken", "streamed"]

_CHAT = "https://api.openai.com/v1/chat/completions"
_TYPE = (("content-type", "application/json"),)
_AT = "2026-11-22T09:12:21Z"

HOSTILE = (
    "</script><script>window.hurt=1</script>",
    "<img src=x onerror=window.hurt=2>",
    "javascript:window.hurt=3",
    "<style>*{display:none}</style>",
    "<!--<script>",
    "\u202egnp.exe\u202c \u2066hidden\u2069 \x1b[2J\x00",
    "\u2028\u2029",
    "&lt;b&gt; &amp;lt;",
    "${1+1} {{7*7}}",
)
"""Texts that a careless page would run, hide behind or be broken by."""


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    pixels = b"".join(b"\0" + bytes(v for x in range(48) for v in (52, 40 + 4 * y, 90 + 3 * x)) for y in range(48))
    head = (48).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


PNG = _png()
"""A picture, 48 pixels a side."""


def _asked(body: Any, url: str = _CHAT) -> Request:
    headers = (*_TYPE, ("authorization", "REDACTED"), ("user-agent", "OpenAI/Python 3.54.0"))
    return Request("POST", url, headers, json.dumps(body).encode())


def _told(body: Any, status: int = 200, **more: Any) -> Response:
    return Response(status, "OK", (*_TYPE, ("x-request-id", "req_1")), (json.dumps(body).encode(),), **more)


def _said(message: Any, reason: str = "stop") -> Any:
    usage = {"prompt_tokens": 1284, "completion_tokens": 57, "prompt_tokens_details": {"cached_tokens": 1024}}
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o", "choices": [choice], "usage": usage}


def agent() -> list[Interaction]:
    """Give two turns of an agent with a tool, the second quoting the first."""
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"location": "Lisbon", "days": 3, "units": ["metric"]}'},
    }
    tools = [{"type": "function", "function": {"name": name}} for name in ("get_weather", "book_flight")]
    system = "You are a travel assistant. Be brief.\n" + "Never book without asking. " * 60
    body = {
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": "Is it warm enough for the beach in Lisbon?"},
        ],
        "tools": tools,
        "temperature": 0.2,
    }
    first = Interaction(_asked(body), _told(_said({"tool_calls": [call]}, "tool_calls"), times=(611.0, 640.2)), _AT)
    result = {"role": "tool", "tool_call_id": "call_1", "content": '{"days": [{"high": 24.5}, {"high": 26.0}]}'}
    more = [*body["messages"], {"role": "assistant", "tool_calls": [call]}, result]  # type: ignore[misc]
    said = {"content": "Yes: **24 to 26 degrees** for three days.\n\n```python\nprint('pack light')\n```\nEnjoy."}
    second = Interaction(_asked({**body, "messages": more, "temperature": 0.3}), _told(_said(said)), _AT)
    return [first, second]


def streamed(words: int = 60) -> Interaction:
    """Give a streamed answer, a word an event, each in a chunk of its own with its time."""
    texts = [f"word{n} " if n % 9 else f"word{n}.\n" for n in range(words)]
    deltas = [{"reasoning_content": "Let me think. "}, *({"content": text} for text in texts)]
    events = [
        json.dumps({"id": "c", "model": "gpt-4o", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        for delta in deltas
    ]
    events.append(json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
    chunks = tuple(f"data: {one}\n\n".encode() for one in [*events, "[DONE]"])
    times = [220.0]
    for place in range(len(chunks)):
        times.append(times[-1] + (12 + 40 * (place % 7 == 3) + 300 * (place == 30)))
    response = Response(200, "OK", (("content-type", "text/event-stream"),), chunks, times=tuple(times))
    body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Say many words."}]}
    return Interaction(_asked(body), response, _AT)


def spoken() -> list[Interaction]:
    """Give pictures in a question, in an answer and as one, audio, a refusal, a failed attempt, and a form."""
    picture = base64.b64encode(PNG).decode()
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}},
    ]
    seen = _asked({"model": "gpt-4o", "messages": [{"role": "user", "content": parts}]})
    drawn = _asked({"model": "gpt-image-1", "prompt": "A gradient"}, "https://api.openai.com/v1/images/generations")
    speech = _asked({"model": "tts-1", "input": "Hello", "voice": "alloy"}, "https://api.openai.com/v1/audio/speech")
    sound = Response(200, "OK", (("content-type", "audio/mpeg"),), (b"ID3\x04\x00\xff\xfb" + bytes(range(256)) * 40,))
    shown = Response(200, "OK", (("content-type", "image/png"),), (PNG,))
    refusal = {"error": {"message": "Rate limit reached for gpt-4o", "type": "requests"}}
    form = Request("POST", "https://example.com/form", (), b"name=Ada&topic=engines")
    return [
        Interaction(seen, _told(_said({"content": "A gradient from teal to violet."}))),
        Interaction(drawn, _told({"data": [{"b64_json": picture}]})),
        Interaction(speech, sound),
        Interaction(_asked({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}), _told(refusal, 429)),
        Interaction(
            _asked({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi again"}]}),
            failure("ConnectError", "All connection attempts failed", (31.0,)),
        ),
        Interaction(form, Response(204)),
        Interaction(Request("GET", "https://example.com/a.png"), shown),
    ]


def hostile() -> list[Interaction]:
    """Give what would do harm in each place that a text can come from."""
    found = []
    for text in HOSTILE:
        arguments = json.dumps({text: text})
        call = {"id": text, "type": "function", "function": {"name": text, "arguments": arguments}}
        body = {
            "model": text,
            "messages": [
                {"role": text, "content": text},
                {"role": "tool", "tool_call_id": text, "content": text},
                {"role": "user", "content": "w" * 5000 + text},
            ],
            "tools": [{"type": "function", "function": {"name": text}}],
            text: text,
        }
        request = Request("POST", f"{_CHAT}?{text}", ((text, text), *_TYPE), json.dumps(body).encode())
        stream = "".join(
            f"event: {(text.split() or ['x'])[0]}\ndata: {json.dumps({'choices': [{'delta': d}]})}\n\n"
            for d in ({"content": text}, {"tool_calls": [{"index": 0, **call}]})
        ).encode("utf-8", "replace")
        found.append(Interaction(request, _told(_said({"content": text, "tool_calls": [call]}, text))))
        found.append(
            Interaction(request, Response(200, text, ((text, text),), (stream,), ended=text, error=text), text)
        )
    return found


def everything() -> list[Interaction]:
    """Give all of the above but what is hostile."""
    return [*agent(), streamed(), *spoken()]
