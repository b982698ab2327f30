"""The data of a page: each interaction in a few words for the list, and in full for whoever opens it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from llmvcr.canonical import canonical
from llmvcr.conversation import LlmCall, Message, as_json, opened, read_call
from llmvcr.conversation.asking import asked
from llmvcr.conversation.looking import parsed
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Json, Request
from llmvcr.viewing.embedding import exact
from llmvcr.viewing.payloads import answered, sent
from llmvcr.viewing.pictures import pictures
from llmvcr.viewing.streams import stream

__all__ = ["Price", "unread", "viewed"]

Price = Callable[[LlmCall], Decimal | None]
"""What a call costs in US dollars, None where nobody knows (`llmvcr.prices.Prices.of`)."""

_LONGEST_WORDS = 200
_LONGEST_COMPARED = 65_536


def viewed(path: str, document: Document, price: Price) -> dict[str, Json]:
    """Give a file as a page holds it: {"path", "error": "", "interactions": [{… in a few words …, "detail": {…}}]}.

    Never raises, whatever was recorded.
    """
    return {
        "path": path,
        "error": "",
        "interactions": [_entry(number, one, price) for number, one in enumerate(document)],
    }


def unread(path: str, error: str) -> dict[str, Json]:
    """Give a file that could not be read: `error` says why, and stands on the page in its place."""
    return {"path": path, "error": error, "interactions": []}


def _entry(number: int, interaction: Interaction, price: Price) -> dict[str, Json]:
    call = read_call(interaction)
    cost = price(call) if call.provider else None
    body = sent(interaction.request)
    value = parsed(body["text"]) if body["form"] == "json" else None
    return {
        "number": number,
        "provider": call.provider,
        "endpoint": call.endpoint,
        "model": call.model,
        "method": call.method,
        "url": call.url,
        "reading": call.reading,
        "status": call.status,
        "failed": interaction.response.failed,
        "streamed": call.streamed,
        "ended": call.ended,
        "asked": _first(_asked(call, value)),
        "answered": _first(call.error or call.summary or _words(call.answer) or call.raw),
        "tokens": {"input": call.usage.input, "output": call.usage.output, "cached": call.usage.cached},
        "usd": None if cost is None else float(cost),
        "duration_ms": call.duration,
        "recorded_at": call.recorded_at,
        "bytes": {"request": len(interaction.request.body or b""), "answer": len(interaction.response.body)},
        "chunks": len(interaction.response.chunks),
        "detail": _detail(interaction, call, body, value),
    }


def _detail(interaction: Interaction, call: LlmCall, body: dict[str, Json], value: Json) -> dict[str, Json]:
    request, response = interaction.request, interaction.response
    answer = opened(response)
    values = [value for _, value in answer.events] if answer.form == "stream" else answer.value
    return {
        "call": _call(call),
        "request": {"headers": _pairs(request.headers), "body": body},
        "response": {
            "reason": response.reason,
            "error": response.error,
            "http_version": response.http_version or "HTTP/1.1",
            "headers": _pairs(response.headers),
            "trailers": _pairs(response.trailers),
            "body": answered(response, answer),
        },
        "stream": stream(interaction, answer),
        "pictures": {
            "request": pictures(value),
            "answer": pictures(values),
        },
        "compared": _compared(request),
    }


def _call(call: LlmCall) -> dict[str, Json]:
    told = as_json(call)
    told["parameters"] = exact(told["parameters"])
    for message in (*told["messages"], *told["answers"]):
        for one in message["tool_calls"]:
            one["arguments"] = exact(one["arguments"])
    return told


def _compared(request: Request) -> dict[str, Json]:
    """Give what the matcher compares, so that a difference on the page is one that it sees; equal `key`s, no miss."""
    form = canonical(request)
    return {"key": form.key.hex(), "fields": exact(form.fields, _LONGEST_COMPARED)}


def _pairs(headers: tuple[tuple[str, str], ...]) -> list[Json]:
    return [list(pair) for pair in headers]


def _asked(call: LlmCall, body: Json) -> str:
    # What is no conversation (embeddings, images) asks something, too.
    messages = call.messages or (asked(body).messages if call.provider else ())
    last = messages[-1] if messages else Message("user")
    if not last.tool_results:
        return _words(last)
    result = last.tool_results[-1]
    names = {one.id: one.name for message in call.messages for one in message.tool_calls}
    return f"\u2190 {names.get(result.id, result.id)}: {result.text}"


def _words(message: Message) -> str:
    if message.text.strip():
        return message.text
    if message.tool_calls:
        return ", ".join(f"{one.name}({one.text})" for one in message.tool_calls)
    return ", ".join(part.text or part.media_type or part.kind for part in message.parts)


def _first(text: str) -> str:
    line = " ".join(text[: 4 * _LONGEST_WORDS].split())
    return line if len(line) <= _LONGEST_WORDS else f"{line[: _LONGEST_WORDS - 1].rstrip()}…"
