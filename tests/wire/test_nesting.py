"""The depth of JSON by its text: held against what a parser finds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr.wire.nesting import nests_deeper

_TEXTS = st.text(alphabet='[]{}"\\é,:', max_size=5)
_VALUES = st.recursive(
    _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=40,
)


@given(_VALUES, st.integers(0, 12), st.integers(0, 6))
def test_what_is_shallow_is_never_called_deep(value: Any, wraps: int, most: int) -> None:
    """Said of a text only where a parser finds that many levels, whatever brackets and quotes stand in its strings."""
    for _ in range(wraps):
        value = [value]
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        if nests_deeper(text.encode(), most):
            assert _depth(value) > most


@pytest.mark.parametrize(
    "level",
    ["[", '{"a":', '["]",', '{"}":"}","a":', '["\\\\","]",', '["\\"]",', '[0,{"x":[]},"",'],
    ids=["lists", "objects", "closing text", "closing key", "backslash", "quote", "neighbours"],
)
def test_what_is_deep_is_called_so(level: str) -> None:
    """A hundred levels more than allowed are seen, whole or cut, and whatever the texts beside them close."""
    text = level * 400 + "0"
    assert nests_deeper(text.encode(), 300)
    closed = text + "".join("]" if mark == "[" else "}" for mark in reversed([level[0]] * 400))
    json.loads(closed)
    assert nests_deeper(closed.encode(), 300)
    assert not nests_deeper(closed.encode(), 800)


def test_long_is_not_deep() -> None:
    """A long list of short ones is not deep."""
    assert not nests_deeper(b"[" + b",".join([b'[{"a":["[[[["]}]'] * 5000) + b"]", 300)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
