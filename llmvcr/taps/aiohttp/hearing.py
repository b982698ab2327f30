"""Real answers, heard while aiohttp's own parser and streams take them in; nothing is held back or read ahead."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import lru_cache, partial, wraps
from typing import Any

from aiohttp import ClientConnectionError, ClientRequest, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_parser import DeflateBuffer

from llmvcr.interaction import Headers
from llmvcr.taps.aiohttp.failing import CLOSED, Told, name, name_giving_up
from llmvcr.taps.ear import Ear

__all__ = ["hear", "hear_packed"]

# aiohttp makes the objects that see an answer pass by itself, the protocol in its connector and the stream in a parser
# that may be C. For as long as they are heard they get a class of ours, derived from their own.


def hear(connection: Connection, ear: Ear, request: ClientRequest) -> None:
    """Hear the next answer on a connection, until it is released or closed, by whomever."""
    protocol = connection.protocol
    assert isinstance(protocol, ResponseHandler)  # noqa: S101 - it is new, or fresh from the pool
    hearing, kind = _Hearing(ear, request), type(protocol)
    protocol.__dict__["hearing"] = hearing
    protocol.__class__ = _heard(kind)  # type: ignore[arg-type] # mypy takes a class's __hash__ for that of its values
    connection.add_callback(partial(_let_go, protocol, kind, hearing))


def _let_go(protocol: ResponseHandler, kind: type[ResponseHandler], hearing: _Hearing) -> None:
    protocol.__class__ = kind
    hearing.given_up()


def hear_packed(real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `DeflateBuffer.feed_data`, the last place where a compressed body is as it crossed the wire."""

    @wraps(real)
    def _tapped_feed(buffer: DeflateBuffer, chunk: bytes, *args: Any) -> Any:
        hearing = getattr(getattr(buffer.out, "_protocol", None), "hearing", None)
        if isinstance(hearing, _Hearing):
            hearing.packed(chunk)
        return real(buffer, chunk, *args)

    return _tapped_feed


class _Hearing:
    """What was heard of one answer."""

    def __init__(self, ear: Ear, request: ClientRequest) -> None:
        self._ear, self._request = ear, request
        self._headed = False
        self._is_packed = False
        self._early: list[bytes] = []  # packed chunks that came along with the head, which is told after them
        self.reading: Told = CLOSED
        """How the application's last wait for more ended, where it has not got any more since."""

    def head(self, message: Any, stream: StreamReader) -> None:
        """Hear the head, once aiohttp's parser has it, and what came along with it."""
        if 100 <= message.code <= 199:  # the head of the answer is still to come
            return
        version = f"HTTP/{message.version.major}.{message.version.minor}"
        self._ear.head(message.code, message.reason or "", _lines(message.raw_headers), version)
        self._headed = True
        for chunk in self._early if self._is_packed else tuple(getattr(stream, "_buffer", ())):
            self._ear.chunk(chunk)
        error = stream.exception()
        if error is not None:
            self._ear.end(*name(error))
        elif stream.is_eof():
            self._ear.end()
        else:
            stream.__class__ = _Stream

    def packed(self, chunk: bytes) -> None:
        """Hear a piece of a compressed body."""
        self._is_packed = True
        if self._headed:
            self._ear.chunk(chunk)
        else:
            self._early.append(bytes(chunk))

    def fed(self, chunk: bytes) -> None:
        """Hear a piece of a body as the application gets it."""
        self.reading = CLOSED
        if not self._is_packed:
            self._ear.chunk(chunk)

    def whole(self) -> None:
        """Hear the end of the answer."""
        self._ear.end()

    def broke(self, error: BaseException) -> None:
        """Hear what ended the answer, or kept it from coming."""
        if self._headed and type(error) is ClientConnectionError:  # "Connection closed", by the application
            self.given_up()
        else:
            self._ear.end(*name(error))

    def not_answered(self, error: BaseException) -> None:
        """Hear what the protocol failed with; after the head the stream is told, too, where it matters."""
        if not self._headed:
            self.broke(error)

    def given_up(self) -> None:
        """Hear that the application wants no more; of an answer that was whole this says nothing."""
        if self._ear.over:
            return
        if self._headed:
            told = name_giving_up(None, self._request)
            self._ear.end(*(self.reading if told == CLOSED else told))
        else:
            self._ear.end(*name_giving_up(sys.exception(), self._request))


class _Stream(StreamReader):
    __slots__ = ()

    @property
    def _hearing(self) -> _Hearing:
        hearing: _Hearing = self._protocol.hearing  # type: ignore[attr-defined]
        return hearing

    def feed_data(self, data: bytes, *args: Any) -> Any:
        self._hearing.fed(data)
        return super().feed_data(data, *args)

    def feed_eof(self) -> None:
        hearing = self._hearing
        # From here on the protocol may be at another answer.
        self.__class__ = StreamReader  # type: ignore[assignment]
        try:
            hearing.whole()
        except Exception as error:  # noqa: BLE001 - a hook of the user's; the parser, who calls, has no use for it
            self.set_exception(error)
        StreamReader.feed_eof(self)

    def set_exception(self, exc: BaseException, *args: Any) -> None:
        self._hearing.broke(exc)
        super().set_exception(exc, *args)

    async def _wait(self, func_name: str) -> None:
        hearing = self._hearing
        hearing.reading = CLOSED
        try:
            await super()._wait(func_name)
        except (asyncio.CancelledError, TimeoutError) as error:
            hearing.reading = type(error).__name__, ""
            raise


@lru_cache
def _heard(kind: type[ResponseHandler]) -> type[ResponseHandler]:
    class Heard(kind):  # type: ignore[misc,valid-type]
        hearing: _Hearing

        def feed_data(self, data: Any, *args: Any) -> None:
            try:
                self.hearing.head(*data)
            except Exception as error:  # noqa: BLE001 - a hook of the user's; the event loop, who calls, has no use for it
                super().set_exception(error)
            else:
                super().feed_data(data, *args)

        def set_exception(self, exc: BaseException, *args: Any) -> None:
            self.hearing.not_answered(exc)
            super().set_exception(exc, *args)

        def connection_lost(self, exc: BaseException | None) -> None:
            super().connection_lost(exc)
            self.hearing.given_up()  # by a session that was closed, which tells the stream nothing

    return Heard


def _lines(raw: tuple[tuple[bytes, bytes], ...]) -> Headers:
    return tuple((_text(line[0]), _text(line[1])) for line in raw)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
