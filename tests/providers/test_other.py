"""Calls on a provider's own host that no row names: compared whole, so that another prompt never matches."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

import llmvcr
from llmvcr.canonical import canonical
from llmvcr.interaction import Request
from llmvcr.providers import OTHER, find, other
from providers.pairs import Row, ask, differ, form, match

OPENAI, ANTHROPIC = "https://api.openai.com/v1", "https://api.anthropic.com/v1"
VIDEO = {"model": "sora-2", "prompt": "A cat on a piano", "seconds": "4"}
EVENT = {"events": [{"type": "user", "content": [{"type": "text", "text": "hi"}]}]}
IDS = ("toolu_01A09q90qw90lq917835lq9", "toolu_01T1x1fJ34qAmk2tNTrN7Up6")
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:of_tomorrow"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/of-tomorrow"
TRACES = f"{OPENAI}/traces/ingest"
PROVIDERS = ("anthropic", "bedrock", "gemini", "openai")


def spelt(url: str, body: object, **how: object) -> Request:
    """A request whose JSON is spelt so."""
    return Request("POST", url, (), json.dumps(body, **how).encode())  # type: ignore[arg-type]


SAME: list[Row] = [
    ("whitespace", ask(f"{OPENAI}/videos", VIDEO), spelt(f"{OPENAI}/videos", VIDEO, indent=2)),
    ("key order", spelt(f"{OPENAI}/videos", VIDEO), ask(f"{OPENAI}/videos", dict(reversed(VIDEO.items())))),
    ("method case", ask(f"{OPENAI}/videos", VIDEO), ask(f"{OPENAI}/videos", VIDEO, method="post")),
    ("headers", ask(f"{OPENAI}/videos", VIDEO), ask(f"{OPENAI}/videos", VIDEO, ("user-agent", "x"))),
    (
        "boundary",
        ask(f"{OPENAI}/videos", form("a", ('name="prompt"', b"A cat"))),
        ask(f"{OPENAI}/videos", form("b", ('name="prompt"', b"A cat"))),
    ),
    ("beta", ask(f"{ANTHROPIC}/sessions/s1/events", EVENT), ask(f"{ANTHROPIC}/sessions/s1/events?beta=true", EVENT)),
    (
        "an id with the provider's prefix",
        ask(f"{ANTHROPIC}/sessions/s1/events", {"id": IDS[0], "text": f"of {IDS[0]}"}),
        ask(f"{ANTHROPIC}/sessions/s1/events", {"id": IDS[1], "text": f"of {IDS[1]}"}),
    ),
    ("the key in the URL", ask(f"{GEMINI}?key=made-up-1", {"contents": []}), ask(GEMINI, {"contents": []})),
]

DIFFERENT: list[Row] = [
    ("the prompt", ask(f"{OPENAI}/videos", VIDEO), ask(f"{OPENAI}/videos", {**VIDEO, "prompt": "A dog on a piano"})),
    ("the model", ask(f"{OPENAI}/videos", VIDEO), ask(f"{OPENAI}/videos", {**VIDEO, "model": "sora-2-pro"})),
    ("a body and none", ask(f"{OPENAI}/videos", VIDEO), ask(f"{OPENAI}/videos")),
    (
        "the prompt in a form",
        ask(f"{OPENAI}/videos", form("a", ('name="prompt"', b"A cat"))),
        ask(f"{OPENAI}/videos", form("a", ('name="prompt"', b"A dog"))),
    ),
    ("what is made anew", ask(f"{OPENAI}/videos/v1/remix", VIDEO), ask(f"{OPENAI}/videos/v2/remix", VIDEO)),
    ("the method", ask(f"{OPENAI}/evals/e1", method="DELETE"), ask(f"{OPENAI}/evals/e1")),
    (
        "a patch",
        ask(f"{ANTHROPIC}/skills/s1", {"name": "a"}, method="PATCH"),
        ask(f"{ANTHROPIC}/skills/s1", {"name": "b"}, method="PATCH"),
    ),
    (
        "a word of an event",
        ask(f"{ANTHROPIC}/sessions/s1/events", EVENT),
        ask(f"{ANTHROPIC}/sessions/s1/events", json.loads(json.dumps(EVENT).replace("hi", "ho"))),
    ),
    (
        "whose result it is",
        ask(f"{ANTHROPIC}/sessions/s1/events", {"a": IDS[0], "b": IDS[1], "to": IDS[0]}),
        ask(f"{ANTHROPIC}/sessions/s1/events", {"a": IDS[0], "b": IDS[1], "to": IDS[1]}),
    ),
    ("Gemini's contents", ask(GEMINI, {"contents": ["a"]}), ask(GEMINI, {"contents": ["b"]})),
    ("Bedrock's messages", ask(BEDROCK, {"messages": ["a"]}), ask(BEDROCK, {"messages": ["b"]})),
    ("bytes", ask(f"{OPENAI}/uploads2", b"\xff\x00"), ask(f"{OPENAI}/uploads2", b"\xff\x01")),
]


@pytest.mark.parametrize("row", SAME, ids=lambda row: row[0])
def test_same(row: Row) -> None:
    """What is spelt otherwise is the same call."""
    match(row, *PROVIDERS)


@pytest.mark.parametrize("row", DIFFERENT, ids=lambda row: row[0])
def test_different(row: Row) -> None:
    """What asks for something else is another call."""
    differ(row, *PROVIDERS)


@pytest.mark.parametrize(
    ("method", "url", "name"),
    [
        ("POST", f"{OPENAI}/videos", "openai"),
        ("put", f"{ANTHROPIC}/skills/s1", "anthropic"),
        ("POST", GEMINI, "gemini"),
        ("POST", BEDROCK, "bedrock"),
        ("POST", "https://made-up.services.ai.azure.com/contentunderstanding/analyzers/a:analyze", "azure"),
        ("POST", "https://api.groq.com/openai/v1/of-tomorrow", "groq"),
        ("POST", "http://ollama.com:11434/api/of-tomorrow", "ollama"),
        ("GET", f"{OPENAI}/videos", None),
        ("HEAD", f"{OPENAI}/videos", None),
        ("POST", "http://127.0.0.1:11434/of-tomorrow", None),
        ("POST", "https://example.com/v1/videos", None),
        ("POST", "http://[", None),
    ],
)
def test_whose_call_it_is(method: str, url: str, name: str | None) -> None:
    """It is its provider's where the host is; what only reads is compared by its URL, and a port is nobody's."""
    found = other(method, url)
    assert (found and (found[0].name, found[1].name)) == (name and (name, OTHER))
    assert find(method, url, {"prompt": "x"}) is None
    assert canonical(Request(method, url, (), b'{"prompt": "x"}')).provider == (name or "")


def test_telemetry_is_nobodys_call() -> None:
    """What an SDK tells of itself has no provider, so that a miss ends no test, and its row says why."""
    told, more = canonical(ask(TRACES, {"data": []})), canonical(ask(TRACES, {"data": [{"id": "trace_1"}]}))
    assert (told.provider, told.endpoint) == ("", "")
    assert told.key == more.key
    assert [rule.action for rule in told.rules] == ["ignore"]


@pytest.mark.parametrize(("url", "error"), [(f"{OPENAI}/videos", llmvcr.MissAbort), (TRACES, llmvcr.Miss)])
def test_a_miss_aborts_where_an_llm_was_asked(url: str, error: type[BaseException], tmp_path: Path) -> None:
    """A call that no row names ends the test as any LLM call does; telemetry that is recorded is traffic of nobody."""
    options = {"record_mode": "none", "llmvcr_miss": "abort", "llmvcr_side_traffic": "record"}
    with llmvcr.use_cassette(tmp_path / "c.yaml", **options), pytest.raises(error):
        httpx.post(url, json=VIDEO)
