"""The events of a recorded answer, each with the pieces in which it came, and how one is broken."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

from llmvcr.interaction import Response
from llmvcr.wire import eventstream, ndjson, sniff, sse

__all__ = ["Frame", "Piece", "broken", "frames", "singly"]

_BOM = b"\xef\xbb\xbf"

# A message of an event stream: see llmvcr.wire.eventstream.
_LENGTHS = struct.Struct(">II")
_CRC = struct.Struct(">I")
_PRELUDE = _LENGTHS.size + _CRC.size


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that came together, and when: milliseconds since the request was asked, 0.0 where that was not kept."""

    data: bytes
    time: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What a framing counts as one, and which framing that is; `kind` is "" for comments and blank lines, no events."""

    pieces: tuple[Piece, ...]
    kind: Literal["sse", "ndjson", "eventstream", "plain", ""]


def frames(answer: Response) -> list[Frame]:
    """Cut an answer into its frames; the body of one that is no stream is one event, where there is a body."""
    times = answer.times[1:] or (0.0,) * len(answer.chunks)
    left = [(memoryview(chunk), time) for chunk, time in zip(answer.chunks, times, strict=True) if chunk]
    left.reverse()
    found: list[Frame] = []
    for raw, kind in _raws(answer.body):
        pieces: list[Piece] = []
        wanted = len(raw)
        while wanted:
            view, time = left.pop()
            if len(view) > wanted:
                left.append((view[wanted:], time))
                view = view[:wanted]
            pieces.append(Piece(bytes(view), time))
            wanted -= len(view)
        found.append(Frame(tuple(pieces), kind))
    return found


def broken(frame: Frame) -> Frame:
    """Let the JSON of an event break off in its middle; the framing around it stays whole."""
    raw = b"".join(piece.data for piece in frame.pieces)
    if frame.kind == "eventstream":
        changed = _break_message(raw)
    elif frame.kind == "sse":
        changed = _break_sse(raw)
    else:
        line = raw.rstrip()
        changed = _half(line) + raw[len(line) :]
    return Frame((Piece(changed, frame.pieces[-1].time),), frame.kind)


def singly(frame: Frame) -> Frame:
    """Let an event come one byte at a time."""
    return Frame(tuple(Piece(bytes((one,)), piece.time) for piece in frame.pieces for one in piece.data), frame.kind)


def _raws(body: bytes) -> Iterator[tuple[bytes, Literal["sse", "ndjson", "eventstream", "plain", ""]]]:
    if eventstream.is_eventstream(body):
        yield from ((frame.raw, "eventstream" if frame.name else "") for frame in eventstream.frames(body))
        return
    match sniff(body):
        case "sse":
            yield from ((frame.raw, "sse" if frame.data else "") for frame in sse.frames(body))
        case "ndjson":
            yield from ((frame.raw, "ndjson" if frame.data.strip() else "") for frame in ndjson.frames(body))
        case _ if body:
            yield body, "plain"
        case _:
            pass


def _half(text: bytes) -> bytes:
    blank = len(text) - len(text.lstrip())
    # Not within a character: it is the JSON that is to be broken, not the UTF-8.
    return text[: (blank + len(text)) // 2].decode("utf-8", "ignore").encode()


def _break_sse(raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    fields = [line.partition(b":")[0].removeprefix(_BOM).rstrip(b"\r\n") for line in lines]
    last = max(position for position, field in enumerate(fields) if field == b"data")
    line = lines[last].rstrip(b"\r\n")
    field, colon, value = line.partition(b":")
    lines[last] = field + colon + _half(value.rstrip()) + lines[last][len(line) :]
    return b"".join(lines)


def _break_message(raw: bytes) -> bytes:
    end = _PRELUDE + _LENGTHS.unpack_from(raw)[1]
    headers, payload = raw[_PRELUDE:end], _half(raw[end : -_CRC.size])
    lengths = _LENGTHS.pack(_PRELUDE + len(headers) + len(payload) + _CRC.size, len(headers))
    message = lengths + _CRC.pack(crc32(lengths)) + headers + payload
    return message + _CRC.pack(crc32(message))
