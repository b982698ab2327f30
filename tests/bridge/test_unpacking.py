"""Compressed answers are recorded readable, and replayed as they read."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import httpx
import pytest

import llmvcr
from llmvcr.bridge.unpacking import unpacked
from llmvcr.interaction import Response

BODY = b'{"object": "list", "data": []}'
URL = "https://api.openai.com/v1/models"


def _bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKED = {"gzip": gzip.compress(BODY, mtime=0), "deflate": zlib.compress(BODY), "bare": _bare_deflate(BODY)}


def _answer(packed: bytes, encoding: str, *, size: int = 7) -> Response:
    chunks = tuple(packed[start : start + size] for start in range(0, len(packed), size))
    lines = (("Content-Encoding", encoding), ("content-length", str(len(packed))), ("x-other", "1"))
    return Response(200, "OK", lines, chunks)


@pytest.mark.parametrize("kind", PACKED)
def test_a_packed_body_is_unpacked_piece_by_piece(kind: str) -> None:
    """The stored body is the readable one, in several pieces, and the headers say what is stored."""
    response, encoding = unpacked(_answer(PACKED[kind], "deflate" if kind == "bare" else kind))
    assert response.body == BODY
    assert encoding == ("deflate" if kind == "bare" else kind)
    assert len(response.chunks) > 1
    assert all(response.chunks)
    assert response.headers == (("content-length", str(len(BODY))), ("x-other", "1"))


@pytest.mark.parametrize(
    "response",
    [
        _answer(BODY, "gzip"),
        _answer(PACKED["gzip"][:-4] + b"abcd", "gzip"),
        _answer(BODY, "rot13"),
        Response(200, "OK", (("x-other", "1"),), (BODY,)),
    ],
    ids=["not packed at all", "with a wrong checksum", "in an encoding that nobody knows", "without an encoding"],
)
def test_what_cannot_be_unpacked_stays_as_it_came(response: Response) -> None:
    """Bytes that are not what their header says, and answers without an encoding, are stored as they are."""
    assert unpacked(response) == (response, "")


def _server(_request: httpx.Request) -> httpx.Response:
    head = {"content-encoding": "gzip", "content-type": "application/json"}
    return httpx.Response(200, headers=head, content=PACKED["gzip"])


@pytest.mark.parametrize(("url", "readable"), [(URL, True), ("https://example.com/list", False)])
def test_only_the_answers_of_llms_are_unpacked(url: str, readable: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """An LLM's answer stands readable in the file, other traffic as vcrpy records it; both replay the same."""
    path = tmp_path / "c.yaml"
    for mode in ("once", "none"):
        with (
            llmvcr.use_cassette(path, record_mode=mode),
            httpx.Client(transport=httpx.MockTransport(_server)) as client,
        ):
            assert client.get(url).content == BODY
    (interaction,) = llmvcr.load(path)
    assert (interaction.response.body == BODY) is readable
    assert interaction.notes == ({"encoding": "gzip"} if readable else {})
