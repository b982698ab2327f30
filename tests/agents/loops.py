"""Agents as applications write them: ask, run the tools, give the results back, until the model has no more calls.

Each is a function of a base URL that returns what it heard, answer by answer. The words are the same in each run; every
id is drawn anew, by the server or by the application itself.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import anthropic

import anthropic_server
import openai_server
from sdk.calls import FLAT_TOOL, TOOL, async_client, client

__all__ = ["AGENTS", "Agent", "Tool", "quoting", "weather"]

Json = dict[str, Any]
Tool = Callable[[str, str], str]
"""What a tool gives, by the id of the call and the place that it was asked for."""

QUESTIONS = ("Is it warmer in Rome or Oslo?", "And is it in Berlin?", "Then say good bye.")
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_ANTHROPIC_TOOL = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent, the server that it talks to, and how many requests it makes."""

    run: Callable[[str, Tool], list[Any]]
    serve: Callable[[], Any]
    requests: int


def weather(_call: str, place: str) -> str:
    """Give the weather of a place."""
    return f"{len(place)} °C in {place}"


def quoting(call: str, place: str) -> str:
    """Give the weather of a place as JSON that names the call, which the model then repeats."""
    return json.dumps({"call": call, "place": place, "log": f"{call}:0 done, see\n{call}"})


def _note(calls: list[Json]) -> str:
    """Say which calls are done: ids in a text, in JSON in that text, behind an escape, and inside a longer id."""
    told = [str(call["id"]) for call in calls]
    state = json.dumps({"steps": [f"step:{one}:0" for one in told], "log": "\n".join(told)})
    return f"Done: {', '.join(told)}.\n{state}"


def _chat(base_url: str, tool: Tool, *, own_ids: bool = False, stream: bool = False) -> list[Any]:
    """Chat completions: everything is echoed, and a note of the application quotes the calls."""
    messages: list[Any] = [{"role": "system", "content": "Be brief."}]
    heard: list[Any] = []
    with client(base_url) as made:
        for question in QUESTIONS:
            messages.append({"role": "user", "content": question})
            while True:
                asked: Json = {"model": "gpt-4o", "messages": messages, "tools": [TOOL]}
                said = (
                    _assembled(made.chat.completions.create(**asked, stream=True))
                    if stream
                    else (made.chat.completions.create(**asked).choices[0].message.model_dump(exclude_none=True))
                )
                heard.append(said)
                calls = said.get("tool_calls") or []
                if own_ids:
                    calls = [call | {"id": str(uuid.uuid4())} for call in calls]
                messages.append(said | {"tool_calls": calls} if calls else said)
                if not calls:
                    break
                messages += [_answered(call["id"], call["function"]["arguments"], tool) for call in calls]
                messages.append({"role": "system", "content": _note(calls)})
    return heard


def _answered(call: str, arguments: str, tool: Tool) -> Json:
    return {"role": "tool", "tool_call_id": call, "content": tool(call, json.loads(arguments)["location"])}


def _assembled(chunks: Iterable[Any]) -> Json:
    text = ""
    calls: dict[int, Json] = {}
    for delta in (choice.delta for chunk in chunks for choice in chunk.choices):
        text += delta.content or ""
        for part in delta.tool_calls or ():
            call = calls.setdefault(part.index, {"id": part.id, "type": "function", "function": {"arguments": ""}})
            call["function"]["name"] = part.function.name or call["function"]["name"]
            call["function"]["arguments"] += part.function.arguments or ""
    said: Json = {"role": "assistant", "content": text or None}
    return said | {"tool_calls": list(calls.values())} if calls else said


