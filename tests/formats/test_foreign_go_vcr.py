"""go-vcr's cassettes of both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmvcr import formats
from llmvcr.errors import ReadError
from llmvcr.formats.base import Document
from llmvcr.formats.go_vcr import GO_VCR
from llmvcr.interaction import Request

DATA = Path(__file__).parent / "data"
SECOND = (DATA / "go_vcr_2.yaml").read_bytes()
FIRST = (DATA / "go_vcr_1.yaml").read_bytes()
BODY = b'{"messages":[{"role":"user","content":"Say hello."}],"model":"gpt-4o-mini"}'


def test_version_two_is_read() -> None:
    """Request, answer, status words, repeated headers and the duration of version 2 are read."""
    hello, missing = formats.read(SECOND, path="f").interactions
    headers = (("Content-Type", "application/json"),)
    assert hello.request == Request("POST", "https://api.openai.com/v1/chat/completions", headers, BODY)
    assert (hello.response.status, hello.response.reason) == (200, "OK")
    assert hello.response.headers == (*headers, ("Set-Cookie", "a=made-up"), ("Set-Cookie", "b=made-up"))
    assert hello.response.body.startswith(b'{"id":"chatcmpl-made-up"')
    assert hello.notes == {"duration": "963.225171ms"}
    assert missing.request.body is None
    assert (missing.response.status, missing.response.reason) == (404, "Not Found")
    assert missing.response.body == b"\x00\xff\xfe"


def test_version_one_is_read() -> None:
    """The cassettes of go-vcr 1 and 2, whose duration is empty, are read."""
    (hello,) = formats.read(FIRST, path="f").interactions
    assert hello.request.body == BODY + b"\n"
    assert (hello.response.status, hello.response.reason) == (200, "OK")
    assert hello.notes == {}
    assert hello.unknown == {}


def test_what_http_does_not_say_is_kept() -> None:
    """The facts beyond HTTP stand in `unknown`; what Go writes to say nothing is left out."""
    hello, missing = formats.read(SECOND, path="f").interactions
    proto = {"proto": "HTTP/1.1", "proto_major": 1, "proto_minor": 1}
    assert hello.unknown["request"] == {**proto, "content_length": 73, "host": "api.openai.com"}
    assert hello.unknown["response"]["uncompressed"] is True
    assert missing.unknown["request"]["form"] == {"limit": ["1"]}
    assert "interaction" not in missing.unknown


def test_an_id_out_of_order_is_kept() -> None:
    """An id that is not the position of its interaction is kept."""
    hello, _ = GO_VCR.read(SECOND.replace(b"id: 0", b"id: 7"), path="f").interactions
    assert hello.unknown["interaction"] == {"id": 7}


@pytest.mark.parametrize("data", [b"---\nversion: 2\ninteractions: []\n", b"version: 2\r\ninteractions: []\r\n"])
def test_an_empty_cassette_is_empty(data: bytes) -> None:
    """A cassette of version 2 without interactions is a document without any."""
    assert formats.read(data, path="f") == Document(())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"code: 200", b"code: yes", "f, interaction 0, response.code: is no whole number"),
        (b"        code: 404\n", b"", "f, interaction 1, response.code: is missing"),
        (b"https://api.openai.com/v1/chat", b"wss://api.openai.com/v1/rt", "f, interaction 0, request.url: is a Web"),
        (b"        method: POST\n", b"", "f, interaction 0, request.method: is missing"),
        (b"        body: !!binary AP/+\n", b"", "f, interaction 1, response.body: is missing"),
        (b"        body: !!binary AP/+\n", b"        body: [1]\n", "f, interaction 1, response.body: is no text"),
        (b"version: 2", b"version: 9", "f, version: is a cassette of go-vcr of version 9, and llmvcr knows 1 and 2"),
        (b"duration: 1m2.5s", b"duration: !go/x {}", "f, line 70, column 19: has the tag !go/x, which"),
    ],
)
def test_damage_is_named(old: bytes, new: bytes, message: str) -> None:
    """A damaged file is claimed, and refused with file, interaction and place."""
    data = SECOND.replace(old, new)
    assert data != SECOND
    assert GO_VCR.claims(data)
    with pytest.raises(ReadError) as caught:
        GO_VCR.read(data, path="f")
    assert str(caught.value).startswith(message)


def test_a_line_without_its_end_is_a_cut_file() -> None:
    """A file that ends within the status of its last interaction is refused."""
    data = SECOND[: SECOND.rindex(b"4\n")]
    with pytest.raises(ReadError, match=r"f, interaction 1: ends in the middle of a line, with no duration after it"):
        GO_VCR.read(data, path="f")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_file_is_still_known(share: float) -> None:
    """A file whose end is missing is known for what it was, and never read as a shorter one without a word."""
    data = SECOND[: int(len(SECOND) * share)]
    with pytest.raises(ReadError, match=r"^f"):
        GO_VCR.read(data, path="f")
