"""AWS event streams: every byte kept, whatever the cut, and nothing believed whose checksum is wrong."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from itertools import pairwise
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr.storage import load
from llmvcr.wire import EventStreamFramer, Frame
from llmvcr.wire.eventstream import frames, is_eventstream, unwrapped
from shared import corpus


def header(name: str, value: bytes, kind: int = 7) -> bytes:
    """A header; texts (7) and bytes (6) with their length before them."""
    size = struct.pack(">H", len(value)) if kind in (6, 7) else b""
    return bytes([len(name)]) + name.encode() + bytes([kind]) + size + value


def message(payload: bytes, headers: bytes = b"") -> bytes:
    """A message with both its checksums."""
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    told = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return told + struct.pack(">I", crc32(told))


def event(name: str, payload: object) -> bytes:
    """An event as Bedrock sends it."""
    told = header(":event-type", name.encode()) + header(":content-type", b"application/json")
    return message(json.dumps(payload).encode(), told + header(":message-type", b"event"))


START, STOP = event("messageStart", {"role": "assistant"}), event("messageStop", {"stopReason": "end_turn"})
EVERY_KIND = b"".join(
    header(f"kind{kind}", value, kind)
    for kind, value in enumerate(
        (b"", b"", b"1", b"12", b"1234", b"12345678", b"bytes", b"text", b"12345678", b"u" * 16)
    )
)
WRONG = bytearray(START)
WRONG[-20] ^= 1

STREAMS = {
    "one": START,
    "two": START + STOP,
    "empty payload": message(b""),
    "no headers": message(b"x"),
    "every kind of header": message(b"x", EVERY_KIND + header(":event-type", b"last")),
    "an exception": message(b"{}", header(":exception-type", b"throttlingException")),
    "an error": message(b"", header(":error-code", b"500")),
    "a header of no kind": message(b"x", header(":event-type", b"a") + header("x", b"", 77)),
    "a header that is cut": message(b"x", header(":event-type", b"abc")[:-1]),
    "wrong checksum": bytes(WRONG) + STOP,
    "wrong prelude": START + b"\0" + STOP,
    "cut in the prelude": START + STOP[:7],
    "cut in the payload": START + STOP[:-9],
    "no event stream": b'{"message": "The security token is expired"}',
    "no text": message(b"\xff"),
    "too short": struct.pack(">III", 12, 0, crc32(struct.pack(">II", 12, 0))) + b"1234",
    "too long": struct.pack(">III", 1 << 31, 0, crc32(struct.pack(">II", 1 << 31, 0))) + b"1234",
}

SEEN = {
    "one": [("messageStart", '{"role": "assistant"}')],
    "two": [("messageStart", '{"role": "assistant"}'), ("messageStop", '{"stopReason": "end_turn"}')],
    "empty payload": [("", "")],
    "no headers": [("", "x")],
    "every kind of header": [("last", "x")],
    "an exception": [("throttlingException", "{}")],
    "an error": [("500", "")],
    "a header of no kind": [("a", "x")],
    "a header that is cut": [("ab", "x")],
    "wrong checksum": [("", ""), ("messageStop", '{"stopReason": "end_turn"}')],
    "wrong prelude": [("messageStart", '{"role": "assistant"}'), ("", "")],
    "cut in the prelude": [("messageStart", '{"role": "assistant"}'), ("", "")],
    "cut in the payload": [("messageStart", '{"role": "assistant"}'), ("", "")],
    "no event stream": [("", "")],
    "no text": [("", "\ufffd")],
    "too short": [("", "")],
    "too long": [("", "")],
}

bodies = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from([START, STOP, START[:12], b"\0", b"x", message(b"")]), max_size=8).map(b"".join),
)


def fed(chunks: list[bytes]) -> tuple[Frame, ...]:
    """The frames of a stream that came in these chunks."""
    framer = EventStreamFramer()
    return (*(frame for chunk in chunks for frame in framer.feed(chunk)), *framer.end())


@pytest.mark.parametrize("name", STREAMS)
def test_frames_say_what_the_stream_says(name: str) -> None:
    """The name is the type of the event or exception, the data its payload; what is wrong has neither."""
    assert [(frame.name, frame.data) for frame in frames(STREAMS[name])] == SEEN[name]


@pytest.mark.parametrize("name", STREAMS)
def test_the_raws_are_the_stream(name: str) -> None:
    """The joined raws are the stream, byte for byte."""
    assert b"".join(frame.raw for frame in frames(STREAMS[name])) == STREAMS[name]


@pytest.mark.parametrize("name", STREAMS)
def test_byte_by_byte_gives_the_same_frames(name: str) -> None:
    """A stream that comes one byte at a time has the same frames."""
    body = STREAMS[name]
    assert fed([body[i : i + 1] for i in range(len(body))]) == frames(body)


@pytest.mark.parametrize("name", STREAMS)
def test_a_cut_at_any_index_gives_the_same_frames(name: str) -> None:
    """A stream in two pieces, an empty one between them, has the same frames wherever it was cut."""
    body = STREAMS[name]
    for index in range(len(body) + 1):
        assert fed([body[:index], b"", body[index:]]) == frames(body), index


@pytest.mark.parametrize("tail", [b"x", STOP[:11], STOP[:12], STOP[:-1]])
def test_a_tail_is_a_frame_of_its_own(tail: bytes) -> None:
    """What follows the last whole message comes at the end, as it is."""
    framer = EventStreamFramer()
    assert [frame.raw for frame in framer.feed(START + tail)] == [START]
    assert framer.end() == (Frame("", "", tail),)
    assert framer.end() == ()


def test_a_frame_comes_with_its_last_byte() -> None:
    """The last byte of the checksum gives the frame; nothing waits for the next message."""
    framer = EventStreamFramer()
    assert framer.feed(START[:-1]) == ()
    assert [frame.name for frame in framer.feed(START[-1:])] == ["messageStart"]


def test_an_empty_stream_has_no_frames() -> None:
    """No bytes, no frames."""
    assert frames(b"") == ()


@pytest.mark.parametrize(
    ("body", "says"),
    [(START, True), (START[:16], True), (START[:15], False), (b"", False), (b"data: 1\n\ndata: 2\n\n", False)],
    ids=["whole", "cut", "cut early", "nothing", "server-sent events"],
)
def test_what_it_looks_like(body: bytes, says: bool) -> None:  # noqa: FBT001 - pytest gives it by name
    """A prelude with its checksum is an event stream's; nothing else is."""
    assert is_eventstream(body) is says


