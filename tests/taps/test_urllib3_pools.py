"""What happens around an attempt: pools, retries, redirects, cookies, threads, other recorders."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests
import urllib3
import vcr
from requests.adapters import HTTPAdapter

import llmvcr
from llmvcr.storage import load
from taps.paced import Paced
from taps.scripted import HANG_UP, Scripted

_EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def _attributes() -> list[Any]:
    owners = (urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool)
    names = ("_make_request", "_prepare_proxy", "ConnectionCls", "_get_conn", "_new_conn")
    return [vars(owner).get(name) for owner in owners for name in names]


def _modes(path: Path) -> Any:
    """Open the cassette twice: to record, and to replay."""
    for mode in ("once", "none"):
        with llmvcr.use_cassette(path, record_mode=mode) as cassette:
            yield cassette


def test_keep_alive(script: Scripted, tmp_path: Path) -> None:
    """A connection is reused while recording as it is without us; a replay makes none, and leaves none behind."""
    script.steps = [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"one"]
    for _ in _modes(tmp_path / "c.yaml"):
        with urllib3.PoolManager() as pool:
            for number in range(3):
                assert pool.request("GET", f"http://{script.host}/{number}").data == b"one"
            (host,) = (pool.pools[key] for key in pool.pools.keys())  # noqa: SIM118 - no dict
            assert (host.num_connections, host.num_requests) == (1, 3)
    assert script.connections == 1


def test_live_connection_beside_a_replay(script: Scripted, tmp_path: Path) -> None:
    """One pool may replay one call and make the next one for real, on the connection that it has."""
    script.steps = [_EMPTY]
    with urllib3.PoolManager() as pool:
        for number, mode in enumerate(("once", "new_episodes", "new_episodes")):
            with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
                for path in range(number + 1):
                    assert pool.request("GET", f"http://{script.host}/{path}").status == 200
    assert (len(script.bodies), script.connections) == (3, 1)
    assert len(load(tmp_path / "c.yaml").interactions) == 3


def test_released_by_hand(script: Scripted, tmp_path: Path) -> None:
    """A response that is not preloaded gives its connection back when it is read, closed, or released by hand."""
    script.steps = [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"one"]
    for _ in _modes(tmp_path / "c.yaml"):
        with urllib3.HTTPConnectionPool(script.host.split(":")[0], int(script.host.split(":")[1])) as pool:
            answer: Any = pool.request("GET", "/", preload_content=False)
            assert (answer.isclosed(), answer.connection is not None) == (False, True)
            assert answer.read() == b"one"
            assert (answer.isclosed(), answer.connection) == (True, None)
            answer.release_conn()
            closed: Any = pool.request("GET", "/", preload_content=False)
            closed.close()
            assert closed.isclosed()
            drained: Any = pool.request("GET", "/", preload_content=False)
            drained.drain_conn()
            assert (drained.isclosed(), drained.read()) == (True, b"")


def test_small_blocking_pool(server: Paced, tmp_path: Path) -> None:
    """A pool that never has more than one connection does not run out of it."""
    server.steps = [b"one"]
    for _ in _modes(tmp_path / "c.yaml"):
        with urllib3.PoolManager(maxsize=1, block=True) as pool:
            for number in range(3):
                answer = pool.request("GET", f"{server.url}{number}", preload_content=False, pool_timeout=5)
                assert list(answer.stream()) == [b"one"]


def test_head(server: Paced, tmp_path: Path) -> None:
    """Status, reason, version and repeated headers are the same on replay, in their order and spelling."""
    server.status, server.steps = 418, [b"x"]
    server.headers = [("Set-Cookie", "a=1"), ("X-Between", "yes"), ("set-cookie", "b=2"), ("X-Latin", "caf\u00e9")]
    live, replayed = (urllib3.request("GET", server.url) for _ in _modes(tmp_path / "c.yaml"))
    assert list(replayed.headers.items()) == list(live.headers.items())
    assert replayed.headers.getlist("set-cookie") == ["a=1", "b=2"]
    for name in ("status", "reason", "version", "version_string", "url"):
        assert getattr(replayed, name) == getattr(live, name)


def test_requests_response(server: Paced, tmp_path: Path) -> None:
    """What requests tells of a response is the same on replay: cookies, encoding, errors of its status."""
    server.status, server.steps = 503, [b'{"a": 1}']
    server.headers = [("Set-Cookie", "a=1; Path=/"), ("Content-Type", "application/json; charset=latin-1")]
    for _ in _modes(tmp_path / "c.yaml"):
        with requests.Session() as session:
            answer = session.get(server.url, timeout=30)
            assert session.cookies.get_dict() == answer.cookies.get_dict() == {"a": "1"}
            assert (answer.json(), answer.encoding, answer.reason) == ({"a": 1}, "latin-1", "Service Unavailable")
            with pytest.raises(requests.HTTPError, match="503"):
                answer.raise_for_status()


@pytest.mark.parametrize("through", ["requests", "urllib3"])
def test_redirects(through: str, server: Paced, tmp_path: Path) -> None:
    """Each step of a redirect is one interaction, and the replay follows the same way."""
    server.status, server.headers = 302, [("Location", "?again")]
    for cassette in _modes(tmp_path / "c.yaml"):
        with requests.Session() as session, urllib3.PoolManager() as pool:
            session.max_redirects = 2
            if through == "requests":
                with pytest.raises(requests.TooManyRedirects):
                    session.get(server.url, timeout=30)
            else:
                with pytest.raises(urllib3.exceptions.MaxRetryError):
                    pool.request("GET", server.url, retries=urllib3.Retry(redirect=2))
        assert (len(cassette), len(server.bodies)) == (3, 3)


@pytest.mark.parametrize("status", [503, 429])
def test_retries(status: int, script: Scripted, tmp_path: Path) -> None:
    """An answer that is asked for again is recorded once for each time, and the replay asks again as often."""
    gate = threading.Event()
    script.steps = [f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()]
    retry = urllib3.Retry(3, status_forcelist=[503, 429], allowed_methods=None, raise_on_status=False)
    for cassette in _modes(tmp_path / "c.yaml"):
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=retry))
            assert session.post(f"http://{script.host}/", data=io.BytesIO(b"one"), timeout=30).status_code == status
        assert (len(cassette), len(script.bodies)) == (4, 4)
    gate.set()
    assert script.bodies == [b"one"] * 4


def test_failed_attempts(script: Scripted, tmp_path: Path) -> None:
    """Attempts that fail before an answer comes are recorded each by itself, and then the answer."""
    script.steps = [HANG_UP]
    retries = urllib3.Retry(3, allowed_methods=None)

    class Third:
        """Lets the third attempt succeed."""

        def __iter__(self) -> Any:
            return iter([HANG_UP] if len(script.bodies) < 3 else [_EMPTY])

    script.steps = Third()  # type: ignore[assignment]
    for cassette in _modes(tmp_path / "c.json"):
        with urllib3.PoolManager() as pool:
            answer = pool.request("POST", f"http://{script.host}/", body=b"q", retries=retries)
            assert (answer.status, len(answer.retries.history)) == (200, 2)  # type: ignore[union-attr]
        assert (len(cassette), len(script.bodies)) == (3, 3)
    statuses = [one.response.status for one in load(tmp_path / "c.json").interactions]
    assert statuses == [599, 599, 200]


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (b"echo ", body):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")


def _through_session(url: str) -> Callable[[int], bytes]:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=8))
    return lambda number: bytes(session.post(url, data=f"q{number}", timeout=30).content)


def _through_pool(url: str) -> Callable[[int], bytes]:
    pool = urllib3.PoolManager(maxsize=8)

    def ask(number: int) -> bytes:
        return b"".join(pool.request("POST", url, body=f"q{number}", preload_content=False).stream(None))

    return ask


@pytest.mark.parametrize("connect", [_through_session, _through_pool], ids=["requests", "urllib3"])
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_threads(connect: Callable[[str], Callable[[int], bytes]], suffix: str, tmp_path: Path) -> None:
    """320 calls from 8 threads on one cassette: all recorded, none twice, none wrong, and all found again."""
    path, numbers = tmp_path / f"c.{suffix}", range(320)
    right = [b"echo q%d" % number for number in numbers]
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as echo, ThreadPoolExecutor(8) as threads:
        threading.Thread(target=echo.serve_forever, kwargs={"poll_interval": 0.01}).start()
        ask = connect(f"http://127.0.0.1:{echo.server_port}/")
        with llmvcr.use_cassette(path, serializer=suffix):
            assert list(threads.map(ask, numbers)) == right
        echo.shutdown()
        with llmvcr.use_cassette(path, serializer=suffix, record_mode="none") as cassette:
            assert list(threads.map(ask, numbers)) == right
    recorded = load(path).interactions
    assert Counter(one.request.body for one in recorded) == Counter(b"q%d" % number for number in numbers)
    assert all(one.response.body == b"echo " + (one.request.body or b"") for one in recorded)
    assert (len(recorded), cassette.play_count) == (320, 320)


def test_pools_are_restored(server: Paced, tmp_path: Path) -> None:
    """Cassettes one after the other leave the pools as they were, also when the test between them fails."""
    before = _attributes()
    for number in range(2):
        with llmvcr.use_cassette(tmp_path / f"{number}.yaml"):
            assert _attributes() != before
            requests.get(server.url, timeout=30)
        assert _attributes() == before
    with pytest.raises(ZeroDivisionError), llmvcr.use_cassette(tmp_path / "3.yaml"):
        1 / 0  # noqa: B018 - the error is the point
    assert _attributes() == before


def test_innermost_hears(server: Paced, tmp_path: Path) -> None:
    """Of two open cassettes the inner one hears a call, once; after it the outer one hears again."""
    with requests.Session() as session, llmvcr.use_cassette(tmp_path / "outer.yaml") as outer:
        session.get(server.url + "1", timeout=30)
        with llmvcr.use_cassette(tmp_path / "inner.yaml") as inner:
            session.get(server.url + "2", timeout=30)
        session.get(server.url + "3", timeout=30)
    assert [request.path for request in outer.requests] == ["/1", "/3"]
    assert [request.path for request in inner.requests] == ["/2"]


@pytest.mark.parametrize("ours_inside", [True, False])
@pytest.mark.parametrize("fresh", [True, False])
def test_beside_vcrpy(server: Paced, tmp_path: Path, *, ours_inside: bool, fresh: bool) -> None:
    """A plain cassette of vcrpy's over ours, or under it, does not hear what the inner one hears."""
    ours, plain = llmvcr.use_cassette(tmp_path / "ours.yaml"), vcr.use_cassette(str(tmp_path / "plain.yaml"))
    with requests.Session() as session:
        if not fresh:
            session.get(server.url, timeout=30)
        with plain if ours_inside else ours as outer, ours if ours_inside else plain as inner:
            session.get(server.url, timeout=30)
        session.get(server.url, timeout=30)
    assert (len(outer), len(inner)) == (0, 1)
    assert len(server.bodies) == (2 if fresh else 3)


