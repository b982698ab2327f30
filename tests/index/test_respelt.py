"""Requests that differ from a recorded one in the spelling of their JSON alone, found without their forms."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from typing import Any

import pytest

from llmvcr.canonical import Canonical, canonical
from llmvcr.index import Index
from llmvcr.interaction import Request
from llmvcr.quick_json import one_spelling

CHAT = "https://api.openai.com/v1/chat/completions"


def ask(number: int, **spelling: Any) -> Request:
    """A chat that tells itself from others by one number."""
    messages = [{"role": "user", "content": f"Wie viele Schiffe liegen an Kai {number} in L\u00fcbeck?"}]
    body = {"model": "gpt-4o", "messages": messages, "temperature": 0.5}
    return Request("POST", CHAT, (), json.dumps(body, **spelling).encode())


class Counted:
    """The forms that were made."""

    def __init__(self) -> None:
        self.made: list[Request] = []

    def form(self, request: Request, known: AbstractSet[str] = frozenset()) -> Canonical:
        """The form of a request, which is counted."""
        self.made.append(request)
        return canonical(request, known=known)


def test_no_form_is_made() -> None:
    """In recorded order, in the order of the alphabet, indented, escaped or not: no canonical form is made."""
    forms = Counted()
    index = Index([ask(number) for number in range(40)], form=forms.form)
    spellings: tuple[dict[str, Any], ...] = ({"sort_keys": True}, {"indent": 1}, {"ensure_ascii": False})
    assert [index.take(ask(number, **spellings[number % 3])) for number in range(40)] == list(range(40))
    assert forms.made == []


def test_the_more_are_asked_for_the_more_are_known() -> None:
    """Out of order a few are searched for by their forms, before the values of all are known."""
    forms = Counted()
    count = 300
    index = Index([ask(number) for number in range(count)], form=forms.form)
    assert [index.take(ask(number, indent=1)) for number in reversed(range(count))] == [*reversed(range(count))]
    assert len(forms.made) < 100


def test_the_same_value_goes_before_the_same_form() -> None:
    """Of two recorded requests of one form, that of the very value answers, also where it was recorded later."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Sing"}]}
    one, other = (Request("POST", CHAT, (), json.dumps(each).encode()) for each in (body | {"seed": None}, body))
    assert canonical(one).key == canonical(other).key
    index = Index([one, other])
    assert index.take(Request("POST", CHAT, (), json.dumps(body, indent=1).encode())) == 1
    assert index.take(Request("POST", CHAT, (), json.dumps(body, indent=2).encode())) == 0


@pytest.mark.parametrize("gap", [0, 10, 20, 60])
def test_who_looks_first_takes_the_same(gap: int) -> None:
    """What is taken is what was seen before, and what is taken where nobody looked, however often one looks."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Sing"}]}
    one, other = (Request("POST", CHAT, (), json.dumps(each).encode()) for each in (body | {"seed": None}, body))
    recorded = [one, *map(ask, range(gap)), other]
    asked = Request("POST", CHAT, (), json.dumps(body, indent=1).encode())
    unseen, seen = Index(recorded), Index(recorded)
    for _ in range(2):
        taken = unseen.take(asked)
        assert [seen.peek(asked), seen.peek(asked), seen.take(asked)] == [taken] * 3


def test_played_added_and_rewound() -> None:
    """What was played is not given again, what is added is found, and all of it after a rewind."""
    index = Index([ask(1), ask(2), ask(1)])
    assert [index.take(ask(1)), index.take(ask(1, indent=1)), index.take(ask(1, indent=1))] == [0, 2, None]
    assert index.add(ask(1)) == 3
    assert [index.peek(ask(1, indent=1)), index.take(ask(1, indent=1))] == [3, 3]
    index.rewind()
    assert [index.take(ask(1, indent=1)) for _ in range(4)] == [0, 2, 3, None]


def test_repeats() -> None:
    """With repeats the last of a value answers for good."""
    index = Index([ask(1), ask(2), ask(1)], repeats=True)
    assert [index.take(ask(1, indent=1)) for _ in range(4)] == [0, 2, 2, 2]
    index = Index([ask(n % 25) for n in range(200)], repeats=True)
    assert [index.take(ask(3, indent=1)) for _ in range(10)] == [*range(3, 200, 25), 178, 178]


def test_another_url_or_method() -> None:
    """The same JSON elsewhere, or by another method, is another request."""
    index = Index([ask(1)])
    body = ask(1, indent=1).body
    assert index.take(Request("POST", CHAT.replace("api", "eu"), (), body)) is None
    assert index.take(Request("PUT", CHAT, (), body)) is None


@pytest.mark.parametrize(
    "text",
    [
        *('{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"b":{"a":1,"a":2}}', '{"a": 1, "q\\"": 2, "q\\"": 3}', "[1e2]"),
        *("[1e400]", "[9007199254740993.0]", "NaN", '["\\ud83d"]', "[1]\n[2]", "[1,]", '["\n"]', "\ufeff[1]", "", " "),
        *('{"a":1,"a":100000}', '{"a":"\\u0022","a":1}', "[" * 200 + "]" * 200, "[" * 5000 + "]" * 5000, "9" * 5000),
    ],
    ids=lambda text: text[:20].encode("unicode_escape").decode(),
)
def test_what_has_no_one_spelling(text: str) -> None:
    """What readers take for different values, or what is compared as text, is left to the canonical form."""
    assert one_spelling(text.encode()) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"b": 1.0, "a": [true, null]}', '{"a":[true,null],"b":1}'),
        ('["caf\\u00e9", "\\/", "say \\"it\\""]', '["caf\u00e9","/","say \\"it\\""]'),
        ("[0.5, -0.0, 18446744073709551616]", "[0.5,0,18446744073709551616]"),
        ("[" * 100 + "]" * 100, "[" * 100 + "]" * 100),
    ],
    ids=["order", "escapes", "numbers", "depth"],
)
def test_the_one_spelling(text: str, said: str) -> None:
    """Keys in the order of the alphabet, no blanks, no escapes, whole numbers without a point."""
    assert one_spelling(text.encode()) == said.encode()
