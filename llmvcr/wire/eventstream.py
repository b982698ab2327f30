"""AWS event streams to frames, byte for byte: prelude, headers, payload, and two checksums that must hold.

The format is that of `application/vnd.amazon.eventstream` (Amazon's "Event stream encoding", smithy.io's
amazon-eventstream specification): all numbers big-endian; the prelude is the length of the whole message, the length of
its headers and the CRC-32 of those eight bytes; the last four bytes are the CRC-32 of everything before them.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from zlib import crc32

from llmvcr.wire.base import Frame
from llmvcr.wire.nesting import watched

__all__ = ["EventStreamFramer", "frames", "is_eventstream", "unwrapped"]

_PRELUDE = struct.Struct(">III")
_CRC = struct.Struct(">I")
_LENGTH = struct.Struct(">H")
_LEAST = _PRELUDE.size + _CRC.size
# What a message may hold at most: 128 KiB of headers, and 24 MiB in all (botocore 1.44 allows that, Amazon 16 MiB).
_MOST_HEADERS, _MOST = 128 * 1024, 24 * 1024 * 1024
# By type of a header's value: how many bytes; bytes and texts (6, 7) begin with their length.
_SIZES = (0, 0, 1, 2, 4, 8, None, None, 8, 16)
_TEXT = 7
_NAMES = (":event-type", ":exception-type", ":error-code")


def frames(body: bytes) -> tuple[Frame, ...]:
    """Split a whole stream; the joined `raw`s are `body`, for any bytes."""
    framer = EventStreamFramer()
    return framer.feed(body) + framer.end()


def is_eventstream(body: bytes) -> bool:
    """Say whether a body begins with a whole prelude whose checksum holds: one in four milliards of others does."""
    return len(body) >= _LEAST and _length(body) is not None


def unwrapped(data: str) -> str:
    """Give the JSON of the event that a model's payload wraps ({"bytes": base64}, of invoke), else `data` itself."""
    if '"bytes"' not in data:
        return data
    try:
        wrapped = json.loads(watched(data))
        return base64.b64decode(wrapped["bytes"], validate=True).decode()
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error):
        return data


class EventStreamFramer:
    """Splits an event stream as it comes; the frames do not depend on how it was cut. Never raises.

    `data` is the payload as text (bytes that are no UTF-8 are replaced), `name` the event's type, or the exception's.
    A message whose second checksum is wrong is a frame with neither; behind a prelude that is wrong no length can be
    trusted, so that the rest of the stream is one such frame, given at the end.
    """

    __slots__ = ("_buffer", "_lost")

    def __init__(self) -> None:
        """Stand before the first byte of a stream."""
        self._buffer = bytearray()
        self._lost = False

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Take the next bytes, in any cut, and give the frames that they complete."""
        self._buffer += data
        done: list[Frame] = []
        at = 0
        while not self._lost and len(self._buffer) - at >= _PRELUDE.size:
            length = _length(self._buffer, at)
            if length is None:
                self._lost = True
            elif len(self._buffer) - at < length:
                break
            else:
                done.append(_frame(bytes(self._buffer[at : at + length])))
                at += length
        del self._buffer[:at]
        return tuple(done)

    def end(self) -> tuple[Frame, ...]:
        """Say that no more bytes come, and give what is left as a last frame, if anything is."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return (Frame("", "", rest),) if rest else ()


def _length(data: bytes | bytearray, at: int = 0) -> int | None:
    length, headers, crc = _PRELUDE.unpack_from(data, at)
    if crc32(data[at : at + 8]) != crc or headers > _MOST_HEADERS or not _LEAST + headers <= length <= _MOST:
        return None
    return int(length)


def _frame(raw: bytes) -> Frame:
    (crc,) = _CRC.unpack(raw[-_CRC.size :])
    if crc32(raw[: -_CRC.size]) != crc:
        return Frame("", "", raw)
    payload = _PRELUDE.size + int(_PRELUDE.unpack_from(raw)[1])
    named = _headers(raw[_PRELUDE.size : payload])
    name = next((named[one] for one in _NAMES if one in named), "")
    return Frame(name, raw[payload : -_CRC.size].decode("utf-8", "replace"), raw)


def _headers(data: bytes) -> dict[str, str]:
    """Give the headers whose values are texts, up to the first that is malformed."""
    found: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name = data[at + 1 : at + 1 + data[at]]
            at += 1 + len(name)
            kind = data[at]
            size, at = _SIZES[kind], at + 1
            if size is None:
                (size,), at = _LENGTH.unpack_from(data, at), at + _LENGTH.size
            if kind == _TEXT:
                found[name.decode("utf-8", "replace")] = data[at : at + size].decode("utf-8", "replace")
            at += size
    except (IndexError, struct.error):
        pass  # a header that is cut, or of a type that nobody knows: what stands before it was read
    return found
