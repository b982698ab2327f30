"""Named renderings: the words for a spelling give its bytes, and edits say what words cannot."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr.formats import rendering, spelling, streams
from typed_bodies import EVENTS, JSON_TEXTS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":1,"b":[1,2]}', "compact"),
        ('{"a": 1, "b": [1, 2]}', "spaced"),
        ('{"a": 1,"b": [1,2]}', "colons"),
        ('{\n  "a": 1\n}', "indent2"),
        ('{\n    "a": 1\n}\n', "indent4 newline"),
        ('{\n\t"a": 1\n}', "tab"),
        ('{"a":"\\u00e9"}', "compact ascii"),
        ('{"a":"é"}', "compact"),
        ('{"a":"\\u003cb\\u003e é"}', "compact go"),
        ("[1, 2]", "spaced"),
    ],
)
def test_a_spelling_has_a_name(text: str, words: str) -> None:
    """Each way in which servers and clients write JSON has words that give it back, and nothing else is carried."""
    value = json.loads(text)
    assert rendering.described(text) == (value, {"rendering": words})
    assert rendering.dumps(value, words.split()) == text


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ('{"some":"text","more":"text","a":1.0E5,"b":2}', [[33, 8, "1.0E5"]]),
        ('{"some":"text that is long enough","a":1,"a":2}', [[39, 0, '1,"a":']]),
        ('{"type":"delta","text":"hi"      }', [[27, 0, "      "]]),
        ('{"some":"text","more":"text","url":"https:\\/\\/example.com"}', [[42, 1, "\\/\\"]]),
        ('\n\n{"some":"text","more":"text"}', [[0, 0, "\n\n"]]),
    ],
)
def test_an_odd_spot_is_an_edit(text: str, edits: list[object]) -> None:
    """A number's spelling, a repeated key, padding, an odd escape: the value stays readable, the spot is an edit."""
    found = rendering.described(text)
    assert found is not None
    value, how = found
    assert value == json.loads(text)
    assert how == {"rendering": "compact", "edits": edits}
    assert rendering.rendered(value, how) == text


@pytest.mark.parametrize("text", ["NaN", "[1e400]", "[Infinity]", "{", "", "[" * 100 + "]" * 100, "9" * 5000])
def test_what_json_cannot_hold_is_text(text: str) -> None:
    """Infinite numbers, numbers too long for Python, deep nesting and broken JSON are never shown as a value."""
    assert rendering.described(text) is None
    assert spelling.spell(text.encode()).form == "none"


@pytest.mark.parametrize(
    ("body", "rendering_words", "more"),
    [
        (b'data: {"a":1}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n', "sse compact done", {}),
        (b'data: {"a": 1, "b": 2}\r\n\r\n', "sse spaced crlf", {}),
        (b'data: {"a": 1,"b": 2}\r\n\r\n', "sse colons crlf", {}),
        (b'data:{"a":1}\n\ndata:{"a":2}\n\n', "sse compact tight", {}),
        (b'event: hi\ndata: {"type":"hi"}\n\nevent: ho\ndata: {"type":"ho"}\n\n', "sse compact event=type", {}),
        (b'event: message\ndata: {"a":1}\n\n', "sse compact event:message", {}),
        (b'data: {"a":1}\n\ndata: {"a":2}\n', "sse compact open", {}),
        (b'data: {"a":1}\n\ndata: [DONE]\n', "sse compact done open", {}),
        (b': a\n\ndata: {"a":"long"}\n\n: b\n\n', "sse compact", {"inserted": {"0": ": a\n\n", "1": ": b\n\n"}}),
        (b'data: {"a":"x"   }\n\ndata: {"a":"y" }\n\n', "sse compact", {"padding": [3, 1]}),
        (b'data: {"a":"long","b":1}\n\ndata: {"b": 2}\n\n', "sse compact", {"edits": {"1": [[11, 0, " "]]}}),
        (b'{"a":1}\n{"a":2}\n', "ndjson compact", {}),
        (b'{"a":1}\r\n{"a":2}\r\n', "ndjson compact crlf", {}),
    ],
)
def test_a_stream_has_a_name(body: bytes, rendering_words: str, more: dict[str, object]) -> None:
    """Framing, line ends, event lines, [DONE], comments and the last blank line are told by words or in one place."""
    found = streams.described(body)
    assert found is not None
    events, told, texts = found
    assert told == {"rendering": rendering_words, **more}
    assert streams.rendered(events, told) == body
    assert all(json.loads(text) == event for event, text in zip(events, texts, strict=True) if text)


@given(JSON_TEXTS | EVENTS | st.text())
def test_any_body_comes_back(text: str) -> None:
    """Whatever a body's spelling, what is said of it gives its bytes, also by way of JSON."""
    body = text.encode("utf-8", "surrogatepass")
    for members in (False, True):
        spelt = spelling.spell(body, members=members)
        if spelt.how is not None:
            values = json.loads(json.dumps(spelt.values))
            assert spelling.unspell(json.loads(json.dumps(spelt.how)), values) == body
        for value, known in zip(spelt.values, spelt.texts, strict=bool(spelt.texts)):
            assert not known or msgspec.json.format(known, indent=0) == json.dumps(value)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists), st.booleans())
def test_what_is_set_in_is_what_python_sets_in(value: object, escaped: bool) -> None:  # noqa: FBT001
    """By whichever way a value is set in, it is spelt as `json.dumps` spells it."""
    held = {"a": value, "b": {}, "c": [], "": [value]}
    for indent in (1, 2, 8):
        said = json.dumps(held, indent=indent, ensure_ascii=escaped)
        assert rendering.dumps(held, [f"indent{indent}", *["ascii"] * escaped]) == said


@given(st.text(), st.text())
def test_edits_are_exact(old: str, new: str) -> None:
    """The edits between two texts make the one out of the other."""
    assert rendering.apply(old, rendering.edits(old, new)) == new


@pytest.mark.parametrize(
    "how",
    [
        None,
        7,
        "xml",
        "json loud",
        {},
        {"text": 1},
        {"base64": "%"},
        {"rendering": "sse", "edits": []},
        {"rendering": "sse", "edits": {"9": []}},
        {"rendering": "sse", "inserted": {"0": 5}},
        {"rendering": "sse", "padding": [1, 2, 3]},
        {"rendering": "json compact", "edits": [[0, 99, ""]]},
        {"rendering": "json compact list", "envelope": 3},
        {"rendering": "json compact list", "edits": [1]},
    ],
)
def test_nonsense_is_refused(how: object) -> None:
    """What was edited into nonsense raises ValueError, which readers turn into an error with its place."""
    with pytest.raises(ValueError, match=r"."):
        spelling.unspell(how, [{}])
