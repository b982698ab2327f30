"""Streams through the tap: nothing is held back while recording, and the replay gives the same pieces."""

from __future__ import annotations

import asyncio
import gzip
import threading
from pathlib import Path
from typing import Any

import pytest

import llmvcr
from llmvcr.interaction import Response
from llmvcr.storage import load
from taps.paced import CUT, Paced, Step
from taps.reading import READERS, Reader, pieces

readers = pytest.mark.parametrize("read", READERS, ids=["sync", "async"])


def _recorded(path: Path) -> Response:
    (interaction,) = load(path).interactions
    return interaction.response


@readers
def test_first_pieces(read: Reader, lib: Any, server: Paced, tmp_path: Path) -> None:
    """While recording the application has each piece before the server sends the next one."""
    gates = [threading.Event(), threading.Event()]
    server.steps = [b"one", gates[0], b"two", gates[1], b"three"]
    waiting, got = iter(gates), list[bytes]()

    def each(piece: bytes) -> bool:
        got.append(piece)
        for gate in waiting:
            gate.set()
            break
        return True

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        read(lib, server.url, each)
    assert got == [b"one", b"two", b"three"]
    assert _recorded(tmp_path / "c.yaml").chunks == (b"one", b"two", b"three")


@readers
@pytest.mark.parametrize("suffix", ["yaml", "json", "vcr_json"])
def test_same_pieces(read: Reader, suffix: str, lib: Any, server: Paced, tmp_path: Path) -> None:
    """The replay gives the same pieces as the server did, binary ones too, and asks no server."""
    gate = threading.Event()
    server.steps = sent = [b"a\xff\x00", "\u00e9\u2028".encode()[:3], b"\n\n", b"data: x"]
    path = tmp_path / "c"
    with llmvcr.use_cassette(path, serializer=suffix):
        live = pieces(read, lib, server.url)
    server.steps = [b"something else", gate]
    with llmvcr.use_cassette(path, serializer=suffix, record_mode="none"):
        replayed = pieces(read, lib, server.url)
    assert live == replayed == (sent, "")
    assert len(server.bodies) == 1


@readers
def test_early_close(read: Reader, lib: Any, server: Paced, tmp_path: Path) -> None:
    """An application that stops early goes on at once, and what it has seen is recorded as closed."""
    never = threading.Event()
    server.steps = [b"one", b"two", never, b"three"]
    got: list[bytes] = []

    def each(piece: bytes) -> bool:
        got.append(piece)
        return b"two" not in b"".join(got)

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        read(lib, server.url, each)
    never.set()
    recorded = _recorded(tmp_path / "c.yaml")
    assert (recorded.body, recorded.ended) == (b"onetwo", "closed")
    assert recorded.chunks == tuple(got)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        replayed = pieces(read, lib, server.url)
    assert replayed == (got, "ReadError")  # whoever reads on asks for what was never recorded


@readers
def test_error_in_the_application(read: Reader, lib: Any, server: Paced, tmp_path: Path) -> None:
    """An error of the application between two pieces comes out unchanged, and what it has seen is recorded."""
    never = threading.Event()
    server.steps = [b"one", never]

    def each(piece: bytes) -> bool:
        raise RuntimeError(piece.decode())

    with pytest.raises(RuntimeError, match="one"), llmvcr.use_cassette(tmp_path / "c.yaml"):
        read(lib, server.url, each)
    never.set()
    recorded = _recorded(tmp_path / "c.yaml")
    assert (recorded.chunks, recorded.ended) == ((b"one",), "closed")


@readers
@pytest.mark.parametrize("suffix", ["yaml", "json", "vcr_json"])
def test_cut_stream(read: Reader, suffix: str, lib: Any, server: Paced, tmp_path: Path) -> None:
    """A stream that the server cuts gives the same pieces and the same class of error live and on replay."""
    server.steps = [b"one", b"two", CUT]
    path = tmp_path / "c"
    bare = pieces(read, lib, server.url)
    with llmvcr.use_cassette(path, serializer=suffix):
        live = pieces(read, lib, server.url)
    with llmvcr.use_cassette(path, serializer=suffix, record_mode="none"):
        replayed = pieces(read, lib, server.url)
    assert bare == live == replayed == ([b"one", b"two"], "RemoteProtocolError")


