"""The anthropic SDK, recorded from a live server and replayed with the server stopped."""

from __future__ import annotations

import asyncio
import json
import ssl
import uuid
from collections.abc import Callable
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

import llmvcr
from anthropic_server import drawn, serve
from llmvcr.index import Index
from llmvcr.interaction import Request
from sdk.calls import How

KEY = "sk-ant-made-up-key"
# Reading the system's certificates takes most of the time that making a client takes; this server speaks plain HTTP.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

TOOL = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
THINK = {"type": "enabled", "budget_tokens": 1024}
PNG = "iVBORw0KGgo+/+8AAA=="


def said(words: Any, **more: Any) -> dict[str, Any]:
    """The arguments of a message of one user turn."""
    return {"model": "claude-a", "max_tokens": 2048, "messages": [{"role": "user", "content": words}], **more}


LOOK = [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}]

ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("messages.create", said("Say hello.")),
    "system": ("messages.create", said("Grüße 🦀 \u2028 \x00", system=[{"type": "text", "text": "Be terse."}])),
    "picture": ("messages.create", said(LOOK)),
    "tools": ("messages.create", said("Rome or Oslo?", tools=[TOOL])),
    "thinking": ("messages.create", said("Rome?", thinking=THINK)),
    "streamed": ("messages.create", said("Say hello.", stream=True)),
    "tools streamed": ("messages.create", said("Rome or Oslo?", tools=[TOOL], stream=True)),
    "thinking streamed": ("messages.create", said("Rome?", thinking=THINK, tools=[TOOL], stream=True)),
    "helper": ("messages.stream", said("Rome or Oslo?", tools=[TOOL])),
    "beta": ("beta.messages.create", said("Say hello.", betas=["token-efficient-tools-2025-02-19"])),
    "beta streamed": ("beta.messages.create", said("Say hello.", stream=True)),
    "count": (
        "messages.count_tokens",
        {k: v for k, v in said("Say hello.", tools=[TOOL]).items() if k != "max_tokens"},
    ),
    "models": ("models.list", {}),
    "model": ("models.retrieve", {"model_id": "claude-a"}),
}
Calls = Callable[[str, dict[str, Any]], list[Any]]


def ask(how: How, base_url: str, method: str, arguments: dict[str, Any]) -> list[Any]:
    """Make a call through a fresh client, and return every object that the application got."""
    return asyncio.run(_ask_async(base_url, method, arguments)) if how == "async" else _ask(base_url, method, arguments)


def _ask(base_url: str, method: str, arguments: dict[str, Any]) -> list[Any]:
    transport = anthropic.DefaultHttpxClient(verify=_NO_CERTIFICATES)
    with anthropic.Anthropic(base_url=base_url, api_key=KEY, http_client=transport, max_retries=0) as client:
        answer = _method(client, method)(**arguments)
        if method.endswith(".stream"):
            with answer as opened:
                return [*opened, opened.get_final_message()]
        return list(answer) if arguments.get("stream") or method.endswith(".list") else [answer]


async def _ask_async(base_url: str, method: str, arguments: dict[str, Any]) -> list[Any]:
    transport = anthropic.DefaultAsyncHttpxClient(verify=_NO_CERTIFICATES)
    async with anthropic.AsyncAnthropic(base_url=base_url, api_key=KEY, http_client=transport, max_retries=0) as client:
        answer = _method(client, method)(**arguments)
        if method.endswith(".stream"):
            async with answer as opened:
                return [*[event async for event in opened], await opened.get_final_message()]
        if method.endswith(".list"):
            return [item async for item in answer]
        answer = await answer
        return [event async for event in answer] if arguments.get("stream") else [answer]


def _method(client: Any, method: str) -> Any:
    for name in method.split("."):
        client = getattr(client, name)
    return client


def dumped(objects: list[Any]) -> list[Any]:
    """The full dump of each object."""
    return [one.model_dump(warnings=False) if isinstance(one, BaseModel) else one for one in objects]


