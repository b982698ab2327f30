"""What is heard of a real connection, at websockets' own protocol, which does no I/O and serves both of its clients."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosedOK
from websockets.frames import CloseCode, Opcode
from websockets.http11 import Request as Handshake
from websockets.http11 import Response as HandshakeAnswer
from websockets.protocol import State

from llmvcr.interaction import SWITCHED, Headers, Request, Response, failure
from llmvcr.sockets import Close, Event, Frame
from llmvcr.taps.base import Dial

__all__ = ["Hearing"]

_DRAWN = frozenset({"sec-websocket-key", "sec-websocket-accept"})  # anew for each connection


class _Message:
    """The fragments of a message that is on its way."""

    def __init__(self, *, text: bool) -> None:
        self._text = text
        self._pieces: list[bytes] = []

    def add(self, data: Any) -> None:
        self._pieces.append(bytes(data))

    def whole(self, *, sent: bool, ms: float) -> Frame:
        data = b"".join(self._pieces)
        sizes = tuple(map(len, self._pieces))
        said = data.decode("utf-8", "replace") if self._text else data
        return Frame(said, ms, sizes if len(sizes) > 1 else (), sent=sent)


class Hearing:
    """Listens to one real connection, from its handshake to its end, and tells the cassette once, however it ends."""

    def __init__(self, dial: Dial, request: Request) -> None:
        """Start the clock of a handshake that is about to be sent."""
        self._dial, self._request = dial, request
        self._asked = time.monotonic()
        self._answer: Response | None = None
        self._events: list[Event] = []
        self._sending: _Message | None = None
        self._receiving: _Message | None = None
        self._closed = False
        self._protocol: Any = None
        self._over = dial.record is None

    def attach(self, protocol: Any) -> None:
        """Hear what passes through a ClientProtocol of websockets, in either direction."""
        if self._over:
            return
        self._protocol = protocol
        self._after(protocol, "send_request", self._asking)
        self._after(protocol, "send_text", lambda data, fin=True: self._sent(data, fin, text=True))
        self._after(protocol, "send_binary", lambda data, fin=True: self._sent(data, fin, text=False))
        self._after(protocol, "send_continuation", self._sent)
        self._after(protocol, "send_close", lambda *_args, **_kwargs: self._close_sent())
        self._after(protocol, "fail", lambda *_args, **_kwargs: self._close_sent())
        self._after(protocol, "receive_eof", self._ended)
        received = protocol.events_received

        def events_received() -> Any:
            events = received()
            for event in events:
                self._received(event)
            self._close_sent()  # the answer to a close, which the protocol gives by itself
            return events

        protocol.events_received = events_received
        if self._dial.opened is not None:
            self._dial.opened(self.close)

    def failed(self, error: BaseException) -> None:
        """Say which exception ended the handshake; a deadline that cancels it is a timeout."""
        if self._answer is not None:
            self._end("")  # refused: the answer says why
        elif isinstance(error, Exception):
            self._end(type(error).__name__, str(error))
        else:
            self._end("TimeoutError", "timed out during opening handshake")

    def close(self) -> None:
        """Say that nobody listens any more, while the connection is still open, or not yet."""
        if self._answer is None:
            self._over = True
        self._end("closed")

    def _after(self, protocol: Any, name: str, heard: Callable[..., None]) -> None:
        real = getattr(protocol, name)

        def passed(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            heard(*args, **kwargs)

        setattr(protocol, name, passed)

    def _asking(self, request: Handshake) -> None:
        kept = _lines(request.headers)
        self._request = Request("GET", self._request.url, kept)

    def _sent(self, data: Any, fin: bool, text: bool = True) -> None:  # noqa: FBT001, FBT002 - the protocol's signature
        message = self._sending = self._sending or _Message(text=text)
        message.add(data.encode() if isinstance(data, str) else data)
        if fin:
            self._events.append(message.whole(sent=True, ms=self._elapsed()))
            self._sending = None

    def _received(self, event: Any) -> None:
        if isinstance(event, HandshakeAnswer):
            body = bytes(event.body or b"")
            head = event.status_code, event.reason_phrase, _lines(event.headers)
            self._answer = Response(*head, (body,) if body else (), times=(self._elapsed(),))
            return
        if event.opcode is Opcode.CLOSE:
            self._events.append(Close(*_close(self._protocol.close_rcvd), self._elapsed(), sent=False))
        elif event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            message = self._receiving = self._receiving or _Message(text=event.opcode is Opcode.TEXT)
            message.add(event.data)
            if event.fin:
                self._events.append(message.whole(sent=False, ms=self._elapsed()))
                self._receiving = None

    def _close_sent(self) -> None:
        if self._protocol.close_sent is not None and not self._closed:
            self._closed = True
            self._events.append(Close(*_close(self._protocol.close_sent), self._elapsed(), sent=True))

    def _ended(self) -> None:
        protocol = self._protocol
        if self._answer is None:
            error = getattr(protocol, "handshake_exc", None)
            if error is not None:
                self._end(type(error).__name__, str(error))
        elif self._answer.status != SWITCHED or protocol.state is not State.CLOSED:
            self._end("")
        else:
            ended = protocol.close_exc
            self._end("") if isinstance(ended, ConnectionClosedOK) else self._end(type(ended).__name__, str(ended))

    def _end(self, ended: str, error: str = "") -> None:
        if self._over or self._dial.record is None:
            return
        self._over = True
        if self._answer is None:
            self._dial.record(self._request, failure(ended, error, (self._elapsed(),)), ())
            return
        head = self._answer
        answer = Response(head.status, head.reason, head.headers, head.chunks, ended, error, head.times)
        self._dial.record(self._request, answer, tuple(self._events))

    def _elapsed(self) -> float:
        return round((time.monotonic() - self._asked) * 1000, 1)


def _lines(headers: Any) -> Headers:
    return tuple((name, value) for name, value in headers.raw_items() if name.lower() not in _DRAWN)


def _close(close: Any) -> tuple[int | None, str]:
    return (None if close.code == CloseCode.NO_STATUS_RCVD else int(close.code)), close.reason
