"""Laws of requests that are found by the JSON of their bodies: such are the same request, ids and all."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from llmvcr.bodies import read
from llmvcr.canonical import canonical, same, text
from llmvcr.index import Index
from llmvcr.interaction import Request
from llmvcr.quick_json import body, one_spelling, one_text
from llmvcr.rulesets import ruleset

CHAT = "https://api.openai.com/v1/chat/completions"
CALL = "call_319QZhydsGa9KKOaVafYDMO2"
RULES = (
    ruleset(),
    ruleset(match=("llm_echo", "llm_uuid")),
    ruleset(ignore="$.seed", ids="$.user", patterns={"$.messages[*].content": r"\d+"}),
)

NUMBERS = (
    *("0", "-0", "-0.0", "0.0", "1", "1.0", "10e-1", "1e0", "100", "1E2", "0.1", "0.10", "0.1000000000000000055"),
    *("9007199254740992", "9007199254740993", "9007199254740992.0", "9007199254740993.0", "9.007199254740993e15"),
    *("0.99999999999999999999", "1e400", "-1e400", "1e-400", "18446744073709551616", "1" + "0" * 30, "7" * 4300),
)
TEXTS = (
    "",
    "a",
    "caf\u00e9",
    "\u27e8id 1\u27e9",
    'say "it" / \\',
    "tab\t\x7f",
    CALL,
    f"of {CALL}",
    "\u2028",
    "\U0001f600",
)
KEYS = ("messages", "role", "content", "tool_calls", "tool_call_id", "id", "seed", "user", "n", "a\u00e9", 'q"')


class Pairs(list[tuple[str, Any]]):
    """An object as it is written: a key may stand twice."""


leaves = st.sampled_from([*map(json.loads, NUMBERS[:6]), None, True, False, *TEXTS]) | st.sampled_from(
    [("number", text) for text in NUMBERS]
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=4).map(Pairs)
    ),
    max_leaves=14,
)


def spelt(value: Any, rnd: random.Random) -> str:
    """One of the many texts of a value; now and then one of another value."""
    blank = rnd.choice(("", "", "", " ", "\n\t"))
    if isinstance(value, Pairs):
        pairs = rnd.sample(value, len(value)) if rnd.random() < 0.3 else value
        inner = f",{blank}".join(f"{spelt(key, rnd)}:{blank}{spelt(one, rnd)}" for key, one in pairs)
        return f"{{{blank}{inner}}}"
    if isinstance(value, list):
        return f"[{blank}{f'{blank},'.join(spelt(one, rnd) for one in value)}]"
    if isinstance(value, tuple):
        return rnd.choice(NUMBERS) if rnd.random() < 0.1 else str(value[1])
    text = json.dumps(value, ensure_ascii=rnd.random() < 0.5)
    if isinstance(value, str):
        text = text.replace('\\"', rnd.choice(('\\"', "\\u0022"))).replace("/", rnd.choice(("/", "\\/")))
    return text


bodies = st.builds(
    lambda messages, more: Pairs([("model", "m"), ("messages", messages), *more]),
    values,
    st.lists(st.tuples(st.sampled_from(KEYS), values), max_size=3),
)


def sent(value: Any, rnd: random.Random) -> Request:
    """A chat with this body in some spelling."""
    return Request("POST", CHAT, (), spelt(value, rnd).encode())


@given(bodies, st.randoms(use_true_random=False), st.randoms(use_true_random=False))
def test_one_spelling_is_one_request(body: Any, one: random.Random, other: random.Random) -> None:
    """Bodies of one spelling have one canonical form and one row of ids, under any rules that see values."""
    a, b = sent(body, one), sent(body, other)
    spelling = one_spelling(a.body or b"")
    if spelling is None or spelling != one_spelling(b.body or b""):
        return
    assert one_spelling(spelling) == spelling
    for rules in RULES:
        first, second = canonical(a, rules), canonical(b, rules)
        assert first.key == second.key
        assert first.ids == second.ids
        assert first.fields["kind"] == "json"
        assert same(first, second)


@given(st.lists(bodies, max_size=6), st.lists(st.integers(0, 5), max_size=10), st.randoms(use_true_random=False))
def test_it_finds_what_forms_find(recorded: list[Any], asked: list[int], rnd: random.Random) -> None:
    """An index that goes by values answers the requests that one answers which goes by forms, each by one as good."""
    held = [sent(one, rnd) for one in recorded]
    quick, plain = Index(held), Index(held, by_value=False)
    for number in asked:
        if number < len(recorded):
            request = sent(recorded[number], rnd)
            found, wanted = quick.take(request), plain.take(request)
            assert (found is None) is (wanted is None)
            if found is not None and wanted is not None:
                assert canonical(held[found]).key == canonical(held[wanted]).key == canonical(request).key


@given(bodies, bodies, st.randoms(use_true_random=False))
def test_one_text_is_one_value(one: Any, other: Any, rnd: random.Random) -> None:
    """Two forms have one text of the fast writer exactly when they have one of Python's."""
    a, b = canonical(sent(one, rnd)).fields, canonical(sent(other, rnd)).fields
    assert None not in (one_text(a), one_text(b))
    assert (one_text(a) == one_text(b)) is (text(a) == text(b))
    assert json.loads(one_text(a) or b"") == json.loads(text(a))


@given(bodies, st.randoms(use_true_random=False))
def test_it_reads_as_the_other_does(said: Any, rnd: random.Random) -> None:
    """A body that is read fast is read as the slow reader reads it, to the type of each number."""
    data = sent(said, rnd).body or b""
    quick, slow = body(data), read(data)
    if quick is not None:
        assert (quick.kind, text(quick.value), text(quick.keys)) == (slow.kind, text(slow.value), text(slow.keys))
        assert quick.text == slow.text


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes(data: bytes) -> None:
    """Whatever the bytes, it gives a text or none; what it gives is JSON that says the same."""
    spelling = one_spelling(data)
    assert spelling is None or json.loads(spelling) == json.loads(data)
