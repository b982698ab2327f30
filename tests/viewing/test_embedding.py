"""Data in a page: what a browser reads is what was there, and no parser takes it for anything else."""

from __future__ import annotations

import base64
import gzip
import json
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmvcr.viewing.embedding import blocks, exact, script_safe

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["</script>", "<!--", "&lt;", "\u2028\u2029"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def unpacked(block: str) -> Any:
    """Unpack a block as the page does."""
    return json.loads(gzip.decompress(base64.b64decode(block)))


@settings(max_examples=40)
@given(JSON)
def test_the_same_value_without_markup(value: Any) -> None:
    """Any value reads back the same, from ASCII without a character that HTML could begin something with."""
    text = script_safe(value)
    assert text.isascii()
    assert not set("<>&\n") & set(text)
    assert json.loads(text) == value


def test_what_other_readers_refuse() -> None:
    """A lone surrogate, which no UTF-8 can hold, is spelt; nan, which no browser reads, is a text."""
    assert json.loads(script_safe([nan, 1.5])) == ["nan", 1.5]
    assert json.loads(script_safe({"\ud800": "\udfff"})) == {"\ud800": "\udfff"}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (2**53 - 1, 2**53 - 1),
        (2**53, "9007199254740992"),
        (-(2**63), "-9223372036854775808"),
        (10**5000, hex(10**5000)),
        (nan, "nan"),
        (-inf, "-inf"),
        (True, True),
        (0.1, 0.1),
    ],
    ids=["whole", "too large", "negative", "huge", "nan", "infinity", "truth", "fraction"],
)
def test_numbers_that_a_browser_would_change(value: Any, read: Any) -> None:
    """What a browser's numbers cannot hold is given as a text, wherever it stands; all else stays as it is."""
    found = exact({"a": [value]})["a"][0]
    assert found == read
    assert type(found) is type(read)


def test_long_texts_stay_apart() -> None:
    """Of a text that is too long its beginning is given, and what tells it from one that differs at its end."""
    one, other = (exact("a" * 500 + end, 400) for end in "xy")
    assert one != other
    assert len(one) < 300
    assert "501 characters" in one
    assert exact("a" * 400, 400) == "a" * 400


@settings(max_examples=20)
@given(st.lists(JSON, max_size=6))
def test_blocks_hold_all_in_order(values: list[Any]) -> None:
    """The blocks joined are the values, and each says how many it holds."""
    found = list(blocks(values))
    assert [one for _, block in found for one in unpacked(block)] == values
    assert sum(count for count, _ in found) == len(values)


def test_large_values_have_blocks_of_their_own() -> None:
    """A block is closed as soon as it is large, so that to open one unpacks little; equal values pack equally."""
    found = list(blocks(["x" * 300_000, "y", "z" * 300_000]))
    assert [count for count, _ in found] == [1, 2]
    assert found == list(blocks(["x" * 300_000, "y", "z" * 300_000]))
