"""Conversations of several calls, where a later request carries what an earlier answer gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai
import pytest

import llmvcr
from openai_server import serve
from sdk.calls import CHAT, SOUND, TOOL, How, Row, ask, chat, dumped

Ask = Callable[[Row], list[Any]]


def weather(asks: Ask) -> list[Any]:
    """Ask for two places, run the streamed parallel tool calls, and hear the answer streamed."""
    first = chat("Is it warmer in Rome or Oslo?", tools=[TOOL], stream=True)
    chunks = asks(Row("first", CHAT, first, "stream"))
    calls: dict[int, dict[str, Any]] = {}
    for delta in (part for chunk in chunks for part in chunk.choices[0].delta.tool_calls or ()):
        call = calls.setdefault(delta.index, {"id": delta.id, "type": "function", "function": {"arguments": ""}})
        call["function"]["name"] = delta.function.name or call["function"].get("name")
        call["function"]["arguments"] += delta.function.arguments
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": f"{10 + number} °C"} for number, call in calls.items()
    ]
    turns = [*first["messages"], {"role": "assistant", "tool_calls": list(calls.values())}, *results]
    return chunks + asks(Row("second", CHAT, first | {"messages": turns}, "stream"))


def files(asks: Ask) -> list[Any]:
    """Upload a file, find it, read it back, delete it, and miss it."""
    upload = {"file": ("notes.bin", SOUND), "purpose": "user_data"}
    (told,) = asks(Row("upload", "files.create", upload))
    same = {"file_id": told.id}
    heard = [
        told,
        *asks(Row("list", "files.list", {}, "items")),
        *asks(Row("retrieve", "files.retrieve", same)),
        *asks(Row("content", "files.content", same, "binary")),
        *asks(Row("delete", "files.delete", same)),
    ]
    with pytest.raises(openai.NotFoundError) as missed:
        asks(Row("gone", "files.retrieve", same))
    return [*heard, missed.value.body]


@pytest.mark.parametrize(("story", "calls"), [(weather, 2), (files, 6)], ids=["weather", "files"])
def test_a_story_replays_to_its_end(
    story: Callable[[Ask], list[Any]], calls: int, how: How, serializer: str, path: str
) -> None:
    """A whole story replays with the server stopped, ids from earlier answers included."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = story(lambda row: ask(how, server.base_url, row))
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer) as cassette:
        replayed = story(lambda row: ask(how, server.base_url, row))
    assert dumped(replayed) == dumped(recorded)
    assert cassette.play_count == len(server.requests) == calls


def test_the_weather_story_says_what_each_tool_gave(how: How, serializer: str, path: str) -> None:
    """On replay the words of the last answer name each tool's result by its call."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        weather(lambda row: ask(how, server.base_url, row))
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer):
        heard = weather(lambda row: ask(how, server.base_url, row))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in heard)
    assert said == 'get_weather({"location": "Rome"}) gave 10 °C; get_weather({"location": "Oslo"}) gave 11 °C.'
