"""Replays through aiohttp: at their pace where that is asked for, and also of answers that aiohttp did not record."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import llmvcr
from llmvcr.interaction import Interaction, Request, Response
from taps.aio import pieces, stream

URL = "http://127.0.0.1:1/"
CHUNKED = (("Transfer-Encoding", "chunked"),)


def _cassette(tmp_path: Path, answer: Response, method: str = "POST") -> Path:
    llmvcr.dump([Interaction(Request(method, URL, body=b"q"), answer)], tmp_path / "c.yaml")
    return tmp_path / "c.yaml"


def _replay(path: Path, **options: Any) -> Any:
    return llmvcr.use_cassette(path, record_mode="none", match_on=["method"], **options)


@pytest.mark.parametrize("times", [(0, 20, 40, 60), (30, 30, 30, 30), (0, 0, 0, 50)])
@pytest.mark.parametrize("headers", [CHUNKED, (("Content-Length", "9"),), ()])
def test_paced(headers: Any, times: tuple[float, ...], tmp_path: Path) -> None:
    """Pieces come one by one, none before its time, and the event loop goes on in between."""
    path = _cassette(tmp_path, Response(200, "OK", headers, (b"one", b"two", b"six"), times=times))
    came: list[tuple[bytes, float]] = []
    ticks: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()

        async def tick() -> None:
            while True:
                ticks.append(loop.time() - begun)
                await asyncio.sleep(0.005)

        def each(piece: bytes) -> bool:
            came.append((piece, (loop.time() - begun) * 1000))
            return True

        ticking = asyncio.create_task(tick())
        await stream(URL, each)
        ticking.cancel()

    with _replay(path, llmvcr_timing="recorded"):
        asyncio.run(main())
    assert [piece for piece, _ in came] == [b"one", b"two", b"six"]
    assert all(at >= due - 1 for (_, at), due in zip(came, times[1:], strict=True))
    assert len(ticks) > 2


@pytest.mark.parametrize("factor", ["none", 0, 0.000001])
def test_not_paced(factor: Any, tmp_path: Path) -> None:
    """Without a pace, or at none to speak of, an hour passes at once, whatever the client's patience."""
    hour = 3_600_000.0
    path = _cassette(tmp_path, Response(200, "OK", CHUNKED, (b"one", b"two"), times=(hour, 2 * hour, 3 * hour)))
    with _replay(path, llmvcr_timing=factor):
        assert pieces(URL, timeout=aiohttp.ClientTimeout(total=20, sock_read=10)) == ([b"one", b"two"], "")


@pytest.mark.parametrize(
    ("times", "got"), [((100_000, 100_000, 100_000), []), ((0, 0, 100_000), [b"one"])], ids=["head", "piece"]
)
@pytest.mark.parametrize(
    ("timeout", "error"),
    [
        (aiohttp.ClientTimeout(sock_read=0.1), "SocketTimeoutError"),
        (aiohttp.ClientTimeout(total=0.1), "TimeoutError"),
    ],
    ids=["sock_read", "total"],
)
def test_own_timeout(timeout: Any, error: str, times: Any, got: list[bytes], tmp_path: Path) -> None:
    """A client that is less patient than the recorded answer gives up as it would live."""
    path = _cassette(tmp_path, Response(200, "OK", CHUNKED, (b"one", b"two"), times=times))
    with _replay(path, llmvcr_timing="recorded"):
        assert pieces(URL, timeout=timeout) == (got, error)


def test_busy_application(tmp_path: Path) -> None:
    """An application that takes long with a piece finds the next one waiting, and no read timeout."""
    chunks = tuple(b"piece %d" % number for number in range(4))
    path = _cassette(tmp_path, Response(200, "OK", CHUNKED, chunks, times=(0, 1, 2, 3, 4)))

    async def main() -> list[bytes]:
        got = []
        timeout = aiohttp.ClientTimeout(sock_read=0.05)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.post(URL) as answer:
            async for piece in answer.content.iter_any():
                got.append(piece)
                await asyncio.sleep(0.12)
        return got

    for timing in ("recorded", "none"):
        with _replay(path, llmvcr_timing=timing):
            assert asyncio.run(main()) == list(chunks)


def test_cancelled(tmp_path: Path) -> None:
    """A recording that ends in a cancellation waits to be cancelled, or for the client's own timeout."""
    path = _cassette(tmp_path, Response(200, "OK", CHUNKED, (b"one",), ended="CancelledError"))
    with _replay(path):
        assert pieces(URL, timeout=aiohttp.ClientTimeout(sock_read=0.05)) == ([b"one"], "SocketTimeoutError")


