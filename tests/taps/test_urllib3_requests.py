"""Requests through the tap of urllib3: what the server gets and what is recorded are the same bytes."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3

import llmvcr
from llmvcr.interaction import Request, header
from llmvcr.storage import load
from llmvcr.taps import Call, Recorder
from llmvcr.taps.urllib3.pools import patches
from taps.paced import Paced
from taps.scripted import HANG_UP, Scripted


def _parts() -> Iterator[bytes]:
    yield b"one "
    yield b"\xfftwo"


def _texts() -> Iterator[str]:
    yield "on\u00e9 "
    yield "two"


class _Reader:
    """A file that can only be read, and only once."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1) -> bytes:
        piece, self._data = (self._data, b"") if size < 0 else (self._data[:size], self._data[size:])
        return piece


_BODIES: dict[str, tuple[Callable[[], Any], bytes]] = {
    "bytes": (lambda: b"one \xfftwo", b"one \xfftwo"),
    "str": (lambda: "on\u00e9", "on\u00e9".encode()),
    "bytearray": (lambda: bytearray(b"one"), b"one"),
    "file": (lambda: io.BytesIO(b"one"), b"one"),
    "large_file": (lambda: io.BytesIO(b"y" * 50_000), b"y" * 50_000),
    "text_file": (lambda: io.StringIO("on\u00e9"), "on\u00e9".encode()),
    "reader": (lambda: _Reader(b"y" * 50_000), b"y" * 50_000),
    "generator": (_parts, b"one \xfftwo"),
    "text_generator": (_texts, "on\u00e9 two".encode()),
    "list": (lambda: [b"one ", b"two"], b"one two"),
    "empty": (lambda: b"", b""),
}

bodies = pytest.mark.parametrize(("make", "sent"), _BODIES.values(), ids=_BODIES)


def _recorded(path: Path) -> Request:
    (interaction,) = load(path).interactions
    return interaction.request


@bodies
def test_bodies(make: Callable[[], Any], sent: bytes, server: Paced, tmp_path: Path) -> None:
    """A body of any kind reaches the server and the file once and unharmed, and finds its answer again."""
    server.steps = [b"answer"]
    match_on = ["method", "uri", "raw_body"]
    for mode in ("once", "none"):
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode, match_on=match_on),
            urllib3.PoolManager() as pool,
        ):
            assert pool.request("POST", server.url, body=make()).data == b"answer"
    assert server.bodies == [sent]
    assert _recorded(tmp_path / "c.yaml").body == sent


@bodies
def test_same_request_as_without_us(make: Callable[[], Any], sent: bytes, script: Scripted, tmp_path: Path) -> None:
    """The head that the server gets is the same as without a cassette, and it is the head that is recorded."""
    del sent
    script.steps = [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", HANG_UP]
    with urllib3.PoolManager(headers={"X-Made-Up": "caf\u00e9"}) as pool:
        pool.request("POST", f"http://{script.host}/?a=%20b", body=make(), headers={"Expect-Nothing": "1"})
        with llmvcr.use_cassette(tmp_path / "c.yaml"):
            pool.request("POST", f"http://{script.host}/?a=%20b", body=make(), headers={"Expect-Nothing": "1"})
    bare, live = script.heads
    assert bare == live
    recorded = _recorded(tmp_path / "c.yaml")
    lines = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in recorded.headers)
    assert live == b"POST /?a=%20b HTTP/1.1\r\n" + lines + b"\r\n"


@pytest.mark.parametrize("data", [b"one", "on\u00e9", {"a": "1"}, [("a", "1")]], ids=["bytes", "str", "form", "pairs"])
def test_requests_data(data: Any, server: Paced, tmp_path: Path) -> None:
    """What requests makes of its `data` is sent and recorded."""
    server.steps = [b"answer"]
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            assert requests.post(server.url, data=data, timeout=30).content == b"answer"
    assert server.bodies == [_recorded(tmp_path / "c.yaml").body]


def test_requests_generator(server: Paced, tmp_path: Path) -> None:
    """A generator that requests uploads in chunks is sent once, and recorded without the framing of the chunks."""
    server.steps = [b"answer"]
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            assert requests.post(server.url, data=_parts(), timeout=30).content == b"answer"
    assert server.bodies == [b"one \xfftwo"]
    assert _recorded(tmp_path / "c.yaml").body == b"one \xfftwo"


