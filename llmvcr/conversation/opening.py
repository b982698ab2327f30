"""The bytes of an answer as JSON: one value of a plain body, those of the events of a stream."""

from __future__ import annotations

import importlib
import json
import zlib
from dataclasses import dataclass
from typing import Literal

from llmvcr.conversation.looking import parsed
from llmvcr.interaction import Json, Response, header
from llmvcr.wire import eventstream, ndjson, sniff, sse

__all__ = ["Opened", "opened"]

_MOST_INFLATED = 64 * 1024 * 1024
_GZIP = b"\x1f\x8b"
_LIBRARIES = {
    "br": (("brotli", "decompress"), ("brotlicffi", "decompress")),
    "zstd": (("compression.zstd", "decompress"), ("backports.zstd", "decompress"), ("zstandard", "decompress")),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a body holds: `form` is "json" (one value), "stream" (`events`, each with its name), "text" or "bytes".

    `plain` are its bytes without compression.
    """

    form: Literal["empty", "json", "stream", "text", "bytes"]
    plain: bytes
    value: Json = None
    events: tuple[tuple[str, Json], ...] = ()


def opened(response: Response) -> Opened:
    """Open an answer's body by its content, whatever its headers say; never raises."""
    plain = _plain(response)
    if not plain:
        return Opened("empty", plain)
    if eventstream.is_eventstream(plain):
        frames = eventstream.frames(plain)
        return Opened(
            "stream", plain, events=tuple((one.name, parsed(eventstream.unwrapped(one.data))) for one in frames)
        )
    kind = sniff(plain)
    text = plain.decode(json.detect_encoding(plain), "replace") if kind == "json" else ""
    if (value := parsed(text)) is not None or text.strip() == "null":
        return Opened("json", plain, value)
    if kind in ("sse", "ndjson"):
        frames = sse.frames(plain) if kind == "sse" else ndjson.frames(plain)
        return Opened("stream", plain, events=tuple((one.name, parsed(one.data)) for one in frames if one.data.strip()))
    try:
        plain.decode()
    except UnicodeDecodeError:
        return Opened("bytes", plain)
    return Opened("text", plain)


def _plain(response: Response) -> bytes:
    body = response.body
    encoding = (header(response.headers, "content-encoding") or "").strip().lower()
    # Cassettes often keep the header of a body that they store decoded, and bodies whose header is gone.
    if body.startswith(_GZIP):
        return _inflated(body, zlib.MAX_WBITS | 16)
    if not encoding or sniff(body):
        return body
    if encoding == "deflate":
        framed = _inflated(body, zlib.MAX_WBITS)
        return _inflated(body, -zlib.MAX_WBITS) if framed is body else framed
    for module, function in _LIBRARIES.get(encoding, ()):
        try:
            found: bytes = getattr(importlib.import_module(module), function)(body)
        except ImportError:
            continue
        except Exception:  # noqa: BLE001 - each library has errors of its own; the body is then shown as it is
            return body
        return found
    return body


def _inflated(body: bytes, window: int) -> bytes:
    # A reader gives what a body that was cut holds up to there.
    try:
        return zlib.decompressobj(window).decompress(body, _MOST_INFLATED) or body
    except zlib.error:
        return body
