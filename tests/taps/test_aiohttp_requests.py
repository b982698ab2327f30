"""Requests through aiohttp's tap: what the server gets and what is recorded are the same bytes."""

from __future__ import annotations

import asyncio
import io
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import llmvcr
from llmvcr.interaction import Request, header
from llmvcr.storage import load
from taps.paced import Paced

SOUND = bytes(range(256)) * 300


async def _parts() -> AsyncIterator[bytes]:
    yield b"one "
    yield b"\xfftwo"


def _form() -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("model", "made-up")
    form.add_field("file", io.BytesIO(SOUND), filename="a.wav", content_type="audio/wav")
    return form


def _multipart() -> aiohttp.MultipartWriter:
    writer = aiohttp.MultipartWriter("mixed")
    writer.append(b"one")
    writer.append_json({"two": 2})
    return writer


BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "bytes": lambda: {"data": b"\xff\x00bytes"},
    "str": lambda: {"data": "text \u00e9"},
    "json": lambda: {"json": {"model": "made-up", "stream": True}},
    "urlencoded": lambda: {"data": {"a": "1", "b": "\u00e9"}},
    "form": lambda: {"data": _form()},
    "multipart": lambda: {"data": _multipart()},
    "file": lambda: {"data": io.BytesIO(SOUND)},
    "text file": lambda: {"data": io.StringIO("text \u00e9")},
    "generator": lambda: {"data": _parts()},
    "empty": lambda: {"data": b""},
    "none": dict,
}


async def _post(url: str, method: str = "post", **options: Any) -> bytes:
    async with aiohttp.ClientSession() as session, session.request(method, url, **options) as answer:
        return await answer.read()


def _recorded(path: Path) -> Request:
    (interaction,) = load(path).interactions
    return interaction.request


@pytest.mark.parametrize("name", BODIES)
def test_bodies(name: str, server: Paced, tmp_path: Path) -> None:
    """A body of any kind reaches the server and the file whole, once, and a second one finds its answer."""
    server.steps = [b"answer"]
    options = {} if name in ("form", "multipart") else {"match_on": ["method", "uri", "raw_body"]}
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode, **options):
            assert asyncio.run(_post(server.url, **BODIES[name]())) == b"answer"
    assert server.bodies == [_recorded(tmp_path / "c.yaml").body or b""]
    if name in ("form", "file"):
        assert SOUND in server.bodies[0]


@pytest.mark.parametrize("compress", ["deflate", "gzip"])
@pytest.mark.parametrize("name", ["bytes", "json", "generator", "file"])
def test_compressed_bodies(name: str, compress: str, server: Paced, tmp_path: Path) -> None:
    """What aiohttp compresses is recorded as it was sent."""
    server.steps = [b"answer"]
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode, match_on=["method", "uri"]):
            asyncio.run(_post(server.url, compress=compress, **BODIES[name]()))
    request = _recorded(tmp_path / "c.yaml")
    assert server.bodies == [request.body]
    assert zlib.decompress(server.bodies[0], zlib.MAX_WBITS | 32)
    assert header(request.headers, "content-encoding") == compress


def test_open_file(server: Paced, tmp_path: Path) -> None:
    """A file from disk is sent from where it stands, and closed as aiohttp closes it."""
    (tmp_path / "a.wav").write_bytes(SOUND)
    server.steps = [b"answer"]
    closed = []
    for context in (None, llmvcr.use_cassette(tmp_path / "c.yaml")):
        with (tmp_path / "a.wav").open("rb") as file:
            file.seek(100)
            if context is None:
                asyncio.run(_post(server.url, data=file))
            else:
                with context:
                    asyncio.run(_post(server.url, data=file))
            closed.append(file.closed)
    assert server.bodies == [SOUND[100:], SOUND[100:]]
    assert closed[0] == closed[1]


def test_generator_that_fails(server: Paced, tmp_path: Path) -> None:
    """An error in a body comes out as it does without us, and on replay."""

    async def failing() -> AsyncIterator[bytes]:
        yield b"one"
        raise RuntimeError("made up")

    def error() -> tuple[type[BaseException], str]:
        with pytest.raises(aiohttp.ClientError) as caught:
            asyncio.run(_post(server.url, data=failing()))
        return type(caught.value), repr(caught.value.__cause__)

    server.steps = [b"answer"]
    live = error()
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="all"):
        assert error() == live
    assert live == (aiohttp.ClientConnectionError, "RuntimeError('made up')")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert error() == live


def test_method_url_headers(server: Paced, tmp_path: Path) -> None:
    """Recorded are the method, the URL and the headers that were sent, the session's and aiohttp's own among them."""
    server.steps = [b"answer"]

    async def main() -> aiohttp.RequestInfo:
        session = aiohttp.ClientSession(server.url, headers={"X-Session": "yes"}, cookies={"a": "1"})
        async with (
            session,
            session.post("path", params={"q": "a b/\u00e9"}, headers={"X-Own": "yes"}, data=b"") as answer,
        ):
            return answer.request_info

    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            info = asyncio.run(main())
        request = _recorded(tmp_path / "c.yaml")
        assert (
            (request.method, request.url) == (info.method, str(info.url)) == ("POST", f"{server.url}path?q=a+b/%C3%A9")
        )
        assert {**info.headers} == dict(request.headers)
    assert header(request.headers, "x-session") == header(request.headers, "x-own") == "yes"
    assert header(request.headers, "host") == server.url.split("/")[2]
    assert header(request.headers, "content-type") == "application/octet-stream"
