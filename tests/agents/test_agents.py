"""Agents that are run twice: every id differs, and every request is the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import llmvcr
from agents.loops import AGENTS, Tool, quoting, weather
from llmvcr.canonical import canonical
from llmvcr.index import Index
from llmvcr.interaction import Interaction

IN_ORDER = [name for name in AGENTS if name != "four at once"]
# An answer that repeats an id of the application's own draws it as it was recorded, which no later request has.
ITS_IDS = [name for name in AGENTS if "its own" not in name]


def recorded(name: str, path: Path, tool: Tool = weather) -> tuple[list[Any], tuple[Interaction, ...]]:
    """Run an agent against a live server of its own: what it heard, and what was recorded of it."""
    agent = AGENTS[name]
    with agent.serve() as server, llmvcr.use_cassette(path, record_mode="once"):
        heard = agent.run(server.base_url, tool)
    return heard, llmvcr.load(path).interactions


def replayed(name: str, path: Path, tool: Tool = weather) -> tuple[list[Any], int]:
    """Run an agent with no server anywhere: what it heard, and how many answers it was given."""
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        heard = AGENTS[name].run(base_url(name), tool)
    return heard, cassette.play_count


def base_url(name: str) -> str:
    """Where nobody listens, as the SDK of this agent is told it."""
    return "http://127.0.0.1:9" if name.startswith("messages") else "http://127.0.0.1:9/v1"


def keys(interactions: tuple[Interaction, ...]) -> list[bytes]:
    """The canonical keys of the requests, in recorded order."""
    return [canonical(one.request).key for one in interactions]


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_replays_to_its_end(name: str, tmp_path: Path) -> None:
    """The whole conversation replays; the ids that the application gets are the recorded ones."""
    heard, _ = recorded(name, tmp_path / "one.yaml")
    assert replayed(name, tmp_path / "one.yaml") == (heard, AGENTS[name].requests)


@pytest.mark.parametrize("name", ITS_IDS)
def test_an_agent_replays_where_tools_and_model_quote_ids(name: str, tmp_path: Path) -> None:
    """It does where the tools name the call that they answer, in JSON in a text, and the model repeats it."""
    heard, _ = recorded(name, tmp_path / "one.yaml", quoting)
    assert replayed(name, tmp_path / "one.yaml", quoting) == (heard, AGENTS[name].requests)


@pytest.mark.parametrize("tool", [weather, quoting])
@pytest.mark.parametrize("name", AGENTS)
def test_two_live_runs_ask_the_same(name: str, tool: Tool, tmp_path: Path) -> None:
    """The requests of two live runs differ byte for byte, have the same keys in order, and find each other."""
    (_, first), (_, second) = (recorded(name, tmp_path / file, tool) for file in ("one.yaml", "two.yaml"))
    assert len(first) == len(second) == AGENTS[name].requests
    # The first asks without any id; what follows carries ids of its run.
    assert sum(one.request.body != two.request.body for one, two in zip(first, second, strict=True)) >= len(first) // 2
    assert Counter(keys(first)) == Counter(keys(second))
    assert len(set(keys(first))) == len(first)
    if name in IN_ORDER:
        assert keys(first) == keys(second)
        index = Index(one.request for one in first)
        assert [index.take(two.request) for two in second] == list(range(len(first)))


@pytest.mark.parametrize("name", IN_ORDER)
def test_a_cassette_recorded_anew_in_its_middle_matches_from_there_on(name: str, tmp_path: Path) -> None:
    """Where the second half comes from another run, with ids of its own, the agent goes through both halves."""
    (_, first), (_, second) = (recorded(name, tmp_path / file) for file in ("one.yaml", "two.yaml"))
    for cut in range(1, len(first)):
        path = tmp_path / f"cut-{cut}.yaml"
        llmvcr.dump([*first[:cut], *second[cut:]], path)
        heard, played = replayed(name, path)
        assert len(heard) == played == len(first)


def _another_result(call: str, place: str) -> str:
    return quoting(call, place).replace("done", "failed")


def _another_call(call: str, place: str) -> str:
    return quoting(call, place).replace(f"{call}:0", "call_0a1B2c3D4e5F6g7H8i9J0k1L:0")


@pytest.mark.parametrize("tool", [_another_result, _another_call])
@pytest.mark.parametrize("name", ITS_IDS)
def test_another_word_of_a_tool_is_a_miss(name: str, tool: Tool, tmp_path: Path) -> None:
    """Where a tool says something else, or quotes another call than its own, the request that tells it is a miss."""
    _, first = recorded(name, tmp_path / "one.yaml", quoting)
    with pytest.raises(llmvcr.Miss), llmvcr.use_cassette(tmp_path / "one.yaml", record_mode="none") as cassette:
        AGENTS[name].run(base_url(name), tool)
    assert 0 < cassette.play_count < len(first)


@pytest.mark.parametrize("name", ["chat", "responses, stored", "responses, echoed", "messages"])
def test_results_that_are_exchanged_are_a_miss(name: str, tmp_path: Path) -> None:
    """Where the results of two parallel calls stand under each other's ids, the request is another one."""
    recorded(name, tmp_path / "one.yaml")
    exchanged = {"Rome": "Oslo", "Oslo": "Rome"}
    with pytest.raises(llmvcr.Miss), llmvcr.use_cassette(tmp_path / "one.yaml", record_mode="none") as cassette:
        AGENTS[name].run(base_url(name), lambda call, place: weather(call, exchanged[place]))
    assert cassette.play_count == 1
