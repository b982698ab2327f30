"""What fails in urllib3, requests and boto3 is recorded, and fails on replay as it did live: same class, same place."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
import requests
import trustme
import urllib3

import llmvcr
from llmvcr.interaction import Response
from llmvcr.storage import load
from taps.bedrock import bedrock
from taps.scripted import HANG_UP, RESET, Scripted, Step, scripted

Ask = Callable[..., object]


def _urllib3(url: str, *, retries: Any = False, proxy: str | None = None, ca: str | None = None) -> object:
    timeout = urllib3.Timeout(connect=0.3, read=0.3)
    options: dict[str, Any] = {"retries": retries, "timeout": timeout, "ca_certs": ca}
    with urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options) as pool:
        return pool.request("POST", url, body=b"q").data


def _retrying(url: str, **options: Any) -> object:
    return _urllib3(url, retries=urllib3.Retry(1, allowed_methods=None), **options)


def _requests(url: str, *, proxy: str | None = None, ca: str | None = None) -> object:
    with requests.Session() as session:
        session.trust_env = False
        proxies = {"http": proxy, "https": proxy} if proxy else {}
        return session.post(url, data=b"q", timeout=0.3, proxies=proxies, verify=ca or True).content


def _boto3(url: str, *, proxy: str | None = None, ca: str | None = None) -> object:
    proxies = {"http": proxy, "https": proxy} if proxy else None
    with closing(bedrock(url, proxies=proxies, verify=ca or True, connect_timeout=0.3, read_timeout=0.3)) as client:
        return client.converse(modelId="made-up", messages=[])


askers = pytest.mark.parametrize("ask", [_urllib3, _retrying, _requests, _boto3], ids=lambda ask: ask.__name__[1:])

_ERRORS = (urllib3.exceptions.HTTPError, requests.RequestException, botocore.exceptions.BotoCoreError)


def _failing(ask: Ask, *args: Any, **options: Any) -> list[type]:
    """Return the class of what is raised, and those of what it says it was caused by."""
    with pytest.raises(_ERRORS) as caught:
        ask(*args, **options)
    found: list[type] = []
    error: Any = caught.value
    while isinstance(error, BaseException):
        found.append(type(error))
        inner = getattr(error, "reason", None) or getattr(error, "kwargs", {}).get("error")
        error = inner or next((each for each in error.args if isinstance(each, BaseException)), None)
    return found


def _thrice(ask: Ask, path: Path, *args: Any, **options: Any) -> list[Response]:
    """Fail without us, while recording and on replay, each time alike; return what is recorded."""
    bare = _failing(ask, *args, **options)
    with llmvcr.use_cassette(path, serializer="json"):
        live = _failing(ask, *args, **options)
    with llmvcr.use_cassette(path, serializer="json", record_mode="none") as cassette:
        replayed = _failing(ask, *args, **options)
    assert bare == live == replayed
    recorded = [one.response for one in load(path).interactions]
    assert len(recorded) == cassette.play_count == (2 if ask is _retrying else 1)
    return recorded


@askers
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_refused(ask: Ask, scheme: str, tmp_path: Path) -> None:
    """A connection that is refused."""
    recorded = _thrice(ask, tmp_path / "c.json", f"{scheme}://127.0.0.1:1/")
    assert {one.ended for one in recorded} == {"NewConnectionError"}
    assert all(one.failed and one.error.endswith("Connection refused") for one in recorded)


@askers
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_unknown_host(ask: Ask, scheme: str, tmp_path: Path) -> None:
    """A host that no name server knows."""
    (recorded, *_) = _thrice(ask, tmp_path / "c.json", f"{scheme}://made-up.invalid/")
    assert (recorded.failed, recorded.ended) == (True, "NameResolutionError")
    assert "made-up.invalid" in recorded.error


@pytest.fixture
def full() -> Iterator[str]:
    """A server that takes no connection, and refuses none."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@askers
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_connect_timeout(ask: Ask, scheme: str, full: str, tmp_path: Path) -> None:
    """A connection that is not made within the client's own time."""
    (recorded, *_) = _thrice(ask, tmp_path / "c.json", f"{scheme}://{full}/")
    assert (recorded.failed, recorded.ended) == (True, "ConnectTimeoutError")
    assert "0x" not in recorded.error  # no address in memory


@askers
def test_tls(ask: Ask, script: Scripted, tmp_path: Path) -> None:
    """A server that does not speak TLS."""
    script.greeting = b"This is no TLS.\r\n"
    (recorded, *_) = _thrice(ask, tmp_path / "c.json", f"https://{script.host}/")
    assert (recorded.failed, recorded.ended) == (True, "SSLError")


@pytest.fixture
def authority() -> trustme.CA:
    """A made-up certificate authority."""
    return trustme.CA()


@contextmanager
def _secure(authority: trustme.CA, name: str = "127.0.0.1") -> Iterator[Scripted]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with scripted(context) as running:
        yield running


