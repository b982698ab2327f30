"""The patches of websockets' two clients: each handshake asks the cassette, and is then real and heard, or replayed."""

from __future__ import annotations

import asyncio
import builtins
import copy
import functools
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from websockets import exceptions

# By themselves: who imports one of them just now has not yet made it an attribute of its package.
from websockets.asyncio import client as asyncio_client
from websockets.datastructures import Headers
from websockets.http11 import USER_AGENT
from websockets.sync import client as sync_client
from websockets.uri import parse_uri

from llmvcr.interaction import Request, Response
from llmvcr.taps.base import Dial, Patch, Recorder
from llmvcr.taps.websockets.hearing import Hearing
from llmvcr.taps.websockets.server import Server
from llmvcr.taps.websockets.wires import Socket, Transport
from llmvcr.walls import passing

__all__ = ["patches"]

_OPENERS = (("open_tcp_connection", "factory"), ("create_connection", "protocol_factory"))
"""What opens a connection of websockets.asyncio, and what that makes it with: from version 16 on, and before."""


_OF_A_NETWORK = frozenset(
    {"sock", "ssl", "ssl_context", "server_hostname", "proxy_ssl", "proxy_server_hostname", "unix", "path"}
)
"""Options of `connect` that say how to reach a server."""


def patches(recorder: Recorder) -> Iterator[Patch]:
    """Give one patch for each client, and for each module that has taken the function `connect` out of its own."""
    asynchronous = asyncio_client.connect
    for opener, factory in _OPENERS:
        if hasattr(asynchronous, opener):
            yield asynchronous, opener, _async(_real(getattr(asynchronous, opener)), factory, recorder)
    reconnect = getattr(sync_client, "reconnect", None)
    if reconnect is not None:
        yield reconnect, "open_connection", _opening(_real(reconnect.open_connection), recorder)
        return
    before = sync_client.connect
    stand_in = _sync(_real(before), recorder)
    last = sys.modules[next(reversed(sys.modules))]
    for module in _holders(before, len(sys.modules), last if isinstance(last, ModuleType) else None):
        yield module, "connect", stand_in


@functools.lru_cache(maxsize=1)
def _holders(connect: Any, _count: int, _last: ModuleType | None) -> tuple[Any, ...]:
    """Give the modules that have the function `connect` by that name: looked for again once a module was imported."""
    found = [module for module in tuple(sys.modules.values()) if "connect" in getattr(module, "__dict__", ())]
    return tuple(module for module in found if module.__dict__["connect"] is connect)


def _real(function: Any) -> Any:
    return function.__wrapped__ if hasattr(function, "line") else function


def _async(real: Callable[[Any], Any], factory: str, recorder: Recorder) -> Callable[[Any], Any]:
    @functools.wraps(real)
    async def open_connection(connect: Any) -> Any:
        request = _request(connect.uri, *_headers(connect))
        dial = recorder.dial(request)
        make = getattr(connect, factory)
        if dial.answer is not None:
            _raise_failure(dial.answer)
            loop = asyncio.get_running_loop()
            server = Server(dial, dial.answer, loop.time)
            uri = parse_uri(connect.uri)
            connection = make(uri)
            connection.connection_made(Transport(server, connection, loop, (uri.host, uri.port)))
            connection.send = _async_send(connection.send, server)
            return connection
        hearing = Hearing(dial, request)

        def heard(uri: Any) -> Any:
            connection = make(uri)
            hearing.attach(connection.protocol)
            connection.handshake = _told_async(connection.handshake, hearing)
            return connection

        # A copy: the application may use its own `connect` again.
        stand_in = copy.copy(connect)
        setattr(stand_in, factory, heard)
        return await _told_async(real, hearing)(stand_in)

    return open_connection


def _told_async(real: Callable[..., Any], hearing: Hearing) -> Callable[..., Any]:
    async def told(*args: Any, **kwargs: Any) -> Any:
        try:
            with passing():
                return await real(*args, **kwargs)
        except BaseException as error:
            hearing.failed(error)
            raise

    return told


