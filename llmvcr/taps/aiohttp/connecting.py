"""Where aiohttp's client is tapped: at its connector, which is asked for a connection once for each request sent."""

# Above this place stands all that a session does by itself: redirects, cookies, authentication, a retry on a stale
# connection, middlewares, `raise_for_status`, traces. It works on recorded answers as on real ones. Below stand the
# pool and the sockets, which a replay does not touch.

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from typing import Any

from aiohttp import BaseConnector, ClientRequest, ClientSession
from aiohttp.connector import Connection
from aiohttp.http_parser import DeflateBuffer

from llmvcr.taps.aiohttp.failing import name_connecting
from llmvcr.taps.aiohttp.hearing import hear, hear_packed
from llmvcr.taps.aiohttp.replaying import replay
from llmvcr.taps.aiohttp.sending import as_sent
from llmvcr.taps.base import Patch, Recorder
from llmvcr.taps.ear import Ear
from llmvcr.walls import passing

__all__ = ["patches"]

_STUBS = frozenset({"_tapped_connect", "_tapped_feed", "new_request"})
"""The wrappers of recorders, ours and (the last) vcrpy's, by the names of their functions."""


def patches(recorder: Recorder) -> Iterator[Patch]:
    """Give a patch of the connector, one that hears compressed bodies, and one that takes vcrpy's stub out of the way.

    The last is there only where a cassette of plain vcrpy is open: as with every tap, the innermost cassette hears.
    """
    yield BaseConnector, "connect", _connect(_real(BaseConnector.connect), recorder)
    yield DeflateBuffer, "feed_data", hear_packed(_real(DeflateBuffer.feed_data))
    request = ClientSession._request  # noqa: SLF001 - where vcrpy's stub stands
    yield ClientSession, "_request", _plain(_real(request)) if _is_stub(request) else None


def _is_stub(function: Any) -> bool:
    return getattr(getattr(function, "__code__", None), "co_name", "") in _STUBS


def _real(function: Any) -> Any:
    """Look through the wrappers of recorders to aiohttp's own method; other people's wrappers stay."""
    while _is_stub(function):
        function = function.__wrapped__
    return function


def _plain(real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(real)
    async def request(session: ClientSession, *args: Any, **kwargs: Any) -> Any:
        return await real(session, *args, **kwargs)

    return request


def _connect(real: Callable[..., Awaitable[Connection]], recorder: Recorder) -> Callable[..., Awaitable[Connection]]:
    @wraps(real)
    async def _tapped_connect(
        connector: BaseConnector, request: ClientRequest, *args: Any, **kwargs: Any
    ) -> Connection:
        if not _is_http(request):
            return await real(connector, request, *args, **kwargs)
        call = recorder.call(await as_sent(request))
        if call.answer is not None:
            return await replay(call.answer, request, connector)
        ear = Ear(call)
        try:
            with passing():
                connection = await real(connector, request, *args, **kwargs)
        except (Exception, asyncio.CancelledError) as error:
            ear.end(*name_connecting(error, request))
            raise
        if not ear.over:
            hear(connection, ear, request)
        return connection

    return _tapped_connect


def _is_http(request: ClientRequest) -> bool:
    """Say whether this is HTTP to its end: no WebSocket, nor another protocol that only begins as HTTP."""
    return "Upgrade" not in request.headers and request.method != "CONNECT"
