"""How the bytes of a body stand in a typed document: as a value and the words that spell it, else as text or base64.

What is said of a body beside its value is a string of words ("sse compact done", "json spaced ascii") or an object:

    {"rendering": words, "edits": …, "inserted": …}   see `rendering` and `streams`
    {"rendering": "json compact list", "envelope": …}  the values are the `data` of a list answer, this is around it
    {"text": "…"} or {"base64": "…"}                   the body is no JSON, or spelt too oddly: the value is null
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Literal

from llmvcr.formats import rendering, streams
from llmvcr.interaction import Headers, Json, header

__all__ = ["Spelt", "is_lines", "is_many", "loose", "raw", "spell", "unspell"]

_LIST: dict[str, Json] = {"object": "list", "data": None}


@dataclass(frozen=True, slots=True)
class Spelt:
    """A body taken apart: `values` are its events, the members of a list, or one value; `how` says how it was spelt.

    `form` is "reply", "stream", "list", or "none" where there is no value (no body, or only text or base64). `texts`
    has for each value what `json.dumps` gives of it but for white space, "" where that is not known; or nothing at all.
    """

    form: Literal["reply", "stream", "list", "none"]
    values: tuple[Json, ...]
    how: Json
    texts: tuple[str, ...] = field(default=(), compare=False)


def raw(body: bytes) -> dict[str, Json]:
    """Keep a body as it is: its text where it is UTF-8, else base64."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def is_lines(headers: Headers) -> bool:
    """Say whether an answer calls itself NDJSON, so that a body of one line is a stream of one event."""
    return "ndjson" in (header(headers, "content-type") or "").lower()


def loose(body: bytes, spelt: Spelt) -> Spelt:
    """Give the value of a JSON body that is spelt too oddly, where there is no place for the bytes themselves."""
    if spelt.form != "none" or not body:
        return spelt
    try:
        value = rendering.parse(body.decode())
    except (ValueError, RecursionError):
        return spelt
    return spelt if _is_odd([value]) else Spelt("reply", (value,), spelt.how)


def spell(body: bytes, *, members: bool = False, stream: bool = False) -> Spelt:
    """Take a body apart; `members` says that a list answer is to be told by its members, `stream` that it is streamed.

    `unspell(s.how, s.values)` is the body again, byte for byte.
    """
    if not body:
        return Spelt("none", (), None)
    streamed = streams.described(body, lines=True) if stream else None
    if streamed is None:
        try:
            found = rendering.described(text := body.decode())
        except UnicodeDecodeError:
            return Spelt("none", (), raw(body))
        if found is not None and found[0] is not None:
            value, how = found
            if members and (envelope := _envelope(value)) is not None:
                how |= {"envelope": envelope} if list(envelope.items()) != list(_LIST.items()) else {}
                return _checked("list", value["data"], {**how, "rendering": f"json {how['rendering']} list"}, body)
            text = "" if "edits" in how else rendering.as_dumped(text, how["rendering"].split())
            return _plain("reply", [value], {**how, "rendering": f"json {how['rendering']}"}, body, (text,))
        streamed = None if stream else streams.described(body)
    if streamed is None:
        return Spelt("none", (), raw(body))
    values, how, texts = streamed
    return _plain("stream", values, how, body, texts)


def _checked(form: Literal["reply", "stream", "list"], values: list[Json], how: dict[str, Json], body: bytes) -> Spelt:
    """Give the words only where they give the bytes, and where no value could be taken for a typed item."""
    return Spelt("none", (), raw(body)) if unspell(how, values) != body else _plain(form, values, how, body)


def _plain(
    form: Literal["reply", "stream", "list"],
    values: list[Json],
    how: dict[str, Json],
    body: bytes,
    texts: tuple[str, ...] = (),
) -> Spelt:
    """Give the words, which give the bytes, only where no value could be taken for a typed item."""
    if _is_odd(values):
        return Spelt("none", (), raw(body))
    return Spelt(form, tuple(values), how["rendering"] if how.keys() == {"rendering"} else how, texts)


def _is_odd(values: list[Json]) -> bool:
    """Say whether a value could be taken for a typed item."""
    seen = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return any(isinstance(item, dict) and item.keys() & {"__type__", "__data__"} for item in seen)


def _envelope(value: Json) -> dict[str, Json] | None:
    if not isinstance(value, dict) or value.get("object") != "list" or not isinstance(value.get("data"), list):
        return None
    return {**value, "data": None}


def unspell(how: Json, values: list[Json]) -> bytes:
    """Put a body together again; ValueError where what is said of it makes no sense."""
    said = {"rendering": how} if isinstance(how, str) else how
    if not isinstance(said, dict):
        msg = "is neither words nor an object"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for one kind of fault: a malformed document
    match said:
        case {"text": str(text)}:
            return text.encode()
        case {"base64": str(text)}:
            try:
                return base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError) as error:
                raise ValueError("is no base64") from error
        case {"rendering": str(words)} if words.split(" ")[0] in streams.FRAMINGS:
            return streams.rendered(values, said)
        case {"rendering": str(words)} if words.split(" ")[0] == "json":
            return _json(said, words.split(" ")[1:], values)
    raise ValueError("has no text, base64, or rendering that begins with json, sse or ndjson")


def _json(said: dict[str, Json], rest: list[str], values: list[Json]) -> bytes:
    if "list" in rest:
        envelope = said.get("envelope", _LIST)
        if not isinstance(envelope, dict):
            raise ValueError("envelope is no object")
        value: Json = {**envelope, "data": values}
    elif len(values) == 1:
        value = values[0]
    else:
        raise ValueError("one JSON text cannot hold several items")
    return rendering.rendered(value, {**said, "rendering": " ".join(word for word in rest if word != "list")}).encode()


def is_many(how: Json) -> bool:
    """Say whether what is said of a body is about several items: a stream, or a list answer."""
    words = how.get("rendering") if isinstance(how, dict) else how
    return isinstance(words, str) and (words.split(" ")[0] in streams.FRAMINGS or "list" in words.split(" "))
