"""The ids that an answer brings: what its server drew, and later requests may quote."""

from __future__ import annotations

import json
import re

from llmvcr import ids
from llmvcr.interaction import Json, Request, Response, header
from llmvcr.wire import codecs, eventstream, ndjson, sniff, sse
from llmvcr.wire.nesting import watched

__all__ = ["drawn"]

# "id", "response_id", "toolUseId", "vector_store_ids" and the like; Gemini names things "cachedContents/…".
_ID_KEY = re.compile(r"(?:^|_)ids?$|[a-z]Ids?$")
_NAME_KEY, _ID_WORD = "name", re.compile(r"[A-Za-z0-9_-]{8,256}")
# What a model said, and what a caller said of a thing, may hold ids of the caller's world.
_NOT_THE_SERVERS = frozenset(
    {"args", "arguments", "input", "instructions", "metadata", "parameters", "prompt", "tools"}
)


def drawn(request: Request, response: Response) -> frozenset[str]:
    """Give the ids in the id fields of an answer that its request does not name; none where it cannot be read.

    Only such as `ids.is_generated` takes for drawn: "call_1" is none. Reads JSON, SSE, NDJSON and AWS event streams,
    plain or in an encoding of `llmvcr.wire.codecs`. Never raises.
    """
    found: set[str] = set()
    for value in _values(codecs.plain(response.body, header(response.headers, "content-encoding"))):
        _collect(value, found)
    asked = request.url.encode("utf-8", "surrogatepass") + (request.body or b"")
    return frozenset(one for one in found if one.encode() not in asked)


def _values(body: bytes) -> list[Json]:
    if eventstream.is_eventstream(body):
        texts = [eventstream.unwrapped(frame.data) for frame in eventstream.frames(body)]
    else:
        kind = sniff(body)
        if kind == "json":
            texts = [body.decode(json.detect_encoding(body), "replace")]
        elif kind:
            texts = [frame.data for frame in (sse if kind == "sse" else ndjson).frames(body)]
        else:
            texts = []
    return [value for value in map(_read, texts) if value is not None]


def _read(text: str) -> Json:
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(watched(text))
    except (ValueError, RecursionError):
        return None  # half an event, where a stream was cut


def _collect(root: Json, found: set[str]) -> None:
    todo: list[tuple[str, Json]] = [("", root)]
    while todo:
        key, value = todo.pop()
        if isinstance(value, dict):
            todo += [(name, inner) for name, inner in value.items() if name not in _NOT_THE_SERVERS]
        elif isinstance(value, list):
            todo += [(key, inner) for inner in value]
        elif isinstance(value, str) and len(value) <= 512:
            if _ID_KEY.search(key):
                _take(value, found)
            elif key == _NAME_KEY and "/" in value:
                _take(value.rpartition("/")[2], found)


def _take(value: str, found: set[str]) -> None:
    if _ID_WORD.fullmatch(value) and ids.is_generated(value):
        found.add(value)
