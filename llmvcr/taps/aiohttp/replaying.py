"""Recorded answers, fed to aiohttp's own protocol and parser as if they came from a server; no connection is made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any, cast

from aiohttp import BaseConnector, ClientRequest, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from llmvcr.interaction import Response
from llmvcr.taps.aiohttp.failing import connecting, cut, reading
from llmvcr.taps.aiohttp.framing import framed
from llmvcr.taps.failures import CANCELLED
from llmvcr.taps.pacing import Pace, TooSlow

__all__ = ["replay"]


async def replay(answer: Response, request: ClientRequest, connector: BaseConnector) -> Connection:
    """Give a connection that answers as recorded, or raise what the recorded attempt to connect ended in."""
    pace = Pace(answer)
    error = connecting(answer, request)
    if error is not None:
        await pace.wait_async(0)
        raise error
    protocol = _Protocol(answer, pace, request)
    stand_in = cast("BaseConnector", _Connector(connector.force_close))
    return _Connection(stand_in, request.connection_key, protocol, request.loop)


class _Connection(Connection):
    def __del__(self, *_: Any) -> None:
        """Warn of nothing where this is forgotten: it holds no socket."""


class _Connector:
    """Stands in for the connector, as far as a connection asks, and never pools what it gets back."""

    def __init__(self, force_close: bool) -> None:  # noqa: FBT001 - aiohttp's own
        self.force_close = force_close

    def _release(self, _key: Any, protocol: ResponseHandler, **_options: Any) -> None:
        protocol.close()


class _Wire(asyncio.Transport):
    """The transport that leads nowhere: it takes the request, and closes like another."""

    def __init__(self, protocol: _Protocol) -> None:
        super().__init__()
        self._protocol = protocol
        self._closing = False

    def write(self, _data: Any) -> None:
        self._protocol.written()

    def writelines(self, _list_of_data: Iterable[Any]) -> None:
        self._protocol.written()

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._protocol.closing()

    def abort(self) -> None:
        self.close()

    def pause_reading(self) -> None:
        pass  # the next piece is fed when the one before it was read

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


class _Protocol(ResponseHandler):
    """aiohttp's own protocol, with a recorded answer at the other end."""

    def __init__(self, answer: Response, pace: Pace, request: ClientRequest) -> None:
        super().__init__(request.loop)
        self._answer, self._pace = answer, pace
        self._framing = framed(answer, request.method)
        self._continues = request.headers.get("Expect", "").lower() == "100-continue"
        self._task: asyncio.Task[None] | None = None
        self._stream: StreamReader | None = None
        self._was_read = asyncio.Event()
        self.connection_made(_Wire(self))

    def written(self) -> None:
        """Take note of a part of the request; one that expects it is told to go on."""
        if self._continues:
            self._continues = False
            self._loop.call_soon(self.data_received, b"HTTP/1.1 100 Continue\r\n\r\n")

    def start_timeout(self) -> None:
        """Begin to answer: aiohttp says here that the whole request was sent."""
        super().start_timeout()
        if self._task is None:
            self._task = self._loop.create_task(self._answering())

    def closing(self) -> None:
        """Stop, and say that the connection is lost, when whoever closed it is done."""
        if self._loop.is_closed():  # an answer that was forgotten, and is collected now
            return
        if self._task is not None:
            self._task.cancel()
        self._loop.call_soon(self.connection_lost, None)

    def feed_data(self, data: Any, *args: Any) -> None:
        """Keep the stream that the parser has made."""
        self._stream = data[1]
        super().feed_data(data, *args)

    def resume_reading(self, *args: Any, **kwargs: Any) -> None:
        """Take note that the application has read, which is when aiohttp says this."""
        super().resume_reading(*args, **kwargs)
        self._was_read.set()

    async def _answering(self) -> None:
        await self._pace.wait_async(0)
        if self._answer.failed:
            await self._fail()
            return
        self.data_received(self._framing.head)
        stream = self._stream
        if stream is None or stream.is_eof():  # no body; or no HTTP, which aiohttp has said already
            return
        for number, piece in enumerate(self._framing.pieces, 1):
            await self._pace.wait_async(number)
            await self._emptied(stream)
            self.data_received(piece)
        await self._emptied(stream)
        if self._answer.ended:
            await self._fail(stream)
        elif self._framing.end:
            self.data_received(self._framing.end)
        elif self._framing.ends_by_closing and self.transport is not None:
            self.eof_received()
            self.transport.close()

    async def _emptied(self, stream: StreamReader) -> None:
        """Wait until the application has read all it was given, so that it gets each piece by itself."""
        while stream._buffer:  # noqa: SLF001 - how much is left is said nowhere else
            self._was_read.clear()
            # As if the peer was held up: `sock_read` does not run on while the application is busy.
            self._reading_paused = True
            self._drop_timeout()
            await self._was_read.wait()

    async def _fail(self, stream: StreamReader | None = None) -> None:
        """End as the recording did: before the head, or, where there is a `stream`, within the body."""
        if self._answer.ended == CANCELLED:
            # Whoever recorded this gave up, and will again; for one who does not, it is a server that never goes on.
            with contextlib.suppress(TooSlow):
                await self._pace.never()
            self._on_read_timeout()
        elif stream is None:
            self.set_exception(reading(self._answer))
        else:
            stream.set_exception(cut(self._answer))
