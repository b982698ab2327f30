"""Calls that their own task gives up: what had come is kept, and a replay is given up in the same place."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path
from typing import Any

import pytest

import llmvcr
from llmvcr.storage import load
from taps.paced import Paced


async def _give_up(lib: Any, url: str, after: int) -> list[bytes]:
    """Read as many pieces, then let a deadline pass."""
    got: list[bytes] = []
    now = asyncio.get_running_loop().time

    async def read(client: Any) -> None:
        async with asyncio.timeout(None if after else 0.2) as deadline, client.stream("GET", url) as answer:
            async for piece in answer.aiter_raw():
                got.append(piece)
                if len(got) == after:
                    deadline.reschedule(now() + 0.1)

    async with lib.AsyncClient(verify=False, trust_env=False) as client:
        with pytest.raises(TimeoutError):
            await read(client)
    return got


@pytest.mark.parametrize("pieces", [(), (b"one", b"two")])
def test_a_deadline(pieces: tuple[bytes, ...], lib: Any, server: Paced, tmp_path: Path) -> None:
    """A deadline ends a call alike live, while recording and on replay, before its head and in the middle."""
    over = threading.Event()
    server.steps = [*pieces, over]
    server.held = None if pieces else over
    live = asyncio.run(_give_up(lib, server.url, len(pieces)))
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        recording = asyncio.run(_give_up(lib, server.url, len(pieces)))
    over.set()
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        replay = asyncio.run(_give_up(lib, server.url, len(pieces)))
    assert tuple(live) == tuple(recording) == tuple(replay) == pieces
    (interaction,) = load(tmp_path / "c.yaml").interactions
    response = interaction.response
    assert (response.ended, response.chunks, response.failed) == ("CancelledError", pieces, not pieces)


def test_an_iterator_that_is_dropped(lib: Any, server: Paced, tmp_path: Path) -> None:
    """A response that nobody closes, and the garbage collector takes, is recorded as far as it was read."""
    over = threading.Event()
    server.steps = [b"one", over, b"two"]

    def read_one() -> bytes:
        client = lib.Client(trust_env=False)
        answer = client.send(client.build_request("GET", server.url), stream=True)
        piece: bytes = next(answer.iter_raw())
        return piece

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert read_one() == b"one"
        gc.collect()
    over.set()
    (interaction,) = load(tmp_path / "c.yaml").interactions
    assert (interaction.response.chunks, interaction.response.ended) == ((b"one",), "closed")


def test_the_pace_of_a_replay(lib: Any, server: Paced, tmp_path: Path) -> None:
    """With a pace that is slower than the client waits for, its own read timeout ends the replay."""
    server.steps = [b"one", b"two"]
    with llmvcr.use_cassette(tmp_path / "c.yaml"), lib.Client() as client:
        assert client.get(server.url).content == b"onetwo"
    text = (tmp_path / "c.yaml").read_text()
    line = next(line for line in text.splitlines() if "times:" in line)
    slow = line[: line.index("[")] + "[0, 10, 60000]"
    (tmp_path / "c.yaml").write_text(text.replace(line, slow))
    for timing, outcome in (("none", ""), ("0", ""), ("recorded", "ReadTimeout"), (0.0001, "")):
        got = []
        kind = ""
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_timing=timing),
            lib.Client(timeout=0.2) as client,
            client.stream("GET", server.url) as answer,
        ):
            try:
                for piece in answer.iter_raw():
                    got.append(piece)  # noqa: PERF402 - it is cut
            except lib.HTTPError as error:
                kind = type(error).__name__
        assert (got, kind) == ([b"one"] if outcome else [b"one", b"two"], outcome), timing


def test_a_pace_holds_up_nobody_else(lib: Any, server: Paced, tmp_path: Path) -> None:
    """While one task waits for the next piece of a replay, others run."""
    server.steps = [b"one"]
    with llmvcr.use_cassette(tmp_path / "c.yaml"), lib.Client() as client:
        client.get(server.url)
    text = (tmp_path / "c.yaml").read_text()
    line = next(line for line in text.splitlines() if "times:" in line)
    (tmp_path / "c.yaml").write_text(text.replace(line, line[: line.index("[")] + "[0, 300]"))
    order: list[str] = []

    async def ask() -> None:
        async with lib.AsyncClient() as client:
            await client.get(server.url)
        order.append("answer")

    async def other() -> None:
        for _ in range(3):
            await asyncio.sleep(0.01)
            order.append("other")

    async def both() -> None:
        await asyncio.gather(ask(), other())

    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_timing="recorded"):
        asyncio.run(both())
    assert order == ["other", "other", "other", "answer"]
