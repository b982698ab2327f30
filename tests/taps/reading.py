"""One way to read a streamed answer, for sync and for async clients alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

__all__ = ["READERS", "Each", "Reader", "pieces"]

Each = Callable[[bytes], bool]
"""Called with each raw piece as it arrives; False ends the reading, and closes the response."""

Reader = Callable[[Any, str, Each], None]


def _sync(lib: Any, url: str, each: Each) -> None:
    client = lib.Client(verify=False, trust_env=False, timeout=30)
    with client, client.stream("POST", url, content=b"q") as answer:
        for piece in answer.iter_raw():
            if not each(piece):
                return


def _async(lib: Any, url: str, each: Each) -> None:
    async def read() -> None:
        client = lib.AsyncClient(verify=False, trust_env=False, timeout=30)
        async with client, client.stream("POST", url, content=b"q") as answer:
            async for piece in answer.aiter_raw():
                if not each(piece):
                    return

    asyncio.run(read())


READERS: tuple[Reader, ...] = (_sync, _async)


def pieces(read: Reader, lib: Any, url: str) -> tuple[list[bytes], str]:
    """Return the raw pieces of an answer, and the name of the error that ended it ("" for none)."""
    got: list[bytes] = []

    def each(piece: bytes) -> bool:
        got.append(piece)
        return True

    try:
        read(lib, url, each)
    except lib.HTTPError as error:
        return got, type(error).__name__
    return got, ""
