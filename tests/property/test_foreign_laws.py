"""Laws of ids that nothing recorded has: who goes by them answers as one who reads every form."""

from __future__ import annotations

import json
import re
from collections.abc import Set as AbstractSet
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from llmvcr.canonical import Canonical, canonical
from llmvcr.index import Index
from llmvcr.index.asked import Asked
from llmvcr.index.foreign import Foreign
from llmvcr.interaction import Request

URLS = ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/responses")
DRAWN = tuple(f"call_{letter}19QZhydsGa9KKOaVafYDM{number}" for letter in "aBcD" for number in (12, 34, 56))
CALLS = (
    *("call_319QZhydsGa9KKOaVafYDMO2", "call_7PqLm2RtYxW0ZkDsB4nVcJhU", "call_aB3dE5gH7jK9mN1pQ3sT5vW7", "call_1"),
    *("call_319QZhydsGa9KKOaVafYDMO2x", "call_call_AB3dE5gH7jK9mN1pQ3sT5v", "call_harbour_of_the_city_L", "a"),
    *("fc_68a1B2c3D4e5F6a7B8c9D0e1F2", "fc_78a1B2c3D4e5F6a7B8c9D0e1F2", "D681PevKs", "E792QfwLt"),
    *("0191e2a4-7b1c-4d5e-8f90-a1b2c3d4e5f6", "0291e2a4-7b1c-4d5e-8f90-a1b2c3d4e5f6"),
)
TEXTS = (
    *("ok", "see {0}", "see {1}.", '"{0}"', 'he said "{1}', "{0}", "x{0}", "{0}_2", "resp_{0}", "data:a/b;base64,{0}"),
    *("call_319QZhydsGa9KKOaVafYDMO2", "⟨id 1⟩", "tab\tand \\ and / and é"),
)
SPELLINGS = ("compact", "compact", "compact", "compact", "spaced", "sorted", "escaped", "utf-16")


def spelt(body: dict[str, Any], how: str) -> bytes:
    """The JSON of a body in one of its spellings."""
    dense = (",", ":") if how in ("compact", "escaped") else None
    plain = json.dumps(body, ensure_ascii=False, sort_keys=how == "sorted", separators=dense)
    if how == "escaped":
        plain = re.sub(r"(?<=call)_", r"\\u005f", plain, count=1)
    return plain.encode("utf-16" if how == "utf-16" else "utf-8")


def ask(which: int, calls: tuple[str, str], texts: tuple[str, str], place: str, how: str) -> Request:
    """A call of an agent that has called two tools; `place` says where an id stands beside its id fields."""
    first, second = calls
    said = [text.format(first, second) for text in texts]
    beside: dict[str, dict[str, Any]] = {"user": {"user": first}, "key": {"metadata": {first: "a"}}}
    odd = beside.get(place, {"seed": second} if place == "seed" else {})
    if which:
        items: list[dict[str, Any]] = [{"role": "user", "content": said[0]}]
        for call in calls:
            items.append({"type": "function_call", "call_id": call, "name": "f", "arguments": "{}", "id": f"fc_{call}"})
            items.append({"type": "function_call_output", "call_id": call, "output": said[1]})
        body = {"model": "gpt-4o", "input": items} | odd
    else:
        made = [{"id": call, "type": "function", "function": {"name": "f", "arguments": "{}"}} for call in calls]
        results = [{"role": "tool", "tool_call_id": call, "content": said[1]} for call in calls]
        messages = [{"role": "user", "content": said[0]}, {"role": "assistant", "tool_calls": made}, *results]
        body = {"model": "gpt-4o", "messages": messages} | odd
    url = URLS[which] + ("?after=" + first if place == "url" else "")
    return Request("POST", url, (), spelt(body, how))


Said = tuple[int, tuple[str, str], str, str]

said = st.tuples(
    st.sampled_from([0, 0, 1]),
    st.tuples(st.sampled_from(("ok", *TEXTS)), st.sampled_from(("ok", "ok", "ok", *TEXTS))),
    st.sampled_from(["", "", "", "", "user", "key", "seed", "url"]),
    st.sampled_from(SPELLINGS),
)
calls = st.sampled_from(DRAWN) | st.sampled_from(DRAWN) | st.sampled_from(CALLS)
pairs = st.tuples(calls, calls)


def of(one: Said, calls: tuple[str, str]) -> Request:
    """What is said in one way, with these ids."""
    which, texts, place, how = one
    return ask(which, calls, texts, place, how)


# Few ways of saying it, and many ids: so that requests often differ in these alone.
runs = st.lists(said, min_size=1, max_size=2).flatmap(
    lambda ways: st.tuples(*[st.lists(st.builds(of, st.sampled_from(ways), pairs), max_size=8)] * 2)
)


def plainly(request: Request, known: AbstractSet[str] = frozenset()) -> Canonical:
    """The canonical form, made by a function of which an index knows nothing."""
    return canonical(request, known=known)


@given(runs, st.sampled_from([False, True]))
def test_what_is_given_is_the_same(run: tuple[list[Request], list[Request]], repeats: Any) -> None:
    """An index that knows foreign ids gives the very positions of one that does not."""
    recorded, asked = run
    quick, plain = Index(recorded, repeats=repeats), Index(recorded, repeats=repeats, form=plainly)
    for request in (*asked, *recorded, *asked):
        wanted = plain.peek(request)
        assert quick.peek(request) == wanted
        assert quick.take(request) == plain.take(request) == wanted


@given(said, pairs, pairs, st.randoms(use_true_random=False))
def test_twins_are_of_one_form(one: Said, mine: tuple[str, str], others: tuple[str, str], rnd: Any) -> None:
    """What is called a twin has the key of the request, whichever places of the text have other ids."""
    request = of(one, mine)
    body = (request.body or b"").decode("utf-8", "replace")
    always = rnd.random() < 0.5
    for call, other in zip(mine, others, strict=True):
        parts = body.split(call)
        body = parts[0] + "".join((other if always else rnd.choice((call, other))) + part for part in parts[1:])
    recorded = Request(request.method, request.url, (), body.encode())
    if Foreign([recorded]).is_twin(Asked(request), recorded):
        assert canonical(recorded).key == canonical(request).key


@given(runs)
def test_what_is_foreign_is_nowhere(run: tuple[list[Request], list[Request]]) -> None:
    """Who has the form of a request with a foreign id has not all of its ids; of one that is alone, none."""
    recorded, asked = run
    foreign = Foreign(recorded)
    for request in asked:
        form = canonical(request)
        alike = [canonical(one).ids for one in recorded if canonical(one).key == form.key]
        if foreign.is_foreign(Asked(request)):
            assert form.ids not in alike
        if foreign.is_alone(Asked(request), form):
            assert not any(mine == other for ids in alike for mine, other in zip(form.ids, ids, strict=True))