def test_read_timeout(lib: Any, server: Paced, tmp_path: Path) -> None:
    """A client's own timeout between two pieces is recorded as what it was, and replayed without the wait."""
    never = threading.Event()
    server.steps = [b"one", never]
    client = lib.Client(verify=False, trust_env=False, timeout=0.2)
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode), client.stream("GET", server.url) as answer:
            raw = answer.iter_raw()
            assert next(raw) == b"one"
            with pytest.raises(lib.ReadTimeout):
                next(raw)
    never.set()
    client.close()
    assert _recorded(tmp_path / "c.yaml").ended == "ReadTimeout"


@pytest.mark.parametrize("ending", [(), (b"data: [DONE]\n\n",)], ids=["open", "done"])
def test_done(ending: tuple[Step, ...], lib: Any, server: Paced, tmp_path: Path) -> None:
    """A stream that is closed after its [DONE], as SDKs do, counts as whole; without [DONE] it was closed early."""
    never = threading.Event()
    server.steps = [b"data: {}\n\n", *ending, never]
    with (
        llmvcr.use_cassette(tmp_path / "c.yaml"),
        lib.Client(verify=False) as client,
        client.stream("GET", server.url) as answer,
    ):
        raw = answer.iter_raw()
        for _ in (b"data", *ending):
            next(raw)
    never.set()
    assert _recorded(tmp_path / "c.yaml").ended == ("" if ending else "closed")


def test_left_open(lib: Any, server: Paced, tmp_path: Path) -> None:
    """A stream that is still open when the cassette closes is recorded as far as it was read."""
    never = threading.Event()
    server.steps = [b"one", never]
    client = lib.Client(verify=False)
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        answer = client.send(client.build_request("GET", server.url), stream=True)
        assert next(answer.iter_raw()) == b"one"
    recorded = _recorded(tmp_path / "c.yaml")
    never.set()
    answer.close()
    client.close()
    assert (recorded.chunks, recorded.ended) == ((b"one",), "closed")


def test_side_by_side(lib: Any, server: Paced, tmp_path: Path) -> None:
    """Two async streams of one cassette run side by side while they are recorded, each with its own pieces."""
    arrived = [threading.Event(), threading.Event()]
    server.steps = [b"one", arrived[0], arrived[1], b"two"]

    async def read(client: Any, number: int) -> list[bytes]:
        got = []
        async with client.stream("GET", server.url, params={"number": number}) as answer:
            async for piece in answer.aiter_raw():
                got.append(piece)
                arrived[number].set()  # the server goes on when both have their first piece
        return got

    async def both() -> list[list[bytes]]:
        async with lib.AsyncClient(verify=False) as client:
            return list(await asyncio.gather(read(client, 0), read(client, 1)))

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = asyncio.run(both())
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none") as cassette:
        replayed = asyncio.run(both())
    assert live == replayed == [[b"one", b"two"]] * 2
    assert cassette.play_count == 2


@readers
def test_compressed(read: Reader, lib: Any, server: Paced, tmp_path: Path) -> None:
    """A compressed answer is kept as it crossed the wire: the raw pieces are the same, and it still unpacks."""
    packed = gzip.compress(b'{"answer": 42}', mtime=0)
    server.steps, server.headers = [packed[:10], packed[10:]], [("Content-Encoding", "gzip")]
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        live = pieces(read, lib, server.url)
    with llmvcr.use_cassette(path, record_mode="none", allow_playback_repeats=True):
        replayed = pieces(read, lib, server.url)
        unpacked = lib.post(verify=False, url=server.url, content=b"q").json()
    assert live == replayed == ([packed[:10], packed[10:]], "")
    assert unpacked == {"answer": 42}


@readers
def test_empty_answer(read: Reader, lib: Any, server: Paced, tmp_path: Path) -> None:
    """An answer without a body is recorded and replayed as one."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = pieces(read, lib, server.url)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert pieces(read, lib, server.url) == live == ([], "")


def test_head(lib: Any, server: Paced, tmp_path: Path) -> None:
    """Status, reason and repeated headers are the same on replay, in their order and spelling."""
    server.status, server.steps = 418, [b"x"]
    server.headers = [("Set-Cookie", "a=1"), ("X-Between", "yes"), ("set-cookie", "b=2"), ("X-Latin", "caf\u00e9")]
    answers = []
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            answers.append(lib.get(verify=False, url=server.url))
    live, replayed = answers
    assert replayed.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert replayed.headers.multi_items() == live.headers.multi_items()
    for name in ("status_code", "reason_phrase", "http_version"):
        assert getattr(replayed, name) == getattr(live, name)
