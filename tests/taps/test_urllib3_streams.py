"""Streams of urllib3 and requests through the tap: nothing is held back, and the replay gives the same pieces."""

from __future__ import annotations

import gc
import gzip
import http.client
import itertools
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3

import llmvcr
from llmvcr.interaction import Response
from llmvcr.storage import load
from llmvcr.taps.urllib3.hearing import Chunked
from taps.paced import Paced
from taps.scripted import HANG_UP, RESET, Scripted, Step

Reader = Callable[[str], Iterator[bytes]]
"""Asks, and gives what the client library gives, as it gives it."""

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _iter_content(size: int | None) -> Reader:
    def read(url: str) -> Iterator[bytes]:
        with _session() as session, session.post(url, data=b"q", stream=True, timeout=30) as answer:
            yield from answer.iter_content(size)

    return read


def _iter_lines(url: str) -> Iterator[bytes]:
    with _session() as session, session.post(url, data=b"q", stream=True, timeout=30) as answer:
        yield from answer.iter_lines(chunk_size=1)


def _raw_stream(url: str) -> Iterator[bytes]:
    with _session() as session, session.post(url, data=b"q", stream=True, timeout=30) as answer:
        yield from answer.raw.stream()


def _through(method: str, *sizes: int) -> Reader:
    def read(url: str) -> Iterator[bytes]:
        with urllib3.PoolManager() as pool:
            answer = pool.request("POST", url, body=b"q", preload_content=False, timeout=30, retries=False)
            while piece := getattr(answer, method)(*sizes):
                yield piece
            answer.release_conn()

    return read


def _stream(url: str) -> Iterator[bytes]:
    with urllib3.PoolManager() as pool:
        answer = pool.request("POST", url, body=b"q", preload_content=False, timeout=30, retries=False)
        yield from answer.stream(None)


def _data(url: str) -> Iterator[bytes]:
    with urllib3.PoolManager() as pool:
        yield pool.request("POST", url, body=b"q", timeout=30, retries=False).data


_PIECEWISE: dict[str, Reader] = {
    "iter_content": _iter_content(None),
    "iter_content_1": _iter_content(1),
    "raw_stream": _raw_stream,
    "stream": _stream,
    "read1": _through("read1"),
}
_READERS = {
    **_PIECEWISE,
    "iter_content_512": _iter_content(512),
    "iter_lines": _iter_lines,
    "read": _through("read"),
    "read_4": _through("read", 4),
    "data": _data,
}

readers = pytest.mark.parametrize("read", _READERS.values(), ids=_READERS)
piecewise = pytest.mark.parametrize("read", _PIECEWISE.values(), ids=_PIECEWISE)


def _all(read: Reader, url: str) -> tuple[list[bytes], str]:
    got: list[bytes] = []
    try:
        for piece in read(url):
            got.append(piece)  # noqa: PERF402 - what came before an error counts
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        return got, type(error).__name__
    return got, ""


def _recorded(path: Path) -> Response:
    (interaction,) = load(path).interactions
    return interaction.response


@piecewise
def test_first_pieces(read: Reader, server: Paced, tmp_path: Path) -> None:
    """While recording the application has each piece before the server sends the next one."""
    gates = [threading.Event(), threading.Event()]
    server.steps = [b"one", gates[0], b"two", gates[1], b"three"]
    got = b""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        for piece in read(server.url):
            got += piece
            gates[0].set()
            if b"two" in got:
                gates[1].set()
    assert got == b"onetwothree"
    assert _recorded(tmp_path / "c.yaml").chunks == (b"one", b"two", b"three")


@readers
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_same_pieces(read: Reader, suffix: str, server: Paced, tmp_path: Path) -> None:
    """Live, while recording and on replay the application sees the same pieces, and the replay asks no server."""
    server.steps = [b"a\xff\x00", "\u00e9\u2028".encode()[:3], b"\n\n", b"data: x", b"y" * 2_000]
    path = tmp_path / f"c.{suffix}"
    bare = _all(read, server.url)
    with llmvcr.use_cassette(path, serializer=suffix):
        live = _all(read, server.url)
    with llmvcr.use_cassette(path, serializer=suffix, record_mode="none"):
        replayed = _all(read, server.url)
    assert bare == live == replayed
    assert len(server.bodies) == 2
    assert _recorded(path).chunks == tuple(server.steps)
    assert _recorded(path).ended == ""


