"""The parts of a multipart body (RFC 2046, RFC 7578), whatever its boundary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["Part", "parse"]

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_FIRST_LINE = re.compile(rb"\A--([^\r\n]{1,200}?)[ \t]*\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_PARAMETER = re.compile(r';\s*([\w*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))')


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `filename` is None for a plain field, `content_type` "" where the part names none."""

    name: str
    filename: str | None
    content_type: str
    data: bytes


def parse(body: bytes, content_type: str | None) -> tuple[Part, ...] | None:
    """Split `body` at the boundary that `content_type` names, or else at the one in the body's first line.

    None when it is no whole multipart body: another content type, no boundary, no closing boundary. Line ends may be
    LF alone, since cassettes that were edited by hand lose their CRs. Never raises.
    """
    if content_type is not None and not content_type.lstrip().lower().startswith("multipart/"):
        return None
    named = _BOUNDARY.search(content_type or "")
    parts = _split(body, (named[1] or named[2]).encode("utf-8", "surrogateescape")) if named else None
    if parts is None and (first := _FIRST_LINE.match(body)):
        parts = _split(body, first[1])
    return parts


def _split(body: bytes, boundary: bytes) -> tuple[Part, ...] | None:
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:(?=\r?\n)|\Z)")
    parts: list[Part] = []
    start: int | None = None
    for found in delimiter.finditer(body):
        if start is not None:
            parts.append(_part(body[start : found.start()]))
        if found[1] is not None:
            return tuple(parts) if start is not None else None
        start = found.end()
    return None


def _part(text: bytes) -> Part:
    # `text` still begins with the line end of its delimiter: a part without headers begins with two of them.
    end = _HEAD_END.search(text)
    head, data = (text[: end.start()], text[end.end() :]) if end else (text, b"")
    name, filename, kind = "", None, ""
    # A folded header goes on in the next line.
    for line in re.sub(r"\r?\n[ \t]+", " ", head.decode("utf-8", "replace")).splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-disposition":
            given = {found[1].lower(): _value(found) for found in _PARAMETER.finditer(value)}
            name = given.get("name", "")
            filename = given.get("filename*", given.get("filename"))
        elif key.strip().lower() == "content-type":
            kind = value.strip()
    return Part(name, filename, kind, data)


def _value(found: re.Match[str]) -> str:
    if found[1].endswith("*"):
        # RFC 5987, as requests writes names that are not ASCII: utf-8''na%C3%AFve.txt
        return unquote((found[2] or found[3]).rpartition("'")[2])
    if found[2] is None:
        return found[3]
    return re.sub(r"\\(.)", r"\1", found[2])
