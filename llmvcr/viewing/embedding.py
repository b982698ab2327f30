"""Data inside a page: JSON that a browser reads as it was, no HTML parser takes for markup, and packed in blocks."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from math import isfinite

from llmvcr.interaction import Json

__all__ = ["blocks", "exact", "script_safe"]

_BLOCK = 256 * 1024  # characters of JSON, about
_INEXACT = 1 << 53  # from here on a browser's numbers are not every whole number
_SHOWN = 200


def exact(value: Json, longest: int | None = None) -> Json:
    """Give a JSON value that a browser reads without loss: large whole numbers, nan and infinity become texts.

    A text longer than `longest` characters becomes its beginning with its digest: unequal ones stay unequal.
    """
    if isinstance(value, dict):
        return {key: exact(inner, longest) for key, inner in value.items()}
    if isinstance(value, list):
        return [exact(inner, longest) for inner in value]
    if isinstance(value, str) and longest is not None and len(value) > longest:
        digest = blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return f"{value[:_SHOWN]}… ({len(value):,} characters, blake2b {digest})"
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _INEXACT:
        return _digits(value)
    return value


def _digits(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # Python refuses to spell some thousands of digits
        return hex(number)


def script_safe(value: Json) -> str:
    """Spell JSON in ASCII without "<", ">" and "&": no value of it can end a script element, or begin anything.

    json.dumps escapes what is not ASCII (U+2028 and U+2029 among it); the three stand in strings alone, so that their
    escapes mean the same. What JSON has no number for (nan) is a text.
    """
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(exact(value), separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def blocks(values: Iterable[Json]) -> Iterator[tuple[int, str]]:
    """Pack values in order, several a block where they are small: how many, and the block.

    A block is a list as JSON, gzip'd, as base64; equal values pack equally.
    """
    waiting: list[str] = []
    size = 0
    for text in map(script_safe, values):
        waiting.append(text)
        size += len(text)
        if size >= _BLOCK:
            yield len(waiting), _packed(waiting)
            waiting, size = [], 0
    if waiting:
        yield len(waiting), _packed(waiting)


def _packed(texts: Sequence[str]) -> str:
    listed = f"[{','.join(texts)}]".encode("ascii")
    return base64.b64encode(gzip.compress(listed, 6, mtime=0)).decode("ascii")
