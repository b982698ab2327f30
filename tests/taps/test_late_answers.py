"""A call that is under way when its cassette closes: the application gets its answer, and the cassette is done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests

import llmvcr
from taps.paced import CUT, Paced, Step


def _async_httpx(url: str) -> bytes:
    async def get() -> bytes:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url)).content

    return asyncio.run(get())


def _aiohttp(url: str) -> bytes:
    async def get() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.read()

    return asyncio.run(get())


_ASKS: dict[str, Callable[[str], bytes]] = {
    "httpx": lambda url: httpx.get(url, trust_env=False).content,
    "httpx async": _async_httpx,
    "httpx2": lambda url: httpx2.get(url, trust_env=False).content,
    "requests": lambda url: requests.get(url, timeout=30).content,
    "aiohttp": _aiohttp,
}


@pytest.mark.parametrize("steps", [[b"one"], [CUT]], ids=["answer", "cut"])
@pytest.mark.parametrize("name", _ASKS)
def test_an_answer_that_comes_after_the_cassette_is_closed(
    name: str, steps: list[Step], server: Paced, tmp_path: Path
) -> None:
    """Who waits gets the answer, or the error; it is in no cassette, and no file of ours is left for it."""
    server.steps, server.held, asked = steps, threading.Event(), threading.Event()
    got: list[Any] = []

    def look(request: Any) -> Any:
        asked.set()
        return request

    def ask() -> None:
        try:
            got.append(_ASKS[name](server.url))
        except Exception as error:  # noqa: BLE001 - each library has its own
            got.append(error)

    asking = threading.Thread(target=ask)
    with llmvcr.use_cassette(tmp_path / "c.yaml", before_record_request=look) as cassette:
        asking.start()
        asked.wait()
        while not server.bodies:
            threading.Event().wait(0.01)
    server.held.set()
    asking.join()
    assert got == [b"one"] if steps == [b"one"] else isinstance(got[0], Exception)
    assert (len(cassette), list(tmp_path.iterdir())) == (0, [])
