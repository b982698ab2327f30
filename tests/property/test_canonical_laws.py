"""Laws of the canonical form, for requests of any content."""

from __future__ import annotations

import copy
import gzip
import json
import string
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from llmvcr.canonical import canonical
from llmvcr.diff import ABSENT, changes, describe
from llmvcr.interaction import Request

CHAT = "https://api.openai.com/v1/chat/completions"

# Paths that a row of the table treats; everything else is compared.
RULED = {"tool_calls", "tool_call_id", "id", "prompt_cache_key"}

words = st.text(alphabet='abc de\u00e9\u27e8\u27e9id1\ud83d\n"\\/', max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words | st.sampled_from([1, 1.0, True, 0, -0.0, ""])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcdef") | words, inner, max_size=4),
    max_leaves=12,
)
bodies = st.builds(
    lambda messages, more: {**more, "model": "m", "messages": messages},
    values,
    st.dictionaries(st.sampled_from("uvwxyz"), values, max_size=3),
)

# 24 letters and digits, as OpenAI draws them.
tails = st.lists(
    st.tuples(
        st.sampled_from(string.ascii_lowercase), st.sampled_from(string.digits), st.sampled_from(string.ascii_uppercase)
    ).map("".join),
    min_size=8,
    max_size=8,
).map("".join)
drawn = st.builds("{}{}".format, st.sampled_from(["call_", "toolu_", "", "tool-"]), tails)


def post(body: object, **spelling: Any) -> Request:
    """A chat with this body."""
    return Request("POST", CHAT, (), json.dumps(body, **spelling).encode())


def shuffled(value: Any) -> Any:
    """The same value with the keys of each object in reverse."""
    if isinstance(value, dict):
        return {key: shuffled(inner) for key, inner in reversed(value.items())}
    return [shuffled(inner) for inner in value] if isinstance(value, list) else value


