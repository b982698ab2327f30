"""Many calls at once: each prompt gets its own answer, and a stream is heard while it is recorded."""

from __future__ import annotations

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

import llmvcr
from openai_server import serve
from sdk.calls import async_client, chat, client

PROMPTS = tuple(f"Question {number}: what is {number} times {number}?" for number in range(50))
SHUFFLED = tuple(random.Random(7).sample(PROMPTS, len(PROMPTS)))  # noqa: S311 - an order, not a secret


def _words(chunks: list[Any]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def _asked_by_gather(base_url: str, prompts: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Ask all prompts at once, every second one streamed: id and text of each answer by its prompt."""

    async def one(made: openai.AsyncOpenAI, prompt: str) -> tuple[str, str]:
        if int(prompt.partition(":")[0].split()[1]) % 2:
            chunks = [chunk async for chunk in await made.chat.completions.create(**chat(prompt, stream=True))]
            return chunks[0].id, _words(chunks)
        whole = await made.chat.completions.create(**chat(prompt))
        return whole.id, whole.choices[0].message.content or ""

    async def everything() -> list[tuple[str, str]]:
        async with async_client(base_url) as made:
            return await asyncio.gather(*(one(made, prompt) for prompt in prompts))

    return dict(zip(prompts, asyncio.run(everything()), strict=True))


def _asked_by_threads(base_url: str, prompts: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Ask all prompts from 8 threads that share a client."""

    def one(prompt: str) -> tuple[str, str]:
        whole = made.chat.completions.create(**chat(prompt))
        return whole.id, whole.choices[0].message.content or ""

    with client(base_url) as made, ThreadPoolExecutor(8) as pool:
        return dict(zip(prompts, pool.map(one, prompts), strict=True))


@pytest.mark.parametrize("asked", [_asked_by_gather, _asked_by_threads], ids=["gather", "threads"])
def test_fifty_prompts_get_their_own_answers(asked: Any, serializer: str, path: str) -> None:
    """50 prompts recorded at once and replayed at once in another order: 50 of 50 right answers."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = asked(server.base_url, PROMPTS)
    assert {prompt: text for prompt, (_, text) in recorded.items()} == {p: f"You said: {p}" for p in PROMPTS}
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer) as cassette:
        assert asked(server.base_url, SHUFFLED) == recorded
    assert cassette.play_count == len(server.requests) == 50


def _two_streams(base_url: str) -> tuple[list[Any], list[Any]]:
    """Read two streams in turns, one chunk of each."""

    async def turns() -> tuple[list[Any], list[Any]]:
        async with async_client(base_url) as made:
            first = await made.chat.completions.create(**chat("Say one two three four.", stream=True))
            second = await made.chat.completions.create(**chat("Say five six.", stream=True))
            heard: tuple[list[Any], list[Any]] = ([], [])
            waiting = [(first, heard[0]), (second, heard[1])]
            while waiting:
                for turn in tuple(waiting):
                    try:
                        turn[1].append(await anext(turn[0]))
                    except StopAsyncIteration:
                        waiting.remove(turn)
            return heard

    return asyncio.run(turns())


def test_two_streams_side_by_side_keep_apart(serializer: str, path: str) -> None:
    """Two streams read in turns are recorded, and replayed, each with its own chunks."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = _two_streams(server.base_url)
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer):
        replayed = _two_streams(server.base_url)
    assert replayed == recorded
    assert [_words(chunks) for chunks in replayed] == ["You said: Say one two three four.", "You said: Say five six."]


def test_a_stream_is_heard_while_it_is_recorded(serializer: str, path: str) -> None:
    """While recording, a chunk reaches the application before the server has sent the next one."""
    gate = threading.Semaphore(1)
    with (
        serve(gate=gate) as server,
        llmvcr.use_cassette(path, record_mode="once", serializer=serializer),
        client(server.base_url, timeout=20, max_retries=0) as made,
    ):
        recorded = []
        for chunk in made.chat.completions.create(**chat("Say hello.", stream=True)):
            recorded.append(chunk)
            gate.release()
        gate.release()
    with (
        llmvcr.use_cassette(path, record_mode="none", serializer=serializer),
        client(server.base_url) as made,
    ):
        assert list(made.chat.completions.create(**chat("Say hello.", stream=True))) == recorded


def test_an_async_stream_is_heard_while_it_is_recorded(serializer: str, path: str) -> None:
    """The same by the async client, with the cassette entered inside the running loop."""
    gate = threading.Semaphore(1)

    async def heard(mode: str, base_url: str) -> list[Any]:
        with llmvcr.use_cassette(path, record_mode=mode, serializer=serializer):
            async with async_client(base_url, timeout=20, max_retries=0) as made:
                chunks = []
                async for chunk in await made.chat.completions.create(**chat("Say hello.", stream=True)):
                    chunks.append(chunk)
                    gate.release()
                return chunks

    with serve(gate=gate) as server:
        recorded = asyncio.run(heard("once", server.base_url))
    assert asyncio.run(heard("none", server.base_url)) == recorded
