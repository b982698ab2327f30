"""The text of a miss, whole, for each kind of miss; and in colour."""

from __future__ import annotations

import json
from typing import Any

from llmvcr.canonical import canonical
from llmvcr.diff import changes
from llmvcr.explaining import Missed, explained, painted
from llmvcr.interaction import Json, Request
from llmvcr.rulesets import RuleSet, ruleset

CHAT = "https://api.openai.com/v1/chat/completions"
PLACE = "c/test_it.yaml"
RECORD = """\
  * To record it, run once with --record-mode=new_episodes (without pytest: record_mode='new_episodes').
  * To record the whole cassette again, run once with --record-mode=rewrite."""
CITY = {"type": "function", "function": {"name": "f", "parameters": {"properties": {"city": {"type": "string"}}}}}


def _chat(words: Json = "Hello", url: str = CHAT, **more: Any) -> Request:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": words}], **more}
    return Request("POST", url, (("content-type", "application/json"),), json.dumps(body).encode())


def _differs(recorded: Request, sent: Request, rules: RuleSet | None = None, **more: Any) -> str:
    rules = rules or ruleset()
    form = canonical(sent, rules)
    found = changes(canonical(recorded, rules).fields, form.fields)
    known: dict[str, Any] = {"paths": (PLACE,), "recorded": 3, "played": 1, "near": 2, **more}
    return explained(Missed(sent, form, "no_match", nearest=recorded, changes=found, rules=rules, **known))


def _other(sent: Request, reason: Any, **more: Any) -> str:
    known: dict[str, Any] = {"paths": (PLACE,), "recorded": 3, "played": 1, **more}
    return explained(Missed(sent, canonical(sent), reason, **known))


def test_changed_prompt() -> None:
    """A changed prompt: the call, the cassette, the nearest, both sides; and no rule is advised."""
    assert _differs(_chat("What is the weather in Paris?"), _chat("What is the weather in London?")) == (
        f"""\
Can't play back this request: no recorded interaction matches it; the nearest differs in messages[0].content.

  openai chat.completions, model gpt-4o: "What is the weather in London?"
  POST https://api.openai.com/v1/chat/completions

Cassette: c/test_it.yaml
  record mode none, 3 recorded, 1 played

Nearest: interaction 2 of 3 (from 0), not played yet
  messages[0].content: recorded "What is the weather in Paris?", sent "What is the weather in London?"

Compared by llm: no rule applied to this call; `llmvcr rules --provider openai` lists them all.

How to fix:
{RECORD}"""
    )


def test_long_prompt() -> None:
    """Of a long text the words around the change are shown, on both sides."""
    words = "word " * 400
    said = _differs(_chat(f"{words}before {words}"), _chat(f"{words}after {words}"))
    assert said.splitlines()[8:12] == [
        "Nearest: interaction 2 of 3 (from 0), not played yet",
        "  messages[0].content:",
        "    recorded: … word word word word word word word word [before] word word word word word word word word …",
        "    sent:     … word word word word word word word word [after] word word word word word word word word …",
    ]
    assert len(said.splitlines()) <= 25


def test_changed_tool() -> None:
    """A field deep in a tool is named by its path; no rule is advised."""
    other = json.loads(json.dumps(CITY).replace("string", "integer"))
    said = _differs(_chat(tools=[{"type": "web_search"}, CITY]), _chat(tools=[{"type": "web_search"}, other]))
    path = "tools[1].function.parameters.properties.city.type"
    assert f'  {path}: recorded "string", sent "integer"\n' in said
    assert "llmvcr_ignore" not in said


def test_drawn_id() -> None:
    """A field that looks drawn anew comes with the rule to paste, which is first of what to do."""
    said = _differs(_chat(metadata={"run_id": "run-0a1b2c3d4e5f"}), _chat(metadata={"run_id": "run-ffeeddccbbaa"}))
    assert (
        said.partition("How to fix:\n")[2]
        == f"""\
  * It looks drawn anew on each run; to leave out of the comparison, in the ini file:
      llmvcr_ignore = $.metadata.run_id
{RECORD}"""
    )


def test_drawn_ids() -> None:
    """Several are one option of several lines."""
    one = {"run_id": "run-0a1b2c3d4e5f", "at": "2026-11-22T10:00:00Z"}
    two = {"run_id": "run-ffeeddccbbaa", "at": "2026-11-23T11:30:00Z"}
    assert """\
  * They look drawn anew on each run; to leave out of the comparison, in the ini file:
      llmvcr_ignore =
        $.metadata.run_id
        $.metadata.at
""" in _differs(_chat(metadata=one), _chat(metadata=two))


def test_varying_setting() -> None:
    """Of another field that differs it is said where rules stand, and none is proposed."""
    said = _differs(_chat(temperature=0.5), _chat(temperature=0.7))
    assert "  temperature: recorded 0.5, sent 0.7\n" in said
    assert said.endswith(
        "How to fix:\n"
        "  * If what differs changes on every run, leave it out of the comparison: llmvcr_ignore, llmvcr_patterns or\n"
        f"    llmvcr_ids in the ini file (README, Matching).\n{RECORD}"
    )


def test_many_changes() -> None:
    """Of many changes those that fit are shown, and the others named."""
    one: dict[str, Any] = {f"field_{n}": n for n in range(30)}
    two: dict[str, Any] = {f"field_{n}": -n - 1 for n in range(30)}
    said = _differs(_chat(**one), _chat(**two))
    assert "differs in field_0 and 29 more places.\n" in said
    assert "  and 16 more: field_" in said
    assert len(said.splitlines()) <= 35


