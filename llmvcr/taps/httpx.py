"""The tap for httpx and its fork httpx2: transports that ask the cassette, and streams that are heard as they pass.

The two libraries have the same shape, so one tap serves both; the module in question is a parameter. A tap that is
opened over the stub of another recorder calls what that one replaced: a call is heard once.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from llmvcr.interaction import Headers, Request
from llmvcr.taps.base import Patch, Recorder
from llmvcr.taps.ear import Ear
from llmvcr.taps.failures import CANCELLED, is_cancellation
from llmvcr.taps.httpx_streams import listen, replay, replay_async
from llmvcr.walls import passing

__all__ = ["CURL", "HTTPX", "HTTPX2", "PYREQWEST", "HttpxTap"]

_SYNC = ("HTTPTransport", "WSGITransport", "MockTransport")
_ASYNC = ("AsyncHTTPTransport", "ASGITransport", "MockTransport")

_IN_PROCESS = frozenset({"WSGITransport", "ASGITransport", "MockTransport"})
"""Transports that call the application itself, whose own connections the walls still judge."""

_Way = Callable[[], AbstractContextManager[None]]

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
    """The transports of one module for httpx or httpx2, which `library` names."""

    name: str
    library: str
    sync: tuple[str, ...]
    asynchronous: tuple[str, ...]
    is_steady: bool = True

    @property
    def replaces(self) -> tuple[str, ...]:
        """The patchers of vcrpy bear the names of the two libraries."""
        return (self.library,)

    @property
    def awaits(self) -> tuple[str, ...]:
        """Name the module, which has all its transports once it is imported."""
        return (self.name,)

    def patches(self, recorder: Recorder) -> Iterator[Patch]:
        """Give one patch for each transport."""
        module, lib = importlib.import_module(self.name), importlib.import_module(self.library)
        for kinds, name, wrap in (
            (self.sync, "handle_request", _sync),
            (self.asynchronous, "handle_async_request", _async),
        ):
            for kind in kinds:
                owner = getattr(module, kind)
                if hasattr(owner, name):
                    way = nullcontext if kind in _IN_PROCESS else passing
                    yield module, kind, None
                    yield owner, name, wrap(_real(getattr(owner, name)), recorder, lib, way)


HTTPX = HttpxTap("httpx", "httpx", _SYNC, _ASYNC)
HTTPX2 = HttpxTap("httpx2", "httpx2", _SYNC, _ASYNC)
CURL = HttpxTap("httpx_curl_cffi", "httpx", ("CurlTransport",), ("AsyncCurlTransport",))
PYREQWEST = HttpxTap("pyreqwest.compatibility.httpx", "httpx", ("SyncHttpxTransport",), ("HttpxTransport",))
"""The last two are transports that other packages write for httpx; vcrpy's own patcher, whose place we take, knows them
too."""


def _sync(real: Callable[[Any, Any], Any], recorder: Recorder, lib: ModuleType, way: _Way) -> Callable[[Any, Any], Any]:
    def _tapped(transport: Any, request: Any) -> Any:
        body = b"".join(request.stream)
        request.stream = lib.ByteStream(body)  # the real transport reads it once more
        call = recorder.call(_request(request, body))
        if call.answer is not None:
            return replay(call.answer, request, lib)
        ear = Ear(call)
        try:
            with way():
                response = real(transport, request)
        except lib.TransportError as error:
            ear.failed(error)
            raise
        return listen(response, ear, lib)

    _tapped.__wrapped__ = real  # type: ignore[attr-defined]
    return _tapped


def _async(
    real: Callable[[Any, Any], Any], recorder: Recorder, lib: ModuleType, way: _Way
) -> Callable[[Any, Any], Any]:
    async def _tapped_async(transport: Any, request: Any) -> Any:
        body = b"".join([part async for part in request.stream])
        request.stream = lib.ByteStream(body)
        call = recorder.call(_request(request, body))
        if call.answer is not None:
            return await replay_async(call.answer, request, lib)
        ear = Ear(call)
        try:
            with way():
                response = await real(transport, request)
        except lib.TransportError as error:
            ear.failed(error)
            raise
        except BaseException as error:
            if is_cancellation(error):
                ear.end(CANCELLED)
            raise
        return listen(response, ear, lib)

    _tapped_async.__wrapped__ = real  # type: ignore[attr-defined]
    return _tapped_async


def _request(request: Any, body: bytes) -> Request:
    return Request(request.method, str(request.url), _lines(request.headers), body)


def _lines(headers: Any) -> Headers:
    """Give what `multi_items` gives, which finds the encoding out for each name and value anew."""
    raw = headers.raw
    texts = b"\0".join([text for line in raw for text in line])
    if texts.isascii() and len(found := texts.decode("ascii").split("\0")) == 2 * len(raw):
        return tuple(zip(map(str.lower, found[::2]), found[1::2], strict=True))
    encoding = headers.encoding
    return tuple([(name.decode(encoding).lower(), value.decode(encoding)) for name, value in raw])