def test_large_chunk(server: Paced, tmp_path: Path) -> None:
    """A chunk that is larger than any buffer on its way stays one."""
    server.steps = sent = [b"y" * 200_000, b"z"]
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.json", serializer="json", record_mode=mode):
            assert _all(_iter_content(None), server.url) == (sent, "")
    assert _recorded(tmp_path / "c.json").chunks == tuple(sent)


@readers
def test_measured_body(read: Reader, script: Scripted, tmp_path: Path) -> None:
    """A body of known length is the same in each way of reading it, too."""
    script.steps = [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"0123\n56789"]
    url = f"http://{script.host}/"
    bare = _all(read, url)
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = _all(read, url)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        replayed = _all(read, url)
    assert bare == live == replayed
    assert (_recorded(tmp_path / "c.yaml").body, _recorded(tmp_path / "c.yaml").ended) == (b"0123\n56789", "")


@readers
def test_body_to_the_end(read: Reader, script: Scripted, tmp_path: Path) -> None:
    """A body that ends with its connection, from a server of HTTP/1.0, is whole, and keeps its version."""
    script.steps = [b"HTTP/1.0 200 Fine\r\nX: y\r\n\r\n", b"01234", b"56789", HANG_UP]
    url = f"http://{script.host}/"
    bare = _all(read, url)
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = _all(read, url)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        replayed = _all(read, url)
    recorded = _recorded(tmp_path / "c.yaml")
    assert b"".join(bare[0]) == b"".join(live[0]) == b"".join(replayed[0]) == b"0123456789"
    assert (recorded.body, recorded.ended, recorded.reason) == (b"0123456789", "", "Fine")
    assert recorded.http_version == "HTTP/1.0"


def test_small_reads_of_a_measured_body(script: Scripted, tmp_path: Path) -> None:
    """What arrived at once is one chunk, also where the application takes it byte by byte."""
    gate = threading.Event()
    script.steps = [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"01234", gate, b"56789"]
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        for piece in _iter_content(1)(f"http://{script.host}/"):
            if piece == b"4":
                gate.set()
    assert _recorded(tmp_path / "c.yaml").chunks == (b"01234", b"56789")


def test_framing() -> None:
    """The framing of chunks comes off wherever the bytes are cut, and every byte of content is given once."""
    content, framed = [b"one", b"\r\n", b"0"], b"3;made=up\r\none\r\n2\r\n\r\n\r\n1\r\n0\r\n0\r\nX: y\r\n\r\n"
    for cut in range(len(framed) + 1):
        chunked, got = Chunked(), list[bytes]()
        for part in (framed[:cut], framed[cut:]):
            for piece, fresh in chunked.feed(part):
                got.append(piece if fresh else got.pop() + piece)
        assert (got, chunked.over, chunked.trailers) == (content, True, (("X", "y"),))


def test_trailers(script: Scripted, tmp_path: Path) -> None:
    """Header lines after the body are recorded, and the replay still ends."""
    script.steps = [_CHUNKED, b"3;made=up\r\none\r\n", b"0\r\nX-After: yes\r\n\r\n"]
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            assert _all(_stream, f"http://{script.host}/") == ([b"one"], "")
    assert _recorded(tmp_path / "c.yaml").trailers == (("X-After", "yes"),)


@piecewise
def test_early_close(read: Reader, server: Paced, tmp_path: Path) -> None:
    """An application that stops early goes on at once, and what it has seen is recorded as closed."""
    never = threading.Event()
    server.steps = [b"one", b"two", never, b"three"]
    got = b""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        reading = read(server.url)
        for piece in reading:
            got += piece
            if got == b"onetwo":
                break
        reading.close()  # type: ignore[attr-defined]
    never.set()
    recorded = _recorded(tmp_path / "c.yaml")
    assert (recorded.chunks, recorded.ended) == ((b"one", b"two"), "closed")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        again, error = _all(read, server.url)
    assert b"".join(again) == got
    assert error in ("ChunkedEncodingError", "ProtocolError")  # whoever reads on asks for what was never recorded


