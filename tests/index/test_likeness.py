"""Which recorded request a miss names among very many."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from llmvcr.canonical import canonical
from llmvcr.index import Index
from llmvcr.interaction import Request

CHAT = "https://api.openai.com/v1/chat/completions"
_SHIP = "harbour ship crane cargo captain pilot tide berth mooring buoy lantern manifest customs ferry tug dock quay"
_SEA = "anchor hull mast deck cabin galley engine fuel chart radar storm wind wave current channel lock bridge signal"
WORDS = (*_SHIP.split(), *_SEA.split())
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": f"look_up_{name}",
            "description": f"Looks up the {name} of a ship by its name, and says when it was written down.",
            "parameters": {"type": "object", "properties": {"ship": {"type": "string"}, "day": {"type": "integer"}}},
        },
    }
    for name in ("cargo", "captain", "berth", "draught")
]
SYSTEM = "You are a harbour master who answers in one sentence, and looks things up before. " * 20
TURNS = 12


def said(rnd: random.Random, words: int) -> str:
    """A text of so many words."""
    return " ".join(rnd.choices(WORDS, k=words))


def agents(count: int) -> list[dict[str, Any]]:
    """Conversations of an agent, each request with one more turn: one prompt and the same tools in all of them."""
    found = []
    for number in range(count):
        rnd = random.Random(number)  # noqa: S311 - made-up traffic, no secrets
        messages: list[dict[str, Any]] = [{"role": "system", "content": SYSTEM}]
        for turn in range(TURNS):
            call = f"call_{rnd.randbytes(9).hex()}aB3dE"
            arguments = json.dumps({"ship": said(rnd, 2), "day": rnd.randrange(365)})
            called = {"id": call, "type": "function", "function": {"name": "look_up_cargo", "arguments": arguments}}
            if turn == 0:
                messages.append({"role": "user", "content": f"What of this: {said(rnd, 12)}?"})
            else:
                messages.append({"role": "assistant", "content": None, "tool_calls": [called]})
                messages.append({"role": "tool", "tool_call_id": call, "content": said(rnd, 20)})
            found.append({"model": "gpt-4o", "messages": list(messages), "tools": TOOLS, "temperature": 0.2})
    return found


def chats(count: int) -> list[dict[str, Any]]:
    """Short questions under one prompt."""
    found = []
    for number in range(count):
        rnd = random.Random(number)  # noqa: S311 - made-up traffic, no secrets
        asked = f"Question {number}: {said(rnd, 12)}?"
        prompt = {"role": "system", "content": "You answer in one word, and in English."}
        found.append({"model": "gpt-4o-mini", "messages": [prompt, {"role": "user", "content": asked}]})
    return found


def sent(body: dict[str, Any]) -> Request:
    """The request that an SDK makes of it."""
    return Request("POST", CHAT, (), json.dumps(body, separators=(",", ":")).encode())


def other_word(body: dict[str, Any]) -> None:
    """Another word in the last text."""
    text = body["messages"][-1]["content"]
    body["messages"][-1]["content"] = " ".join([*text.split()[:5], "lighthouse", *text.split()[6:]])


def other_prompt(body: dict[str, Any]) -> None:
    """A longer system prompt."""
    body["messages"][0]["content"] += " Mind the tide."


def other_model(body: dict[str, Any]) -> None:
    """Another model, more room, and another spelling of everything."""
    body |= {"max_tokens": 300, "model": "gpt-4.1"}


def other_question(body: dict[str, Any]) -> None:
    """A few more words before and behind the user's question."""
    user = next(one for one in body["messages"] if one["role"] == "user")
    user["content"] = f"Please tell me now. {user['content']} Thank you."


def other_tool(body: dict[str, Any]) -> None:
    """A tool that is new, where there are tools."""
    body["tools"] = [*body.get("tools", ()), {"type": "function", "function": {"name": "sing"}}]


CHANGES = (other_word, other_prompt, other_model, other_question, other_tool)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("traffic", [lambda: agents(50), lambda: chats(1500)], ids=["agents", "chats"])
def test_the_true_neighbour_is_named(
    traffic: Callable[[], list[dict[str, Any]]], change: Callable[[dict[str, Any]], None]
) -> None:
    """Among hundreds that share prompt, tools and turns, a changed request is told from the one that it was."""
    recorded = traffic()
    index = Index(map(sent, recorded))
    for position in range(7, len(recorded), len(recorded) // 6):
        body = copy.deepcopy(recorded[position])
        change(body)
        near = index.nearest(sent(body))
        assert near is not None
        assert near[0] == position
        assert 1 <= len(near[1]) <= 2


def test_few_are_read() -> None:
    """However many are recorded, some hundred forms are made to name the nearest."""
    made: list[Request] = []

    def form(request: Request) -> Any:
        made.append(request)
        return canonical(request)

    index = Index(map(sent, chats(3000)), form=form)
    assert index.nearest(sent(chats(3001)[-1])) is not None
    assert len(made) < 100


def test_one_of_the_same_endpoint_among_very_many() -> None:
    """However much is recorded of other endpoints, one of the same is named where there is any."""
    body = chats(1)[0]
    text = body["messages"][1]["content"]
    others = [
        Request("POST", f"https://api.openai.com/v1/embeddings?n={number}", (), json.dumps({"input": text}).encode())
        for number in range(300)
    ]
    here = Request("POST", "https://llm.example/v1/chat/completions", (), sent(chats(2)[1]).body)
    near = Index([*others, here, *others]).nearest(sent(body))
    assert near is not None
    assert near[0] == 300