def agent(calls: Calls, *, own_ids: bool = False, stream: bool = False) -> list[Any]:
    """Ask, run both tools, and answer with their results, under the server's ids or ids of the application's own."""
    first = said("Rome or Oslo?", tools=[TOOL], thinking=THINK)
    heard = calls("messages.stream" if stream else "messages.create", first)
    blocks = [block.model_dump(exclude_unset=True) for block in heard[-1].content]
    for block in blocks:
        # What the helper adds of its own is no part of the API.
        block.pop("parsed_output", None)
        if own_ids and block["type"] == "tool_use":
            block["id"] = f"call-{uuid.uuid4()}"
    results = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": f"{block['input']['city']} {number}"}
        for number, block in enumerate(blocks)
        if block["type"] == "tool_use"
    ]
    turns = [*first["messages"], {"role": "assistant", "content": blocks}, {"role": "user", "content": results}]
    return heard + calls("messages.create", first | {"messages": turns})


@pytest.mark.parametrize("row", ROWS)
def test_replay_gives_the_recorded_objects(row: str, how: How, serializer: str, path: str) -> None:
    """With the server stopped the application gets equal objects, one for one."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = ask(how, server.base_url, *ROWS[row])
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer) as cassette:
        replayed = ask(how, server.base_url, *ROWS[row])
    assert replayed == recorded
    assert dumped(replayed) == dumped(recorded)
    assert len(server.seen) == cassette.play_count == 1


# Not the beta namespace, which has classes of its own for the same JSON; not the model lists: on a host that is not
# Anthropic's, /v1/models is read as OpenAI's.
@pytest.mark.parametrize(
    "row", [row for row, (method, _) in ROWS.items() if method in ("messages.create", "messages.count_tokens")]
)
def test_objects_gives_what_the_application_got(row: str, serializer: str, path: str) -> None:
    """llmvcr.objects makes of the file the very objects that the SDK gave the application."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = ask("sync", server.base_url, *ROWS[row])
    (interaction,) = llmvcr.load(path).interactions
    made = llmvcr.objects(interaction)
    assert [type(one) for one in made] == [type(one) for one in recorded]
    assert dumped(list(made)) == dumped(recorded)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("own_ids", [False, True], ids=["ids of the server", "ids of its own"])
def test_an_agent_replays_to_its_end(*, own_ids: bool, stream: bool, how: How, serializer: str, path: str) -> None:
    """A conversation with two tool calls replays, also where the application draws new ids in every run."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = agent(lambda *call: ask(how, server.base_url, *call), own_ids=own_ids, stream=stream)
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer) as cassette:
        replayed = agent(lambda *call: ask(how, server.base_url, *call), own_ids=own_ids, stream=stream)
    assert dumped(replayed) == dumped(recorded)
    assert cassette.play_count == 2


def test_a_second_run_against_the_server_matches_the_first(how: How, serializer: str, path: str) -> None:
    """Two live runs draw other ids and seals; each request of the second finds that of the first."""
    with serve() as server:
        with llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
            agent(lambda *call: ask(how, server.base_url, *call))
        agent(lambda *call: ask(how, server.base_url, *call))
    stored = [one.request for one in llmvcr.load(path).interactions]
    again = [json.loads(body) for _, body in server.seen[2:]]
    assert [json.loads(one.body or b"") for one in stored] != again
    index = Index(stored)
    asked = [Request("POST", one.url, (), body) for one, (_, body) in zip(stored, server.seen[2:], strict=True)]
    assert [index.take(request) for request in asked] == [0, 1]


def test_results_that_are_swapped_miss(how: How, path: str) -> None:
    """The two results of a conversation, given to each other's call, are another request."""
    two = [drawn("toolu_"), drawn("toolu_")]

    def turns(*order: str) -> dict[str, Any]:
        used = [{"type": "tool_use", "id": one, "name": "get_weather", "input": {"city": "x"}} for one in two]
        results = [{"type": "tool_result", "tool_use_id": one, "content": f"{n}"} for n, one in enumerate(order)]
        asked = said("Rome or Oslo?", tools=[TOOL])
        asked["messages"] += [{"role": "assistant", "content": used}, {"role": "user", "content": results}]
        return asked

    with serve() as server, llmvcr.use_cassette(path, record_mode="once"):
        ask(how, server.base_url, "messages.create", turns(*two))
    with llmvcr.use_cassette(path, record_mode="none"), pytest.raises(Exception, match="messages"):
        ask(how, server.base_url, "messages.create", turns(*two[::-1]))
