"""The body of a request, whatever its spelling, as one JSON value and the kind of body it was."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from math import inf
from typing import Literal
from urllib.parse import parse_qsl

from llmvcr.interaction import Json
from llmvcr.wire import multipart
from llmvcr.wire.nesting import watched

__all__ = ["CLOSE", "MAX_DEPTH", "MAX_INFLATED", "OPEN", "Body", "Mark", "may_hold_open", "read", "repeated"]

OPEN, CLOSE = "\u27e8", "\u27e9"
"""What a canonical form writes in place of a value stands between these two; an OPEN of the text itself is doubled."""

MAX_DEPTH = 128
"""A JSON body nested deeper than this is compared as text, so that the answer never hangs on the caller's stack."""

MAX_INFLATED = 64 * 1024 * 1024
"""Bytes that a gzip'd body may inflate to; one that is larger is compared as it stands."""

Kind = Literal["empty", "form", "json", "multipart", "ndjson", "raw"]

_WORD = rb"[^\s=&{}\"<>\x00-\x1f\x7f-\xff]"
_FORM = re.compile(rb"%b+=%b*(?:&%b+=%b*)*" % (_WORD, _WORD, _WORD, _WORD))
_BLANKS = " \t\r\n"
_STARTS = frozenset('{["-0123456789tfnNI')
_ESCAPED_OPEN = "\\u27"
_FIRST_INEXACT = 2.0**53


class Mark(str):
    """A string that stands for a value and not for itself, so that it is never escaped."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent: its kind, and a JSON value that belongs to the caller, who may change it in place.

    `value` is the JSON; a list of them for "ndjson"; {name: field, or list of the fields of that name} for "form" and
    "multipart", a field being text, or {"content_type", "filename", "text" or ("blake2b", "length")}; the same
    {"text"} or {"blake2b", "length"} for "raw"; None for "empty". `keys` is what tells which API was called: `value`
    wherever it has names, else the plain reading of a body that is compared raw. `text` is the JSON text that `value`
    was read from, "" where there is none; strings of `value` are escaped (see OPEN).
    """

    kind: Kind
    value: Json
    keys: Json
    text: str = ""


class _RepeatedKeyError(ValueError):
    """An object names a key twice: readers differ on what it means."""


def read(data: bytes | None, content_type: str | None = None) -> Body:
    """Read a body by its content; `content_type` only helps to find the boundary of a multipart one. Never raises."""
    plain = _inflated(data) if data and data[:2] == b"\x1f\x8b" else data
    if not plain:
        return Body("empty", None, None)
    return _json(plain) or _multipart(plain, content_type) or _form(plain) or _raw(plain, {})


def repeated(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Give each name its value, or the list of its values in order where it stands several times."""
    values: dict[str, list[Json]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def may_hold_open(text: str) -> bool:
    """Say whether strings of a JSON text may hold an OPEN, as it is or as an escape."""
    return OPEN in text or ("\\" in text and _ESCAPED_OPEN in text)


def _inflated(data: bytes) -> bytes:
    try:
        reader = zlib.decompressobj(31)
        plain = reader.decompress(data, MAX_INFLATED)
    except zlib.error:
        return data
    return plain if reader.eof and not reader.unused_data else data


def _json(data: bytes) -> Body | None:
    try:
        # RFC 8259 asks for UTF-8 and lets a reader skip a byte order mark; its ancestors allowed UTF-16 and UTF-32.
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        return None
    start = text.lstrip(_BLANKS)[:1]
    if not start or start not in _STARTS:
        return None
    try:
        value = _DECODER.decode(watched(text))
        return _checked(Body("json", value, value, text), data)
    except (_RepeatedKeyError, RecursionError):
        return _raw(data, _plainly(text))
    except ValueError:
        return _ndjson(text, data) if start == "{" else None


def _ndjson(text: str, data: bytes) -> Body | None:
    # Not splitlines(): a U+2028 may stand inside a JSON string.
    lines = [line for line in text.split("\n") if line.strip(_BLANKS)]
    try:
        values = [_DECODER.decode(watched(line)) for line in lines]
    except (ValueError, RecursionError):
        return None
    return _checked(Body("ndjson", values, values[0], text), data)


def _checked(body: Body, data: bytes) -> Body:
    # Each level takes two signs at least.
    if len(body.text) > 2 * MAX_DEPTH and _is_too_deep(body.value):
        return _raw(data, body.keys)
    if not may_hold_open(body.text):
        return body
    box = [body.value]
    _escape(box)
    return replace(body, value=box[0])


def _is_too_deep(value: Json) -> bool:
    level: list[Json] = [[value]]
    for _ in range(MAX_DEPTH + 2):
        level = [
            x
            for one in level
            for x in (one.values() if type(one) is dict else one)
            if type(x) is dict or type(x) is list
        ]
        if not level:
            return False
    return True


def _plainly(text: str) -> Json:
    try:
        return json.loads(watched(text))
    except (ValueError, RecursionError):
        return {}


def _multipart(data: bytes, content_type: str | None) -> Body | None:
    parts = multipart.parse(data, None) or multipart.parse(data, content_type)
    # A name that is no UTF-8 was read with replacement characters: two such names may look the same.
    if not parts or any("\ufffd" in f"{part.name}{part.filename}" for part in parts):
        return None
    fields = repeated([(part.name, _field(part)) for part in parts])
    return Body("multipart", fields, fields)


def _field(part: multipart.Part) -> Json:
    content = _content(part.data)
    if part.filename is None and not part.content_type and "text" in content:
        return content["text"]
    named = {"content_type": _escaped(part.content_type), **content}
    return named if part.filename is None else {"filename": _escaped(part.filename), **named}


def _form(data: bytes) -> Body | None:
    if not _FORM.fullmatch(data):
        return None
    # Bytes that are no UTF-8 stay apart from each other as lone surrogates.
    pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="surrogateescape")
    fields = repeated([(name, _escaped(value)) for name, value in pairs])
    return Body("form", fields, fields)


def _raw(data: bytes, keys: Json) -> Body:
    return Body("raw", _content(data), keys)


def _content(data: bytes) -> dict[str, Json]:
    try:
        return {"text": _escaped(data.decode())}
    except UnicodeDecodeError:
        return {"blake2b": blake2b(data, digest_size=16).hexdigest(), "length": len(data)}


def _escaped(text: str) -> str:
    return text.replace(OPEN, OPEN + OPEN)


def _escape(value: Json) -> None:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if type(inner) is str:
            value[key] = _escaped(inner)
        elif isinstance(inner, dict | list):
            _escape(inner)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedKeyError
    return found


def _number(text: str) -> Json:
    number = float(text)
    if number.is_integer() and -_FIRST_INEXACT < number < _FIRST_INEXACT:
        return int(number)
    if not number.is_integer() and abs(number) < _FIRST_INEXACT:
        return number
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return _constant(text)
    if number in (inf, -inf):
        sign, digits, exponent = exact.as_tuple()
        kept = "".join(map(str, digits)).rstrip("0")
        return _constant(f"{'-' * sign}{kept}e{int(exponent) + len(digits) - len(kept)}")
    return int(exact) if exact == exact.to_integral_value() else number


def _constant(text: str) -> Mark:
    return Mark(f"{OPEN}{text}{CLOSE}")


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_constant, object_pairs_hook=_object)
