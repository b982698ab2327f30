"""Which rules are advised: those that make the two requests one, and never for what a call is about."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmvcr.canonical import canonical
from llmvcr.diff import changes
from llmvcr.explaining import rules_to_add
from llmvcr.interaction import Request
from llmvcr.rulesets import RuleSet, ruleset

_UUIDS = ("0b9c1f5e-5a0e-4a68-9d0b-0f3c1e2d4a5b", "7d1e2f3a-1111-4222-8333-944455556666")
_TIMES = ("2026-11-22T10:00:00Z", "2026-11-23T11:30:12.5+01:00")


def _rules(one: dict[str, Any], two: dict[str, Any], rules: RuleSet | None = None, query: str = "") -> tuple[str, ...]:
    rules = rules or ruleset()
    sent: list[Request] = []
    for number, more in enumerate((one, two)):
        body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], **more}
        url = "https://api.openai.com/v1/chat/completions" + (f"?{query}{number}" if query else "")
        sent.append(Request("POST", url, (("content-type", "application/json"),), json.dumps(body).encode()))
    found = changes(*(canonical(request, rules).fields for request in sent))
    return rules_to_add(found, sent[0], sent[1], rules)


@pytest.mark.parametrize(
    ("values", "place", "path"),
    [
        (_UUIDS, "metadata.anything", "$.metadata.anything"),
        (_TIMES, "metadata.when", "$.metadata.when"),
        ((1795000000, 1795000999.25), "metadata.started", "$.metadata.started"),
        (("run-7abcdef1", "run-8abcdef1"), "metadata.run_id", "$.metadata.run_id"),
        (("req_0a1b2c3d4e5f", "req_ffeeddccbbaa"), "extra.trace", "$.extra.trace"),
        (_UUIDS, "metadata.odd key", '$.metadata["odd key"]'),
        (_UUIDS, "user", "$.user"),
    ],
)
def test_drawn(values: tuple[Any, Any], place: str, path: str) -> None:
    """What looks like a uuid, a date, a number of seconds or an id of a run gets a rule of its path."""
    first, _, second = place.partition(".")
    one, two = ({first: {second: value} if second else value} for value in values)
    assert _rules(one, two) == (path,)


def test_items() -> None:
    """An index becomes a star: the next run has another one."""
    one, two = ({"extra": [{"id": uuid}]} for uuid in _UUIDS)
    assert _rules(one, two) == ("$.extra[*].id",)


def test_query() -> None:
    """A parameter of the URL has a path of its own."""
    assert _rules({}, {}, query="trace=0a1b2c3d4e5f") == ("query.trace",)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (
            {"messages": [{"role": "user", "content": _UUIDS[0]}]},
            {"messages": [{"role": "user", "content": _UUIDS[1]}]},
        ),
        ({"model": "m-20260101"}, {"model": "m-20260202"}),
        ({"tools": [{"name": _UUIDS[0]}]}, {"tools": [{"name": _UUIDS[1]}]}),
        ({"temperature": 0.5}, {"temperature": 0.7}),
        ({"metadata": {"stage": "one"}}, {"metadata": {"stage": "two"}}),
        ({"metadata": {"run_id": "run-7abcdef1"}}, {"metadata": {}}),
        ({"metadata": {"run_id": "run-7abcdef1"}, "seed": 1}, {"metadata": {"run_id": "run-8abcdef1"}, "seed": 2}),
        ({"voice_id": "voice21m00T"}, {"voice_id": "voice99x77Q"}),
        ({}, {}),
    ],
    ids=["prompt", "model", "tool", "setting", "word", "absent", "one-of-two", "chosen", "nothing"],
)
def test_meant(one: dict[str, Any], two: dict[str, Any]) -> None:
    """No rule for prompt, model and tools, for settings, and where not every difference is drawn."""
    assert _rules(one, two) == ()


def test_beside_own_rules() -> None:
    """The rules that are there stay in force; those of `llm_strict`, which knows no paths, get none."""
    one, two = ({"metadata": {"run_id": uuid, "x": uuid}} for uuid in _UUIDS)
    assert _rules(one, two, ruleset(ignore="$.metadata.x")) == ("$.metadata.run_id",)
    assert _rules(one, two, ruleset(match="llm_strict")) == ()
