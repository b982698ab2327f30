"""Several cassettes open in one process: nested, and side by side in tasks and threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

import llmvcr
from bridge.counting import CHAT, Counting, chat_body
from llmvcr.storage import load


def _asked(path: Path) -> list[str]:
    return [(one.request.body or b"").decode() for one in load(path).interactions]


def _bodies(name: str, turns: int) -> list[str]:
    return [httpx2.Request("POST", "http://x", json=chat_body(f"{name} {n}")).content.decode() for n in range(turns)]


def test_tasks(server: Counting, tmp_path: Path) -> None:
    """Each of eight tasks records into its own cassette, and replays from it, while the others do the same."""

    async def one(name: str, mode: str) -> None:
        with llmvcr.use_cassette(tmp_path / f"{name}.yaml", record_mode=mode):
            async with httpx2.AsyncClient(trust_env=False) as client:
                for turn in range(5):
                    answer = await client.post(server.url + CHAT, json=chat_body(f"{name} {turn}"))
                    assert answer.json()["choices"][0]["message"]["content"].endswith(f"{name} {turn}")

    async def everyone(mode: str) -> None:
        await asyncio.gather(*(one(f"task{number}", mode) for number in range(8)))

    asyncio.run(everyone("once"))
    asked = len(server.seen)
    asyncio.run(everyone("none"))
    assert asked == len(server.seen) == 40
    for number in range(8):
        assert _asked(tmp_path / f"task{number}.yaml") == _bodies(f"task{number}", 5)


def test_threads(server: Counting, tmp_path: Path) -> None:
    """Each of four threads records into its own cassette while all are open."""
    together = threading.Barrier(4)

    def one(name: str) -> None:
        with llmvcr.use_cassette(tmp_path / f"{name}.yaml"), httpx2.Client(trust_env=False) as client:
            together.wait(10)
            for turn in range(5):
                client.post(server.url + CHAT, json=chat_body(f"{name} {turn}"))
            together.wait(10)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, [f"thread{number}" for number in range(4)]))
    for number in range(4):
        assert _asked(tmp_path / f"thread{number}.yaml") == _bodies(f"thread{number}", 5)


def test_nested_with_a_pool(server: Counting, tmp_path: Path) -> None:
    """The threads of a pool speak to the innermost cassette, those of asyncio.to_thread to that of their task."""

    def ask(words: str) -> None:
        with httpx2.Client(trust_env=False) as client:
            client.post(server.url + CHAT, json=chat_body(words))

    async def to_thread(ask: Callable[[str], None]) -> None:
        await asyncio.to_thread(ask, "b 0")

    with llmvcr.use_cassette(tmp_path / "a.yaml"), ThreadPoolExecutor(2) as pool:
        with llmvcr.use_cassette(tmp_path / "b.yaml"):
            asyncio.run(to_thread(ask))
            pool.submit(ask, "b 1").result()
        pool.submit(ask, "a 0").result()
    assert _asked(tmp_path / "a.yaml") == _bodies("a", 1)
    assert _asked(tmp_path / "b.yaml") == _bodies("b", 2)


def test_a_decorated_task(server: Counting, tmp_path: Path) -> None:
    """A coroutine function under `use_cassette` has the cassette to itself, as often as it runs at once."""

    @llmvcr.use_cassette(tmp_path / "one.yaml", record_mode="new_episodes")  # type: ignore[untyped-decorator]
    async def ask(words: str) -> None:
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.post(server.url + CHAT, json=chat_body(words))

    async def both() -> None:
        await ask("one 0")
        await asyncio.gather(ask("one 0"), ask("one 0"))

    asyncio.run(both())
    assert len(server.seen) == 1


def test_a_call_between_two(server: Counting, tmp_path: Path) -> None:
    """A thread that belongs to none of several cassettes is told so, and nothing is recorded in the wrong one."""
    opened, asked = threading.Barrier(3), threading.Event()

    def hold(name: str) -> None:
        with llmvcr.use_cassette(tmp_path / f"{name}.yaml"):
            opened.wait(10)
            asked.wait(10)

    holders = [threading.Thread(target=hold, args=(name,)) for name in ("a", "b")]
    for each in holders:
        each.start()
    opened.wait(10)
    with httpx2.Client(trust_env=False) as client, pytest.raises(llmvcr.LlmvcrError, match="2 cassettes are open"):
        client.post(server.url + CHAT, json=chat_body("whose?"))
    asked.set()
    for each in holders:
        each.join()
    assert server.seen == []
    assert list(tmp_path.iterdir()) == []
