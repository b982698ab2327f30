"""The recorded end of a connection: websockets' own protocol of a server, in memory, saying what was recorded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from websockets.datastructures import Headers
from websockets.frames import Opcode
from websockets.http11 import Request as Handshake
from websockets.http11 import Response as HandshakeAnswer
from websockets.protocol import State
from websockets.server import ServerProtocol

from llmvcr.interaction import SWITCHED, Response, header
from llmvcr.sockets import BREAK, Close, Due, Frame, Mismatch
from llmvcr.taps.base import Dial

__all__ = ["EOF", "Server"]

EOF = b""
"""Stands for the end of the stream of bytes, as in websockets' `data_to_send`."""

_OWN = ("connection", "upgrade", "content-length", "transfer-encoding")  # of each answer to a handshake


class Server:
    """Takes the bytes of one client and has the bytes for it: at once, or when `due` says so by `clock` (seconds)."""

    def __init__(self, dial: Dial, answer: Response, clock: Callable[[], float]) -> None:
        """Start with the handshake still to come."""
        self._dial, self._answer, self._clock = dial, answer, clock
        chosen = header(answer.headers, "sec-websocket-protocol")
        self._protocol = ServerProtocol(subprotocols=[chosen] if chosen else None)  # type: ignore[list-item]
        self._pending: deque[tuple[float, Due]] = deque()
        self._message: tuple[bool, list[bytes]] | None = None
        self.missed: BaseException | None = None
        """What a message of the client's raises that is not recorded; the connection is cut then."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take what the client wrote, EOF at its end; give what is to be said at once."""
        if self.missed is not None:
            return []
        if data == EOF:
            self._protocol.receive_eof()
        else:
            self._protocol.receive_data(data)
        if not all(map(self._take, self._protocol.events_received())):
            return [EOF]
        if self._protocol.state in (State.CLOSING, State.CLOSED):
            self.left()
        return self._protocol.data_to_send()

    def _take(self, event: Any) -> bool:
        if isinstance(event, Handshake):
            self._greet(event)
        elif event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._hear(event)
        return self.missed is None

    def due(self) -> float | None:
        """Give the time at which the next recorded event is to be told; None where nothing is."""
        return self._pending[0][0] if self._pending else None

    def step(self) -> list[bytes]:
        """Tell the next recorded event, and give its bytes."""
        _, due = self._pending.popleft()
        event, protocol = due.event, self._protocol
        if event is BREAK:
            self.left()
            return [EOF]
        if isinstance(event, Close):
            protocol.send_close(event.code, event.reason)
        elif isinstance(event, Frame):
            first, rest = _pieces(event)
            send = protocol.send_text if isinstance(event.data, str) else protocol.send_binary
            send(first, fin=not rest)
            for number, piece in enumerate(rest, start=1):
                protocol.send_continuation(piece, fin=number == len(rest))
        return protocol.data_to_send()

    def left(self) -> None:
        """Say that the connection is over."""
        self._pending.clear()
        if self._dial.player is not None:
            self._dial.player.left()

    def _greet(self, request: Handshake) -> None:
        recorded = self._answer
        lines = [line for line in recorded.headers if not _is_own(line[0])]
        if recorded.status != SWITCHED or self._dial.player is None:
            lines += [("Content-Length", str(len(recorded.body))), ("Connection", "close")]
            refusal = HandshakeAnswer(recorded.status, recorded.reason, Headers(lines), recorded.body)
            self._protocol.send_response(refusal)
            return
        answer = self._protocol.accept(request)
        if answer.status_code == SWITCHED:
            for name in ("Date", "Server"):
                answer.headers.pop(name, None)
            for name, value in lines:
                answer.headers[name] = value
        self._protocol.send_response(answer)
        self._put(self._dial.player.begin())

    def _hear(self, frame: Any) -> None:
        text, pieces = self._message = self._message or (frame.opcode is Opcode.TEXT, [])
        pieces.append(bytes(frame.data))
        if not frame.fin or self._dial.player is None:
            return
        self._message = None
        data = b"".join(pieces)
        try:
            self._put(self._dial.player.sent(data.decode() if text else data))
        except Exception as error:  # noqa: BLE001 - a miss, or what a user's own function raised: raised from `send`
            missing = self._dial.missing
            self.missed = missing(error) if missing is not None and isinstance(error, Mismatch) else error
            self.left()

    def _put(self, turn: tuple[Due, ...]) -> None:
        now = self._clock()
        for due in turn:
            before = self._pending[-1][0] if self._pending else now
            self._pending.append((max(before, now + due.after * self._dial.pace / 1000), due))


def _is_own(name: str) -> bool:
    return name.lower() in _OWN or name.lower().startswith("sec-websocket-")


def _pieces(frame: Frame) -> tuple[bytes, list[bytes]]:
    data = frame.data.encode("utf-8", "surrogatepass") if isinstance(frame.data, str) else frame.data
    if not frame.fragments:
        return data, []
    pieces, at = [], 0
    for size in frame.fragments:
        pieces.append(data[at : at + size])
        at += size
    return pieces[0], pieces[1:]