def test_requests_files(server: Paced, tmp_path: Path) -> None:
    """A file that requests uploads as multipart reaches the server and the file whole, and is found again."""
    server.steps = [b"answer"]
    sound = bytes(range(256))
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            files = {"file": ("a.wav", io.BytesIO(sound), "audio/wav")}
            assert requests.post(server.url + "v1/audio/transcriptions", files=files, timeout=30).content == b"answer"
    assert server.bodies == [_recorded(tmp_path / "c.yaml").body]
    assert sound in server.bodies[0]


def test_requests_file_object(server: Paced, tmp_path: Path) -> None:
    """A file that requests streams is sent with its length, and left where it is without us: at its end."""
    server.steps = [b"answer"]
    file = io.BytesIO(b"y" * 50_000)
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        requests.post(server.url, data=file, timeout=30)
    recorded = _recorded(tmp_path / "c.yaml")
    assert (recorded.body, file.tell()) == (b"y" * 50_000, 50_000)
    assert header(recorded.headers, "content-length") == "50000"


def test_failing_generator(server: Paced, tmp_path: Path) -> None:
    """An error in the application's own generator comes out unchanged, and nothing is recorded."""

    def parts() -> Iterator[bytes]:
        yield b"one"
        raise RuntimeError("made up")

    with (
        pytest.raises(RuntimeError, match="made up"),
        llmvcr.use_cassette(tmp_path / "c.yaml") as cassette,
        urllib3.PoolManager() as pool,
    ):
        pool.request("POST", server.url, body=parts())
    assert len(cassette) == 0


def test_no_body(server: Paced, tmp_path: Path) -> None:
    """A request without a body is recorded without one."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        requests.get(server.url, timeout=30)
    assert not _recorded(tmp_path / "c.yaml").body


def test_url(server: Paced, tmp_path: Path) -> None:
    """The URL is recorded with its port and its query as it was sent, without the fragment."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        sent = requests.get(server.url, params={"q": "a b/\u00e9"}, timeout=30)
    assert _recorded(tmp_path / "c.yaml").url == sent.request.url
    assert str(sent.request.url).endswith("?q=a+b%2F%C3%A9")


class _Asked(Recorder):
    """A recorder that takes down what it is asked, and lets nothing pass."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.headers: list[dict[str, str]] = []

    def call(self, request: Request) -> Call:
        self.urls.append(request.url)
        self.headers.append(dict(request.headers))
        raise LookupError("asked")

    def dial(self, request: Request) -> Any:
        raise LookupError(request.url)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> _Asked:
    """The tap, with a recorder that lets nothing pass."""
    recorder = _Asked()
    for owner, name, stand_in in patches(recorder):
        if stand_in is not None:
            monkeypatch.setattr(owner, name, stand_in)
    return recorder


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ("https://api.made-up.invalid/v1/a%20b?c=d#e", "https://api.made-up.invalid/v1/a%20b?c=d"),
        ("https://api.made-up.invalid:443/", "https://api.made-up.invalid/"),
        ("http://api.made-up.invalid:80", "http://api.made-up.invalid/"),
        ("http://api.made-up.invalid:443/", "http://api.made-up.invalid:443/"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://[::1]/a", "http://[::1]/a"),
        (
            "http://API.made-up.invalid/A?b=http://other.invalid/",
            "http://api.made-up.invalid/A?b=http://other.invalid/",
        ),
    ],
)
@pytest.mark.parametrize("proxy", [None, "http://user:made-up@127.0.0.1:1", "https://127.0.0.1:1"])
def test_urls(given: str, recorded: str, proxy: str | None, asked: _Asked) -> None:
    """The URL is the real one, without a default port; through a proxy it is the target's, without the password."""
    headers = urllib3.make_headers(proxy_basic_auth="user:made-up")
    pool = urllib3.ProxyManager(proxy, proxy_headers=headers) if proxy else urllib3.PoolManager()
    with pool, pytest.raises(LookupError, match="asked"):
        pool.request("GET", given, retries=False)
    assert asked.urls == [recorded]
    assert "proxy-authorization" not in {name.lower() for name in asked.headers[0]}


def test_unix_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool of connections to a socket of this machine, as those of docker, is left alone."""
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("made-up.sock")
    listener.listen()

    def serve() -> None:
        sock, _ = listener.accept()
        with sock:
            sock.recv(10_000)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    class UnixHTTPConnection(urllib3.connection.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect("made-up.sock")

    class UnixHTTPConnectionPool(urllib3.HTTPConnectionPool):
        ConnectionCls = UnixHTTPConnection

    thread = threading.Thread(target=serve)
    thread.start()
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none") as cassette, UnixHTTPConnectionPool("x") as pool:
        assert pool.request("GET", "/").data == b"ok"
    thread.join()
    listener.close()
    assert len(cassette) == 0
