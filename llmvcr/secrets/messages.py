"""The messages of an AWS event stream as lines of text, and the stream again with its lengths and checksums right."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence
from itertools import accumulate
from zlib import crc32

from llmvcr.secrets.edits import Edit
from llmvcr.wire import eventstream
from llmvcr.wire.nesting import watched

__all__ = ["changed", "lines"]

_PRELUDE = struct.Struct(">II")
_CRC = struct.Struct(">I")
_BEGIN, _END = 12, 4


def lines(body: bytes) -> tuple[bytes, ...]:
    """Give the event of each message, with a line end, b"" where there is none to be read; () for any other body."""
    if not eventstream.is_eventstream(body):
        return ()
    return tuple(_event(frame.raw) if frame.data else b"" for frame in eventstream.frames(body))


def changed(body: bytes, before: Sequence[bytes], after: Sequence[bytes]) -> tuple[Edit, ...]:
    """Give the changes to a stream whose events `before` became `after`, a whole message each."""
    raws = [frame.raw for frame in eventstream.frames(body)]
    starts = accumulate(map(len, raws), initial=0)
    return tuple(
        Edit(start, start + len(raw), _message(raw, new.removesuffix(b"\n")))
        for start, raw, old, new in zip(starts, raws, before, after, strict=False)
        if new is not old and new != old
    )


def _event(raw: bytes) -> bytes:
    payload = _payload(raw)
    inner = _unwrapped(payload)
    event = payload if inner is None else inner
    # A line end within an event, which JSON need not have, would be taken for the end of the event.
    return (event if b"\n" not in event else event.replace(b"\n", b" ")) + b"\n"


def _message(raw: bytes, event: bytes) -> bytes:
    payload = _payload(raw)
    if _unwrapped(payload) is not None:
        wrapped = json.loads(payload)
        payload = payload.replace(wrapped["bytes"].encode(), base64.b64encode(event))
    else:
        payload = event
    length = _PRELUDE.unpack_from(raw)[1]
    headers = raw[_BEGIN : _BEGIN + length]
    prelude = _PRELUDE.pack(_BEGIN + len(headers) + len(payload) + _END, len(headers))
    whole = prelude + _CRC.pack(crc32(prelude)) + headers + payload
    return whole + _CRC.pack(crc32(whole))


def _payload(raw: bytes) -> bytes:
    return raw[_BEGIN + _PRELUDE.unpack_from(raw)[1] : -_END]


def _unwrapped(payload: bytes) -> bytes | None:
    """Give what {"bytes": base64} holds, as invoke streams it; None for any other payload."""
    if b'"bytes"' not in payload:
        return None
    try:
        wrapped = json.loads(watched(payload))
        inner = wrapped["bytes"]
        return base64.b64decode(inner, validate=True) if inner and inner.encode() in payload else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
