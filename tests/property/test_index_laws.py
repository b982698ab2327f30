"""Laws of the index, against the plainest model of it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from llmvcr.canonical import canonical
from llmvcr.index import Index
from llmvcr.interaction import Request

CHAT = "https://api.openai.com/v1/chat/completions"


def ask(text: str, call: str) -> Request:
    """A chat with a tool's answer."""
    messages = [{"role": "user", "content": text}, {"role": "tool", "tool_call_id": call, "content": "ok"}]
    return Request("POST", CHAT, (), json.dumps({"model": "m", "messages": messages}).encode())


requests = st.builds(ask, st.sampled_from("ab"), st.sampled_from("xyz"))


@given(st.lists(requests, max_size=8), st.lists(requests, max_size=12))
def test_as_the_model(recorded: list[Request], asked: list[Request]) -> None:
    """Each is given once; of the unplayed of a key the byte-equal first, else the first recorded."""
    index, left = Index(recorded), list(range(len(recorded)))
    for request in asked:
        key = canonical(request).key
        alike = [i for i in left if canonical(recorded[i]).key == key]
        exact = [i for i in alike if recorded[i].body == request.body]
        wanted = next(iter(exact or alike), None)
        assert index.peek(request) == wanted
        assert index.take(request) == wanted
        if wanted is not None:
            left.remove(wanted)
    index.rewind()
    assert [index.take(request) for request in recorded] == list(range(len(recorded)))


@given(st.lists(requests, max_size=8), st.lists(requests, max_size=16))
def test_repeats_always_answer(recorded: list[Request], asked: list[Request]) -> None:
    """With repeats a request is answered exactly when its key was recorded, and by a recording of its key."""
    index = Index(recorded, repeats=True)
    for request in asked:
        position = index.take(request)
        assert (position is None) is (index.positions(request) == ())
        assert position is None or position in index.positions(request)


@given(st.lists(requests, max_size=8), requests)
def test_nearest_of_what_is_recorded(recorded: list[Request], request: Request) -> None:
    """The nearest to a request that was recorded has no change at all."""
    near = Index(recorded).nearest(request)
    assert (near is None) is (recorded == [])
    if any(canonical(one).key == canonical(request).key for one in recorded):
        assert near is not None
        assert near[1] == ()


@given(st.lists(requests, min_size=1, max_size=30))
def test_threads(recorded: list[Request]) -> None:
    """Asked by eight threads for all that was recorded, each position is given once, to a request of its key."""
    index = Index(recorded)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(index.take, reversed(recorded)))
    assert sorted(one for one in found if one is not None) == list(range(len(recorded)))
    for request, position in zip(reversed(recorded), found, strict=True):
        assert position is not None
        assert canonical(recorded[position]).key == canonical(request).key
