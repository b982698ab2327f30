"""Content encodings undone, whole or chunk by chunk, within bounds: a few bytes may unpack to gigabytes.

Of the encodings of RFC 9110 (8.4.1) gzip and deflate, and br (RFC 7932) and zstd (RFC 8878) where one of the libraries
for them is installed: a client asks for these two only then.
"""

# Measured: 200 MB of zeros are 900 kB of gzip (at its fastest), 6 kB of zstd, 300 bytes of brotli. So a body that grows
# more than a hundredfold is left packed, once it is larger than what nobody would feel.

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from llmvcr.wire import sniff

__all__ = ["MOST", "Decoder", "decoder", "plain", "unpacked"]

MOST = 64 * 1024 * 1024
"""Bytes that one body may unpack to."""

_UNMEASURED, _RATIO = 8 * 1024 * 1024, 100
# From so many bytes on a body may have so many times the size that it has packed.

_GZIP = b"\x1f\x8b"
_STEP = 1024 * 1024
# A back reference of brotli takes some 4 bytes and gives up to 16 MiB, a block of zstd takes 4 and gives 128 KiB.
_BROTLI_SLICE, _ZSTD_SLICE = 4, 256
_ZSTD_WINDOW_LOG = 23  # what RFC 9659 allows a server: 8 MiB


class _Codec(Protocol):
    def more(self, data: bytes, most: int) -> bytes:
        """Take the next bytes, and give what they add; where that is more than `most`, its beginning, longer than that.

        Raises what the library raises for bytes that are not in the encoding.
        """
        ...


class Decoder:
    """Undoes the encoding of one body, in any cut."""

    __slots__ = ("_codec", "_packed", "_unpacked")

    def __init__(self, codec: _Codec) -> None:
        self._codec = codec
        self._packed = self._unpacked = 0

    def feed(self, chunk: bytes) -> bytes:
        """Give what a chunk adds to the body, b"" where that comes with a later one.

        Raises ValueError for bytes that are not in the encoding, and where the body grows beyond MOST, or beyond 8 MiB
        and a hundred times its packed size; nothing can be fed after that.
        """
        self._packed += len(chunk)
        most = min(MOST, max(_UNMEASURED, self._packed * _RATIO))
        try:
            piece = self._codec.more(chunk, most - self._unpacked)
        except Exception as error:  # each library has errors of its own
            raise ValueError(f"is not in the encoding that it is said to be in: {error}") from error
        self._unpacked += len(piece)
        if self._unpacked > most:
            raise ValueError(f"{self._packed} bytes of it unpack to more than {most}")
        return piece


def decoder(encoding: str) -> Decoder | None:
    """Give what undoes an encoding, by its name in a content-encoding header; None for one that nothing here undoes."""
    match encoding.strip().lower():
        case "gzip" | "x-gzip":
            return Decoder(_Gzip())
        case "deflate":
            return Decoder(_Deflate())
        case "br" | "zstd" as name:
            codec = _installed(name)
            return None if codec is None else Decoder(codec)
        case _:
            return None


def unpacked(body: bytes, encoding: str) -> bytes | None:
    """Give a whole body unpacked, of one that was cut what it holds up to there.

    None where it is not in that encoding, which nothing here undoes, or is too large (see `Decoder.feed`).
    """
    if (found := decoder(encoding)) is None:
        return None
    try:
        return found.feed(body)
    except ValueError:
        return None


def plain(body: bytes, encoding: str | None) -> bytes:
    """Give a stored body as it reads, or as it is where it cannot be unpacked; never raises.

    Its content says more than its header: many cassettes keep the header of a body that they store unpacked, or a
    packed body without its header.
    """
    if body.startswith(_GZIP):
        encoding = "gzip"
    elif not encoding or sniff(body):
        return body
    found = unpacked(body, encoding)
    return body if found is None else found