def test_close_within_a_chunk(server: Paced, tmp_path: Path) -> None:
    """Of a chunk that was read in part, the part is recorded."""
    server.steps = [b"one", b"two"]
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert list(itertools.islice(_iter_content(1)(server.url), 4)) == [b"o", b"n", b"e", b"t"]
        gc.collect()
    recorded = _recorded(tmp_path / "c.yaml")
    assert (recorded.chunks, recorded.ended) == ((b"one", b"t"), "closed")


def test_garbage(server: Paced, tmp_path: Path) -> None:
    """A response that nobody holds any more is recorded as closed, and its connection is given up."""
    never = threading.Event()
    server.steps = [b"one", never, b"two", b"three"]
    with llmvcr.use_cassette(tmp_path / "c.yaml"), urllib3.PoolManager() as pool:
        answer = pool.request("POST", server.url, body=b"q", preload_content=False)
        assert next(answer.stream(None)) == b"one"
        del answer
        gc.collect()
        never.set()
        assert server.gone.wait(5)
    assert (_recorded(tmp_path / "c.yaml").chunks, _recorded(tmp_path / "c.yaml").ended) == ((b"one",), "closed")


def test_left_open(server: Paced, tmp_path: Path) -> None:
    """A stream that is still open when the cassette closes is recorded as far as it was read, and goes on."""
    gate = threading.Event()
    server.steps = [b"one", gate, b"two"]
    with urllib3.PoolManager() as pool:
        with llmvcr.use_cassette(tmp_path / "c.yaml"):
            reading = pool.request("POST", server.url, body=b"q", preload_content=False).stream(None)
            assert next(reading) == b"one"
        gate.set()
        assert list(reading) == [b"two"]
    assert (_recorded(tmp_path / "c.yaml").chunks, _recorded(tmp_path / "c.yaml").ended) == ((b"one",), "closed")


def test_done(server: Paced, tmp_path: Path) -> None:
    """A stream that is closed after its [DONE], as SDKs do, counts as whole."""
    never = threading.Event()
    server.steps = [b"data: {}\n\n", b"data: [DONE]\n\n", never]
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert len(list(itertools.islice(_stream(server.url), 2))) == 2
        gc.collect()
    never.set()
    assert _recorded(tmp_path / "c.yaml").ended == ""


@readers
@pytest.mark.parametrize(
    "steps",
    [
        [_CHUNKED, b"3\r\none\r\n", b"3\r\ntwo\r\n", HANG_UP],
        [_CHUNKED, b"3\r\none\r\n", b"9\r\ntwo", HANG_UP],
        [_CHUNKED, b"3\r\none\r\n", b"nothing hexadecimal\r\n", HANG_UP],
        [_CHUNKED, b"3\r\none\r\n", RESET],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"01234", HANG_UP],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"01234", RESET],
        [b"HTTP/1.1 200 OK\r\n\r\n", b"01234", RESET],
    ],
    ids=["between", "within", "malformed", "reset", "short", "short_reset", "unmeasured_reset"],
)
def test_bad_ends(read: Reader, steps: list[Step], script: Scripted, tmp_path: Path) -> None:
    """A stream that is cut gives the same pieces and the same class of error live, while recording and on replay."""
    calm = threading.Event()  # so that a reset does not overtake what was sent before it
    script.steps = [each for step in steps for each in ((calm, step) if step is RESET else (step,))]
    threading.Timer(0.05, calm.set).start()
    url = f"http://{script.host}/"
    bare = _all(read, url)
    with llmvcr.use_cassette(tmp_path / "c.json", serializer="json"):
        live = _all(read, url)
    with llmvcr.use_cassette(tmp_path / "c.json", serializer="json", record_mode="none"):
        replayed = _all(read, url)
    assert bare[1] == live[1] == replayed[1]
    assert _recorded(tmp_path / "c.json").ended
    assert live == replayed
    assert len(script.bodies) == 2