def _responses(base_url: str, tool: Tool, *, stored: bool) -> list[Any]:
    """Responses: with `stored`, only what is new behind the id of the last one; else every item with its own id."""
    heard: list[Any] = []
    turns: list[Any] = []
    last: Json = {}
    with client(base_url) as made:
        for question in QUESTIONS:
            new: list[Any] = [{"role": "user", "content": question}]
            while new:
                turns += new
                more: Json = {"tools": [FLAT_TOOL], "store": stored, **last}
                asked = made.responses.create(model="gpt-4o", input=new if stored else turns, **more)
                heard.append(asked.to_dict())
                if stored:
                    last = {"previous_response_id": asked.id}
                items = [item.to_dict() for item in asked.output]
                turns += items
                new = [
                    {
                        "type": "function_call_output",
                        "call_id": item["call_id"],
                        "output": tool(str(item["call_id"]), json.loads(str(item["arguments"]))["location"]),
                    }
                    for item in items
                    if item["type"] == "function_call"
                ]
    return heard


def _messages(base_url: str, tool: Tool, *, own_ids: bool = False) -> list[Any]:
    """Anthropic's messages with thinking: blocks and seals are echoed; of its words the application keeps a note."""
    turns: list[Any] = []
    heard: list[Any] = []
    transport = anthropic.DefaultHttpxClient(verify=_NO_CERTIFICATES)
    with anthropic.Anthropic(base_url=base_url, api_key="sk-made-up-key", http_client=transport) as made:
        for question in QUESTIONS[:2]:
            turns.append({"role": "user", "content": [{"type": "text", "text": question}]})
            while True:
                asked: Json = {"model": "claude-a", "max_tokens": 2048, "messages": turns, "tools": [_ANTHROPIC_TOOL]}
                asked["thinking"] = {"type": "enabled", "budget_tokens": 1024}
                blocks = [block.to_dict() for block in made.messages.create(**asked).content]
                heard.append(blocks)
                used = [block for block in blocks if block["type"] == "tool_use"]
                if not used:
                    turns.append({"role": "assistant", "content": "I told the user."})
                    break
                if own_ids:
                    blocks = [b | {"id": f"pyd_ai_{uuid.uuid4().hex}"} if b in used else b for b in blocks]
                    used = [block for block in blocks if block["type"] == "tool_use"]
                results: list[Any] = [
                    {"type": "tool_result", "tool_use_id": b["id"], "content": tool(str(b["id"]), b["input"]["city"])}  # type: ignore[index]
                    for b in used
                ]
                results.append({"type": "text", "text": _note(used)})
                turns += [{"role": "assistant", "content": blocks}, {"role": "user", "content": results}]
    return heard


def _team(base_url: str, tool: Tool) -> list[Any]:
    """Four agents at once, each with its own question and calls."""

    async def one(made: Any, place: str) -> list[Any]:
        messages: list[Any] = [{"role": "user", "content": f"How warm is it in {place}?"}]
        heard: list[Any] = []
        while not heard or heard[-1].get("tool_calls"):
            asked = await made.chat.completions.create(model="gpt-4o", messages=messages, tools=[TOOL])
            heard.append(asked.choices[0].message.model_dump(exclude_none=True))
            calls = heard[-1].get("tool_calls") or []
            messages += [heard[-1], *(_answered(call["id"], call["function"]["arguments"], tool) for call in calls)]
        return heard

    async def everyone() -> list[Any]:
        async with async_client(base_url) as made:
            return list(await asyncio.gather(*(one(made, place) for place in ("Rome", "Oslo", "Berlin", "Lima"))))

    return asyncio.run(everyone())


def _agent(loop: Callable[..., list[Any]], requests: int, serve: Callable[[], Any], **how: bool) -> Agent:
    return Agent(lambda base_url, tool: loop(base_url, tool, **how), serve, requests)


AGENTS = {
    "chat": _agent(_chat, 6, openai_server.serve),
    "chat, streamed": _agent(_chat, 6, openai_server.serve, stream=True),
    "chat, ids of its own": _agent(_chat, 6, openai_server.serve, own_ids=True),
    "responses, stored": _agent(_responses, 6, openai_server.serve, stored=True),
    "responses, echoed": _agent(_responses, 6, openai_server.serve, stored=False),
    "messages": _agent(_messages, 4, anthropic_server.serve),
    "messages, ids of its own": _agent(_messages, 4, anthropic_server.serve, own_ids=True),
    "four at once": _agent(_team, 8, openai_server.serve),
}
"""By name, each with the number of requests that it makes."""
