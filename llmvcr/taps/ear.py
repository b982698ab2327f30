"""What is heard of one answer while it passes, told to the cassette once, however it ends."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from llmvcr.interaction import Headers, Response, failure
from llmvcr.taps.base import Call
from llmvcr.taps.pieces import Pieces

__all__ = ["Ear"]


class Ear:
    """Listens to one real call: made just before it is sent, told its head, its chunks, and its end.

    Only the first end counts: a stream that was read whole is also closed, and one that broke is closed as well.
    With a `Call` that does not record, it hears nothing. Safe to use from several threads: one may read the stream
    while another closes it, or the cassette, which then waits until what is being recorded is.
    """

    __slots__ = ("_asked", "_call", "_head", "_lock", "_pieces", "_times", "over")

    def __init__(self, call: Call) -> None:
        """Start the clock of a call that is about to be sent."""
        self._call = call
        self._lock = threading.RLock()  # taken before that of the cassette, and never after it
        self._asked = time.monotonic()
        self._head: Response | None = None
        self._pieces = Pieces(call.spool)
        self._times: list[float] = []
        self.over = call.record is None
        """Whether there is nothing more to hear."""

    def head(self, status: int, reason: str, headers: Headers, http_version: str = "") -> None:
        """Take the head of the answer; `http_version` as "HTTP/2" ("HTTP/1.1" is kept as "")."""
        if self.over:
            return
        version = "" if http_version == "HTTP/1.1" else http_version
        self._head = Response(status, reason, headers, http_version=version)
        self._times.append(self._elapsed())
        if self._call.opened is not None:
            self._call.opened(self.close)

    def chunk(self, data: bytes) -> None:
        """Take the next piece of the body, as the transport gave it; an empty one says nothing."""
        with self._lock:
            if not self.over and data:
                self._times.append(self._elapsed())
                self._pieces.add(bytes(data))

    def more(self, data: bytes) -> None:
        """Take what belongs to the last chunk: the application reads it in parts."""
        with self._lock:
            if not self.over and data:
                self._pieces.more(data)

    def trailers(self, headers: Headers) -> None:
        """Take the header lines that stand after the body."""
        if self._head is not None:
            self._head = replace(self._head, trailers=headers)

    def close(self) -> None:
        """Say that the client gives the answer up here, whole or not."""
        self.end("closed")

    def failed(self, error: BaseException) -> None:
        """Say which exception ended the call, before its head or after it."""
        self.end(type(error).__name__, str(error))

    def end(self, ended: str = "", error: str = "") -> None:
        """Say how the call ended (see `Response.ended`); tells the cassette, the first time."""
        with self._lock:
            if self.over or self._call.record is None:
                return
            self.over = True
            if self._head is None:
                self._call.record(failure(ended, error, (self._elapsed(),)))
                return
            chunks, times = self._pieces.taken(), tuple(self._times)
            self._call.record(replace(self._head, chunks=chunks, times=times, ended=ended, error=error))

    def _elapsed(self) -> float:
        return round((time.monotonic() - self._asked) * 1000, 1)
