"""Laws of users' rules, for requests of any content."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from llmvcr.canonical import canonical
from llmvcr.diff import changes
from llmvcr.interaction import Request
from llmvcr.rulesets import ruleset

URL = "https://api.openai.com/v1/embeddings"  # no row of the provider applies to it

scalars = st.booleans() | st.integers(-5, 5) | st.text(alphabet='ab1\u27e8\u27e9"-', max_size=4)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(st.sampled_from("abcd"), values, max_size=4).map(lambda more: {**more, "model": "m"})
bodies = bodies.map(lambda body: {**body, "input": "x"})
steps = st.sampled_from([".a", ".b", "[*]", ".*", "..a", "..c", "[0]", "[-1]", "[?@.a=='b']"])
paths = st.lists(steps, min_size=1, max_size=3).map(lambda found: "$" + "".join(found))

Place = tuple[Any, Any]


def post(body: object) -> Request:
    """A call with this body."""
    return Request("POST", URL, (), json.dumps(body).encode())


def leaves(value: Any, covered: set[tuple[Any, ...]], steps: tuple[Any, ...] = (), *, inside: bool = False) -> Any:
    """Each leaf as (its place, whether it is at or below a covered location)."""
    inside = inside or steps in covered
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield steps, inside
        return
    for key, one in inner:
        yield from leaves(one, covered, (*steps, key), inside=inside)


def put(body: Any, steps: tuple[Any, ...], value: Any) -> Any:
    """The body with another value there, and the one that stood there."""
    other = copy.deepcopy(body)
    place = other
    for step in steps[:-1]:
        place = place[step]
    before, place[steps[-1]] = place[steps[-1]], value
    return other, before


@settings(max_examples=150)
@given(bodies, paths, st.data())
def test_what_is_left_out_never_counts_and_all_else_does(body: Any, path: str, data: st.DataObject) -> None:
    """A change of a leaf that a path leaves out never changes the key; a change of any other leaf does."""
    rules = ruleset(ignore=path)
    (placed,) = rules.rules
    assert placed.path is not None
    covered = set(placed.path.find(body))
    steps, inside = data.draw(st.sampled_from(list(leaves(body, covered))))
    other, before = put(body, steps, after := data.draw(scalars))
    one, two = canonical(post(body), rules), canonical(post(other), rules)
    same = json.dumps(before) == json.dumps(after)
    if not same and set(placed.path.find(other)) != covered:
        return  # a filter selects by this very leaf
    assert (one.key == two.key) is (same or inside)
    assert (changes(one.fields, two.fields) == ()) is (same or inside)


@settings(max_examples=100)
@given(
    bodies, st.lists(paths, max_size=3), st.lists(paths, max_size=2), st.sampled_from(["llm", "llm_uuid", "llm_echo"])
)
def test_deterministic(body: Any, ignored: list[str], ids: list[str], match: str) -> None:
    """Any rules give one key for one content, however its keys are ordered, and leave what they are given alone."""
    rules = ruleset(ignore=ignored, ids=ids, patterns={"$..b": ["a+", "[0-9]"]}, match=match)
    before = json.dumps(body)
    form = canonical(post(body), rules)
    assert canonical(post(dict(reversed(body.items()))), rules).fields == form.fields
    assert json.dumps(body) == before
    assert len(form.key) == 16


tails = st.lists(st.sampled_from(["a", "b", "1", "xy9", "Q7z"]), min_size=1, max_size=4).map("".join)


@settings(max_examples=100)
@given(
    st.lists(tails, min_size=2, max_size=4, unique=True),
    st.lists(tails, min_size=4, max_size=4, unique=True),
    st.data(),
)
def test_ids_by_any_bijection(ids: list[str], others: list[str], data: st.DataObject) -> None:
    """Ids that a rule names may be renamed by any bijection; one put in another's place is another request."""
    places = data.draw(st.lists(st.sampled_from(range(len(ids))), min_size=2, max_size=5))
    rules = ruleset(ids="$.refs[*]")

    def call(names: list[str], at: list[int]) -> bytes:
        return canonical(post({"model": "m", "input": "x", "refs": [names[n] for n in at]}), rules).key

    assert call(ids, places) == call(others, places)
    moved = data.draw(st.lists(st.sampled_from(range(len(ids))), min_size=len(places), max_size=len(places)))
    pattern = [places.index(one) for one in places]
    assert (call(ids, places) == call(ids, moved)) is (pattern == [moved.index(one) for one in moved])