@askers
def test_unknown_authority(ask: Ask, authority: trustme.CA, tmp_path: Path) -> None:
    """A certificate that nobody vouches for."""
    with _secure(authority) as server:
        (recorded, *_) = _thrice(ask, tmp_path / "c.json", f"https://{server.host}/")
    assert recorded.ended == "SSLError"
    assert "CERTIFICATE_VERIFY_FAILED" in recorded.error


@askers
def test_wrong_host(ask: Ask, authority: trustme.CA, tmp_path: Path) -> None:
    """A certificate for somebody else."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with _secure(authority, "other.invalid") as server:
        _thrice(ask, tmp_path / "c.json", f"https://{server.host}/", ca=str(tmp_path / "ca.pem"))


@askers
@pytest.mark.parametrize(
    "steps",
    [[HANG_UP], [RESET], [b"no HTTP\r\n\r\n", HANG_UP]],
    ids=["hang_up", "reset", "no_http"],
)
def test_no_answer(ask: Ask, steps: list[Step], script: Scripted, tmp_path: Path) -> None:
    """A server that takes the request, and gives no answer to it."""
    script.steps = steps
    recorded = _thrice(ask, tmp_path / "c.json", f"http://{script.host}/")
    assert len(script.bodies) == 2 * len(recorded)


@askers
def test_read_timeout(ask: Ask, script: Scripted, tmp_path: Path) -> None:
    """An answer that does not come within the client's own time."""
    never = threading.Event()
    script.steps = [never, HANG_UP]
    (recorded, *_) = _thrice(ask, tmp_path / "c.json", f"http://{script.host}/")
    never.set()
    assert (recorded.failed, recorded.ended) == (True, "ReadTimeoutError")


@askers
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_refused(ask: Ask, scheme: str, tmp_path: Path) -> None:
    """A proxy that cannot be connected to."""
    _thrice(ask, tmp_path / "c.json", f"{scheme}://made-up.invalid/", proxy="http://127.0.0.1:1")


@askers
def test_proxy_denies(ask: Ask, script: Scripted, tmp_path: Path) -> None:
    """A proxy that wants a password."""
    script.steps = [b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n", HANG_UP]
    _thrice(ask, tmp_path / "c.json", "https://made-up.invalid/", proxy=f"http://{script.host}")


@askers
@pytest.mark.parametrize(
    "steps",
    [[HANG_UP], [b"no HTTP\r\n\r\n", HANG_UP], [threading.Event(), HANG_UP]],
    ids=["hang_up", "no_http", "timeout"],
)
def test_failure_behind_a_proxy(ask: Ask, steps: list[Step], script: Scripted, tmp_path: Path) -> None:
    """What fails once a proxy is connected to is the proxy's fault on replay only if it was so live."""
    script.steps = steps
    _thrice(ask, tmp_path / "c.json", "http://made-up.invalid/", proxy=f"http://{script.host}")


def test_tunnel(authority: trustme.CA, tmp_path: Path) -> None:
    """HTTPS through a proxy is recorded under the target's URL, and replayed without a connection to the proxy."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with _secure(authority, "made-up.invalid") as server:
        server.proxied = True
        server.steps = [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"one"]
        for mode in ("once", "none"):
            with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
                options = {"proxy": f"http://{server.host}", "ca": str(tmp_path / "ca.pem")}
                assert _urllib3("https://made-up.invalid/a", **options) == b"one"
    assert server.heads[0].startswith(b"CONNECT made-up.invalid:443 ")
    assert (server.connections, server.bodies) == (1, [b"q"])
    (recorded,) = load(tmp_path / "c.yaml").interactions
    assert recorded.request.url == "https://made-up.invalid/a"


def test_unverified(authority: trustme.CA, tmp_path: Path) -> None:
    """A request that is not verified warns on replay as it does live."""
    with _secure(authority) as server:
        server.steps = [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"one"]
        for mode in ("once", "none"):
            with (
                llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode),
                urllib3.PoolManager(cert_reqs="CERT_NONE") as pool,
                pytest.warns(urllib3.exceptions.InsecureRequestWarning),
            ):
                assert pool.request("GET", f"https://{server.host}/").data == b"one"


@askers
@pytest.mark.parametrize(
    ("ended", "kinds"),
    [
        ("ConnectError", {"NewConnectionError"}),
        ("ConnectTimeout", {"ConnectTimeoutError"}),
        ("ReadTimeout", {"ReadTimeoutError", "ReadTimeout"}),
        ("ServerDisconnectedError", {"ProtocolError", "ConnectionError", "ConnectionClosedError"}),
        ("NobodyKnowsIt", {"ProtocolError", "ConnectionError", "ConnectionClosedError"}),
    ],
)
def test_of_other_libraries(ask: Ask, ended: str, kinds: set[str], tmp_path: Path) -> None:
    """A failure that another library recorded is raised as what this one has for it."""
    url = "http://made-up.invalid/"
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path), pytest.raises(_ERRORS):
        ask(url)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("NameResolutionError", ended), encoding="utf-8")
    with llmvcr.use_cassette(path, record_mode="none"):
        found = _failing(ask, url)
    assert kinds.intersection(kind.__name__ for kind in found)