def leaves(value: Any) -> list[tuple[Any, Any]]:
    """Each place of a value as its container and its key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(value, key), *leaves(inner)]]


@given(bodies)
def test_spelling(body: Any) -> None:
    """Order of keys, blanks, escapes and gzip leave the key."""
    key = canonical(post(body)).key
    assert canonical(post(body)).key == key
    assert canonical(post(shuffled(body), indent=3)).key == key
    assert canonical(post(body, sort_keys=True, separators=(",", ":"))).key == key
    assert (
        canonical(Request("post", f"{CHAT}/#x", (("a", "b"),), gzip.compress(post(body).body or b"", mtime=0))).key
        == key
    )


@given(bodies, st.data())
def test_any_leaf_counts(body: Any, data: st.DataObject) -> None:
    """A change of any leaf that no rule covers changes the key, and the diff names it."""
    other = copy.deepcopy(body)
    container, key = data.draw(st.sampled_from(leaves(other)))
    before = container[key]
    container[key] = after = data.draw(scalars)
    one, two = canonical(post(body)), canonical(post(other))
    same = _plain(before) == _plain(after) or ({"content", "seed", "n", "stop"} & {key} and before is None)
    assert (one.key == two.key) is bool(same)
    assert (changes(one.fields, two.fields) == ()) is bool(same)


def _plain(value: Any) -> str:
    # As JSON holds it: whole floats are their integers.
    def whole(one: Any) -> Any:
        if isinstance(one, dict):
            return {key: whole(inner) for key, inner in one.items()}
        if isinstance(one, list):
            return [whole(inner) for inner in one]
        return int(one) if isinstance(one, float) and one.is_integer() else one

    return json.dumps(whole(value), sort_keys=True)


@given(bodies, bodies)
def test_equal_keys_exactly_without_changes(one: Any, other: Any) -> None:
    """Two requests have the same key exactly when nothing differs, and each change can be told."""
    a, b = canonical(post(one)), canonical(post(other))
    found = changes(a.fields, b.fields)
    assert (found == ()) is (a.key == b.key)
    for change in found:
        assert change.recorded is not ABSENT or change.received is not ABSENT
        assert change.path in describe(change)


def conversation(ids: list[str], texts: list[str], order: list[int]) -> dict[str, Any]:
    """A chat that calls a tool for each id, answers in some order, and quotes ids in texts ("#0" is the first)."""
    for n, one in enumerate(ids):
        texts = [text.replace(f"#{n}", one) for text in texts]
    calls = [
        {"id": one, "type": "function", "function": {"name": "f", "arguments": text}}
        for one, text in zip(ids, texts, strict=True)
    ]
    results = [{"role": "tool", "tool_call_id": ids[n], "content": f"{texts[n]}{n}"} for n in order]
    return {
        "model": "m",
        "messages": [{"role": "user", "content": "".join(texts)}, {"role": "assistant", "tool_calls": calls}, *results],
    }


quotes = st.lists(
    st.sampled_from(["#0", "#1", "#2", " ", ":", "{", "\n", '"', "\u00e9", "-", " see "]), max_size=6
).map("".join)


@given(
    st.lists(drawn, min_size=3, max_size=3, unique=True),
    st.lists(drawn, min_size=3, max_size=3, unique=True),
    st.lists(quotes, min_size=3, max_size=3),
    st.permutations([0, 1, 2]),
)
def test_ids_by_any_bijection(ids: list[str], others: list[str], texts: list[str], order: list[int]) -> None:
    """Renaming ids consistently leaves the key, wherever they are quoted."""
    # "#0#1" would run two ids together into one word.
    assume(not any(f"#{a}#{b}" in "".join(texts) for a in range(3) for b in range(3)))
    texts = [f"{text} " for text in texts]
    one, other = canonical(post(conversation(ids, texts, order))), canonical(post(conversation(others, texts, order)))
    assert one.fields == other.fields
    assert one.key == other.key
    # An escaped letter turns the quick look at the whole text off: looking at each string finds the same.
    spelt = (post(conversation(ids, texts, order)).body or b"").replace(b'"content"', b'"c\\u006fntent"')
    assert canonical(Request("POST", CHAT, (), spelt)) == one


@given(st.lists(drawn, min_size=3, max_size=3, unique=True), st.permutations([0, 1, 2]), st.permutations([0, 1, 2]))
def test_references_count(ids: list[str], order: list[int], other: list[int]) -> None:
    """Results in another order, or for another call, are another request."""
    a, b = post(conversation(ids, ["x"] * 3, order)), post(conversation(ids, ["x"] * 3, other))
    assert (canonical(a).key == canonical(b).key) is (order == other)


@given(
    st.binary() | st.text().map(str.encode),
    st.sampled_from([CHAT, "http://localhost/v1/chat/completions", "http://x.test/"]),
)
def test_any_bytes(body: bytes, url: str) -> None:
    """Whatever the bytes, there is a key."""
    assert len(canonical(Request("POST", url, (), body)).key) == 16


@given(st.binary(), st.binary())
def test_other_bytes(one: bytes, other: bytes) -> None:
    """Bodies that are no JSON, form or gzip are the same only byte for byte."""
    a, b = (canonical(Request("POST", CHAT, (), body)) for body in (one, other))
    assume(a.fields["kind"] == b.fields["kind"] == "raw")
    assert (a.key == b.key) is (one == other)


@given(st.text(), st.text())
def test_any_url(method: str, url: str) -> None:
    """Whatever method and URL are, there is a key."""
    assert len(canonical(Request(method, url)).key) == 16


@given(st.lists(tails, min_size=2, max_size=4, unique=True), st.data())
def test_ids_of_answers_are_renamed_by_any_bijection(ids: list[str], data: st.DataObject) -> None:
    """Known ids, in prose and in the path, may be any others that are known; what refers to what is compared."""
    own, others = ids[: len(ids) // 2], ids[len(ids) // 2 :][: len(ids) // 2]
    places = data.draw(st.lists(st.integers(0, len(own) - 1), min_size=1, max_size=4))

    def quoting(names: list[str]) -> Request:
        said = " and ".join(f"({names[place]})" for place in places)
        url = f"https://api.openai.com/v1/threads/{names[places[0]]}/messages"
        return Request("POST", url, (), json.dumps({"role": "user", "content": f"Of {said}?"}).encode())

    one, other = canonical(quoting(own), known={*own}), canonical(quoting(others), known={*others})
    assert one.key == other.key
    assert one.ids == tuple(dict.fromkeys(own[place] for place in places))
    assert canonical(quoting(own)).key != canonical(quoting(others)).key
    assert canonical(quoting(own), known={*others}).key == canonical(quoting(own)).key
    if len(set(places)) > 1:
        assert canonical(quoting([own[0]] * len(own)), known={*own}).key != one.key
