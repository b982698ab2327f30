"""Requests as they are about to be sent: their bodies read once, recorded, and sent from what was read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiohttp import ClientRequest, hdrs
from aiohttp.abc import AbstractStreamWriter
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_writer import StreamWriter
from aiohttp.payload import Payload

from llmvcr.interaction import Request

__all__ = ["as_sent"]


async def as_sent(request: ClientRequest) -> Request:
    """Give what `request` is going to send: its body compressed where it is sent so, without the framing of chunks.

    A body may be readable only once (an async generator, a pipe). So it is read here, and the request is left with
    the pieces that were read. An error while reading comes out when the request is sent, as it does without us.
    """
    body = await _body(request)
    headers = [(str(name), str(value)) for name, value in request.headers.items()]
    named = hdrs.CONTENT_TYPE in request.headers or hdrs.CONTENT_TYPE in request.skip_auto_headers
    if request.method in request.POST_METHODS and not named:
        headers.append(("Content-Type", "application/octet-stream"))  # which `ClientRequest.send` adds
    return Request(request.method, str(request.url), tuple(headers), body)


async def _body(request: ClientRequest) -> bytes | None:
    place = "_body" if hasattr(request, "_body") else "body"  # the latter until aiohttp 3.12, and maybe plain bytes
    source = getattr(request, place)
    if not isinstance(source, Payload):
        return bytes(source) if source else None
    read = _Read(source)
    await read.fill(request)
    setattr(request, place, read)
    compression = request.compress if isinstance(request.compress, str) else None
    return b"".join(await _pieces(read.write_pieces, request, compression) if compression else read.pieces)


class _Read(Payload):
    """A body that has been read, and stands in for the payload that it was read from."""

    def __init__(self, source: Payload) -> None:
        super().__init__(source, headers=source.headers, content_type=source.content_type)
        self._size = source.size
        self._source = source
        self._error: Exception | None = None
        self.pieces: list[bytes] = []

    async def fill(self, request: ClientRequest) -> None:
        """Read the source, in the way in which aiohttp would when it sends."""

        async def write(writer: AbstractStreamWriter) -> None:
            try:
                if hasattr(self._source, "write_with_length"):  # since aiohttp 3.12
                    length = request.headers.get(hdrs.CONTENT_LENGTH, "")
                    await self._source.write_with_length(writer, int(length) if length.isdecimal() else None)
                else:
                    await self._source.write(writer)
            except Exception as error:  # noqa: BLE001 - of the user's own making
                self._error = error

        self.pieces = await _pieces(write, request)
        # What can be read once only, aiohttp does not send again after a redirect.
        self._consumed = getattr(self._source, "consumed", False)
        self._autoclose = getattr(self._source, "autoclose", True)

    async def write_pieces(self, writer: AbstractStreamWriter) -> None:
        """Write what was read, in the pieces in which it came."""
        for piece in self.pieces:
            await writer.write(piece)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send the body, or as much of it as could be read, and then the error that ended it."""
        await self.write_pieces(writer)
        if self._error is not None:
            raise self._error

    async def write_with_length(self, writer: AbstractStreamWriter, _content_length: int | None) -> None:
        """Send the body, which was cut at its length when it was read."""
        await self.write(writer)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Give the body as text."""
        return b"".join(self.pieces).decode(encoding, errors)

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002 - aiohttp's
        """Give the body."""
        return b"".join(self.pieces)

    def _close(self) -> None:
        self._source._close()  # noqa: SLF001 - aiohttp's own name for closing at once

    async def close(self) -> None:
        """Close what the body was read from."""
        if hasattr(self._source, "close"):
            await self._source.close()


class _Sink(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        self.pieces.append(bytes(data))

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.pieces.extend(map(bytes, list_of_data))


async def _pieces(
    write: Callable[[AbstractStreamWriter], Awaitable[None]], request: ClientRequest, compression: str = ""
) -> list[bytes]:
    """Give what aiohttp's own writer sends of a body, without a connection."""
    sink, protocol = _Sink(), BaseProtocol(request.loop)
    protocol.connection_made(sink)
    writer = StreamWriter(protocol, request.loop)
    if compression:
        writer.enable_compression(compression)
    await write(writer)
    await writer.write_eof()
    return [piece for piece in sink.pieces if piece]
