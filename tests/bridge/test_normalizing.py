"""Recording without churn: what a real SDK records twice from a server that draws its ids is written alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest

import llmvcr
from llmvcr.errors import OptionError
from openai_server import Server, serve

_TOOL: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def _converse(server: Server) -> tuple[str, ...]:
    """Ask for a tool call, give its result under its id, and go on from a stored answer by the id of that."""
    client = openai.OpenAI(base_url=server.base_url, api_key="sk-made-up-key", max_retries=0)
    messages: list[Any] = [{"role": "user", "content": "Weather in Rome?"}]
    asked = client.chat.completions.create(model="made-up", messages=messages, tools=[_TOOL]).choices[0].message
    assert asked.tool_calls is not None
    call: Any = asked.tool_calls[0]
    messages += [
        asked.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": f"sunny, says {call.id}"},
    ]
    parts = client.chat.completions.create(model="made-up", messages=messages, stream=True)
    said = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
    first = client.responses.create(model="made-up", input="one")
    second = client.responses.create(model="made-up", input="two", previous_response_id=first.id)
    return call.id, said.replace(call.id, "…"), first.id, second.output_text


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_no_churn(kind: str, tmp_path: Path) -> None:
    """Two recordings have the same bytes, and the application plays either, with the ids that stand in it."""
    paths = [tmp_path / f"{name}.{kind}" for name in ("one", "two")]
    with serve() as server:
        live = []
        for path in paths:
            with llmvcr.use_cassette(path, serializer=kind, llmvcr_normalize="on"):
                live.append(_converse(server))
        assert live[0][0] != live[1][0]
        assert paths[0].read_bytes() == paths[1].read_bytes()
        before = len(server.requests)
        with llmvcr.use_cassette(paths[1], record_mode="none"):
            played = _converse(server)
        assert len(server.requests) == before == 8
    assert (played[1], played[3]) == (live[0][1], live[0][3])
    assert not {live[0][0], live[0][2], live[1][0], live[1][2]} & {played[0], played[2]}


def test_added_to(tmp_path: Path) -> None:
    """What is added later is written alike, too, behind what stands there, which stays as it was."""
    path = tmp_path / "it.yaml"
    with serve() as server:
        with llmvcr.use_cassette(path):
            _converse(server)
        before = llmvcr.load(path)
        with llmvcr.use_cassette(path, record_mode="new_episodes", llmvcr_normalize="on"):
            _converse(server)
            client = openai.OpenAI(base_url=server.base_url, api_key="sk-made-up-key")
            client.responses.create(model="made-up", input="three")
        after = llmvcr.load(path)
    assert list(after)[: len(before)] == list(before)
    assert after[len(before)].recorded_at is None


def test_no_time_no_age(tmp_path: Path) -> None:
    """An age that nothing could be compared with is refused."""
    with pytest.raises(OptionError, match="llmvcr_normalize = on leaves no time of recording for llmvcr_max_age"):
        llmvcr.use_cassette(tmp_path / "it.yaml", llmvcr_normalize="on", llmvcr_max_age="30d")
