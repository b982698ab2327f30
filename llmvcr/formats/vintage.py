"""The shapes that vcrpy's files have had, brought to the one they have now: bodies to bytes, headers to lines."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import NoReturn

from llmvcr.errors import ReadError
from llmvcr.interaction import Headers, Json

__all__ = ["CUT", "Where", "decoded", "headers", "request_body", "response_body", "status"]

CUT = "the file may have been cut: restore it, or record it again"
"""What to do about a file whose end is missing."""


_DIGITS = 10  # of a status; Python refuses to read a number of many thousands


class Where:
    """A place inside a file, which knows how to complain about itself."""

    __slots__ = ("number", "path", "place")

    def __init__(self, path: str, number: int | None, place: str) -> None:
        """Name a place in interaction `number` of the file `path`."""
        self.path, self.number, self.place = path, number, place

    def __truediv__(self, key: str) -> Where:
        """Return the place of `key` below this one."""
        return Where(self.path, self.number, f"{self.place}.{key}" if self.place else key)

    def fail(self, reason: str, *, fix: str = "") -> NoReturn:
        """Raise the ReadError that says what is wrong here."""
        raise ReadError(self.path, reason, interaction=self.number, place=self.place, fix=fix) from None

    def missing(self) -> NoReturn:
        """Raise the ReadError for a thing that is not here, as in a file whose end was lost."""
        self.fail("is missing", fix=CUT)


def headers(value: Json, where: Where) -> Headers:
    """Read header lines: {name: [values]}, {name: value}, [[name, value], …] or nothing at all."""
    if value is None:
        return ()
    if isinstance(value, dict) and (lines := _plain_lines(value)) is not None:
        return lines
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[Json, Json]] = value.items()
    elif isinstance(value, list | tuple) and all(isinstance(line, list | tuple) and len(line) == 2 for line in value):
        pairs = [(line[0], line[1]) for line in value]
    else:
        where.fail("is neither a mapping nor a list of [name, value]")
    found = []
    for name, held in pairs:
        for text in held if isinstance(held, list | tuple) else [held]:
            if isinstance(text, list | dict | tuple):
                (where / str(name)).fail("is no text")
            found.append((_text(name), _text(text)))
    return tuple(found)


def _plain_lines(value: dict[Json, Json]) -> Headers | None:
    """Read {name: [text, …]}, as nearly every file has it, and three times as fast; None for any other."""
    if not set(map(type, value.values())) <= {list}:
        return None
    lines = tuple([(name, text) for name, texts in value.items() for text in texts])
    return lines if all([type(name) is type(text) is str for name, text in lines]) else None  # noqa: C419 - faster


def status(response: Mapping[str, Json], where: Where) -> tuple[int, str]:
    """Read {code, message}, a bare code, or the `status_code` of the old httpx shape."""
    value, message = response.get("status"), None
    if isinstance(value, Mapping):
        if "code" not in value:
            (where / "status" / "code").missing()
        value, message = value["code"], value.get("message")
    elif value is None:
        value = response.get("status_code")
    if value is None:
        (where / "status").missing()
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _DIGITS:
        value = int(value)
    if type(value) is not int:
        (where / "status").fail("has a code that is no whole number")
    return value, "" if message is None else _text(message)


def request_body(request: Mapping[str, Json], where: Where) -> bytes | None:
    """Read the body of a request: text, bytes, a mapping (as JSON), pieces, a file, `parsed_body`, or None."""
    if request.get("parsed_body") is not None:
        return _rendered(request["parsed_body"], where / "parsed_body")
    return _bytes(request.get("body"), where / "body")


def response_body(response: Mapping[str, Json], where: Where) -> bytes:
    """Read the body of a response: {string}, {base64_string}, bare text, `parsed_body`, or `content` of old httpx.

    Raises ReadError where there is none of these: such a file was cut.
    """
    if "parsed_body" in response:
        return _rendered(response["parsed_body"], where / "parsed_body")
    if "body" not in response:
        if "content" in response:
            return _bytes(response["content"], where / "content") or b""
        (where / "body").missing()
    body, where = response["body"], where / "body"
    if not isinstance(body, Mapping) or not body:  # {}: aiohttp's stub on a redirect
        return _bytes(body or None, where) or b""
    if "base64_string" in body and body.get("string") is None:
        return decoded(body["base64_string"], where / "base64_string")
    if "string" not in body:
        (where / "string").missing()
    return _bytes(body["string"], where / "string") or b""


def decoded(value: Json, where: Where) -> bytes:
    """Return the bytes that a base64 text stands for."""
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        where.fail("is not base64")


def _bytes(value: Json, where: Where) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        # A lone surrogate can only come from an escape in JSON; it has no UTF-8 of its own.
        return value.encode("utf-8", "surrogatepass")
    if hasattr(value, "read"):
        at = value.tell()
        content = value.read()
        value.seek(at)
        return _bytes(content, where)
    if isinstance(value, Mapping | bool | int | float):
        return _rendered(value, where)
    if not isinstance(value, Iterable):
        where.fail("is no body that llmvcr knows")
    pieces = [value] if isinstance(value, bytearray) else list(value)
    if all(isinstance(piece, str | bytes | bytearray) for piece in pieces):
        return b"".join(_bytes(piece, where) or b"" if isinstance(piece, str) else piece for piece in pieces)
    return _rendered(pieces, where)


def _rendered(value: Json, where: Where) -> bytes:
    # `json.dumps` as it comes is what pydantic-ai's own serializer makes of its `parsed_body`.
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError):
        where.fail("holds what JSON cannot say")


def _text(value: Json) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