@pytest.mark.parametrize(
    ("data", "inside"),
    [
        (json.dumps({"bytes": b64encode(b'{"id": "a"}').decode(), "p": "abc"}), '{"id": "a"}'),
        ('{"bytes": "no base64!"}', '{"bytes": "no base64!"}'),
        ('{"bytes": 7}', '{"bytes": 7}'),
        ('{"a": "\\"bytes\\""}', '{"a": "\\"bytes\\""}'),
        ('["bytes"]', '["bytes"]'),
        ('{"bytes": "/w=="}', '{"bytes": "/w=="}'),
        ('{"bytes"', '{"bytes"'),
        ("plain", "plain"),
    ],
)
def test_what_a_payload_wraps(data: str, inside: str) -> None:
    """The JSON of a model's own event comes out of its base64; any other payload is given back."""
    assert unwrapped(data) == inside


@given(bodies, st.lists(st.integers(min_value=0, max_value=400), max_size=8))
def test_any_bytes_in_any_cut(body: bytes, cuts: list[int]) -> None:
    """For any bytes the raws are the stream, and the frames do not depend on the cut."""
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    chunks = [body[start:end] for start, end in pairwise(places)]
    whole = frames(body)
    assert b"".join(frame.raw for frame in whole) == body
    assert fed(chunks) == whole


@pytest.mark.parametrize("name", ["one", "two", "empty payload", "no headers", "every kind of header", "an exception"])
def test_botocore_reads_the_same(name: str) -> None:
    """Where botocore is installed, its decoder gives the same payloads."""
    decoder = pytest.importorskip("botocore.eventstream", reason="botocore is not installed here")
    buffer = decoder.EventStreamBuffer()
    buffer.add_data(STREAMS[name])
    assert [told.payload.decode() for told in buffer] == [frame.data for frame in frames(STREAMS[name])]


def test_real_streams() -> None:
    """Every recorded stream of Bedrock is whole messages with an event's name each, as botocore reads them."""
    decoder = pytest.importorskip("botocore.eventstream", reason="botocore is not installed here")
    named = (path for path in sorted(corpus("vcrpy").rglob("*.yaml")) if b"amazon.eventstream" in path.read_bytes())
    bodies = [body for path in named for one in load(path).interactions if is_eventstream(body := one.response.body)]
    assert len(bodies) > 5
    for body in bodies:
        found = frames(body)
        buffer = decoder.EventStreamBuffer()
        buffer.add_data(body)
        told = [(one.headers[":event-type"], one.payload.decode()) for one in buffer]
        assert [(frame.name, frame.data) for frame in found] == told
        assert b"".join(frame.raw for frame in found) == body
