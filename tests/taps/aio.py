"""One way to read a streamed answer with aiohttp, for all that its streams offer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

from llmvcr.interaction import Response
from llmvcr.storage import load

__all__ = ["WAYS", "Each", "Way", "pieces", "recorded", "stream"]

Each = Callable[[Any], bool]
"""Called with each piece as it arrives; False ends the reading, and the response with it."""

Way = Callable[[aiohttp.StreamReader], AsyncIterator[Any]]

WAYS: dict[str, Way] = {
    "iter_any": lambda content: content.iter_any(),
    "iter_chunks": lambda content: content.iter_chunks(),
    "iter_chunked": lambda content: content.iter_chunked(2),
    "lines": lambda content: content.__aiter__(),
}
"""The ways to read on, by name."""


async def stream(url: str, each: Each, way: str = "iter_any", **options: Any) -> None:
    """Send a request, and hand each piece of the answer on."""
    async with aiohttp.ClientSession() as session, session.post(url, data=b"q", **options) as answer:
        async for piece in WAYS[way](answer.content):
            if not each(piece):
                return


def pieces(url: str, way: str = "iter_any", **options: Any) -> tuple[list[Any], str]:
    """Return the pieces of an answer, and the name of the error that ended it ("" for none)."""
    got: list[Any] = []

    def each(piece: Any) -> bool:
        got.append(piece)
        return True

    try:
        asyncio.run(stream(url, each, way, **options))
    except (aiohttp.ClientError, TimeoutError) as error:
        return got, type(error).__name__
    return got, ""


def recorded(path: Any) -> Response:
    """Give the one answer of a cassette."""
    (interaction,) = load(path).interactions
    return interaction.response
