"""Requests through the tap: what the server gets and what is recorded are the same bytes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import llmvcr
from llmvcr.storage import load
from taps.paced import Paced


def _parts() -> Iterator[bytes]:
    yield b"one "
    yield b"\xfftwo"


async def _async_parts() -> AsyncIterator[bytes]:
    for part in _parts():
        yield part


def test_iterator_body(lib: Any, server: Paced, tmp_path: Path) -> None:
    """A body that can be read only once reaches the server and the file, and finds its answer again."""
    server.steps = [b"answer"]
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode, match_on=["method", "uri", "raw_body"]):
            assert lib.post(verify=False, url=server.url, content=_parts()).content == b"answer"
    assert server.bodies == [b"one \xfftwo"]
    assert load(tmp_path / "c.yaml").interactions[0].request.body == b"one \xfftwo"


def test_async_iterator_body(lib: Any, server: Paced, tmp_path: Path) -> None:
    """The same holds for an async iterator under an async client."""
    server.steps = [b"answer"]

    async def post() -> bytes:
        async with lib.AsyncClient(verify=False) as client:
            answer = await client.post(server.url, content=_async_parts())
            return bytes(answer.content)

    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode, match_on=["method", "uri", "raw_body"]):
            assert asyncio.run(post()) == b"answer"
    assert server.bodies == [b"one \xfftwo"]
    assert load(tmp_path / "c.yaml").interactions[0].request.body == b"one \xfftwo"


def test_file_body(lib: Any, server: Paced, tmp_path: Path) -> None:
    """A file that is uploaded as multipart reaches the server and the file whole."""
    server.steps = [b"answer"]
    sound = bytes(range(256))
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        lib.post(verify=False, url=server.url, files={"file": ("a.wav", io.BytesIO(sound), "audio/wav")})
    recorded = load(tmp_path / "c.yaml").interactions[0].request.body
    assert server.bodies == [recorded]
    assert sound in server.bodies[0]


def test_no_body(lib: Any, server: Paced, tmp_path: Path) -> None:
    """A request without a body is recorded without one."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        lib.get(verify=False, url=server.url)
    assert not load(tmp_path / "c.yaml").interactions[0].request.body


def test_headers_and_url(lib: Any, server: Paced, tmp_path: Path) -> None:
    """The URL is recorded with its query as it was sent, and the headers with their values."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        sent = lib.get(verify=False, url=server.url, params={"q": "a b/\u00e9"}, headers={"X-Made-Up": "yes"})
    request = load(tmp_path / "c.yaml").interactions[0].request
    assert (request.method, request.url) == ("GET", str(sent.request.url))
    assert request.url.endswith("b%2F%C3%A9")
    assert tuple(value for name, value in request.headers if name.lower() == "x-made-up") == ("yes",)


def test_refused_connection(lib: Any, tmp_path: Path) -> None:
    """An error before any answer comes out as it is."""
    with pytest.raises(lib.ConnectError), llmvcr.use_cassette(tmp_path / "c.yaml"):
        lib.get(verify=False, url="http://127.0.0.1:1/")


def test_redirects(lib: Any, server: Paced, tmp_path: Path) -> None:
    """Each step of a redirect is one interaction, and the replay follows the same way."""
    server.status, server.headers = 302, [("Location", "?again")]
    for mode in ("once", "none"):
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode) as cassette,
            lib.Client(follow_redirects=True, max_redirects=2, verify=False) as client,
            pytest.raises(lib.TooManyRedirects),
        ):
            client.get(server.url)
    assert (len(cassette), len(server.bodies)) == (3, 3)


@pytest.mark.parametrize(
    "value", [b"plain", "L\u00fcbeck".encode(), "L\u00fcbeck".encode("latin-1")], ids=["ascii", "utf-8", "latin-1"]
)
def test_header_lines(lib: Any, tmp_path: Path, value: bytes) -> None:
    """Header lines are heard as the library itself reads them, in whatever encoding, with names in small letters."""
    lines = [(b"X-City", value), (b"x-empty", b"")]
    sent = lib.Request("GET", "http://made-up.test/", headers=lines)
    with (
        llmvcr.use_cassette(tmp_path / "c.yaml"),
        lib.Client(transport=lib.MockTransport(lambda _: lib.Response(200, content=b"answer"))) as client,
    ):
        client.send(sent)
    recorded = load(tmp_path / "c.yaml").interactions[0].request.headers
    assert recorded == tuple(sent.headers.multi_items())