READINGS = {
    "no length": (Response(200, "OK", (), (b"one", b"two")), "onetwo"),
    "chunked": (Response(200, "OK", CHUNKED, (b"one", b"two")), "onetwo"),
    "chunked with a length": (Response(200, "OK", (*CHUNKED, ("Content-Length", "99")), (b"one", b"two")), "onetwo"),
    "too long a length": (Response(200, "OK", (("Content-Length", "99"),), (b"one", b"two")), "onetwo"),
    "too short a length": (Response(200, "OK", (("content-length", "1"),), (b"one", b"two")), "onetwo"),
    "an empty piece": (Response(200, "OK", CHUNKED, (b"", b"one", b"", b"two", b"")), "onetwo"),
    "unpacked": (Response(200, "OK", (("Content-Encoding", "gzip"), ("Content-Length", "9")), (b"onetwo",)), "onetwo"),
    "packed": (Response(200, "OK", (("Content-Encoding", "gzip"),), (gzip.compress(b"onetwo"),)), "onetwo"),
    "HTTP/1.0": (Response(200, "OK", (("Connection", "close"),), (b"onetwo",), http_version="HTTP/1.0"), "onetwo"),
    "HTTP/2": (Response(200, "", (("content-type", "text/plain"),), (b"onetwo",), http_version="HTTP/2"), "onetwo"),
    "not ASCII": (Response(200, "\u00d6K", (("X-Made-Up", "\u00e9"),), (b"onetwo",)), "onetwo"),
    "empty": (Response(200, "OK", CHUNKED), ""),
    "empty by length": (Response(200, "OK", (("Content-Length", "0"),)), ""),
    "large": (Response(200, "OK", CHUNKED, tuple(b"x" * 300_000 for _ in range(20))), "x" * 6_000_000),
    "large in packing": (
        Response(200, "OK", (*CHUNKED, ("Content-Encoding", "gzip")), (gzip.compress(b"x" * 6_000_000),)),
        "x" * 6_000_000,
    ),
}


@pytest.mark.parametrize("name", READINGS)
def test_readings(name: str, tmp_path: Path) -> None:
    """Whatever its headers say of it, a recorded answer is read whole, at once, in lines and in parts."""
    recorded, text = READINGS[name]
    path = _cassette(tmp_path, recorded)

    async def main() -> tuple[str, str, str, tuple[int, str | None]]:
        async with aiohttp.ClientSession() as session:
            async with session.post(URL) as answer:
                head = answer.status, answer.reason
                whole = await answer.text()
            async with session.post(URL) as answer:
                lines = b"".join([part async for part in answer.content.iter_chunked(1_000)]).decode()
            async with session.post(URL) as answer:
                parts = b""
                while not answer.content.at_eof():
                    parts += await answer.content.readany()
            return whole, lines, parts.decode(), head

    with _replay(path, allow_playback_repeats=True):
        assert asyncio.run(main()) == (text, text, text, (200, recorded.reason))


def test_polling(tmp_path: Path) -> None:
    """A reader that polls, and never waits for more, gets all there is."""
    path = _cassette(tmp_path, Response(200, "OK", CHUNKED, (b"one", b"two", b"six")))

    async def main() -> bytes:
        got = b""
        async with aiohttp.ClientSession() as session, session.post(URL) as answer:
            while not answer.content.at_eof():
                await asyncio.sleep(0)
                if answer.content._buffer:  # noqa: SLF001 - what a poll asks for
                    got += answer.content.read_nowait()
        return got

    with _replay(path):
        assert asyncio.run(main()) == b"onetwosix"


def test_unread(tmp_path: Path) -> None:
    """An answer that is left unread, by release, close or forgetting, leaves no task behind."""
    path = _cassette(tmp_path, Response(200, "OK", CHUNKED, (b"one", b"two")))

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            for leave in ("release", "close"):
                answer = await session.post(URL)
                getattr(answer, leave)()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                assert asyncio.all_tasks() == {asyncio.current_task()}
            await session.post(URL)

    with _replay(path, allow_playback_repeats=True):
        asyncio.run(main())


def test_json(tmp_path: Path) -> None:
    """`json()` reads a recorded answer."""
    headers = (("Content-Type", "application/json"),)
    path = _cassette(tmp_path, Response(200, "OK", headers, (b'{"a":', b" 1}")))

    async def main() -> Any:
        async with aiohttp.ClientSession() as session, session.post(URL) as answer:
            return await answer.json()

    with _replay(path):
        assert asyncio.run(main()) == {"a": 1}
