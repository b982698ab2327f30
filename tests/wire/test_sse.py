"""Server-sent events: every byte kept, whatever the cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr.wire import Frame, SseFramer
from llmvcr.wire.sse import frames

STREAMS = {
    "one": b"data: 1\n\n",
    "two": b"data: 1\n\ndata: 2\n\n",
    "crlf": b"data: 1\r\n\r\ndata: 2\r\n\r\n",
    "cr": b"data: 1\r\rdata: 2\r\r",
    "mixed": b"data: 1\r\n\ndata: 2\r\r\ndata: 3\n\r\n",
    "comment": b": keep-alive\n\ndata: 1\n\n",
    "tight": b"data:1\n\n",
    "event": b"event: delta\nid: 7\nretry: 5\ndata: 1\n\n",
    "lines": b"data: a\ndata: b\ndata\n\n",
    "cut": b"data: 1\n\ndata: 2",
    "cut at CR": b"data: 1\n\ndata: 2\r",
    "blank": b"\n\n\r\n\r\rdata: 1\n\n\n",
    "bom": b"\xef\xbb\xbfdata: 1\n\ndata: \xef\xbb\xbf2\n\n",
    "bom alone": b"\xef\xbb\xbf\n\xef\xbb\xbfdata: 1\n\n",
    "text": "data: caf\u00e9 \u2028 \x85 \x0b\n\n".encode(),
    "no text": b"data: \xff\xfe\n\n",
}

SEEN = {
    "one": [("", "1")],
    "two": [("", "1"), ("", "2")],
    "crlf": [("", "1"), ("", "2")],
    "cr": [("", "1"), ("", "2")],
    "mixed": [("", "1"), ("", "2"), ("", "3")],
    "comment": [("", ""), ("", "1")],
    "tight": [("", "1")],
    "event": [("delta", "1")],
    "lines": [("", "a\nb\n")],
    "cut": [("", "1"), ("", "2")],
    "cut at CR": [("", "1"), ("", "2")],
    "blank": [("", "")] * 5 + [("", "1"), ("", "")],
    "bom": [("", "1"), ("", "\ufeff2")],
    "bom alone": [("", ""), ("", "")],
    "text": [("", "caf\u00e9 \u2028 \x85 \x0b")],
    "no text": [("", "\ufffd\ufffd")],
}

bodies = st.one_of(
    st.binary(max_size=60),
    st.lists(
        st.sampled_from([b"data", b":", b" ", b"\r", b"\n", b"\r\n", b"x", b"event: e", b"\xef\xbb\xbf", b"\xc3"]),
        max_size=25,
    ).map(b"".join),
)


def fed(chunks: list[bytes]) -> tuple[Frame, ...]:
    """The frames of a stream that came in these chunks."""
    framer = SseFramer()
    return (*(frame for chunk in chunks for frame in framer.feed(chunk)), *framer.end())


@pytest.mark.parametrize("name", STREAMS)
def test_frames_say_what_the_stream_says(name: str) -> None:
    """Names and data are those of the specification, for every line end and field."""
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


@pytest.mark.parametrize("tail", [b"x", b"data: half", b":", b"\r", b"\xef\xbb"])
def test_a_tail_is_a_frame_of_its_own(tail: bytes) -> None:
    """What follows the last blank line comes at the end, as it is."""
    framer = SseFramer()
    assert [frame.raw for frame in framer.feed(b"data: 1\n\n" + tail)] == [b"data: 1\n\n"]
    assert [frame.raw for frame in framer.end()] == [tail]


def test_a_frame_comes_with_its_blank_line() -> None:
    """The byte that ends the blank line gives the frame; nothing waits for the next event."""
    framer = SseFramer()
    assert framer.feed(b"data: 1\n") == ()
    assert framer.feed(b"\n") == (Frame("", "1", b"data: 1\n\n"),)
    assert framer.end() == ()


def test_a_cr_waits_for_the_lf_that_may_follow() -> None:
    """A CRLF that was cut in two is one line end."""
    framer = SseFramer()
    assert framer.feed(b"data: 1\r") == ()
    assert framer.feed(b"\n\r") == ()
    assert framer.feed(b"\ndata: 2") == (Frame("", "1", b"data: 1\r\n\r\n"),)


def test_an_empty_stream_has_no_frames() -> None:
    """No bytes, no frames."""
    assert frames(b"") == ()


@given(bodies, st.lists(st.integers(min_value=0, max_value=60), max_size=8))
def test_any_bytes_in_any_cut(body: bytes, cuts: list[int]) -> None:
    """For any bytes the raws are the stream, and the frames do not depend on the cut."""
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    chunks = [body[start:end] for start, end in pairwise(places)]
    whole = frames(body)
    assert b"".join(frame.raw for frame in whole) == body
    assert fed(chunks) == whole
