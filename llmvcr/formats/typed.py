"""Typed items: which `__type__` an answer has by the provider tables, and bodies as lists of such items.

A typed item is exactly {"__type__": "<module>.<qualname>", "__data__": <JSON>}, as llama-stack writes it. Names are
text here: nothing is ever imported.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from llmvcr import providers
from llmvcr.formats.checks import MAX_DEPTH, is_deep
from llmvcr.interaction import Json, Request, header
from llmvcr.providers.base import Endpoint, Provider
from llmvcr.wire import multipart
from llmvcr.wire.nesting import watched

__all__ = ["data_of", "described", "found", "is_typed", "lenient", "names", "names_in", "path_of", "said", "wrap"]


def lenient(body: bytes | None) -> Json:
    """Parse a body as Python's json does (NaN and all); None where it is no JSON that a file can hold, or is none."""
    try:
        value = json.loads(watched(body)) if body else None
    except (ValueError, RecursionError):
        return None
    return None if is_deep(value, MAX_DEPTH // 2) else value


def found(request: Request, parsed: Sequence[Json] = ()) -> tuple[Provider, Endpoint] | None:
    """Find the provider and the endpoint that a request speaks to, by the provider tables.

    `parsed` holds the value of its body, for whoever has parsed it already.
    """
    body = parsed[0] if parsed else lenient(request.body)
    kind = header(request.headers, "content-type")
    if body is None and request.body and (parts := multipart.parse(request.body, kind)):
        body = {part.name: part.data.decode(errors="replace") for part in parts if part.filename is None}
        body |= {part.name: "" for part in parts if part.filename is not None}
    return providers.find(request.method.upper(), request.url, body)


def path_of(url: str) -> str:
    """Give the path of a URL; "" for what is no URL."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def names(endpoint: Endpoint | None, values: Sequence[Json], form: str) -> list[str]:
    """Give the `__type__` of each value of an answer by the tables, "" where there is none.

    `form` is "reply" (one whole answer), "stream" (its events) or "list" (the members of a list answer).
    """
    if endpoint is None:
        return [""] * len(values)
    if form == "list":
        return [endpoint.items] * len(values)
    return [providers.type_name(endpoint, value, streamed=form == "stream") for value in values]


def is_typed(item: Json) -> bool:
    """Say whether an item is a typed one."""
    return isinstance(item, dict) and item.keys() == {"__type__", "__data__"} and isinstance(item["__type__"], str)


def data_of(item: Json) -> Json:
    """Give what an item holds, typed or bare."""
    return item["__data__"] if is_typed(item) else item


def wrap(value: Json, name: str) -> Json:
    """Make an item of a value: typed where there is a name, else bare."""
    return {"__type__": name, "__data__": value} if name else value


def names_in(items: Sequence[Json]) -> list[str]:
    """Give the `__type__` of each item, "" for bare ones."""
    return [item["__type__"] if is_typed(item) else "" for item in items]


def described(found_names: Sequence[str]) -> dict[str, Json]:
    """Tell names as a note: {"type": name} where they are all one, else {"types": […], "type_of": {"3": 1}}.

    `types[0]` is the commonest; `type_of` names the others by the number of their event.
    """
    if len(set(found_names)) <= 1:
        return {"type": found_names[0]} if found_names else {}
    kinds = [name for name, _ in Counter(found_names).most_common()]
    return {"types": kinds, "type_of": {str(i): kinds.index(n) for i, n in enumerate(found_names) if n != kinds[0]}}


def said(note: Mapping[str, Json], count: int) -> list[str] | None:
    """Give the names that a note tells for `count` items; None where it tells none, or what it tells makes no sense."""
    if isinstance(note.get("type"), str):
        return [note["type"]] * count
    kinds, others = note.get("types"), note.get("type_of", {})
    if not isinstance(kinds, list) or not kinds or not isinstance(others, dict):
        return None
    if not all(isinstance(kind, str) for kind in kinds):
        return None
    places = [others.get(str(number), 0) for number in range(count)]
    if not all(type(place) is int and 0 <= place < len(kinds) for place in places):
        return None
    return [kinds[place] for place in places]
