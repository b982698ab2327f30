"""Made-up keys of every shape we know, drawn by a fixed seed, and a search for one in every form it may have."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import random
import re
import string
import zlib
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from llmvcr.interaction import Interaction
from llmvcr.secrets.shapes import SHAPES, Shape
from llmvcr.wire import eventstream

__all__ = ["KEYS", "drawn", "forms", "left"]

WORD = string.ascii_letters + string.digits
_ALPHABETS = (WORD, "0123456789abcdef", string.ascii_uppercase + string.digits)
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_TEXT = re.compile(rb'"(?:delta|text|content)": ?"((?:[^"\\]|\\.)*)"')
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


def drawn(seed: str, length: int, letters: str = WORD) -> str:
    """Draw letters, the same each time."""
    return "".join(random.Random(seed).choices(letters, k=length))  # noqa: S311 - nothing is protected by it


def _special(seed: str) -> dict[str, str]:
    """Draw the tails that have an order of their own."""
    return {
        "lsv2_": f"pt_{drawn(seed, 32, '0123456789abcdef')}_{drawn(seed + 'b', 10, '0123456789abcdef')}",
        "pylf_v": f"1_us_{drawn(seed, 43)}",
        "pat": f"{drawn(seed, 14)}.{drawn(seed + 'b', 64, '0123456789abcdef')}",
        "xox": f"b-{drawn(seed, 40)}",
        "xapp-": f"1-{drawn(seed, 40)}",
        "SG.": f"{drawn(seed, 22)}.{drawn(seed + 'b', 43)}",
        "eyJ": f"{drawn(seed, 30)}.eyJ{drawn(seed + 'b', 60)}.{drawn(seed + 'c', 43)}",
    }


def _key(shape: Shape) -> str:
    special = _special(shape.prefix).get(shape.prefix)
    if special is not None:
        return shape.prefix + special
    for length in (16, 20, 24, 27, 32, 35, 36, 40, 60, 64, 80):
        for letters in _ALPHABETS:
            tail = drawn(f"{shape.prefix}{length}", length, letters)
            if re.fullmatch(shape.tail, tail):
                return shape.prefix + tail
    raise AssertionError(shape)


KEYS: tuple[tuple[str, str], ...] = tuple((shape.kind, _key(shape)) for shape in SHAPES)
"""(kind, key) for each row of shapes."""


def left(interaction: Interaction, key: str) -> list[str]:
    """Name the places of an interaction where the key is left, in whatever form."""
    request, response = interaction.request, interaction.response
    held = {
        "url": request.url.encode(),
        "request headers": repr(request.headers).encode(),
        "request body": request.body or b"",
        "response headers": repr((response.headers, response.trailers)).encode(),
        "response body": response.body,
        "pieces": b"".join(_TEXT.findall(response.body)),
        "error": response.error.encode(),
        "notes": json.dumps(dict(interaction.notes)).encode(),
        "unknown": json.dumps(dict(interaction.unknown)).encode(),
    }
    events = [eventstream.unwrapped(frame.data).encode() for frame in eventstream.frames(response.body)]
    held["events"], held["pieces of events"] = b"\n".join(events), b"".join(_TEXT.findall(b"\n".join(events)))
    frames = b"".join(str(frame.get("text", "")).encode() for frame in interaction.notes.get("frames", ()))
    held["pieces of frames"] = b"".join(_TEXT.findall(frames))
    return [place for place, data in held.items() if any(key.encode() in form for form in forms(data))]


def forms(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Give a text and everything that can be unpacked from it: escapes, base64 at each offset, gzip."""
    plain = data
    for _ in range(3):
        plain = re.sub(rb"\\+u00([0-9a-fA-F]{2})", lambda code: bytes([int(code[1], 16)]), unquote_to_bytes(plain))
    plain = plain.replace(b"\\/", b"/")
    yield from (data, plain)
    if depth > 2:
        return
    start = data.find(b"\x1f\x8b\x08")
    while start >= 0:
        with contextlib.suppress(zlib.error):
            yield from forms(zlib.decompressobj(31).decompress(data[start:]), depth + 1)
        start = data.find(b"\x1f\x8b\x08", start + 1)
    for run in _RUN.findall(plain):
        for offset in range(4):
            piece = run[offset:].translate(_TO_STANDARD)
            for whole in (piece + b"=" * (-len(piece) % 4), piece[: len(piece) // 4 * 4]):
                with contextlib.suppress(binascii.Error):
                    yield from forms(base64.b64decode(whole), depth + 1)