def test_patched_pool(server: Paced, tmp_path: Path) -> None:
    """Somebody else's patch on a pool is called in place of the real method."""
    real, seen = urllib3.HTTPConnectionPool._make_request, []  # noqa: SLF001 - what others patch

    def handle(pool: Any, *args: Any, **options: Any) -> Any:
        seen.append(args[1:3])
        return real(pool, *args, **options)

    server.steps = [b"x"]
    with (
        mock.patch.object(urllib3.HTTPConnectionPool, "_make_request", handle),
        llmvcr.use_cassette(tmp_path / "c") as c,
    ):
        assert urllib3.request("GET", server.url).data == b"x"
    assert (seen, len(c)) == ([("GET", "/")], 1)


def test_own_connection(server: Paced, tmp_path: Path) -> None:
    """A connection that makes its responses by itself, as urllib3's HTTP/2 does, is heard once it has answered."""

    class Connection(urllib3.connection.HTTPConnection):
        def connect(self) -> None:
            raise AssertionError("asked on replay")

        def request(self, *args: Any, **options: Any) -> None:
            """Send nothing."""

        def getresponse(self) -> Any:
            headers = {"X-Made-Up": "yes"}
            return urllib3.HTTPResponse(b"answer", headers, 200, 20, "HTTP/2", "OK", request_url=server.url)

    for _ in _modes(tmp_path / "c.yaml"):
        with urllib3.PoolManager() as pool:
            pool.pool_classes_by_scheme = {
                "http": type("P", (urllib3.HTTPConnectionPool,), {"ConnectionCls": Connection})
            }
            answer = pool.request("GET", server.url)
            assert (answer.data, answer.headers["X-Made-Up"]) == (b"answer", "yes")
    (recorded,) = load(tmp_path / "c.yaml").interactions
    assert (recorded.response.body, recorded.response.http_version, recorded.response.ended) == (
        b"answer",
        "HTTP/2",
        "",
    )


