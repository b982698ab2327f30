"""What is packed inside a text: base64 in either alphabet, and gzip; opened within bounds and packed again."""

from __future__ import annotations

import base64
import binascii
import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote

__all__ = ["Packing", "gzipped", "inflated", "opened", "places"]

_GZIP = b"\x1f\x8b\x08"
_MOST, _IN_ALL = 16 * 1024 * 1024, 32 * 1024 * 1024
_SHORTEST, _LOOK, _LONG_PATH = 20, 24, 65536
_PADDING = re.compile(rb"(?:=|%3[Dd]){1,2}")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True)
class Packing:
    """How a part of a text is packed.

    Of base64 the alphabet and the padding, and whether "/" is escaped as in JSON, or it and "+" and "=" as in a URL.
    """

    how: Literal["base64", "gzip"]
    urlsafe: bool = False
    padded: bool = False
    slashes: bool = False
    percent: bool = False
    inside: bool = False
    """Whether what base64 holds is gzip'd in turn."""

    def pack(self, plain: bytes) -> bytes:
        """Pack bytes in the same way; gzip without any time in it, so that it is the same each time."""
        if self.how == "gzip" or self.inside:
            plain = gzip.compress(plain, mtime=0)
        if self.how == "gzip":
            return plain
        packed = base64.urlsafe_b64encode(plain) if self.urlsafe else base64.b64encode(plain)
        if not self.padded:
            packed = packed.rstrip(b"=")
        if self.percent:
            return quote(packed, safe="").encode()
        return packed.replace(b"/", b"\\/") if self.slashes else packed


def opened(word: bytes) -> Iterator[tuple[bytes, bytes, Packing]]:
    """Give each piece of a token that is base64 of a text, or of gzip: (piece, what it holds, how it is packed).

    Images, audio, embeddings, signatures and encrypted reasoning hold no text, and are never opened.
    """
    pieces = {word, *word.split(b".")} if b"." in word else {word}
    if len(word) < _LONG_PATH and b"/" in word:
        pieces |= {part for piece in pieces for part in piece.split(b"/")}
    for piece in pieces:
        urlsafe = b"-" in piece or b"_" in piece
        if len(piece) < _SHORTEST or (head := _decoded(piece[:_LOOK])) is None:
            continue
        zipped = head.startswith(_GZIP)
        if not zipped and not _is_text(head):
            continue
        plain = _decoded(piece)
        if plain is not None and zipped:
            plain = inflated(plain, 31, _MOST)
        if plain is not None:
            yield piece, plain, Packing("base64", urlsafe=urlsafe, inside=zipped)


def places(data: bytes, piece: bytes, packing: Packing) -> Iterator[tuple[int, int, Packing]]:
    """Give where a piece stands, its padding with it."""
    for spelt, how in (
        (piece, packing),
        (piece.replace(b"/", b"\\/"), replace(packing, slashes=True)),
        (quote(piece, safe="").encode(), replace(packing, percent=True)),
    ):
        start = data.find(spelt)
        while start >= 0:
            end = start + len(spelt)
            padding = _PADDING.match(data, end)
            stop = padding.end() if padding else end
            escaped = data[end : end + 1] == b"%"
            # What came out even may need padding now; between the full stops of a token there never is any.
            even = len(piece) % 4 == 0 and b"." not in (data[start - 1 : start], data[end : end + 1])
            yield start, stop, replace(how, padded=stop > end or even, percent=how.percent or escaped)
            start = data.find(spelt, stop)
        if spelt in data:
            return


def gzipped(data: bytes, *, most: int) -> Iterator[tuple[int, int, bytes]]:
    """Give the first `most` whole gzip members within the bytes: (start, end, what it holds), 32 MiB in all."""
    start, left = data.find(_GZIP), _IN_ALL
    while start >= 0 and most and left > 0:
        most -= 1
        reader = zlib.decompressobj(31)
        end = start + 1
        try:
            plain = reader.decompress(memoryview(data)[start:], min(_MOST, left))
        except zlib.error:
            plain = b""
        if reader.eof:
            end = len(data) - len(reader.unused_data)
            left -= len(plain)
            yield start, end, plain
        start = data.find(_GZIP, end)


def inflated(data: bytes, wbits: int, most: int = _MOST) -> bytes | None:
    """Inflate one whole zlib stream of up to `most` bytes; None for anything else (`wbits` as zlib has it)."""
    try:
        reader = zlib.decompressobj(wbits)
        plain = reader.decompress(data, most)
    except zlib.error:
        return None
    return plain if reader.eof and not reader.unused_data else None


def _decoded(piece: bytes) -> bytes | None:
    if len(piece) % 4 == 1:
        return None
    try:
        return base64.b64decode(piece.translate(_TO_STANDARD) + b"=" * (-len(piece) % 4), validate=True)
    except binascii.Error:
        return None


def _is_text(head: bytes) -> bool:
    try:
        # A letter may be cut at the end of what is looked at.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(sign.isprintable() or sign in "\t\r\n" for sign in text)
