"""The places where Python opens connections, each with what stands there while a wall does."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import ssl
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from llmvcr.walls.passing import passing

__all__ = ["LATE", "Ground", "Seam", "seams"]

Seam = tuple[Any, str, Callable[[Any], Any]]
"""(owner, attribute, what makes the stand-in from what is there)."""

LATE = ("asyncio.proactor_events", "uvloop")
"""Modules that have places of their own, where they are loaded."""


class Ground(Protocol):
    """What the places ask; see `llmvcr.walls.ground.Walls`."""

    def connecting(self, host: str, port: int) -> None:
        """Judge a connection."""

    def wrapping(self, host: str) -> None:
        """Judge the name in a TLS handshake."""

    def looking_up(self, host: str, port: int) -> Any:
        """Judge a name before it is looked up."""

    def looked_up(self, host: str, addresses: Sequence[tuple[str, int]], doubt: Any) -> None:
        """Judge the addresses that it has."""


class _Judged(str):
    """A name that was judged where its context is known: asyncio looks it up in a thread, which has none."""

    __slots__ = ()


def seams(ground: Ground) -> Iterator[Seam]:
    """Yield every place."""
    yield socket, "getaddrinfo", functools.partial(_getaddrinfo, ground)
    for name in ("gethostbyname", "gethostbyname_ex"):
        yield socket, name, functools.partial(_gethostbyname, ground)
    for name, place in (("connect", 0), ("connect_ex", 0), ("sendto", -1), ("sendmsg", 3)):
        yield socket.socket, name, functools.partial(_on_socket, ground, place)
    yield socket, "socketpair", _socketpair
    for name, place in (("wrap_socket", 5), ("wrap_bio", 4)):
        yield ssl.SSLContext, name, functools.partial(_on_tls, ground, place)
    yield asyncio.BaseEventLoop, "getaddrinfo", functools.partial(_loop_getaddrinfo, ground)
    if proactor := sys.modules.get("asyncio.proactor_events"):  # Windows' loop, which connects in C
        yield proactor.BaseProactorEventLoop, "sock_connect", functools.partial(_loop_sock_connect, ground)
    if uvloop := sys.modules.get("uvloop"):  # which does all in C, but for what is called on its class
        yield uvloop.Loop, "getaddrinfo", functools.partial(_loop_getaddrinfo, ground)
        yield uvloop.Loop, "create_connection", functools.partial(_loop_create_connection, ground)


def _on_socket(ground: Ground, place: int, real: Any) -> Any:
    @functools.wraps(real)
    def stand_in(self: socket.socket, *args: Any) -> Any:
        address = args[place] if len(args) > max(place, 0) else None
        # Neither AF_UNIX, whose address is a path, nor data for whoever the socket is connected to.
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and len(address) > 1:
            try:
                ground.connecting(_text(address[0]), address[1])
            except BaseException:
                if self.type == socket.SOCK_STREAM:  # socket.create_connection closes it after an OSError alone
                    self.close()
                raise
        return real(self, *args)

    return stand_in


def _getaddrinfo(ground: Ground, real: Any) -> Any:
    @functools.wraps(real)
    def stand_in(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_asked(host, args[3] if len(args) > 3 else kwargs.get("flags", 0)):
            return real(host, port, *args, **kwargs)
        name = _text(host)
        doubt = ground.looking_up(name, _number(port))
        try:
            found = real(host, port, *args, **kwargs)
        except OSError:
            ground.looked_up(name, (), doubt)
            raise
        ground.looked_up(name, _addresses(found), doubt)
        return found

    return stand_in


def _gethostbyname(ground: Ground, real: Any) -> Any:
    @functools.wraps(real)
    def stand_in(host: Any) -> Any:
        found = real(host)
        addresses = found[2] if isinstance(found, tuple) else [found]
        if _is_asked(host, 0):
            ground.looked_up(_text(host), [(one, 0) for one in addresses if not _is_here(one)], None)
        return found

    return stand_in


def _socketpair(real: Any) -> Any:
    @functools.wraps(real)
    def stand_in(*args: Any, **kwargs: Any) -> Any:
        with passing():  # on Windows it connects to itself, for the pipe of every event loop
            return real(*args, **kwargs)

    return stand_in


def _on_tls(ground: Ground, place: int, real: Any) -> Any:
    @functools.wraps(real)
    def stand_in(*args: Any, **kwargs: Any) -> Any:
        host = args[place] if len(args) > place else kwargs.get("server_hostname")
        if host and not _is_here(_text(host)):
            ground.wrapping(_text(host))
        return real(*args, **kwargs)

    return stand_in


def _loop_getaddrinfo(ground: Ground, real: Any) -> Any:
    @functools.wraps(real)
    async def stand_in(self: Any, host: Any, port: Any, **kwargs: Any) -> Any:
        if not _is_asked(host, kwargs.get("flags", 0)):
            return await real(self, host, port, **kwargs)
        name = _text(host)
        doubt = ground.looking_up(name, _number(port))
        try:
            found = await real(self, _Judged(name), port, **kwargs)
        except OSError:
            ground.looked_up(name, (), doubt)
            raise
        ground.looked_up(name, _addresses(found), doubt)
        return found

    return stand_in


def _loop_sock_connect(ground: Ground, real: Any) -> Any:
    @functools.wraps(real)
    async def stand_in(self: Any, sock: Any, address: Any) -> Any:
        if isinstance(address, tuple) and len(address) > 1:
            ground.connecting(_text(address[0]), address[1])
        return await real(self, sock, address)

    return stand_in


def _loop_create_connection(ground: Ground, real: Any) -> Any:
    @functools.wraps(real)
    async def stand_in(self: Any, protocol_factory: Any, host: Any = None, port: Any = None, **kwargs: Any) -> Any:
        if host:
            ground.connecting(_text(host), _number(port))
        return await real(self, protocol_factory, host, port, **kwargs)

    return stand_in


def _is_asked(host: Any, flags: int) -> bool:
    """Say whether a lookup asks for another's name: it is no address, was not judged, and nobody means to listen."""
    return bool(host) and not isinstance(host, _Judged) and not flags & socket.AI_PASSIVE and not _is_address(host)


def _is_address(host: Any) -> bool:
    try:
        ipaddress.ip_address(_text(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _is_here(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host.partition("%")[0]).is_loopback)


def _addresses(found: Iterable[Any]) -> list[tuple[str, int]]:
    """Give what a lookup found; without a port this machine's own addresses say nothing of whose they are."""
    places = [address[:2] for *_, address in found]
    return [(_text(host), port) for host, port in places if port or not _is_here(_text(host))]


def _number(port: Any) -> int:
    if isinstance(port, str | bytes) and not port.isdigit():
        try:
            return socket.getservbyname(_text(port))
        except OSError:
            return 0
    return int(port or 0)


def _text(host: Any) -> str:
    return host.decode("utf-8", "replace") if isinstance(host, bytes | bytearray) else str(host)