def _async_send(real: Callable[..., Any], server: Server) -> Callable[..., Any]:
    async def send(*args: Any, **kwargs: Any) -> None:
        try:
            await real(*args, **kwargs)
        finally:
            if server.missed is not None:
                raise server.missed from None

    return send


def _opening(real: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    """Wrap `reconnect.open_connection` of websockets.sync from version 16 on."""

    @functools.wraps(real)
    def open_connection(connect: Any, deadline: Any) -> Any:
        request = _request(connect.uri, *_headers(connect))
        dial = recorder.dial(request)
        stand_in = copy.copy(connect)
        if dial.answer is not None:
            server = _listening(dial, dial.answer)
            stand_in.sock = Socket.connected(server)
            stand_in.enable_tls = lambda sock, _deadline: sock
            connection = real(stand_in, deadline)
            connection.send = _send(connection.send, server)
            return connection
        hearing = Hearing(dial, request)
        stand_in.create_connection = _heard(connect.create_connection, hearing)
        return _told(real, hearing)(stand_in, deadline)

    return open_connection


def _sync(real: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    """Wrap the function `connect` of websockets.sync before version 16."""

    @functools.wraps(real)
    def connect(uri: str, **options: Any) -> Any:
        agent = options.get("user_agent_header", USER_AGENT)
        request = _request(uri, options.get("additional_headers"), agent)
        dial = recorder.dial(request)
        if dial.answer is not None:
            server = _listening(dial, dial.answer)
            plain = "ws" + uri[3:] if uri[:4].lower() == "wss:" else uri  # there is no one to speak TLS with
            kept = {name: value for name, value in options.items() if name not in _OF_A_NETWORK}
            connection = real(plain, **kept, sock=Socket.connected(server))
            connection.send = _send(connection.send, server)
            return connection
        hearing = Hearing(dial, request)
        make = options.pop("create_connection", None) or sync_client.ClientConnection
        return _told(real, hearing)(uri, **options, create_connection=_heard(make, hearing))

    return connect


def _listening(dial: Dial, answer: Response) -> Server:
    _raise_failure(answer)
    return Server(dial, answer, time.monotonic)


def _heard(make: Callable[..., Any], hearing: Hearing) -> Callable[..., Any]:
    def create_connection(sock: Any, protocol: Any, **options: Any) -> Any:
        hearing.attach(protocol)  # before the library starts to read
        connection = make(sock, protocol, **options)
        connection.handshake = _told(connection.handshake, hearing)
        return connection

    return create_connection


def _told(real: Callable[..., Any], hearing: Hearing) -> Callable[..., Any]:
    def told(*args: Any, **kwargs: Any) -> Any:
        try:
            with passing():
                return real(*args, **kwargs)
        except BaseException as error:
            hearing.failed(error)
            raise

    return told


def _send(real: Callable[..., Any], server: Server) -> Callable[..., Any]:
    def send(*args: Any, **kwargs: Any) -> None:
        try:
            real(*args, **kwargs)
        finally:
            if server.missed is not None:
                raise server.missed from None

    return send


def _headers(connect: Any) -> tuple[Any, str | None]:
    before_14: tuple[Any, str | None] | None = getattr(connect, "handshake_args", None)
    return before_14 or (connect.additional_headers, connect.user_agent_header)


def _request(uri: str, headers: Any, agent: str | None) -> Request:
    lines = list(Headers(headers or ()).raw_items())
    if agent is not None and not any(name.lower() == "user-agent" for name, _ in lines):
        lines.append(("User-Agent", agent))
    return Request("GET", uri, tuple(lines))


def _raise_failure(answer: Response) -> None:
    """Raise again what a recorded handshake failed in: an error of the operating system, or of the library."""
    if not answer.failed:
        return
    for room in (builtins, socket, ssl, exceptions):
        kind = getattr(room, answer.ended, None)
        if isinstance(kind, type) and issubclass(kind, OSError | exceptions.WebSocketException):
            try:
                raise kind(answer.error)
            except TypeError:  # it is made of more than a text
                break
    raise OSError(f"replayed: {answer.ended}: {answer.error}")
