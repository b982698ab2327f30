"""JSONPath: what a path selects, by our own reading as by that of a library, and what is refused."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath_rfc9535 import JSONPathEnvironment

from llmvcr import jsonpaths

VALUE: Any = {
    "model": "m",
    "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]},
    ],
    "a b": {"role": "user"},
    "": 0,
}

SELECTED = [
    ("$", [()]),
    ("$.model", [("model",)]),
    ("$.nothing", []),
    ("$.model.below", []),
    ("$['a b'].role", [("a b", "role")]),
    ('$["a b"]', [("a b",)]),
    ("$['']", [("",)]),
    ("$.messages[0].content", [("messages", 0, "content")]),
    ("$.messages[-1].role", [("messages", 1, "role")]),
    ("$.messages[2]", []),
    ("$.messages[-3]", []),
    ("$.messages[*].role", [("messages", 0, "role"), ("messages", 1, "role")]),
    ("$.*.role", [("a b", "role")]),
    ("$..text", [("messages", 1, "content", 0, "text"), ("messages", 1, "content", 1, "text")]),
    ("$..[0]", [("messages", 0), ("messages", 1, "content", 0)]),
    ("$..['role']", [("a b", "role"), ("messages", 0, "role"), ("messages", 1, "role")]),
    ("$.messages[?@.role=='user'].content", [("messages", 0, "content")]),
    ('$.messages[?@.role == "assistant"].content[0]', [("messages", 1, "content", 0)]),
    ("$[?@.role=='user']", [("a b",)]),
]

BY_THE_EXTRA = [
    ("$.messages[0:1].role", [("messages", 0, "role")]),
    ("$.messages[0,1].role", [("messages", 0, "role"), ("messages", 1, "role")]),
    ("$.messages[?@.role!='user'].role", [("messages", 1, "role")]),
    ("$..[?match(@.text, 'b|x')].text", [("messages", 1, "content", 0, "text")]),
    ("$['\\u006dodel']", [("model",)]),
]


@pytest.mark.parametrize(("path", "locations"), [*SELECTED, *BY_THE_EXTRA])
def test_selected(path: str, locations: list[jsonpaths.Location]) -> None:
    """A path selects these nodes, each once, in the order of keys and indices."""
    assert jsonpaths.parse(path).find(VALUE) == locations


@pytest.mark.parametrize("path", [path for path, _ in SELECTED])
def test_simple_paths_need_no_extra(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, indices, stars, descendants and the plain filter are read without the library."""
    monkeypatch.setitem(sys.modules, "jsonpath_rfc9535", None)
    assert jsonpaths.parse(path).text == path


names = st.sampled_from(["a", "b", "c d", "\u00e9", ""])
steps = st.one_of(
    st.sampled_from([".a", ".b", ".*", "[*]", "..a", "..*", "..[0]", "..['c d']", "[0]", "[-1]", "['']", ".\u00e9"]),
    st.sampled_from(["[?@.a=='x']", '..[?@.b == "x"]']),
)
values = st.recursive(
    st.sampled_from(["x", 1, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)


@given(st.lists(steps, max_size=4).map("".join), values)
def test_as_the_library_reads_it(path: str, value: Any) -> None:
    """Our own reading selects the nodes that the library does."""
    found = JSONPathEnvironment().finditer(f"${path}", value)
    assert set(jsonpaths.parse(f"${path}").find(value)) == {match.location for match in found}


@pytest.mark.parametrize(
    "path", ["$.", "$..", "$...a", "$.[0]", "$[", "$['a", "$[01]", "$[?@.a ==]", "$a", "$[?count(@.a)]", "$.a b", "$ "]
)
def test_malformed(path: str) -> None:
    """What RFC 9535 does not allow is refused with the reason."""
    with pytest.raises(ValueError, match=r"is no JSONPath of RFC 9535: \w"):
        jsonpaths.parse(path)


@pytest.mark.parametrize("path", ["", "messages[0]", ".a", "@.a", " $.a"])
def test_no_root(path: str) -> None:
    """A path that begins with no $ is refused."""
    with pytest.raises(ValueError, match=r"a JSONPath begins with \$"):
        jsonpaths.parse(path)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that needs the library says what to install where it is absent."""
    monkeypatch.setitem(sys.modules, "jsonpath_rfc9535", None)
    with pytest.raises(ValueError, match=r"pip install 'pytest-llmvcr\[rules\]'"):
        jsonpaths.parse("$.messages[0:1]")


def test_deep() -> None:
    """A body as deep as any that is read as JSON is searched to its end, by the library, too."""
    value: Any = "leaf"
    for _ in range(200):
        value = {"a": [value]}
    assert len(jsonpaths.parse("$..a").find(value)) == 200
    assert len(jsonpaths.parse("$..a[0:1]").find(value)) == 200
