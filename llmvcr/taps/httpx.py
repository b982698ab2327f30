"""The tap for httpx and its fork httpx2: transports that ask the cassette, and streams that are heard as they pass.

The two libraries have the same shape, so one tap serves both; the module in question is a parameter. Only the
innermost cassette hears a call, as with vcrpy's own stubs: a tap that is opened over another calls what the other
one replaced.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType
from typing import Any

from llmvcr.interaction import Request, Response
from llmvcr.taps.base import Call, Patch, Recorder

__all__ = ["HTTPX", "HTTPX2", "HttpxTap"]

_SYNC = ("HTTPTransport", "WSGITransport", "MockTransport")
_ASYNC = ("AsyncHTTPTransport", "ASGITransport", "MockTransport")

_STUBS = frozenset({"_inner_handle_request", "_inner_handle_async_request", "_tapped", "_tapped_async"})
"""The wrappers of recorders, vcrpy's and ours, by the names of their functions."""


def _real(function: Any) -> Any:
    """Look through the wrappers of recorders to the transport's own method; other people's wrappers stay."""
    while getattr(getattr(function, "__code__", None), "co_name", "") in _STUBS:
        function = function.__wrapped__
    if hasattr(function, "__get__"):
        return function
    return lambda _transport, request: function(request)  # a Mock, say, which Python would not bind either


@dataclass(frozen=True, slots=True)
class HttpxTap:
    """httpx or httpx2, told apart by the name of the module."""

    name: str

    def patches(self, recorder: Recorder) -> Iterator[Patch]:
        """Give one patch for each transport of the library and of the transports that others write for it."""
        if importlib.util.find_spec(self.name) is None:
            return
        lib = importlib.import_module(self.name)
        for owner, name in _transports(lib):
            if hasattr(owner, name):
                wrap = _async if name == "handle_async_request" else _sync
                yield owner, name, wrap(_real(getattr(owner, name)), recorder, lib)


HTTPX = HttpxTap("httpx")
HTTPX2 = HttpxTap("httpx2")


def _transports(lib: ModuleType) -> Iterator[tuple[Any, str]]:
    for owner in _SYNC:
        yield getattr(lib, owner), "handle_request"
    for owner in _ASYNC:
        yield getattr(lib, owner), "handle_async_request"
    if lib.__name__ != "httpx":
        return
    # Transports that other packages write for httpx; vcrpy's own patcher, whose place we take, knows them too.
    for package, sync, asynchronous in (
        ("httpx_curl_cffi", "CurlTransport", "AsyncCurlTransport"),
        ("pyreqwest.compatibility.httpx", "SyncHttpxTransport", "HttpxTransport"),
    ):
        if importlib.util.find_spec(package.partition(".")[0]) is not None:
            module = importlib.import_module(package)
            yield getattr(module, sync), "handle_request"
            yield getattr(module, asynchronous), "handle_async_request"


def _sync(real: Callable[[Any, Any], Any], recorder: Recorder, lib: ModuleType) -> Callable[[Any, Any], Any]:
    def _tapped(transport: Any, request: Any) -> Any:
        body = b"".join(request.stream)
        request.stream = lib.ByteStream(body)  # the real transport reads it once more
        call = recorder.call(_request(request, body))
        if call.answer is not None:
            return _response(call.answer, lib)
        response = real(transport, request)
        response.stream = _tee(response, call, lib)
        return response

    _tapped.__wrapped__ = real  # type: ignore[attr-defined]
    return _tapped


def _async(real: Callable[[Any, Any], Any], recorder: Recorder, lib: ModuleType) -> Callable[[Any, Any], Any]:
    async def _tapped_async(transport: Any, request: Any) -> Any:
        body = b"".join([part async for part in request.stream])
        request.stream = lib.ByteStream(body)
        call = recorder.call(_request(request, body))
        if call.answer is not None:
            return _response(call.answer, lib)
        response = await real(transport, request)
        response.stream = _tee(response, call, lib)
        return response

    _tapped_async.__wrapped__ = real  # type: ignore[attr-defined]
    return _tapped_async