class _Gzip:
    """Members one behind the other, as the standard has it (RFC 1952, 2.2), with zeros between or behind them.

    Anything else behind one is dropped, as clients do.
    """

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._begun = True
        self._rest = b""

    def more(self, data: bytes, most: int) -> bytes:
        pieces: list[bytes] = []
        while True:
            if not self._begun:
                data = (self._rest + data).lstrip(b"\0")
                if not data.startswith(_GZIP):
                    self._rest = data if data == _GZIP[:1] else b""
                    break
                self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            pieces.append(self._member.decompress(data, most + 1))
            most -= len(pieces[-1])
            self._begun = not self._member.eof
            if self._begun or most < 0:
                break
            data, self._rest = self._member.unused_data, b""
        return b"".join(pieces)


class _Deflate:
    """Deflate, which some servers send bare and some, as the standard says, within zlib's frame (RFC 9110, 8.4.1.2)."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()
        self._seen: bytes | None = b""  # until something came out of it, or it is known to be bare

    def more(self, data: bytes, most: int) -> bytes:
        try:
            piece = self._stream.decompress(data, most + 1)
        except zlib.error:
            if self._seen is None:
                raise
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            data, self._seen = self._seen + data, None
            return self._stream.decompress(data, most + 1)
        if self._seen is not None:
            self._seen = None if piece else self._seen + data
        return piece


class _Brotli:
    """A library that cannot be told where to stop (before 1.2) gets the input in slices, so that it does."""

    def __init__(self, library: Any) -> None:
        self._stream = library.Decompressor()
        self._stops = hasattr(self._stream, "can_accept_more_data")

    def more(self, data: bytes, most: int) -> bytes:
        return _until(self._stopping(data) if self._stops else self._sliced(data), most)

    def _stopping(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        # What it keeps back is asked for with nothing; of output alone it does not say that it keeps any.
        while (
            data or len(piece) >= _STEP or not self._stream.can_accept_more_data()
        ) and not self._stream.is_finished():
            piece = self._stream.process(data, output_buffer_limit=_STEP)
            data = b""
            yield piece

    def _sliced(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _BROTLI_SLICE):
            if self._stream.is_finished():
                return
            yield self._stream.process(data[start : start + _BROTLI_SLICE])


class _Zstd:
    """One frame behind the other; from the standard library or its backport, which both can be told where to stop."""

    def __init__(self, library: Any) -> None:
        options = {library.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        self._frame = partial(library.ZstdDecompressor, options=options)
        self._stream = self._frame()

    def more(self, data: bytes, most: int) -> bytes:
        return _until(self._frames(data), most)

    def _frames(self, data: bytes) -> Iterator[bytes]:
        while data or not (self._stream.eof or self._stream.needs_input):
            if self._stream.eof:
                self._stream = self._frame()
            yield self._stream.decompress(data, _STEP)
            data = self._stream.unused_data


class _Zstandard:
    """The older library, which cannot, so that it gets the input in slices."""

    def __init__(self, library: Any) -> None:
        reader = library.ZstdDecompressor(max_window_size=1 << _ZSTD_WINDOW_LOG)
        self._stream = reader.decompressobj(read_across_frames=True)

    def more(self, data: bytes, most: int) -> bytes:
        slices = (data[start : start + _ZSTD_SLICE] for start in range(0, len(data), _ZSTD_SLICE))
        return _until(map(self._stream.decompress, slices), most)


_LIBRARIES: dict[str, tuple[tuple[str, Callable[[Any], _Codec]], ...]] = {
    "br": (("brotli", _Brotli), ("brotlicffi", _Brotli)),
    "zstd": (("compression.zstd", _Zstd), ("backports.zstd", _Zstd), ("zstandard", _Zstandard)),
}


def _installed(name: str) -> _Codec | None:
    for module, kind in _LIBRARIES[name]:
        try:
            return kind(importlib.import_module(module))
        except ImportError:
            continue
    return None


def _until(pieces: Iterable[bytes], most: int) -> bytes:
    """Join pieces until they are more than so many bytes."""
    taken: list[bytes] = []
    for piece in pieces:
        taken.append(piece)
        most -= len(piece)
        if most < 0:
            break
    return b"".join(taken)
