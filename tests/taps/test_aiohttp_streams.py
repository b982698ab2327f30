"""Streams through aiohttp's tap: nothing is held back while recording, and the replay gives the same pieces."""

from __future__ import annotations

import asyncio
import gc
import gzip
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import llmvcr
from taps.aio import WAYS, pieces, recorded, stream
from taps.paced import CUT, Paced, Step

kinds = pytest.mark.parametrize("kind", ["yaml", "json"])
ways = pytest.mark.parametrize("way", WAYS)


def _gated(*sent: bytes, end: Step = b"") -> tuple[list[Step], Iterator[threading.Event]]:
    """Give steps that send each piece when the one before it was seen, and the gates to open."""
    gates = [threading.Event() for _ in sent]
    steps: list[Step] = [step for piece, gate in zip(sent, gates, strict=True) for step in (piece, gate)]
    return [*steps, *([end] if end != b"" else [])], iter(gates)


def _seen(server: Paced, *sent: bytes, end: Step = b"", way: str = "iter_any") -> tuple[list[Any], str]:
    """Read an answer of which no piece is sent before the one before it was seen."""
    server.steps, gates = _gated(*sent, end=end)
    got: list[Any] = []

    def each(piece: Any) -> bool:
        got.append(piece)
        if isinstance(piece, bytes) or piece[0]:
            next(gates).set()
        return True

    try:
        asyncio.run(stream(server.url, each, way))
    except aiohttp.ClientError as error:
        return got, type(error).__name__
    return got, ""


@kinds
@pytest.mark.parametrize("way", ["iter_any", "iter_chunks"])
def test_same_pieces(kind: str, way: str, server: Paced, tmp_path: Path) -> None:
    """While recording each piece comes before the next is sent, and all come alike live, recording and on replay."""
    sent = (b"a\xff\x00", "\u00e9\u2028".encode()[:3], b"\n\n", b"data: x")
    path = tmp_path / "c"
    live = _seen(server, *sent, way=way)
    with llmvcr.use_cassette(path, serializer=kind):
        recording = _seen(server, *sent, way=way)
    server.steps = [b"something else"]
    with llmvcr.use_cassette(path, serializer=kind, record_mode="none"):
        replayed = pieces(server.url, way)
    assert live == recording == replayed
    assert recorded(path).chunks == sent
    assert len(server.bodies) == 2


@ways
def test_ways_to_read(way: str, server: Paced, tmp_path: Path) -> None:
    """Every way to read the content gives on replay what it gives live."""
    server.steps = [b"one\ntwo", b"\nthree\n\n", b"four"]
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live, _ = pieces(server.url, way)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        replayed, _ = pieces(server.url, way)
    if way == "lines":
        assert live == replayed == [b"one\n", b"two\n", b"three\n", b"\n", b"four"]
    assert b"".join(p if isinstance(p, bytes) else p[0] for p in live) == b"one\ntwo\nthree\n\nfour"
    assert b"".join(p if isinstance(p, bytes) else p[0] for p in replayed) == b"one\ntwo\nthree\n\nfour"


@kinds
def test_cut_stream(kind: str, server: Paced, tmp_path: Path) -> None:
    """A stream that the server cuts gives the same pieces and the same class of error live and on replay."""
    sent = tuple(b"piece %d" % number for number in range(10))
    bare = _seen(server, *sent, end=CUT)
    with llmvcr.use_cassette(tmp_path / "c", serializer=kind):
        live = _seen(server, *sent, end=CUT)
    with llmvcr.use_cassette(tmp_path / "c", serializer=kind, record_mode="none"):
        replayed = pieces(server.url)
    assert bare == live == replayed == (list(sent), "ClientPayloadError")
    assert len(server.bodies) == 2


@pytest.mark.parametrize("way", ["iter_chunked", "lines"])
def test_cut_read_in_parts(way: str, server: Paced, tmp_path: Path) -> None:
    """Who reads less than a piece at a time gets all that was there before the cut."""
    server.steps = [b"one\ntwo\n", b"three\nfour\n", CUT]
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        pieces(server.url)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        got, error = pieces(server.url, way)
    assert (b"".join(got), error) == (b"one\ntwo\nthree\nfour\n", "ClientPayloadError")


@kinds
def test_early_break(kind: str, server: Paced, tmp_path: Path) -> None:
    """An application that stops early goes on at once, and what it has seen is recorded as closed."""
    never = threading.Event()
    server.steps = [b"one", b"two", never, b"three"]
    got: list[bytes] = []

    def each(piece: bytes) -> bool:
        got.append(piece)
        return b"two" not in b"".join(got)

    with llmvcr.use_cassette(tmp_path / "c", serializer=kind):
        asyncio.run(stream(server.url, each))
    never.set()
    answer = recorded(tmp_path / "c")
    assert (answer.body, answer.ended) == (b"onetwo", "closed")
    with llmvcr.use_cassette(tmp_path / "c", serializer=kind, record_mode="none"):
        replayed = pieces(server.url)
    assert (b"".join(replayed[0]), replayed[1]) == (b"onetwo", "ClientPayloadError")  # what comes next is not known


def test_error_in_the_application(server: Paced, tmp_path: Path) -> None:
    """An error of the application between two pieces comes out unchanged, and what it has seen is recorded."""
    never = threading.Event()
    server.steps = [b"one", never]

    def each(piece: bytes) -> bool:
        raise RuntimeError(piece.decode())

    with pytest.raises(RuntimeError, match="one"), llmvcr.use_cassette(tmp_path / "c.yaml"):
        asyncio.run(stream(server.url, each))
    never.set()
    assert (recorded(tmp_path / "c.yaml").chunks, recorded(tmp_path / "c.yaml").ended) == ((b"one",), "closed")


