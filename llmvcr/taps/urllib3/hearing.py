"""Responses of http.client that are heard as they are read."""

# urllib3 reads a body in many ways (read, read1, stream, and chunks by itself, past http.client), but all of them come
# down to the file that http.client made of the socket. So that file is where a body is heard.

from __future__ import annotations

import io
import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from typing import Any

from llmvcr.interaction import Headers
from llmvcr.taps.ear import Ear

__all__ = ["Chunked", "heard_response", "name_of"]


def name_of(error: BaseException) -> str:
    """Say under which name an error is kept: what urllib3 makes of the two that sockets raise, else its own."""
    if isinstance(error, TimeoutError):
        return "ReadTimeoutError"
    return "SSLError" if isinstance(error, ssl.SSLError) else type(error).__name__


class Chunked:
    """Takes the chunked framing (RFC 9112, 7.1) off bytes, fed as they come."""

    def __init__(self) -> None:
        """Start before the first chunk."""
        self.over = False
        """Whether the last chunk has been seen; what follows it are trailers."""
        self.trailers: Headers = ()
        self._left, self._fresh, self._line = 0, True, b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Give the content among `data`, each with whether it begins a chunk; raises ValueError for a bad size."""
        while data:
            if self._left > 0:
                piece, data = data[: self._left], data[self._left :]
                yield piece, self._fresh
                self._left -= len(piece)
                self._fresh = False
                continue
            line, newline, data = data.partition(b"\n")
            self._line += line + newline
            if newline:
                line, self._line = self._line.strip(), b""
                self._take(line)

    def _take(self, line: bytes) -> None:
        if self.over:
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                self.trailers = (*self.trailers, (name, value.strip()))
        elif self._fresh:
            self._left = int(line.partition(b";")[0], 16)
            self.over = self._left == 0
        else:
            self._fresh = True  # the line end after a chunk


class _Arrivals(io.RawIOBase):
    """A socket's file that counts how often something arrived."""

    def __init__(self, raw: Any) -> None:
        self._raw, self.count = raw, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        got: int | None = self._raw.readinto(buffer)
        self.count += 1
        return got

    def fileno(self) -> int:
        number: int = self._raw.fileno()
        return number

    def close(self) -> None:
        self._raw.close()
        super().close()


def heard_response(made: Callable[..., Any], ear: Ear, *args: Any, **options: Any) -> Any:
    """Make a response of http.client, as `made` does, whose head and body are heard as they are read."""
    response = made(*args, **options)
    arrivals = _Arrivals(response.fp.detach())
    response.fp = io.BufferedReader(arrivals)
    begin = response.begin

    def begun() -> None:
        del response.begin
        begin()
        version = "HTTP/1.0" if response.version == 10 else ""
        ear.head(response.status, response.reason, tuple(response.msg.items()), version)
        if response.fp is None or response.length == 0:
            ear.end()
        else:
            response.fp = _Heard(response, arrivals, ear)

    response.begin = begun
    return response


class _Heard:
    """The file that a response is read from, with an ear on it; gives every byte on, and reads none by itself.

    A chunk of the wire is one chunk also where it is read in parts; without chunks on the wire, what arrived at once
    is one.
    """

    def __init__(self, response: HTTPResponse, arrivals: _Arrivals, ear: Ear) -> None:
        self._fp: Any = response.fp
        self._arrivals, self._ear = arrivals, ear
        self._chunked = Chunked() if response.chunked else None
        self._left: int | None = response.length
        self._seen = -1

    def read(self, amount: int | None = -1) -> bytes:
        data = self._get(self._fp.read, amount)
        self._hear(data, short=amount is None or amount < 0 or len(data) < amount)
        return data

    def read1(self, amount: int = -1) -> bytes:
        data = self._get(self._fp.read1, amount)
        self._hear(data, short=amount != 0 and not data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, limit: int = -1) -> bytes:
        data = self._get(self._fp.readline, limit)
        self._hear(data, short=not data)
        return data

    def close(self) -> None:
        try:
            self._fp.close()
        finally:
            if self._chunked is not None and self._chunked.over:
                self._ear.end()
            self._ear.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fp, name)

    def _get(self, read: Callable[[Any], bytes], amount: int | None) -> bytes:
        try:
            return read(amount)
        except BaseException as error:
            self._ear.end(name_of(error), str(error))
            raise

    def _hear(self, data: bytes, *, short: bool) -> None:
        """Hear what was read; `short` says that there was less of it than was asked for: the connection has ended."""
        if self._chunked is None:
            self._hear_plain(data, short=short)
        elif short and not self._chunked.over:
            self._ear.end("IncompleteRead", "the connection ended in mid-stream")  # half a chunk reaches nobody
        else:
            self._hear_chunked(data, self._chunked)

    def _hear_plain(self, data: bytes, *, short: bool) -> None:
        if self._seen == self._arrivals.count:
            self._ear.more(data)
        elif data:
            self._ear.chunk(data)
            self._seen = self._arrivals.count
        if self._left is not None:
            self._left -= len(data)
            if self._left > 0 and short:
                self._ear.end("IncompleteRead", f"the connection ended {self._left} bytes before the end")
        if self._left == 0 or (self._left is None and short):
            self._ear.end()

    def _hear_chunked(self, data: bytes, chunked: Chunked) -> None:
        try:
            for piece, fresh in chunked.feed(data):
                (self._ear.chunk if fresh else self._ear.more)(piece)
        except ValueError:
            self._ear.end("InvalidChunkLength", "the size of a chunk is no hexadecimal number")
        if chunked.over and data in (b"", b"\n", b"\r\n"):
            self._ear.trailers(chunked.trailers)
            self._ear.end()