@pytest.mark.parametrize("name", ["urllib3", "requests", "boto3"])
def test_skipped(name: str, server: Paced, tmp_path: Path) -> None:
    """A library that `skip_patchers` names is not tapped."""
    with llmvcr.use_cassette(tmp_path / "c.yaml", skip_patchers=(name,)):
        assert not hasattr(urllib3.HTTPConnectionPool._make_request, "line")  # noqa: SLF001 - what the tap patches
    with llmvcr.use_cassette(tmp_path / "c.yaml", skip_patchers=("urllib3", "requests")) as cassette:
        requests.get(server.url, timeout=30)
    assert len(cassette) == 0


def test_ignored_host(server: Paced, tmp_path: Path) -> None:
    """Traffic that the cassette is told to leave alone passes, and is not recorded."""
    server.steps = [b"one"]
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", ignore_localhost=True) as cassette:
        assert requests.post(server.url, data=iter([b"a", b"b"]), timeout=30).content == b"one"
    assert (len(cassette), server.bodies) == (0, [b"ab"])


def test_miss(server: Paced, tmp_path: Path) -> None:
    """What is not recorded raises the miss itself, once, through all that retries."""
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"), requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=3))
        with pytest.raises(llmvcr.Miss):
            session.post(server.url, data=b"q", timeout=30)
    assert server.bodies == []
