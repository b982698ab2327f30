"""A server that sends the very bytes a test has written down: any framing, any bad end, also as a proxy or with TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from taps.paced import PATIENCE

__all__ = ["HANG_UP", "RESET", "Scripted", "Step", "scripted"]

HANG_UP = None
"""The step that ends the connection as servers do."""

RESET = 0
"""The step that ends the connection with a reset."""

Step = bytes | threading.Event | int | None


@dataclass(slots=True)
class Scripted:
    """What the server sends for each request, and what it has seen."""

    host: str = ""
    steps: Sequence[Step] = ()
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    greeting: bytes = b""
    """What is sent as soon as somebody connects."""
    proxied: bool = False
    """Whether CONNECT is taken, and the tunnel played by the server itself."""


def _talk(sock: socket.socket, plan: Scripted, wrap: Callable[[socket.socket], socket.socket]) -> None:
    plan.connections += 1
    sock.sendall(plan.greeting)
    if plan.proxied:
        unread = sock.makefile("rb", 0)  # nothing of the TLS that follows is read ahead
        plan.heads.append(_head(unread.readline))
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    sock = wrap(sock)
    with contextlib.closing(sock), sock.makefile("rb") as file:
        while head := _head(file.readline):
            plan.heads.append(head)
            lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            if lines.get(b"expect") == b"100-continue":
                sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            plan.bodies.append(b"".join(_body(file, lines)))
            for step in plan.steps:
                if isinstance(step, bytes):
                    sock.sendall(step)
                elif isinstance(step, threading.Event):
                    step.wait(PATIENCE)
                else:
                    if step is RESET:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return


def _body(file: BinaryIO, lines: dict[bytes, bytes]) -> Iterator[bytes]:
    if lines.get(b"transfer-encoding") != b"chunked":
        yield file.read(int(lines.get(b"content-length", 0)))
        return
    while size := int(file.readline() or b"0", 16):
        yield file.read(size)
        file.readline()
    file.readline()


def _head(readline: Callable[[], bytes]) -> bytes:
    lines = []
    while line := readline():
        lines.append(line)
        if line == b"\r\n":
            break
    return b"".join(lines)


@contextmanager
def scripted(context: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Give a running server, stopped at the end; the test sets its `steps`."""
    plan = Scripted()
    listener = socket.create_server(("127.0.0.1", 0))
    plan.host = f"127.0.0.1:{listener.getsockname()[1]}"

    def wrap(sock: socket.socket) -> socket.socket:
        return sock if context is None else context.wrap_socket(sock, server_side=True)

    def talk(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            _talk(sock, plan, wrap)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                threading.Thread(target=talk, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield plan
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()
