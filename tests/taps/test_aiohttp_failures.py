"""Failures of aiohttp's calls: each is live what it is while recording and on replay, class, text and place."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp.abc import AbstractResolver

import llmvcr
from llmvcr.interaction import failure
from llmvcr.storage import load
from taps.scripted import HANG_UP, RESET, Scripted, Step, scripted

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
NEVER = threading.Event()  # nobody sets it: the server goes on after its patience, to a client that has gone


class _Nowhere(AbstractResolver):
    async def resolve(self, *_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def close(self) -> None:
        pass


@dataclass(frozen=True)
class _Case:
    """A way to fail: what the server does, how the client asks, and the class of the error that comes of it."""

    error: type[BaseException]
    steps: tuple[Step, ...] = ()
    url: str = "http://{host}/"
    session: Callable[[], dict[str, Any]] = dict
    options: dict[str, Any] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = ()


_HASTY = {"timeout": aiohttp.ClientTimeout(sock_read=0.5)}
_TOTAL = {"timeout": aiohttp.ClientTimeout(total=0.5)}
_PROXY = {"proxy": "http://{host}"}

CASES = {
    "refused": _Case(aiohttp.ClientConnectorError, url="http://127.0.0.1:1/"),
    "refused by name": _Case(aiohttp.ClientConnectorError, url="http://localhost:1/"),
    "unknown host": _Case(
        aiohttp.ClientConnectorDNSError,
        url="http://llm.invalid/",
        session=lambda: {"connector": aiohttp.TCPConnector(resolver=_Nowhere())},
    ),
    "proxy refused": _Case(aiohttp.ClientProxyConnectionError, options={"proxy": "http://127.0.0.1:1"}),
    "proxy says no": _Case(
        aiohttp.ClientHttpProxyError,
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",),
        url="https://llm.invalid/",
        options=_PROXY,
    ),
    "hung up on": _Case(aiohttp.ServerDisconnectedError, (HANG_UP,)),
    "reset": _Case(aiohttp.ClientOSError, (RESET,)),
    "no HTTP": _Case(aiohttp.ClientResponseError, (b"SSH-2.0 made up\r\n\r\n",)),
    "half a head": _Case(aiohttp.ServerDisconnectedError, (b"HTTP/1.1 200 OK\r\nContent-", HANG_UP)),
    "no answer in time": _Case(aiohttp.SocketTimeoutError, (NEVER,), options=_HASTY),
    "no answer in all the time": _Case(TimeoutError, (NEVER,), options=_TOTAL),
    "cut": _Case(aiohttp.ClientPayloadError, (HEAD, b"3\r\none\r\n", HANG_UP), pieces=(b"one",)),
    "cut before the first piece": _Case(aiohttp.ClientPayloadError, (HEAD, HANG_UP)),
    "cut by length": _Case(
        aiohttp.ClientPayloadError, (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none", HANG_UP), pieces=(b"one",)
    ),
    "broken chunk": _Case(aiohttp.ClientResponseError, (HEAD + b"made up\r\n",)),
    "broken compression": _Case(
        aiohttp.ClientPayloadError,
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n", b"\x1f\x8bmade up"),
    ),
    "no more in time": _Case(
        aiohttp.SocketTimeoutError, (HEAD, b"3\r\none\r\n", NEVER), options=_HASTY, pieces=(b"one",)
    ),
    "no more in all the time": _Case(TimeoutError, (HEAD, b"3\r\none\r\n", NEVER), options=_TOTAL, pieces=(b"one",)),
}


@dataclass(frozen=True)
class _Outcome:
    kind: type[BaseException] | None
    text: str
    pieces: tuple[bytes, ...]
    headed: bool
    cause: str


async def _call(case: _Case, host: str, method: str) -> _Outcome:
    got: list[bytes] = []
    headed = False
    options = {name: value.format(host=host) if name == "proxy" else value for name, value in case.options.items()}
    try:
        async with (
            aiohttp.ClientSession(**case.session()) as session,
            session.request(method, case.url.format(host=host), **options) as answer,
        ):
            headed = True
            async for piece in answer.content.iter_any():
                got.append(piece)  # noqa: PERF401 - it is cut
    except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
        cause = repr(getattr(error, "_os_error", ""))
        return _Outcome(type(error), str(error), tuple(got), headed, cause)
    return _Outcome(None, "", tuple(got), headed, "")


@pytest.mark.parametrize("kind", ["yaml", "json"])
@pytest.mark.parametrize("name", CASES)
def test_failures(name: str, kind: str, script: Scripted, tmp_path: Path) -> None:
    """A call fails alike live, recording and on replay, which asks nobody; the attempt is recorded once."""
    case = CASES[name]
    script.steps = case.steps
    live = asyncio.run(_call(case, script.host, "POST"))
    assert (live.kind, live.pieces) == (case.error, case.pieces)
    before = script.connections
    with llmvcr.use_cassette(tmp_path / "c", serializer=kind, match_on=["method"]) as cassette:
        recording = asyncio.run(_call(case, script.host, "POST"))
    asked = script.connections
    assert len(cassette) == 1
    assert (before, asked) in ((0, 0), (1, 2))
    with llmvcr.use_cassette(tmp_path / "c", serializer=kind, record_mode="none", match_on=["method"]):
        replayed = asyncio.run(_call(case, script.host, "POST"))
    assert live == recording == replayed
    assert script.connections == asked
    (interaction,) = load(tmp_path / "c").interactions
    assert interaction.response.failed is not live.headed
    assert interaction.response.ended == case.error.__name__


def _secure(case: _Case, path: Path) -> tuple[_Outcome, ...]:
    """Fail live, recording and on replay, at a server whose certificate nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def call(host: str) -> _Outcome:
        outcome = await _call(case, host, "POST")
        await asyncio.sleep(0.05)  # aiohttp leaves it to the event loop to close what was TLS
        return outcome

    with scripted(context) as server:
        live = asyncio.run(call(server.host))
        with llmvcr.use_cassette(path):
            recording = asyncio.run(call(server.host))
    with llmvcr.use_cassette(path, record_mode="none"):
        replayed = asyncio.run(call(server.host))
    return live, recording, replayed