@readers
def test_read_timeout(read: Reader, server: Paced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client's own timeout between two pieces is recorded as what it was, and replayed without the wait."""
    never = threading.Event()
    server.steps = [b"one\n", never]
    for owner, name in ((requests.Session, "post"), (urllib3.PoolManager, "request")):
        plain: Any = getattr(owner, name)
        monkeypatch.setattr(
            owner, name, lambda *args, plain=plain, **options: plain(*args, **{**options, "timeout": 0.3})
        )
    seen = []
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            seen.append(_all(read, server.url))
    never.set()
    live, replayed = seen
    assert live == replayed
    assert live[1] in ("ConnectionError", "ReadTimeoutError")
    assert (_recorded(tmp_path / "c.yaml").chunks, _recorded(tmp_path / "c.yaml").ended) == (
        (b"one\n",),
        "ReadTimeoutError",
    )


@pytest.mark.parametrize("decode", [True, False])
def test_compressed(server: Paced, tmp_path: Path, *, decode: bool) -> None:
    """A compressed answer is kept as it crossed the wire: the raw pieces are the same, and it still unpacks."""
    packed = gzip.compress(b'{"answer": 42}', mtime=0)
    server.steps, server.headers = [packed[:10], packed[10:]], [("Content-Encoding", "gzip")]
    seen = []
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode), urllib3.PoolManager() as pool:
            answer = pool.request("POST", server.url, body=b"q", preload_content=False)
            seen.append(list(answer.stream(None, decode_content=decode)))
    assert seen[0] == seen[1]
    assert b"".join(seen[0]) == (b'{"answer": 42}' if decode else packed)
    assert _recorded(tmp_path / "c.yaml").chunks == (packed[:10], packed[10:])


def test_empty_answer(server: Paced, tmp_path: Path) -> None:
    """An answer without a body is recorded and replayed as one."""
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            assert _all(_stream, server.url) == ([], "")
    assert _recorded(tmp_path / "c.yaml").chunks == ()


@pytest.mark.parametrize(
    ("method", "head"),
    [("HEAD", b"200 OK\r\nContent-Length: 5"), ("GET", b"204 Nothing"), ("GET", b"304 Same\r\nContent-Length: 5")],
    ids=["head", "204", "304"],
)
def test_no_body(method: str, head: bytes, script: Scripted, tmp_path: Path) -> None:
    """An answer that has no body whatever its head says is over with its head, and whole."""
    script.steps = [b"HTTP/1.1 " + head + b"\r\n\r\n"]
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode), urllib3.PoolManager() as pool:
            answer = pool.request(method, f"http://{script.host}/", preload_content=False)
            assert answer.read() == b""
    assert (_recorded(tmp_path / "c.yaml").ended, _recorded(tmp_path / "c.yaml").chunks) == ("", ())


def test_edited_body(script: Scripted, tmp_path: Path) -> None:
    """A cassette whose body a person has changed replays with the length that it has now."""
    script.steps = [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"short"]
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        assert _all(_data, f"http://{script.host}/") == ([b"short"], "")
    path.write_text(path.read_text().replace("string: short", "string: much longer"))
    with llmvcr.use_cassette(path, record_mode="none"):
        assert _all(_data, f"http://{script.host}/") == ([b"much longer"], "")


def test_paced(server: Paced, tmp_path: Path) -> None:
    """A replay at the recorded pace takes its time between pieces, and honours the client's read timeout."""
    gate = threading.Event()
    server.steps = [b"one", gate, b"two"]
    threading.Timer(0.4, gate.set).start()
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert _all(_stream, server.url) == ([b"one", b"two"], "")
    times = _recorded(tmp_path / "c.yaml").times
    assert times[2] - times[1] >= 300
    with (
        llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_timing="recorded"),
        urllib3.PoolManager() as pool,
    ):
        reading = pool.request("POST", server.url, body=b"q", preload_content=False, timeout=0.1).stream(None)
        assert next(reading) == b"one"
        with pytest.raises(urllib3.exceptions.ReadTimeoutError):
            next(reading)


def test_http_client(server: Paced, tmp_path: Path) -> None:
    """Who uses http.client without urllib3 is recorded and replayed by vcrpy's own stub, once."""
    server.steps = [b"answer"]
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode) as cassette:
            with urllib.request.urlopen(server.url) as answer:  # noqa: S310 - http, on loopback
                assert answer.read() == b"answer"
            connection = http.client.HTTPConnection(server.url.split("/")[2])
            connection.request("POST", "/", body=b"q")
            assert connection.getresponse().read() == b"answer"
            connection.close()
    assert (len(cassette), len(server.bodies)) == (2, 2)
