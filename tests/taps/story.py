"""Stories told with aiohttp: what a session does live, while it is recorded, and on replay without a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

import llmvcr

__all__ = ["NoConnections", "Session", "plain", "serving", "told"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Session = Callable[..., aiohttp.ClientSession]
Story = Callable[[str, Session], Awaitable[Any]]


@asynccontextmanager
async def serving(handle: Handler) -> AsyncIterator[str]:
    """Run a server as long as the context is open, and give its URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}/"


class NoConnections(aiohttp.TCPConnector):
    """A connector that fails whoever wants a connection of it."""

    async def _create_connection(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("a replay made a connection")


def told(handle: Handler, story: Story, tmp_path: Path, **options: Any) -> Any:
    """Run a story live, recording, and on replay without any server; give what it gave, the same each time."""
    outcomes, url = [], ""

    async def live() -> None:
        nonlocal url
        async with serving(handle) as url:
            outcomes.append(await story(url, aiohttp.ClientSession))
            with llmvcr.use_cassette(tmp_path / "c.yaml", **options):
                outcomes.append(await story(url, aiohttp.ClientSession))

    def offline(**options: Any) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=NoConnections(), **options)

    asyncio.run(live())
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", **options):
        outcomes.append(asyncio.run(story(url, offline)))  # type: ignore[arg-type] # a story is a coroutine function
    assert outcomes[0] == outcomes[1] == outcomes[2]
    return outcomes[0]


async def plain(request: web.Request) -> web.StreamResponse:
    """Answer with the status that the path names, and say how the client called."""
    headers = {"X-Auth": request.headers.get("Authorization", ""), "X-Twice": "a"}
    answer = web.Response(
        status=int(request.path[1:] or 200), text="a" if request.method != "HEAD" else "", headers=headers
    )
    answer.headers.add("X-Twice", "b")
    return answer