def test_unknown_authority(tmp_path: Path) -> None:
    """A certificate that nobody vouches for fails alike live, recording and on replay, with aiohttp's own text."""
    case = _Case(aiohttp.ClientConnectorCertificateError, url="https://{host}/")
    live, recording, replayed = _secure(case, tmp_path / "c.yaml")
    assert live == recording == replayed
    assert live.kind is case.error


def test_fingerprint(tmp_path: Path) -> None:
    """A certificate other than the expected one fails alike; which one it was is not recorded."""
    case = _Case(
        aiohttp.ServerFingerprintMismatch, url="https://{host}/", options={"ssl": aiohttp.Fingerprint(b"made up " * 4)}
    )
    outcomes = _secure(case, tmp_path / "c.yaml")
    assert {outcome.kind for outcome in outcomes} == {case.error}


def test_no_tls(tmp_path: Path) -> None:
    """A server that speaks no TLS fails alike live, recording and on replay."""
    case = _Case(aiohttp.ClientConnectorSSLError, url="https://{host}/")
    outcomes = []

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            outcomes.append(await _call(case, host, "POST"))
            for mode in ("once", "none"):
                with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
                    outcomes.append(await _call(case, host, "POST"))

    asyncio.run(main())
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert outcomes[0].kind is case.error


@pytest.mark.parametrize(
    "steps", [(HEAD, b"3\r\none\r\n0\r\n\r\n"), (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",)]
)
def test_failing_hook(steps: tuple[Step, ...], script: Scripted, tmp_path: Path) -> None:
    """An error of the user's own hook comes out of the call whose answer it was given."""
    script.steps = steps

    def hook(_: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("made up")

    with llmvcr.use_cassette(tmp_path / "c.yaml", before_record_response=hook):
        outcome = asyncio.run(_call(CASES["cut"], script.host, "POST"))
    assert (outcome.kind, outcome.text) == (RuntimeError, "made up")


def test_aiohttps_own_retry(script: Scripted, tmp_path: Path) -> None:
    """aiohttp sends a GET again that found the connection closed: both attempts are recorded, and replay."""
    script.steps = (HANG_UP,)
    outcomes = []
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode) as cassette:
            outcomes.append(asyncio.run(_call(CASES["hung up on"], script.host, "GET")))
            assert len(cassette) == 2
    assert outcomes[0] == outcomes[1]
    assert script.connections == 2


def test_connection_timeout(script: Scripted, tmp_path: Path) -> None:
    """No connection to be had in time is aiohttp's own ConnectionTimeoutError, live and on replay."""
    script.steps = (HEAD, NEVER)

    async def main(*, busy: bool) -> str:
        timeout = aiohttp.ClientTimeout(connect=0.2)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1), timeout=timeout) as session:
            held = await session.post(f"http://{script.host}/busy") if busy else None
            with pytest.raises(aiohttp.ConnectionTimeoutError) as caught:
                await session.post(f"http://{script.host}/")
            assert type(caught.value) is aiohttp.ConnectionTimeoutError
            if held is not None:
                held.close()
            return str(caught.value)

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = asyncio.run(main(busy=True))
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert asyncio.run(main(busy=False)) == live


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("ConnectError", aiohttp.ClientConnectorError),
        ("ConnectTimeout", aiohttp.ConnectionTimeoutError),
        ("ReadTimeout", aiohttp.SocketTimeoutError),
        ("RemoteProtocolError", aiohttp.ServerDisconnectedError),
        ("NameResolutionError", aiohttp.ClientConnectorDNSError),
        ("SSLError", aiohttp.ClientConnectorSSLError),
        ("ReadError", aiohttp.ClientOSError),
        ("ProxyError", aiohttp.ClientProxyConnectionError),
        ("SystemExit", aiohttp.ClientConnectionError),
        ("ClientSession", aiohttp.ClientConnectionError),
        ("ClientConnectorCertificateError", aiohttp.ClientConnectorCertificateError),
        ("ServerFingerprintMismatch", aiohttp.ServerFingerprintMismatch),
        ("UnixClientConnectorError", aiohttp.client_exceptions.UnixClientConnectorError),
    ],
)
def test_other_libraries(name: str, error: type[BaseException], tmp_path: Path) -> None:
    """A failure that another library recorded is aiohttp's own word for it; a name alone makes no class be raised."""
    request = llmvcr.Request("POST", "http://127.0.0.1:1/")
    interaction = llmvcr.Interaction(request, failure(name, "made up"))
    llmvcr.dump([interaction], tmp_path / "c.yaml")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        outcome = asyncio.run(_call(CASES["refused"], "", "POST"))
    assert outcome.kind is error
    assert "made up" in outcome.text or name in ("ConnectTimeout", "ServerFingerprintMismatch")
