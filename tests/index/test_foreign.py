"""Ids that nothing recorded has: few forms are made for them, and whoever has the very ids is never passed over."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from llmvcr.canonical import canonical
from llmvcr.index import Index
from llmvcr.index.asked import Asked
from llmvcr.index.foreign import Foreign
from llmvcr.interaction import Request

CHAT = "https://api.openai.com/v1/chat/completions"
MINE, OTHER, THIRD, FOURTH, FIFTH = (f"call_{letter}19QZhydsGa9KKOaVafYDMO2" for letter in "aBcDe")


def ask(call: str, number: int = 0, **beside: Any) -> Request:
    """A chat that has called a tool."""
    made = {"id": call, "type": "function", "function": {"name": "look", "arguments": '{"at": "the harbour"}'}}
    messages = [
        {"role": "user", "content": f"Which ships came in on day {number:05}?"},
        {"role": "assistant", "tool_calls": [made]},
        {"role": "tool", "tool_call_id": call, "content": "two"},
    ]
    body = {"model": "gpt-4o", "messages": messages} | beside
    return Request("POST", CHAT, (), json.dumps(body, separators=(",", ":")).encode())


def said(request: Request, body: bytes) -> Request:
    """The same in other bytes."""
    return Request(request.method, request.url, (), body)


def test_agents_run_again_and_no_form_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """In recorded order what differs in fresh ids alone is answered without a canonical form, at any number."""
    index = Index([ask(f"call_{number:04}QZhydsGa9KKOaVafYD", number) for number in range(40)])
    made: list[Request] = []
    monkeypatch.setattr(index, "_form", made.append)
    fresh = [ask(f"call_{number:04}XYhydsGa9KKOaVafYD", number) for number in range(40)]
    assert [index.take(one) for one in fresh] == list(range(40))
    assert made == []


@pytest.mark.parametrize("spelling", ["gzip", "utf-16", "escaped", "plain"])
def test_the_very_ids_go_first_however_they_are_spelt(spelling: str) -> None:
    """Where the one with the very ids has a body that is packed, wide or escaped, it still goes before the first."""
    mine = ask(MINE, seed=None).body or b""
    body = {
        "gzip": gzip.compress(mine, mtime=0),
        "utf-16": mine.decode().encode("utf-16"),
        "escaped": mine.replace(b"call_a", b"call\\u005fa"),
        "plain": mine,
    }[spelling]
    very = said(ask(MINE), body)
    assert canonical(very).key == canonical(ask(OTHER)).key
    assert canonical(very).ids == canonical(ask(MINE)).ids
    index = Index([ask(OTHER), very, ask(OTHER)])
    assert [index.take(ask(MINE)) for _ in range(4)] == [1, 0, 2, None]


def test_an_id_that_names_something_in_the_url_is_no_other() -> None:
    """An id that stands in the URL too is not exchanged in the body alone."""
    url = f"https://api.openai.com/v1/chat/completions?{MINE}=1"
    one, other = (Request("POST", url, (), ask(call).body) for call in (MINE, OTHER))
    assert not Foreign([other]).is_twin(Asked(one), other)
    assert Foreign([ask(OTHER)]).is_twin(Asked(ask(MINE)), ask(OTHER))
    moved = Request("POST", f"{CHAT}?a=1", (), ask(OTHER).body)
    assert not Foreign([moved]).is_twin(Asked(ask(MINE)), moved)


def test_what_is_added_is_known() -> None:
    """An id that was foreign is so no more once a request that has it was recorded; a packed one hides all of them."""
    requests = [ask(OTHER)]
    foreign = Foreign(requests)
    assert [foreign.holds(one) for one in (MINE, OTHER)] == [False, True]
    requests.append(ask(MINE))
    assert [foreign.holds(one) for one in (MINE, THIRD)] == [True, False]
    requests.append(said(ask(MINE), gzip.compress(ask(THIRD).body or b"", mtime=0)))
    assert foreign.holds(THIRD)


def test_one_id_in_the_place_of_two() -> None:
    """What tells two calls apart is not exchanged: two for one, one for two, a part of a word, another's."""

    def two(first: str, second: str, words: str = "two") -> Request:
        calls = {"role": "assistant", "tool_calls": [{"id": first}, {"id": second}]}
        results = [{"role": "tool", "tool_call_id": one, "content": words} for one in (first, second)]
        return ask(MINE, messages=[calls, *results])

    def is_twin(mine: Request, theirs: Request) -> bool:
        return Foreign([theirs]).is_twin(Asked(mine), theirs)

    assert is_twin(two(MINE, THIRD), two(OTHER, THIRD))
    assert is_twin(two(MINE, THIRD, f"{FOURTH}_more"), two(OTHER, FIFTH, f"{FOURTH}_more"))
    assert not is_twin(two(MINE, THIRD), two(OTHER, OTHER))
    assert not is_twin(two(MINE, MINE), two(OTHER, THIRD))
    assert not is_twin(two(MINE, OTHER), two(OTHER, MINE))
    for words in (MINE, f"{MINE}_more", f"call_{MINE}", OTHER, f"{OTHER}_more", f"call_{OTHER}"):
        assert not is_twin(two(MINE, THIRD, words), two(OTHER, THIRD, words))


def test_conversations_with_very_many_ids() -> None:
    """A thousand calls in one request are told by their ids, each in the place of another."""

    def many(letter: str) -> Request:
        ids = [f"call_{letter}{number:04}QZhydsGa9KKOaVafYD" for number in range(1000)]
        messages = [{"role": "assistant", "tool_calls": [{"id": one} for one in ids]}]
        messages += [{"role": "tool", "tool_call_id": one} for one in ids]
        return ask(MINE, messages=messages)

    recorded = many("a")
    assert Foreign([recorded]).is_twin(Asked(many("b")), recorded)


@pytest.mark.parametrize("short", ["call_1", "a", "call_319QZhydsGa9KKO/VafYDMO2", "call_" * 60])
def test_of_what_is_no_drawn_id_nothing_is_sure(short: str) -> None:
    """What may be any word, or holds other signs, may stand anywhere."""
    assert Foreign([ask(OTHER)]).holds(short)


def test_of_many_kinds_of_ids_nothing_is_sure() -> None:
    """So many prefixes are looked for and no more: each of them goes through all that is recorded."""
    foreign = Foreign([ask(OTHER)])
    letters = "abcdefghijklmnop"
    assert not any(foreign.holds(f"{letter}_319QZhydsGa9") for letter in letters)
    assert foreign.holds("z_319QZhydsGa9")
