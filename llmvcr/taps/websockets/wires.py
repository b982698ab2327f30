"""What stands in the place of a network connection: a transport of asyncio, and a socket, with a server in memory."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Any

from llmvcr.taps.websockets.server import EOF, Server

__all__ = ["Socket", "Transport"]


class Transport(asyncio.Transport):
    """The transport of one replayed connection of websockets.asyncio."""

    def __init__(
        self, server: Server, protocol: Any, loop: asyncio.AbstractEventLoop, address: tuple[str, int]
    ) -> None:
        """Connect a protocol of asyncio with a server in memory, which goes by this address."""
        super().__init__({"peername": address})
        self._server, self._protocol, self._loop = server, protocol, loop
        self._timer: asyncio.TimerHandle | None = None
        self._paused = self._closing = False

    def write(self, data: Any) -> None:
        """Hand bytes to the server; it answers when the caller is done."""
        if not self._closing:
            self._tell(self._server.feed(bytes(data)))

    def write_eof(self) -> None:
        """Tell the server that nothing more comes."""
        if not self._closing:
            self._tell(self._server.feed(EOF))

    def can_write_eof(self) -> bool:
        """Say that a server in memory takes an end like any other."""
        return True

    def is_closing(self) -> bool:
        """Say whether the connection is over."""
        return self._closing

    def close(self) -> None:
        """End the connection."""
        self.abort()

    def abort(self) -> None:
        """End the connection."""
        if not self._closing:
            self._closing = True
            self._server.left()
            if self._timer is not None:
                self._timer.cancel()
            self._loop.call_soon(self._protocol.connection_lost, self._server.missed)

    def pause_reading(self) -> None:
        """Keep what the server says until the client can take it."""
        self._paused = True

    def resume_reading(self) -> None:
        """Go on."""
        self._paused = False
        self._schedule()

    def is_reading(self) -> bool:
        """Say whether the client takes what the server says."""
        return not self._paused and not self._closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing: nothing is ever buffered here."""

    def get_write_buffer_size(self) -> int:
        """Say that nothing is ever buffered here."""
        return 0

    def _tell(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._loop.call_soon(self._deliver, piece)
        self._schedule()

    def _schedule(self) -> None:
        due = self._server.due()
        if due is not None and self._timer is None and self.is_reading():
            self._timer = self._loop.call_at(due, self._step)

    def _step(self) -> None:
        self._timer = None
        if self._server.due() is not None and self.is_reading():
            for piece in self._server.step():
                self._deliver(piece)
            self._schedule()

    def _deliver(self, piece: bytes) -> None:
        if self._closing:
            return
        if piece == EOF:
            self._protocol.eof_received()
            self.abort()
        else:
            self._protocol.data_received(piece)


class Socket(socket.socket):
    """The socket of one replayed connection of websockets.sync: one of a pair, whose other end has a server in memory.

    websockets reads it in a thread of its own, which waits for a real file descriptor; so it is a pair, not a fake.
    """

    @classmethod
    def connected(cls, server: Server) -> Socket:
        """Make a socket whose peer is this server."""
        ours, theirs = socket.socketpair()
        wire = cls(ours.family, ours.type, ours.proto, fileno=ours.detach())
        wire._server, wire._peer = server, theirs
        wire._said, wire._over, wire._changed = [], False, threading.Condition()
        threading.Thread(target=wire._speak, name="llmvcr replay of a WebSocket", daemon=True).start()
        return wire

    _server: Server
    _peer: socket.socket
    _said: list[bytes]
    _over: bool
    _changed: threading.Condition

    def sendall(self, data: Any, flags: int = 0) -> None:  # noqa: ARG002 - a socket's signature
        """Hand bytes to the server."""
        self._feed(bytes(data))

    def shutdown(self, how: int) -> None:
        """Tell the server that nothing more comes."""
        if how == socket.SHUT_WR:
            self._feed(EOF)
        else:
            super().shutdown(how)

    def setsockopt(self, *_args: Any) -> None:
        """Leave out what has a meaning for network connections only."""

    def close(self) -> None:
        """End the connection."""
        with self._changed:
            self._over = True
            self._server.left()
            self._changed.notify()
        super().close()

    def _feed(self, data: bytes) -> None:
        with self._changed:
            self._said += self._server.feed(data)
            self._changed.notify()

    def _speak(self) -> None:
        with self._peer:
            while (piece := self._next()) is not None and piece != EOF:
                try:
                    self._peer.sendall(piece)
                except OSError:  # the client has gone
                    return

    def _next(self) -> bytes | None:
        """Wait for what the server says next; None when the client has gone."""
        with self._changed:
            while not self._over:
                if self._said:
                    return self._said.pop(0)
                due = self._server.due()
                left = None if due is None else due - time.monotonic()
                if left is not None and left <= 0:
                    self._said += self._server.step()
                else:
                    self._changed.wait(left)
        return None
