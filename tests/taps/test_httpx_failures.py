"""Failures of httpx's calls: each is live what it is while recording and on replay, class, text and place."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import llmvcr
from llmvcr.interaction import failure
from llmvcr.storage import load
from taps.scripted import HANG_UP, RESET, Scripted, Step

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ONE = b"3\r\none\r\n"
NEVER = threading.Event()  # nobody sets it: the server goes on after its patience, to a client that has gone
SEEN = threading.Event()  # set by the client at its first piece
BIG = b"x" * 12_000_000  # more than two sockets hold between them


@dataclass(frozen=True)
class Case:
    """A way to fail: what the server does, how the client asks, and the name of the error that comes of it."""

    error: str
    steps: tuple[Step, ...] = ()
    url: str = "http://{host}/"
    client: dict[str, Any] = field(default_factory=dict)
    body: bytes = b"q"
    pieces: tuple[bytes, ...] = ()
    proxy: str = ""


CASES = {
    "refused": Case("ConnectError", url="http://127.0.0.1:1/"),
    "unknown host": Case("ConnectError", url="http://llm.invalid/"),
    "no TLS": Case("ConnectError", url="https://{mute}/"),
    "no proxy": Case("ConnectError", proxy="http://127.0.0.1:1"),
    "no connection in time": Case("ConnectTimeout", url="http://{deaf}/", client={"timeout": 0.2}),
    "proxy says no": Case(
        "ProxyError",
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",),
        url="https://llm.invalid/",
        proxy="http://{host}",
    ),
    "hung up on": Case("RemoteProtocolError", (HANG_UP,)),
    "reset": Case("ReadError", (RESET,)),
    "no HTTP": Case("RemoteProtocolError", (b"SSH-2.0 made up\r\n\r\n",)),
    "half a head": Case("RemoteProtocolError", (b"HTTP/1.1 200 OK\r\nContent-", HANG_UP)),
    "no answer in time": Case("ReadTimeout", (NEVER,), client={"timeout": 0.2}),
    "nobody reads": Case("WriteTimeout", url="http://{mute}/", client={"timeout": 0.2}, body=BIG),
    "cut": Case("RemoteProtocolError", (HEAD, ONE, HANG_UP), pieces=(b"one",)),
    "cut before the first piece": Case("RemoteProtocolError", (HEAD, HANG_UP)),
    "cut by length": Case(
        "RemoteProtocolError", (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none", HANG_UP), pieces=(b"one",)
    ),
    "reset in the middle": Case("ReadError", (HEAD, ONE, SEEN, RESET), pieces=(b"one",)),
    "no more in time": Case("ReadTimeout", (HEAD, ONE, NEVER), client={"timeout": 0.6}, pieces=(b"one",)),
}


_STRICT = """
interactions:
- request: {body: q, headers: {}, method: POST, uri: "http://llm.invalid/"}
  response: {body: {string: ""}, headers: {}, status: {code: 599, message: "llmvcr: ConnectError"}}
version: 1
"""


@dataclass(frozen=True)
class Outcome:
    """What the application sees of a call."""

    kind: str
    text: str
    pieces: tuple[bytes, ...]
    headed: bool


Ask = Callable[[Any, Case, str, dict[str, Any]], Outcome]


def _sync(lib: Any, case: Case, url: str, options: dict[str, Any]) -> Outcome:
    got: list[bytes] = []
    headed = False
    try:
        with lib.Client(trust_env=False, **options) as client, client.stream("POST", url, content=case.body) as answer:
            headed = True
            for piece in answer.iter_raw():
                got.append(piece)
                SEEN.set()
    except lib.HTTPError as error:
        return Outcome(type(error).__name__, str(error), tuple(got), headed)
    return Outcome("", "", tuple(got), headed)


def _async(lib: Any, case: Case, url: str, options: dict[str, Any]) -> Outcome:
    async def ask() -> Outcome:
        got: list[bytes] = []
        headed = False
        try:
            async with (
                lib.AsyncClient(trust_env=False, **options) as client,
                client.stream("POST", url, content=case.body) as answer,
            ):
                headed = True
                async for piece in answer.aiter_raw():
                    got.append(piece)
                    SEEN.set()
        except lib.HTTPError as error:
            return Outcome(type(error).__name__, str(error), tuple(got), headed)
        return Outcome("", "", tuple(got), headed)

    return asyncio.run(ask())


@contextmanager
def _deaf() -> Iterator[str]:
    """Give the address of a listener whose queue is full: the kernel answers nobody there."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.setblocking(False)  # noqa: FBT003 - socket's own signature
            caller.connect_ex(address)
        yield f"127.0.0.1:{address[1]}"
        for caller in callers:
            caller.close()


@contextmanager
def _mute() -> Iterator[str]:
    """Give the address of a server that takes a call, and neither reads nor speaks TLS: it says one word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])
                    taken[-1].sendall(b"hello\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in taken:
            each.close()


@pytest.mark.parametrize("ask", [_sync, _async])
@pytest.mark.parametrize("name", CASES)
def test_failures(name: str, ask: Ask, lib: Any, script: Scripted, tmp_path: Path) -> None:
    """A call fails alike live, recording and on replay, which asks nobody; the attempt is recorded once."""
    case = CASES[name]
    script.steps = case.steps
    suffix = "yaml" if lib.__name__ == "httpx" else "json"
    path = tmp_path / f"failed.{suffix}"
    with _deaf() as deaf, _mute() as mute:
        url = case.url.format(host=script.host, deaf=deaf, mute=mute)
        options = {**case.client, **({"proxy": case.proxy.format(host=script.host)} if case.proxy else {})}
        SEEN.clear()
        live = ask(lib, case, url, options)
        SEEN.clear()
        asked = script.connections
        with llmvcr.use_cassette(path, serializer=suffix):
            recording = ask(lib, case, url, options)
        assert script.connections == 2 * asked
    with llmvcr.use_cassette(path, record_mode="none", serializer=suffix) as cassette:
        replay = ask(lib, case, url, options)
        assert cassette.all_played
    assert script.connections == 2 * asked
    assert (live.kind, live.pieces) == (case.error, case.pieces)
    assert recording == live
    assert replay == live
    (interaction,) = load(path).interactions
    assert interaction.response.ended == case.error
    assert interaction.response.failed is not live.headed
    if not live.headed:
        response = interaction.response
        assert response == failure(case.error, live.text, response.times)
        assert (response.status, response.reason) == (599, f"llmvcr: {case.error}")


@pytest.mark.parametrize("ask", [_sync, _async])
def test_a_failed_attempt_without_our_key(ask: Ask, lib: Any, tmp_path: Path) -> None:
    """An attempt that a file tells of in the terms of HTTP alone, as a strict one does, is no answer to the client."""
    path = tmp_path / "failed.yaml"
    path.write_text(_STRICT, encoding="utf-8")
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        outcome = ask(lib, Case("ReadError"), "http://llm.invalid/", {})
        assert cassette.all_played
    assert outcome == Outcome("ReadError", "", (), headed=False)
