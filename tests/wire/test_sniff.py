"""What a body is, by its content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr.wire import events, sniff, sse


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"data: {}\n\n", "sse"),
        (b"data:{}\n\n", "sse"),
        (b"data: {}", "sse"),
        (b"event: ping\r\ndata: {}\r\n\r\n", "sse"),
        (b"id: 1\rdata: x\r\r", "sse"),
        (b"retry: 10\n\n", "sse"),
        (b": OPENROUTER PROCESSING\n\n: again\n\ndata: {}\n\n", "sse"),
        (b"\xef\xbb\xbfdata: {}\n\n", "sse"),
        (b"\n\n\ndata: {}\n\n", "sse"),
        (b": only a comment\n\n", ""),
        (b"database: postgres\n", ""),
        (b"data\n", ""),
        (b' data: {"leading": "space"}\n', ""),
        (b'{"a": 1}\n{"b": 2}\n', "ndjson"),
        (b'{"a": 1}\r\n\r\n{"b": 2}', "ndjson"),
        (b'{"a": 1}\n{"b": 2}\n{"cut', "ndjson"),
        (b'{"a": 1}\n{"cut', ""),
        (b'{"a": 1}\n[2]\n', ""),
        (b'{"a": 1}\n{"b": 2}\nand prose\n', ""),
        (b'{"a": 1}\n', "json"),
        (b'{\n  "a": 1,\n  "b": {\n  }\n}\n', "json"),
        (b'{"a":\n{"b": 2}}', "json"),
        (b"[]", "json"),
        (b' "text"', "json"),
        (b"12", "json"),
        (b"null", "json"),
        (b"\xef\xbb\xbf{}", "json"),
        (b"", ""),
        (b"   \n", ""),
        (b"hello", ""),
        (b"true story", ""),
        (b'{"a": ', ""),
        (b"\x89PNG\r\n\x1a\n", ""),
        (b"\x1f\x8b\x08", ""),
        (b"<html>", ""),
        (b'{"a": "\xff"}', ""),
        (b"[" * 100_000, ""),
    ],
)
def test_sniff_goes_by_content(body: bytes, kind: str) -> None:
    """Framing and JSON are told by content alone; anything else is nothing."""
    assert sniff(body) == kind


@given(st.binary(max_size=80))
def test_sniff_never_raises(body: bytes) -> None:
    """Any bytes have an answer."""
    assert sniff(body) in ("sse", "ndjson", "json", "")


def test_a_megabyte_of_comments_is_read_once() -> None:
    """A long run of keep-alives needs no backtracking: this ends at once, or the suite's time limit ends it."""
    assert sniff(b": keep-alive\n\n" * 200_000) == ""


@given(st.lists(st.sampled_from(["data: 1", ": x", "\n", "\n\n", "\r", "\r\n", "\ufeff", "event:e", "x"])).map("".join))
def test_events_are_the_raws_of_the_frames(text: str) -> None:
    """A stream is cut where its framer ends a frame, however many blank lines stand where."""
    for body in (text.encode(), f"data: 0{text}".encode(), f"data: 0\n\n{text}\n\n".encode()):
        if sniff(body) == "sse":
            assert events(body) == tuple(frame.raw for frame in sse.frames(body))
