"""Newline-delimited JSON: every byte kept, whatever the cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr.wire import Frame, NdjsonFramer
from llmvcr.wire.ndjson import frames

STREAMS = {
    "one": (b'{"a": 1}\n', ['{"a": 1}']),
    "two": (b"{}\n{}\n", ["{}", "{}"]),
    "crlf": (b"{}\r\n{}\r\n", ["{}", "{}"]),
    "no final line end": (b"{}\n[]", ["{}", "[]"]),
    "blank lines": (b"\n\n{}\n", ["", "", "{}"]),
    "a lone CR is text": (b"a\rb\n", ["a\rb"]),
    "other line ends are text": ("\u2028\x85\x0b\n".encode(), ["\u2028\x85\x0b"]),
    "no text": (b"\xff\n", ["\ufffd"]),
    "empty": (b"", []),
}


def fed(chunks: list[bytes]) -> tuple[Frame, ...]:
    """The frames of a stream that came in these chunks."""
    framer = NdjsonFramer()
    return (*(frame for chunk in chunks for frame in framer.feed(chunk)), *framer.end())


@pytest.mark.parametrize("name", STREAMS)
def test_frames_are_the_lines(name: str) -> None:
    """Data is the line without its end, raw the line with it."""
    body, lines = STREAMS[name]
    assert [frame.data for frame in frames(body)] == lines
    assert b"".join(frame.raw for frame in frames(body)) == body


@pytest.mark.parametrize("name", STREAMS)
def test_any_single_cut_and_single_bytes(name: str) -> None:
    """The frames are the same byte by byte and cut at every index."""
    body, _ = STREAMS[name]
    assert fed([body[i : i + 1] for i in range(len(body))]) == frames(body)
    for index in range(len(body) + 1):
        assert fed([body[:index], body[index:]]) == frames(body), index


def test_a_line_comes_with_its_line_end() -> None:
    """The LF gives the frame; what follows waits for its own."""
    framer = NdjsonFramer()
    assert framer.feed(b"{}") == ()
    assert framer.feed(b"\n[") == (Frame("", "{}", b"{}\n"),)
    assert framer.end() == (Frame("", "[", b"["),)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"{}", b"x", b"\xc3"]), max_size=20), st.integers(0, 20))
def test_any_bytes_in_any_cut(pieces: list[bytes], cut: int) -> None:
    """For any bytes the raws are the stream, and the frames do not depend on the cut."""
    body = b"".join(pieces)
    assert b"".join(frame.raw for frame in frames(body)) == body
    assert fed(pieces) == fed([body[:cut], body[cut:]]) == frames(body)
