"""Connections of aiohttp: pools and proxies work as without us, many calls at once too, and nothing is left of us."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import vcr
from aiohttp import web
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_parser import DeflateBuffer

import llmvcr
from llmvcr.storage import load
from taps.paced import Paced
from taps.story import NoConnections, Session, plain, serving, told


def test_connection_reuse(tmp_path: Path) -> None:
    """A connection that was heard goes back into the pool, and is heard again with the next call."""
    peers: list[Any] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response(body=await request.read())

    async def story(url: str, open_session: Session) -> Any:
        async with open_session() as session:
            return [await (await session.post(url, data=b"%d" % number)).read() for number in range(5)]

    assert told(handle, story, tmp_path) == [b"0", b"1", b"2", b"3", b"4"]
    assert len(set(peers[5:])) == 1
    assert len(peers) == 10


def test_limit(tmp_path: Path) -> None:
    """A connector with one connection serves a second call when the first is done, as without us."""

    async def story(url: str, _: Session) -> Any:
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one() -> bytes:
                async with session.get(url) as answer:
                    return await answer.read()

            return await asyncio.gather(*(one() for _ in range(10)))

    assert told(plain, story, tmp_path) == [b"a"] * 10


def test_request_function(server: Paced, tmp_path: Path) -> None:
    """`aiohttp.request`, which makes a session for one call, is heard."""
    server.steps = [b"answer"]

    async def main() -> bytes:
        async with aiohttp.request("GET", server.url) as answer:
            return await answer.read()

    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            assert asyncio.run(main()) == b"answer"
    assert len(server.bodies) == 1


@pytest.mark.parametrize("trust_env", [True, False])
def test_proxy(trust_env: bool, server: Paced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - two cases
    """A call through a proxy is recorded under its own URL; the replay needs no proxy."""
    server.steps = [b"answer"]
    if trust_env:
        monkeypatch.setenv("HTTP_PROXY", server.url)

    async def main() -> bytes:
        options: dict[str, Any] = {} if trust_env else {"proxy": server.url}
        async with (
            aiohttp.ClientSession(trust_env=trust_env) as session,
            session.get("http://llm.invalid/v1/models", **options) as answer,
        ):
            return await answer.read()

    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode) as cassette:
            assert asyncio.run(main()) == b"answer"
    assert [request.uri for request in cassette.requests] == ["http://llm.invalid/v1/models"]
    assert len(server.bodies) == 1


def test_web_socket(tmp_path: Path) -> None:
    """A WebSocket is left alone."""

    async def echo(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str((await socket.receive_str()).upper())
        await socket.close()
        return socket

    async def main() -> str:
        async with serving(echo) as url, aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.send_str("made up")
            return await socket.receive_str()

    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none") as cassette:
        assert asyncio.run(main()) == "MADE UP"
    assert len(cassette) == 0


def test_miss(tmp_path: Path) -> None:
    """A request that is not recorded is a miss that names it; no connection is made."""

    async def main() -> None:
        async with aiohttp.ClientSession(connector=NoConnections()) as session:
            await session.post("http://127.0.0.1:1/v1/made-up", json={"model": "made-up"})

    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"), pytest.raises(llmvcr.Miss, match="made-up"):
        asyncio.run(main())


def test_plain_vcrpy_outside(server: Paced, tmp_path: Path) -> None:
    """Of a cassette of vcrpy and one of ours inside it, the inner one hears; after it, vcrpy's does again."""
    server.steps = [b"answer"]

    async def main() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(server.url) as answer:
            return await answer.read()

    with vcr.use_cassette(str(tmp_path / "outer.yaml")) as outer:
        with llmvcr.use_cassette(tmp_path / "inner.yaml") as inner:
            asyncio.run(main())
        assert (len(outer), len(inner)) == (0, 1)
        asyncio.run(main())
    assert (len(outer), len(inner)) == (1, 1)


def _methods() -> tuple[Any, ...]:
    return aiohttp.BaseConnector.connect, DeflateBuffer.feed_data, aiohttp.ClientSession.__dict__["_request"]


def test_nothing_is_left(server: Paced, tmp_path: Path) -> None:
    """When the cassette is closed, aiohttp is as it was, and so is a connection that is still open."""
    gate = threading.Event()
    server.steps = [b"answer", gate]
    before = _methods()

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            with llmvcr.use_cassette(tmp_path / "c.yaml"):
                async with session.get(server.url) as answer:
                    assert answer.connection is not None
                    protocol = answer.connection.protocol
                    assert type(protocol) is not ResponseHandler
                    gate.set()
                    await answer.read()
            assert type(protocol) is ResponseHandler
            async with session.get(server.url) as answer:
                await answer.read()

    asyncio.run(main())
    assert _methods() == before
    assert len(server.bodies) == 2


def test_many(tmp_path: Path) -> None:
    """A thousand calls at once: all are recorded, none twice, none wrong, in the order in which they were asked."""
    calls, asked = 1000, 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return web.Response(body=await request.read())

    async def story(url: str, open_session: Session) -> Any:
        async with open_session() as session:

            async def one(number: int) -> bytes:
                async with session.post(url, json={"number": number}) as answer:
                    return await answer.read()

            return await asyncio.gather(*(one(number) for number in range(calls)))

    said = told(handle, story, tmp_path)
    assert said == [b'{"number": %d}' % number for number in range(calls)]
    assert asked == 2 * calls
    bodies = [one.request.body for one in load(tmp_path / "c.yaml").interactions]
    assert bodies == said
