"""YAML as PyYAML writes it, read line by line: what the safe loader makes of it, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions import TEXT
from llmvcr.errors import ReadError
from llmvcr.formats import yaml_regular, yaml_text
from llmvcr.formats.unread import UnsureError
from mutilated import mutilated

WORDS = st.sampled_from(
    [
        *("yes", "null", "~", "1:30", "0x1F", "2026-11-22", "<<", "=", "1e5", "-", "? a", "key: v", "#", "a #b", "'"),
        *("-1", "3.50", "é", "a\nb", "\n\n a\n", " a", "a ", "\\", "\\n", "a\\\nb", "x" * 90 + " y" * 40, "\u2028"),
        *("|", ">", "!!binary", "&a", "*a", "- a", "a:", ":a", "--- a", "...", "\t", "a\tb", "[1]", "{}"),
        *('"', "\x85", "%", "\U0001f600"),
    ]
)
SCALARS = st.one_of(WORDS, TEXT, st.lists(WORDS | TEXT, max_size=4).map(" ".join), st.lists(WORDS).map("\n".join))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | SCALARS | st.binary(max_size=80)
VALUES = st.recursive(
    LEAVES,
    lambda held: st.lists(held, max_size=4) | st.dictionaries(WORDS | TEXT, held, max_size=4),
    max_leaves=12,
)
TOPS = st.dictionaries(st.sampled_from(["a", "interactions", "b-c"]), VALUES, min_size=1)


def skimmed(data: bytes) -> Any:
    """What the lines say, where they are sure; else the exception."""
    try:
        if not yaml_regular.is_plain_text(data):
            return UnsureError()
        return yaml_regular.load(data.decode())
    except (UnsureError, ValueError, IndexError) as error:
        return error


def whole(data: bytes) -> Any:
    """What the safe loader makes of it, or its error."""
    try:
        return yaml_text.load(data, path="f.yaml")
    except ReadError as error:
        return error


def same(data: bytes) -> bool:
    """Whether both say the same, or the lines are not sure. `repr` tells 1 from 1.0 and True, and the order of keys."""
    found = skimmed(data)
    return isinstance(found, Exception) or repr(found) == repr(whole(data))


@given(TOPS, st.sampled_from([80, 1000]))
@settings(max_examples=150)
def test_what_pyyaml_writes_means_the_same(value: dict[str, Any], width: int) -> None:
    """Any data in the block style of PyYAML, as vcrpy writes it and as we do, is what the safe loader makes of it."""
    assert same(yaml.dump(value, Dumper=yaml.CSafeDumper, width=width, allow_unicode=width > 80).encode())
    assert same(yaml_text.dump(value, path="f.yaml"))


@given(TOPS, st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_what_was_changed_means_the_same(value: dict[str, Any], random: Any) -> None:
    """A text that is cut, or changed anywhere, is what the safe loader makes of it, or nothing."""
    assert same(mutilated(yaml_text.dump(value, path="f.yaml"), random))


SURE = {
    "a: 1\nb: x\n": {"a": 1, "b": "x"},
    "a:\n- 1\n- - x\n  - y\n- k: v\n  l: w\n": {"a": [1, ["x", "y"], {"k": "v", "l": "w"}]},
    "a: 'it''s\n\n  two'\n": {"a": "it's\ntwo"},
    'a: "one \\\n  \\ two\\n\\x41\\u00e9"\n': {"a": "one  two\nAé"},
    "a: one\n  two\n": {"a": "one two"},
    "a: |\n  one\n\n   two\n": {"a": "one\n\n two\n"},
    "a: |2-\n   one\n": {"a": " one"},
    "a: |+\n  one\n\nb: [1, 2.5]\n": {"a": "one\n\n", "b": [1, 2.5]},
    "a: !!binary |\n  /w==\n": {"a": b"\xff"},
    "a: {}\nb: []\nc:\nd: ~\n": {"a": {}, "b": [], "c": None, "d": None},
    "h:\n  x-a:\n  - b\n  c:\n  - 'true'\n  d:\n  - b:c\n  e:\n  - true\n  f:\n  - 1\n": {
        "h": {"x-a": ["b"], "c": ["true"], "d": ["b:c"], "e": [True], "f": [1]}
    },
    "a:\n- -0.5\n- 1.5e-05\n- 2\nb:\n- - 0.5\n  - 0.25\n- x\n": {"a": [-0.5, 1.5e-05, 2], "b": [[0.5, 0.25], "x"]},
    "a: 1\n...\n": {"a": 1},
    "a: |+\n  one\n\n...\n": {"a": "one\n\n"},
    "a: 'one\n  two'\nb:\n- 'one\n\n  two'\nc: 3\n": {"a": "one two", "b": ["one\ntwo"], "c": 3},
    'a: "\\0 \\\\0 \\\\"\n': {"a": "\0 \\0 \\"},
}


@pytest.mark.parametrize("text", SURE, ids=[str(number) for number in range(len(SURE))])
def test_the_usual_is_sure(text: str) -> None:
    """What cassettes are made of is read by its lines."""
    assert skimmed(text.encode()) == SURE[text] == whole(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        *("a: &x 1\nb: *x\n", "a: 1 # two\n", "a: 1\na: 2\n", "? a\n: 1\n", "a: >\n  x\n", "a: {b: 1}\n", "a: [x]\n"),
        *(
            "--- \na: 1\n",
            "a: 1\n...\n...\n",
            "a: 'x\n...\n",
            "a: x\ty\n",
            "a: x\n  y\tz\n",
            "a: 1\n\nb: 2\n",
            "a:\n    - 1\n   - 2\n",
            "a: !x 1\n",
            "<<: {a: 1}\n",
        ),
        *("a: |\n\tx\n", "a: x: y\n", "a: 'x' y\n", 'a: "\\ud800"\n', "a: 1", "a: \x07\n", "a: 1\r\n", "1: a\n"),
        *("%YAML 1.1\n", "a: !!binary |\n  x\n", "a: |\n\nb: 1\n", "a: - 1\n", "a:\n  b: 1\n c: 2\n", "a: 'x\n"),
        *(
            "a:\n- b\nc:\n- d\na:\n- e\n",
            "null:\n- b\n",
            "a:\n- b: c\n  d\n",
            "a:\n- 0.5\n  - 1\n",
            "a:\n- 0.5\n b: 1\n",
        ),
        *('a: "x" y"\n', 'a: "x\\\\" y"\n', f"{'k' * 1100}:\n- b\n", 'a: "x\\"\n'),
        "\n".join("  " * n + "a:" for n in range(60)) + " 1\n",
    ],
)
def test_the_unusual_is_left_alone(text: str) -> None:
    """What is rare, and what is wrong, the safe loader has to judge."""
    assert isinstance(skimmed(text.encode()), UnsureError | ValueError)


@pytest.mark.parametrize(
    "text",
    ['a: "x\\  \n  y"\n', 'a: "x\\\n\t y"\n', 'a: "x\\\n--- y"\n', 'a: "x\\\n... y"\n', 'a: "\\x\\\n41"\n'],
    ids=["blanks", "tab", "document", "end", "escape"],
)
def test_an_odd_break_between_quotes_is_left_alone(text: str) -> None:
    """Escaped blanks before a line end, a tab, a mark of a document and a cut escape the safe loader has to judge."""
    assert isinstance(skimmed(text.encode()), UnsureError)