def test_played() -> None:
    """Where the nearest was played already, that is said."""
    assert "interaction 2 of 3 (from 0), already played\n" in _differs(_chat("a"), _chat("b"), near_played=True)


def test_own_rules() -> None:
    """Rules of the user's that applied are counted."""
    rules = ruleset(ignore="$.metadata")
    said = _differs(_chat("a", metadata={"x": 1}), _chat("b", metadata={"x": 2}), rules)
    assert "Compared by llm: 1 rule applied to this call, 1 of yours;" in said


def test_equal_and_played() -> None:
    """A request whose answers are all played does not say that anything differs."""
    assert (
        _other(_chat(), "already_played", near=0, equal=1)
        == f"""\
Can't play back this request: it matches interaction 0, but that has already been played back.

  openai chat.completions, model gpt-4o: "Hello"
  POST https://api.openai.com/v1/chat/completions

Cassette: c/test_it.yaml
  record mode none, 3 recorded, 1 played

Compared by llm: no rule applied to this call; `llmvcr rules --provider openai` lists them all.

How to fix:
  * If equal requests may get the same answer again, set allow_playback_repeats=True.
{RECORD}"""
    )
    said = _other(_chat(), "already_played", near=0, equal=2)
    assert "it matches 2 recorded interactions, but they have all already been played back.\n" in said


def test_no_cassette() -> None:
    """Without a file it is said how to record it; rules and nearest play no part."""
    assert (
        _other(_chat(), "cassette_not_found", recorded=0, played=0)
        == """\
Can't play back this request: the cassette doesn't exist.

  openai chat.completions, model gpt-4o: "Hello"
  POST https://api.openai.com/v1/chat/completions

Cassette: c/test_it.yaml
  record mode none

How to fix:
  * Record it: run once with --record-mode=once (without pytest: record_mode='once').
  * If it was recorded, check the path above: its folder, its name, and its suffix (.yaml or .json)."""
    )


def test_sibling() -> None:
    """A file of another suffix beside the missing one is named, with the ways to use it."""
    said = _other(_chat(), "cassette_not_found", siblings=("test_it.json",))
    assert "Cassette: c/test_it.yaml\n  test_it.yaml is not there, but test_it.json is.\n  record mode none\n" in said
    fix = (
        "  * To use test_it.json, name its format: llmvcr_format = json in the ini file, serializer='json' in the mark;"
    )
    assert f"{fix}\n    or convert it: `llmvcr convert test_it.json --to yaml`.\n" in said


def test_several_files() -> None:
    """Every file of the cassette is named, with those that are not there."""
    said = _other(_chat(), "nothing_similar", paths=(PLACE, "c/more.yaml"), absent=("c/more.yaml",))
    assert "Cassette: c/test_it.yaml\n          c/more.yaml (not there)\n  record mode" in said


def test_other_traffic() -> None:
    """Traffic of nobody's is named by its address, without its query, and compared as vcrpy does."""
    page = Request("GET", "https://user:pass@example.invalid/page?key=made-up-secret")
    assert (
        _other(page, "nothing_similar")
        == f"""\
Can't play back this request: the cassette has nothing similar to it.

  GET https://example.invalid/page

Cassette: c/test_it.yaml
  record mode none, 3 recorded, 1 played

Compared as vcrpy does, since it is no LLM call: method, scheme, host, port, path, query.

How to fix:
{RECORD}
  * If it should not be recorded at all, name its host in ignore_hosts."""
    )


def test_own_matchers() -> None:
    """Under matchers of the user's the words are theirs."""
    sent = _chat()
    missed = Missed(
        sent,
        canonical(sent),
        "no_match",
        (PLACE,),
        recorded=1,
        near=0,
        nearest=sent,
        differences=(("method", "POST != GET"), ("body", "")),
        compared=("method", "body"),
    )
    assert """\
the nearest differs in method and body.

  openai chat.completions, model gpt-4o: "Hello"
  POST https://api.openai.com/v1/chat/completions

Cassette: c/test_it.yaml
  record mode none, 1 recorded, 0 played

Nearest: interaction 0, not played yet
  method differs: POST != GET
  body differs

Compared by method, body (match_on).
""" in explained(missed)


def test_whose_call() -> None:
    """The line of the call has the last thing that was said, in one line, of any provider."""
    turns = [{"role": "user", "content": "One"}, {"role": "user", "content": [{"type": "text", "text": "Two\n and"}]}]
    claude = Request("POST", "https://api.anthropic.com/v1/messages", (), json.dumps({"messages": turns}).encode())
    assert '\n  anthropic messages: "Two and"\n' in _other(claude, "nothing_similar")
    told = json.dumps({"contents": [{"role": "user", "parts": [{"text": "w " * 99}]}]}).encode()
    url = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:generateContent?key=made-up"
    line = _other(Request("POST", url, (), told), "nothing_similar").splitlines()[2]
    assert line.startswith("  gemini ")
    assert ', model gemini-2.0-flash: "w w w' in line
    assert line.endswith(' …"')
    assert "made-up" not in line


def test_painted() -> None:
    """Colours say which side is which; without them the text is what it was, word for word."""
    said = _differs(_chat("a", metadata={"k": "w " * 99}), _chat("b", metadata={"k": "v " * 99}))
    coloured = painted(said)
    assert '  messages[0].content: \x1b[31mrecorded "a"\x1b[0m, \x1b[32msent "b"\x1b[0m\n' in coloured
    assert "    \x1b[31mrecorded: " in coloured
    assert "    \x1b[32msent: " in coloured
    assert "\x1b[1mCassette: c/test_it.yaml\x1b[0m\n" in coloured
    plain = coloured
    for code in (0, 1, 31, 32, 36):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == said