async def _first(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientResponse:
    answer = await session.post(url, data=b"q")
    assert await answer.content.readany() == b"one"
    return answer


async def _close(session: aiohttp.ClientSession, url: str) -> None:
    (await _first(session, url)).close()


async def _release(session: aiohttp.ClientSession, url: str) -> None:
    (await _first(session, url)).release()


async def _close_session(session: aiohttp.ClientSession, url: str) -> None:
    answer = await _first(session, url)
    await session.close()
    await asyncio.sleep(0)
    answer.close()


async def _forget(session: aiohttp.ClientSession, url: str) -> None:
    await _first(session, url)
    gc.collect()  # aiohttp's connection holds on to the answer
    await session.close()
    await asyncio.sleep(0)


@pytest.mark.parametrize("leave", [_close, _release, _close_session, _forget])
def test_left_unfinished(leave: Any, server: Paced, tmp_path: Path) -> None:
    """However an answer is left unfinished, the connection is closed, and what was seen is recorded."""
    never = threading.Event()
    server.steps = [b"one", never, b"two", b"three" * 100_000]

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            await leave(session, server.url)
            await asyncio.sleep(0)
            assert recording()
            never.set()
            assert await asyncio.to_thread(server.gone.wait, 5)

    with llmvcr.use_cassette(tmp_path / "c.yaml") as cassette:

        def recording() -> bool:
            return len(cassette) == 1

        asyncio.run(main())
    answer = recorded(tmp_path / "c.yaml")
    assert (answer.chunks, answer.ended) == ((b"one",), "closed")


def test_deadline(server: Paced, tmp_path: Path) -> None:
    """A deadline of the application keeps what has arrived, says so, and strikes on replay as it did."""
    never = threading.Event()
    server.steps = [b"one", b"two", never]
    got: list[bytes] = []

    async def main() -> None:
        async with asyncio.timeout(0.3), aiohttp.ClientSession() as session, session.get(server.url) as answer:
            async for piece in answer.content.iter_any():
                got.append(piece)  # noqa: PERF401 - it is cut

    for mode in ("once", "none"):
        got.clear()
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode), pytest.raises(TimeoutError):
            asyncio.run(main())
        assert b"".join(got) == b"onetwo"
    never.set()
    answer = recorded(tmp_path / "c.yaml")
    assert (answer.body, answer.ended) == (b"onetwo", "CancelledError")
    assert len(server.bodies) == 1


def test_wait_given_up_and_taken_up(server: Paced, tmp_path: Path) -> None:
    """A read that was cancelled, and then made again, leaves no trace."""
    gate = threading.Event()
    server.steps = [b"one", gate, b"two"]

    async def main() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(server.url) as answer:
            first = await answer.content.readany()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(answer.content.readany(), 0.05)
            gate.set()
            return first + await answer.read()

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert asyncio.run(main()) == b"onetwo"
    assert (recorded(tmp_path / "c.yaml").chunks, recorded(tmp_path / "c.yaml").ended) == ((b"one", b"two"), "")


@pytest.mark.parametrize("decompress", [True, False])
def test_compressed(decompress: bool, server: Paced, tmp_path: Path) -> None:  # noqa: FBT001 - two cases
    """A compressed answer is recorded as it crossed the wire, and comes out of a replay as it did live."""
    packed = gzip.compress(b"data: hello\n\n" * 1000)
    server.steps, server.headers = [packed[:20], packed[20:]], [("Content-Encoding", "gzip")]

    async def main() -> tuple[bytes, str | None]:
        async with aiohttp.ClientSession(auto_decompress=decompress) as session, session.get(server.url) as answer:
            return await answer.read(), answer.headers.get("Content-Encoding")

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = asyncio.run(main())
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        replayed = asyncio.run(main())
    assert live == replayed
    assert live[0] == (gzip.decompress(packed) if decompress else packed)
    assert recorded(tmp_path / "c.yaml").body == packed


def test_empty_body(server: Paced, tmp_path: Path) -> None:
    """An answer with an empty body is recorded and replayed as one."""
    server.steps = []
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert pieces(server.url) == ([], "")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert pieces(server.url) == ([], "")
    assert recorded(tmp_path / "c.yaml").ended == ""


def test_two_streams(server: Paced, tmp_path: Path) -> None:
    """Two streams of one session interleave while recording as they do live."""
    gates = [threading.Event(), threading.Event()]
    server.steps = [b"one", gates[0], b"two", gates[1], b"three"]
    order: list[str] = []

    async def read(session: aiohttp.ClientSession, name: str, barrier: asyncio.Barrier) -> None:
        async with session.post(server.url, data=name) as answer:
            for gate in (*gates, None):
                piece = await answer.content.readany()
                order.append(f"{name}{piece.decode()}")
                await barrier.wait()
                if gate is not None:
                    gate.set()

    async def main() -> None:
        barrier = asyncio.Barrier(2)
        async with aiohttp.ClientSession() as session:
            await asyncio.gather(read(session, "a", barrier), read(session, "b", barrier))

    for mode in ("once", "none"):
        order.clear()
        for gate in gates:
            gate.clear()
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            asyncio.run(main())
        assert [sorted(order[at : at + 2]) for at in (0, 2, 4)] == [
            ["aone", "bone"],
            ["atwo", "btwo"],
            ["athree", "bthree"],
        ]
