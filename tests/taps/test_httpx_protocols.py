"""HTTP/2 and what else an answer says of its passage: kept in the file, the same on replay."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import llmvcr
from llmvcr.storage import load
from taps.http2 import PIECES, http2

Seen = tuple[str, tuple[bytes, ...]]


def _sync(lib: Any, url: str) -> Seen:
    with lib.Client(http1=False, http2=True) as client, client.stream("GET", url) as answer:
        return answer.http_version, tuple(answer.iter_raw())


def _async(lib: Any, url: str) -> Seen:
    async def ask() -> Seen:
        async with lib.AsyncClient(http1=False, http2=True) as client, client.stream("GET", url) as answer:
            return answer.http_version, tuple([piece async for piece in answer.aiter_raw()])

    return asyncio.run(ask())


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@pytest.mark.parametrize("ask", [_sync, _async])
def test_http2(ask: Any, suffix: str, lib: Any, tmp_path: Path) -> None:
    """An answer over HTTP/2 is heard frame by frame, and says HTTP/2 on replay too."""
    path = tmp_path / f"c.{suffix}"
    with http2() as (url, paths):
        live = ask(lib, url + "/live")
        with llmvcr.use_cassette(path, serializer=suffix):
            recording = ask(lib, url + "/recorded")
    with llmvcr.use_cassette(path, serializer=suffix, record_mode="none"):
        replay = ask(lib, url + "/recorded")
    assert live == recording == replay == ("HTTP/2", PIECES)
    assert paths == ["/live", "/recorded"]
    (interaction,) = load(path).interactions
    assert interaction.response.http_version == "HTTP/2"


@pytest.mark.parametrize(("keep", "chunks", "times"), [("bytes", 0, 0), ("boundaries", 1, 0), ("times", 1, 1)])
def test_how_much_is_kept(keep: str, chunks: int, times: int, lib: Any, tmp_path: Path) -> None:
    """`llmvcr_keep` says whether boundaries and times are written; without boundaries a replay goes event by event."""
    with http2() as (url, _), llmvcr.use_cassette(tmp_path / "c.yaml", llmvcr_keep=keep):
        _sync(lib, url)
    text = (tmp_path / "c.yaml").read_text()
    assert (text.count("chunks: ["), text.count("times: [")) == (chunks, times)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        _, pieces = _sync(lib, url)
    events = (b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n", b"data: [DONE]\n\n")
    assert pieces == (PIECES if chunks else events)
