"""The bytes of an answer as JSON: one value of a plain body, those of the events of a stream."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from llmvcr.conversation.looking import parsed
from llmvcr.interaction import Json, Response, header
from llmvcr.wire import codecs, eventstream, ndjson, sniff, sse

__all__ = ["Opened", "opened"]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a body holds: `form` is "json" (one value), "stream" (`events`, each with its name), "text" or "bytes".

    `plain` are its bytes without compression.
    """

    form: Literal["empty", "json", "stream", "text", "bytes"]
    plain: bytes
    value: Json = None
    events: tuple[tuple[str, Json], ...] = ()


def opened(response: Response) -> Opened:
    """Open an answer's body by its content, whatever its headers say; never raises."""
    plain = codecs.plain(response.body, header(response.headers, "content-encoding"))
    if not plain:
        return Opened("empty", plain)
    if eventstream.is_eventstream(plain):
        frames = eventstream.frames(plain)
        return Opened(
            "stream", plain, events=tuple((one.name, parsed(eventstream.unwrapped(one.data))) for one in frames)
        )
    kind = sniff(plain)
    text = plain.decode(json.detect_encoding(plain), "replace") if kind == "json" else ""
    if (value := parsed(text)) is not None or text.strip() == "null":
        return Opened("json", plain, value)
    if kind in ("sse", "ndjson"):
        frames = sse.frames(plain) if kind == "sse" else ndjson.frames(plain)
        return Opened("stream", plain, events=tuple((one.name, parsed(one.data)) for one in frames if one.data.strip()))
    try:
        plain.decode()
    except UnicodeDecodeError:
        return Opened("bytes", plain)
    return Opened("text", plain)
