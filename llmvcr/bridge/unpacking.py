"""Answers that crossed the wire compressed, made readable piece by piece as they are recorded."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from llmvcr.interaction import Response, header

__all__ = ["unpacked"]

_MOST = 64 << 20
"""Bytes that one chunk may inflate to; the body of an answer that goes beyond stays packed."""

_Unpack = Callable[[bytes], bytes]

# A client asks for these two only where one of the libraries for them is installed.
_CODECS = {
    "br": (("brotli", "Decompressor", "process"), ("brotlicffi", "Decompressor", "process")),
    "zstd": (
        ("compression.zstd", "ZstdDecompressor", "decompress"),
        ("backports.zstd", "ZstdDecompressor", "decompress"),
        ("zstandard", "ZstdDecompressor", "decompressobj", "decompress"),
    ),
}


def unpacked(response: Response) -> tuple[Response, str]:
    """Give the answer with its body unpacked, and the content-encoding that it had on the wire ("" where it had none).

    Each chunk becomes what it adds to the body, so that a stream keeps its pieces; one that adds nothing is dropped.
    The headers say what is stored. An encoding that nothing here can unpack, and a body that is not in the encoding
    which its header names, stay as they are.
    """
    encoding = (header(response.headers, "content-encoding") or "").strip().lower()
    unpack = _unpacker(encoding)
    if unpack is None:
        return response, ""
    try:
        unpacked_chunks = [unpack(chunk) for chunk in response.chunks]
    except Exception:  # noqa: BLE001 - each codec has errors of its own; the bytes are kept as they came
        return response, ""
    pieces = tuple(filter(None, unpacked_chunks))
    times = response.times
    if times:
        times = (times[0], *(time for time, piece in zip(times[1:], unpacked_chunks, strict=True) if piece))
    length = str(sum(map(len, pieces)))
    lines = [(name, length if name.lower() == "content-length" else value) for name, value in response.headers]
    kept = tuple(line for line in lines if line[0].lower() != "content-encoding")
    return replace(response, headers=kept, chunks=pieces, times=times), encoding


def _unpacker(encoding: str) -> _Unpack | None:
    match encoding:
        case "gzip" | "x-gzip":
            return partial(_inflated, zlib.decompressobj(zlib.MAX_WBITS | 16))
        case "deflate":
            return _deflate()
        case "br" | "zstd":
            return next(filter(None, (_installed(*each) for each in _CODECS[encoding])), None)
        case _:
            return None


def _deflate() -> _Unpack:
    """Unpack deflate, which some servers send bare and some, as the standard says, within zlib's frame (RFC 9110)."""
    state: list[Any] = []

    def unpack(chunk: bytes) -> bytes:
        if not state:
            try:
                framed = zlib.decompressobj()
                piece = _inflated(framed, chunk)
                state.append(framed)
            except zlib.error:
                state.append(zlib.decompressobj(-zlib.MAX_WBITS))
            else:
                return piece
        return _inflated(state[0], chunk)

    return unpack


def _inflated(state: Any, chunk: bytes) -> bytes:
    """Inflate one chunk; raises ValueError for one that becomes larger than any answer is."""
    piece: bytes = state.decompress(chunk, _MOST)
    if state.unconsumed_tail:
        raise ValueError("a chunk inflates to more than any answer")
    return piece


def _installed(module: str, kind: str, *methods: str) -> _Unpack | None:
    try:
        found = getattr(importlib.import_module(module), kind)
    except ImportError:
        return None
    for method in methods:
        found = getattr(found(), method)
    return found  # type: ignore[no-any-return]