def _request(request: Any, body: bytes) -> Request:
    return Request(request.method, str(request.url), tuple(request.headers.multi_items()), body)


def _response(answer: Response, lib: ModuleType) -> Any:
    extensions: dict[str, Any] = {"http_version": b"HTTP/1.1"}
    if answer.reason:
        extensions["reason_phrase"] = answer.reason.encode("latin-1", "replace")
    # The libraries take a header's text for ASCII, but read UTF-8.
    headers = [(name.encode(), value.encode()) for name, value in answer.headers]
    return lib.Response(answer.status, headers=headers, stream=_streams(lib).replay(answer), extensions=extensions)


def _tee(response: Any, call: Call, lib: ModuleType) -> Any:
    """Put an ear on the response's stream; what has been read already (MockTransport) is recorded at once."""
    if call.record is None:
        return response.stream
    head = Response(response.status_code, response.reason_phrase, tuple(response.headers.multi_items()))
    if hasattr(response, "_content"):
        # A ByteStream can be read again, and has the bytes as they were before the library unpacked them.
        body = b"".join(response.stream) if isinstance(response.stream, lib.ByteStream) else response.content
        call.record(replace(head, chunks=(body,) if body else ()))
        return response.stream
    tee = _streams(lib).tee(response.stream, head, call.record)
    if call.opened is not None:
        call.opened(tee.tell)
    return tee


@dataclass(frozen=True, slots=True)
class _Streams:
    """The two streams of ours, as classes of one library: a response asks for its own stream classes."""

    replay: Any
    tee: Any


@lru_cache
def _streams(lib: ModuleType) -> _Streams:  # noqa: C901 - two classes of short methods, counted as one function
    class Replay(lib.SyncByteStream, lib.AsyncByteStream):  # type: ignore[name-defined,misc]
        """Hands out recorded chunks, each as it was, and the recorded bad end, if there was one."""

        def __init__(self, answer: Response) -> None:
            self._answer = answer

        def __iter__(self) -> Iterator[bytes]:
            yield from self._answer.chunks
            self._end()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in self._answer.chunks:
                yield chunk
            self._end()

        def _end(self) -> None:
            ended = self._answer.ended
            if ended == "closed":
                message = "replayed: the recording ends here, where the client that recorded it closed the stream"
                raise lib.ReadError(message)
            if ended:
                message = f"replayed: the recorded stream ended in {ended}"
                raise getattr(lib, ended, lib.ReadError)(message)

    class Tee(lib.SyncByteStream, lib.AsyncByteStream):  # type: ignore[name-defined,misc]
        """Hands on each chunk of the real stream at once, and tells the recorder when the stream is over."""

        def __init__(self, stream: Any, head: Response, record: Callable[[Response], None]) -> None:
            self._stream, self._head, self._record = stream, head, record
            self._chunks: list[bytes] = []
            self._told = False

        def tell(self, ended: str = "closed") -> None:
            if not self._told:
                self._told = True
                self._record(replace(self._head, chunks=tuple(self._chunks), ended=ended))

        def __iter__(self) -> Iterator[bytes]:
            try:
                for chunk in self._stream:
                    self._chunks.append(chunk)
                    yield chunk
            except lib.HTTPError as error:
                self.tell(type(error).__name__)
                raise
            self.tell("")

        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                async for chunk in self._stream:
                    self._chunks.append(chunk)
                    yield chunk
            except lib.HTTPError as error:
                self.tell(type(error).__name__)
                raise
            self.tell("")

        def close(self) -> None:
            try:
                self._stream.close()
            finally:
                self.tell("closed")

        async def aclose(self) -> None:
            try:
                await self._stream.aclose()
            finally:
                self.tell("closed")

    return _Streams(Replay, Tee)
