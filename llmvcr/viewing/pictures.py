"""Pictures in bodies: where they stand, told by their first bytes and never by what they are said to be."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from llmvcr.interaction import Json

__all__ = ["media_type", "pictures"]

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
# The same, as base64 begins: a cheap look at each text before it is decoded.
_BEGINNINGS = ("data:image/", "iVBOR", "/9j/", "_9j_", "R0lGOD", "UklGR")
_HEAD = 64  # characters of base64 that hold all that a type is told by
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_LEAST = 40


def media_type(data: bytes) -> str:
    """Name the type of a picture that a browser shows; "" for any other bytes. SVG is none: it can ask the network."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((name for magic, name in _MAGIC if data.startswith(magic)), "")


def pictures(value: Json) -> list[Json]:
    """Find the pictures in the strings of a JSON value, as base64 or data: URLs, in their order.

    Each is {"path": [key or index, …], "media_type", "size" in bytes}.
    """
    return [
        {"path": list(path), "media_type": kind, "size": size}
        for path, text in _strings(value, ())
        for kind, size in _pictured(text)
    ]


def _strings(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        if len(value) >= _LEAST and value.startswith(_BEGINNINGS):
            yield path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _strings(inner, (*path, key))


def _pictured(text: str) -> Iterator[tuple[str, int]]:
    data = text.partition(",")[2] if text.startswith("data:") else text
    if not _BASE64.fullmatch(data):
        return
    head = data[:_HEAD].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        kind = media_type(base64.b64decode(head + "=" * (-len(head) % 4)))
    except binascii.Error:
        return
    if kind:
        yield kind, len(data.rstrip("=")) * 3 // 4
