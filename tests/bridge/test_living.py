"""The life of a cassette without pytest, with a real SDK: verified, refreshed, recorded anew."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

import llmvcr
from llmvcr import storage
from llmvcr.errors import StaleError
from openai_server import Server, serve

_OLD = "2020-01-01T00:00:00Z"


def _streamed(server: Server, words: str, *, to_the_end: bool = True) -> str:
    client: Any = openai.OpenAI(base_url=server.base_url, api_key="sk-made-up-key", max_retries=0)
    messages = [{"role": "user", "content": words}]
    said = ""
    with client.chat.completions.create(model="made-up", messages=messages, stream=True) as parts:
        for part in parts:
            said += part.choices[0].delta.content or "" if part.choices else ""
            if not to_the_end:
                break
    return said


async def _whole(server: Server, words: str) -> None:
    async with openai.AsyncOpenAI(base_url=server.base_url, api_key="sk-made-up-key", max_retries=0) as client:
        await client.chat.completions.create(model="made-up", messages=[{"role": "user", "content": words}])


def test_verify(tmp_path: Path) -> None:
    """Streams and async calls go out and are compared by what they say; ids and times are no change."""
    path = tmp_path / "it.yaml"
    with serve() as server:
        with llmvcr.use_cassette(path):
            _streamed(server, "one")
            asyncio.run(_whole(server, "two"))
        before = path.read_bytes()
        with llmvcr.use_cassette(path, llmvcr_mode="verify") as cassette:
            assert _streamed(server, "one") == "You said: one"
            asyncio.run(_whole(server, "two"))
        assert (cassette.life.verified, cassette.life.changed) == (2, [])
        storage.set_incomplete(path, to=True)
        with llmvcr.use_cassette(path, llmvcr_mode="verify", drop_unused_requests=True) as cassette:
            _streamed(server, "one", to_the_end=False)
        assert storage.incomplete(path)
        storage.set_incomplete(path, to=False)
        assert len(server.requests) == 5
    assert cassette.life.changed[0].startswith("#0 openai chat.completions, model made-up")
    assert "  text" in cassette.life.changed
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["it.yaml"]


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_recorded_anew(kind: str, tmp_path: Path) -> None:
    """What is too old is recorded anew in its place, streams, too; the rest is played and stays byte for byte."""
    path = tmp_path / f"it.{kind}"
    with serve() as server:
        with llmvcr.use_cassette(path, serializer=kind):
            for words in ("one", "two", "three"):
                _streamed(server, words)
        one, two, three = llmvcr.load(path)
        llmvcr.dump([one, replace(two, recorded_at=_OLD), three], path)
        for calls in (4, 4):
            with llmvcr.use_cassette(path, serializer=kind, llmvcr_max_age="30d", llmvcr_stale="record"):
                for words in ("two", "one", "three"):
                    assert _streamed(server, words) == f"You said: {words}"
            assert len(server.requests) == calls
    first, second, third = llmvcr.load(path)
    assert (first, third) == (one, three)
    assert second.request.body == two.request.body
    assert second.recorded_at != _OLD


def test_too_old(tmp_path: Path) -> None:
    """Without pytest, too, a warning or an error says so; a cassette that is young enough says nothing."""
    path = tmp_path / "it.yaml"
    with serve() as server, llmvcr.use_cassette(path):
        _streamed(server, "one")
    with llmvcr.use_cassette(path, llmvcr_max_age="1h"):
        pass
    llmvcr.dump([replace(one, recorded_at=_OLD) for one in llmvcr.load(path)], path)
    with (
        pytest.warns(llmvcr.StaleWarning, match="its oldest interaction was recorded"),
        llmvcr.use_cassette(path, llmvcr_max_age="30d"),
    ):
        pass
    stale = llmvcr.use_cassette(path, llmvcr_max_age="30d", llmvcr_stale="fail")
    with pytest.raises(StaleError, match="How to fix: record it again"), stale:
        pass
