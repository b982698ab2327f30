"""Sockets that are none: one that takes a request down, and one that plays a recorded answer to http.client."""

from __future__ import annotations

import io
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from llmvcr.interaction import Headers, Response, header
from llmvcr.taps.failures import in_library
from llmvcr.taps.pacing import Pace, TooSlow

__all__ = ["Paper", "Stage"]

_CUT = frozenset({"ProtocolError", "IncompleteRead", "InvalidChunkLength", "RemoteDisconnected"})
_BROKEN = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


class Paper:
    """Stands where a connection has its socket, and takes down what is sent."""

    def __init__(self) -> None:
        """Start with an empty sheet."""
        self.sent = bytearray()

    def settimeout(self, seconds: float | None) -> None:
        """Never wait."""

    def sendall(self, data: bytes) -> None:
        """Take it down."""
        self.sent += data

    def close(self) -> None:
        """Keep what was sent."""


class Stage:
    """Stands where a connection has its socket, and plays a recorded answer as the bytes that crossed the wire.

    Each recorded chunk arrives by itself, when it is due (see Pace); a bad end comes as it came to the socket.
    """

    def __init__(self, answer: Response, pace: Pace) -> None:
        """Set the answer up; the clock of `pace` is running."""
        self._answer, self._pace = answer, pace
        self._framed = (header(answer.headers, "transfer-encoding") or "").lower() == "chunked"
        self._limit: float | None = None
        self._shut = False

    def settimeout(self, seconds: float | None) -> None:
        """Take the client's own read timeout, in seconds."""
        self._limit = seconds

    def sendall(self, data: bytes) -> None:
        """Take a request; its answer is known."""

    def shutdown(self, _how: int) -> None:
        """Let nothing more arrive."""
        self._shut = True

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give the file that http.client reads."""
        return io.BufferedReader(_Pieces(self._pieces()))

    def close(self) -> None:
        """Go on playing: a socket too stays open for the file that was made of it."""

    def _pieces(self) -> Iterator[bytes]:
        self._wait(0)
        yield self._head()
        for number, chunk in enumerate(self._answer.chunks, 1):
            self._wait(number)
            if self._shut:
                return
            if chunk:  # an empty one would be the end
                yield b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._framed else chunk
        if self._answer.ended:
            self._break()
        elif self._framed:
            yield b"0\r\n" + _lines(self._answer.trailers) + b"\r\n"

    def _wait(self, piece: int) -> None:
        try:
            self._pace.wait(piece, self._limit)
        except TooSlow:
            raise TimeoutError("timed out") from None

    def _head(self) -> bytes:
        answer = self._answer
        version = answer.http_version if answer.http_version == "HTTP/1.0" else "HTTP/1.1"
        first = f"{version} {answer.status} {answer.reason}\r\n".encode("latin-1", "replace")
        return first + _lines(_measured(answer).headers) + b"\r\n"

    def _break(self) -> None:
        """Do to the client what was done when this was recorded; returns where the connection just ended."""
        answer = self._answer
        text = answer.error or f"replayed: the recorded answer ended in {answer.ended}"
        name = in_library("urllib3", answer.ended)
        if name == "ReadTimeoutError":
            raise TimeoutError(text)
        if name == "SSLError":
            raise ssl.SSLError(1, text)
        if name in _CUT and (self._framed or header(answer.headers, "content-length") is not None):
            return
        if answer.ended == "closed":
            text = "replayed: the recording ends here, where the client that recorded it closed the stream"
        raise next((kind for kind in _BROKEN if kind.__name__ == name), ConnectionResetError)(text)


class _Pieces(io.RawIOBase):
    """A file whose bytes arrive piece by piece."""

    def __init__(self, arriving: Iterator[bytes]) -> None:
        self._arriving, self._rest = arriving, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._arriving, b"")
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def _measured(answer: Response) -> Response:
    """Correct the Content-Length of a whole body that a person has edited since, or it would be cut, or missed."""
    length = header(answer.headers, "content-length")
    if length is None or answer.ended or not answer.chunks or length == str(len(answer.body)):
        return answer
    right = str(len(answer.body))
    lines = tuple((name, right if name.lower() == "content-length" else value) for name, value in answer.headers)
    return replace(answer, headers=lines)


def _lines(headers: Headers) -> bytes:
    return b"".join(_bytes(name) + b": " + _bytes(value) + b"\r\n" for name, value in headers)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")  # as http.client reads it
    except UnicodeEncodeError:
        return text.encode()
