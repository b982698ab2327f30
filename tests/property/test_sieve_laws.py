"""Laws of the sieve: what it rules out is never what was asked for."""

from __future__ import annotations

import gzip
import json
import re

from hypothesis import given
from hypothesis import strategies as st

from llmvcr.canonical import canonical
from llmvcr.index import Index
from llmvcr.index.sieve import Sieve
from llmvcr.interaction import Request
from llmvcr.rulesets import ruleset

CHAT = "https://api.openai.com/v1/chat/completions"
CALLS = ("call_319QZhydsGa9KKOaVafYDMO2", "call_7PqLm2RtYxW0ZkDsB4nVcJhU")
TEXTS = (
    *("What is the weather in Rome today?", "What is the weather in Pisa today?", "Wie ist das Wetter in Köln?"),
    *("{call} gave 17 degrees", 'he said "warmer" of {call}', "⟨id 1⟩ stands here", "a", "tab\tand \\ and / and é"),
)
SPELLINGS = ("compact", "indented", "as it is", "sorted", "escaped", "gzip", "utf-16", "null")


def spelt(text: str, call: str, spelling: str) -> Request:
    """A chat with one tool call, whose id may stand in its text."""
    called = {"id": call, "type": "function", "function": {"name": "look", "arguments": '{"at": "the harbour"}'}}
    messages = [
        {"role": "user", "content": text.format(call=call)},
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": call, "content": "ok"},
    ]
    said = {"model": "gpt-4o", "messages": messages} | ({"user": None} if spelling == "null" else {})
    plain = json.dumps(
        said,
        indent=2 if spelling == "indented" else None,
        ensure_ascii=spelling != "as it is",
        separators=(",", ":") if spelling == "compact" else None,
        sort_keys=spelling == "sorted",
    )
    if spelling == "escaped":
        plain = re.sub(r"(?<= )[a-z](?=[a-z ])", lambda found: f"\\u{ord(found[0]):04x}", plain)
    body = plain.encode("utf-16" if spelling == "utf-16" else "utf-8")
    return Request("POST", CHAT, (), gzip.compress(body, mtime=0) if spelling == "gzip" else body)


requests = st.builds(spelt, st.sampled_from(TEXTS), st.sampled_from(CALLS), st.sampled_from(SPELLINGS))


@given(st.lists(requests, min_size=1, max_size=30), requests)
def test_nothing_equal_is_ruled_out(recorded: list[Request], request: Request) -> None:
    """Every recorded request of the same key is among those that come into question, under each preset."""
    for rules in (ruleset(), ruleset(match="llm_strict"), ruleset(match=("llm_echo", "llm_uuid"))):
        form = canonical(request, rules)
        found = Sieve(recorded).holding(form)
        alike = [at for at, one in enumerate(recorded) if canonical(one, rules).key == form.key]
        assert found is None or set(alike) <= set(found)


@given(st.lists(requests, min_size=17, max_size=60), st.lists(requests, max_size=40), st.booleans())
def test_it_changes_no_answer(recorded: list[Request], asked: list[Request], repeats: bool) -> None:  # noqa: FBT001 - drawn
    """An index that reads only what comes into question gives what one gives that reads everything."""
    sifted, plain = Index(recorded, repeats=repeats), Index(recorded, repeats=repeats, verbatim=False)
    for number, request in enumerate(asked):
        if number % 5 == 4:
            assert sifted.positions(request) == plain.positions(request)
        assert sifted.take(request) == plain.take(request)
    sifted.rewind()
    plain.rewind()
    assert [sifted.take(one) for one in reversed(recorded)] == [plain.take(one) for one in reversed(recorded)]
