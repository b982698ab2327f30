"""Streams of the openai SDK that are left early, run into a deadline, or are cut: as without us, and kept as they were.

What is shown is shown by the order of events: the server waits for the test, and gives up where the test waits for it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import openai
import pytest

import llmvcr
from llmvcr.interaction import Response
from sdk.calls import How, async_client, chat, client
from taps.paced import CUT, Paced, paced

_LENGTH = 203
_ARGUMENTS = chat("Count to 203.", stream=True)


def _chunk(number: int) -> bytes:
    choice = {"index": 0, "delta": {"content": f"{number} "}, "finish_reason": None}
    told = {
        "id": "chatcmpl-made-up",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
    }
    return f"data: {json.dumps(told)}\n\n".encode()


_CHUNKS = [_chunk(number) for number in range(_LENGTH)]


def _read(how: How, server: Paced, stop: int, *, closing: bool = True) -> list[str]:
    """Read as many words of a stream, and leave it: by closing it, or by dropping it."""
    if how == "async":
        return asyncio.run(_read_async(server, stop, closing=closing))
    got: list[str] = []
    with client(f"{server.url}v1", max_retries=0) as made:
        stream = made.chat.completions.create(**_ARGUMENTS)
        for chunk in stream:
            got.append(chunk.choices[0].delta.content)
            if len(got) == stop:
                break
        if closing:
            stream.close()
        del stream
    return got


async def _read_async(server: Paced, stop: int, *, closing: bool) -> list[str]:
    got: list[str] = []
    async with async_client(f"{server.url}v1", max_retries=0) as made:
        stream = await made.chat.completions.create(**_ARGUMENTS)
        async for chunk in stream:
            got.append(chunk.choices[0].delta.content)
            if len(got) == stop:
                break
        if closing:
            await stream.close()
        del stream
    return got


def _recorded(path: Path) -> Response:
    (interaction,) = llmvcr.load(path).interactions
    return interaction.response


@pytest.mark.parametrize("closing", [True, False], ids=["closed", "dropped"])
def test_a_break_after_3_of_203_chunks(how: How, closing: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a column
    """The application goes on at once, while the server has 200 chunks left to send; the replay gives the same 3."""
    path, words = tmp_path / "c.yaml", [f"{number} " for number in range(3)]
    with paced() as server:
        server.headers = [("Content-Type", "text/event-stream")]

        def run() -> list[str]:
            gate = threading.Event()  # who wanted the rest before the application goes on would wait until it is cut
            server.steps = [*_CHUNKS[:3], gate, *_CHUNKS[3:], b"data: [DONE]\n\n"]
            got = _read(how, server, 3, closing=closing)
            gate.set()
            return got

        assert run() == words
        with llmvcr.use_cassette(path):
            assert run() == words
        assert len(server.bodies) == 2
    recorded = _recorded(path)
    assert (recorded.chunks, recorded.ended) == (tuple(_CHUNKS[:3]), "closed")
    with llmvcr.use_cassette(path, record_mode="none"):
        assert _read(how, server, 3, closing=closing) == words


def test_a_deadline_in_mid_stream(tmp_path: Path) -> None:
    """A deadline of the application's own ends the stream where it did without us, and what had arrived is kept."""
    path, over = tmp_path / "c.yaml", threading.Event()

    async def read(server: Paced) -> list[str]:
        got: list[str] = []

        async def listen(made: openai.AsyncOpenAI) -> None:
            async with asyncio.timeout(None) as deadline:
                async for chunk in await made.chat.completions.create(**_ARGUMENTS):
                    got.append(chunk.choices[0].delta.content)
                    if len(got) == 3:
                        deadline.reschedule(asyncio.get_running_loop().time() + 0.5)

        async with async_client(f"{server.url}v1", max_retries=0) as made:
            with pytest.raises(TimeoutError):
                await listen(made)
        return got

    with paced() as server:
        server.headers = [("Content-Type", "text/event-stream")]
        server.steps = [*_CHUNKS[:3], over, *_CHUNKS[3:]]
        live = asyncio.run(read(server))
        with llmvcr.use_cassette(path):
            recording = asyncio.run(read(server))
        over.set()
        assert len(server.bodies) == 2
    with llmvcr.use_cassette(path, record_mode="none"):
        replay = asyncio.run(read(server))
    assert live == recording == replay == [f"{number} " for number in range(3)]
    recorded = _recorded(path)
    assert (recorded.chunks, recorded.ended) == (tuple(_CHUNKS[:3]), "CancelledError")


@pytest.mark.parametrize("retries", [0, 2])
def test_a_stream_that_is_cut_after_10_chunks(how: How, retries: int, tmp_path: Path) -> None:
    """Live, recording and on replay there are 10 chunks and the same error; the server is asked once each time."""
    path = tmp_path / "c.yaml"

    async def read(server: Paced) -> tuple[list[str], str, str]:
        got: list[str] = []
        try:
            if how == "sync":
                with client(f"{server.url}v1", max_retries=retries) as made:
                    for chunk in made.chat.completions.create(**_ARGUMENTS):
                        got.append(chunk.choices[0].delta.content)  # noqa: PERF401 - it is cut
            else:
                async with async_client(f"{server.url}v1", max_retries=retries) as asynchronous:
                    async for chunk in await asynchronous.chat.completions.create(**_ARGUMENTS):
                        got.append(chunk.choices[0].delta.content)  # noqa: PERF401 - it is cut
        except openai.APIConnectionError as error:
            return got, repr(error), repr(error.__cause__)
        return got, "", ""

    with paced() as server:
        server.headers = [("Content-Type", "text/event-stream")]
        server.steps = [*_CHUNKS[:10], CUT]
        live = asyncio.run(read(server))
        with llmvcr.use_cassette(path):
            recording = asyncio.run(read(server))
        assert len(server.bodies) == 2
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        replay = asyncio.run(read(server))
    assert live == recording == replay
    assert live[0] == [f"{number} " for number in range(10)]
    assert live[2].startswith("RemoteProtocolError(")
    assert (_recorded(path).chunks, cassette.play_count) == (tuple(_CHUNKS[:10]), 1)
