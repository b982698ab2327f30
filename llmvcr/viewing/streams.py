"""What arrived piece by piece: chunks with their times, and the events in them with what each of them says."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from llmvcr import sockets
from llmvcr.conversation.looking import Path, at, parsed, string
from llmvcr.conversation.opening import Opened
from llmvcr.errors import ReadError
from llmvcr.interaction import Interaction, Json, Response
from llmvcr.wire import Frame, eventstream, ndjson, sniff, sse

__all__ = ["stream"]

_MESSAGE = ("delta", "message")
_DELTA = ("choices", 0, "delta")
_PIECES: tuple[tuple[str, tuple[Path, ...]], ...] = (
    (
        "thinking",
        (
            (*_DELTA, "reasoning_content"),
            (*_DELTA, "reasoning"),
            ("delta", "thinking"),
            (*_MESSAGE, "content", "thinking"),
            (*_MESSAGE, "tool_plan"),
            ("delta", "reasoningContent", "text"),
            ("message", "thinking"),
        ),
    ),
    (
        "arguments",
        (
            (*_DELTA, "tool_calls", 0, "function", "arguments"),
            (*_DELTA, "function_call", "arguments"),
            ("delta", "partial_json"),
            (*_MESSAGE, "tool_calls", "function", "arguments"),
            ("delta", "toolUse", "input"),
        ),
    ),
    (
        "text",
        (
            (*_DELTA, "content"),
            ("choices", 0, "text"),
            ("delta", "text"),
            (*_MESSAGE, "content", "text"),
            ("contentBlockDelta", "delta", "text"),
            ("candidates", 0, "content", "parts", 0, "text"),
            ("message", "content"),
            ("response",),
            ("completion",),
            ("generation",),
            ("outputText",),
            ("token", "text"),
            ("text",),
        ),
    ),
)
"""Where the events of a stream say their piece of the answer, by what it is a piece of."""


def stream(interaction: Interaction, answer: Opened) -> dict[str, Json]:
    """Give the pieces of an answer.

    `head_ms` is when the head came, None where no times were kept; `chunks` is a [bytes, ms or None] for each piece
    that the transport gave; `framing` is "sse", "ndjson", "eventstream", "websocket" or "" (no stream). Each of
    `events` is {"name", "data", "chunk": the number of the one that completed it or None, "ms", "sent": by the client
    (WebSockets), "piece": what it adds to the answer, "kind": "text", "thinking", "arguments" or ""}.
    """
    response = interaction.response
    framing, frames = _frames(answer)
    offsets = _offsets(response, answer)
    times = response.times
    events, end = [], 0
    for frame in frames:
        end += len(frame.raw)
        chunk = min(bisect_left(offsets, end), len(offsets) - 1) if offsets else None
        data = eventstream.unwrapped(frame.data) if framing == "eventstream" else frame.data
        if data.strip() or frame.name:
            events.append(_event(frame.name, data, chunk, _time(times, chunk)))
    if not events and "frames" in interaction.notes:
        framing, events = "websocket", _socket(interaction.notes["frames"])
    return {
        "head_ms": times[0] if times else None,
        "chunks": [[len(chunk), _time(times, place)] for place, chunk in enumerate(response.chunks)],
        "framing": framing,
        "events": events,
    }


def _frames(answer: Opened) -> tuple[str, Sequence[Frame]]:
    if answer.form != "stream":
        return "", ()
    if eventstream.is_eventstream(answer.plain):
        return "eventstream", eventstream.frames(answer.plain)
    if sniff(answer.plain) == "ndjson":
        return "ndjson", ndjson.frames(answer.plain)
    return "sse", sse.frames(answer.plain)


def _offsets(response: Response, answer: Opened) -> list[int]:
    """Give where each chunk ends in the stream; [] where compression hides it."""
    offsets = list(accumulate(map(len, response.chunks)))
    return offsets if offsets and offsets[-1] == len(answer.plain) else []


def _time(times: Sequence[float], chunk: int | None) -> float | None:
    return times[chunk + 1] if chunk is not None and chunk + 1 < len(times) else None


def _event(name: str, data: str, chunk: int | None, ms: float | None, *, sent: bool = False) -> dict[str, Json]:
    piece, kind = _piece(parsed(data))
    return {"name": name, "data": data, "chunk": chunk, "ms": ms, "sent": sent, "piece": piece, "kind": kind}


def _piece(value: Json) -> tuple[str, str]:
    named = string(at(value, "type"))
    if isinstance(at(value, "delta"), str):  # Responses, Realtime
        kind = "arguments" if "argument" in named else "thinking" if "reasoning" in named else "text"
        return ("", "") if "audio.delta" in named else (value["delta"], kind)
    if named.startswith("response.") or named.endswith(("done", "end")):
        return "", ""
    for kind, paths in _PIECES:
        for path in paths:
            if piece := string(at(value, *path)):
                return piece, kind
    return "", ""


def _socket(frames: Json) -> list[dict[str, Json]]:
    try:
        told = sockets.from_json(frames, path="")
    except ReadError:
        return []
    return [
        _event(
            "close" if isinstance(one, sockets.Close) else string(at(parsed(_said(one)), "type")),
            _said(one),
            None,
            one.ms,
            sent=one.sent,
        )
        for one in told
    ]


def _said(event: sockets.Event) -> str:
    if isinstance(event, sockets.Close):
        return " ".join(filter(None, (str(event.code or ""), event.reason)))
    return event.data if isinstance(event.data, str) else f"({len(event.data)} bytes)"
