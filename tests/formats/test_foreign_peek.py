"""A first look at a YAML file gives its first keys, however the file goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr import formats
from llmvcr.errors import ReadError
from llmvcr.formats.peek import peek

CASSETTE = b"version: 2\ninteractions:\n- id: 0\n  request:\n    url: u\n    headers: {A: [b]}\n- id: 1\nlast: x\n"


def test_the_first_member_is_seen() -> None:
    """Top-level keys and the first member of the first list are seen, and nothing after it."""
    assert peek(CASSETTE) == {
        "": "{",
        "version": "2",
        "interactions": "[",
        "interactions[]": "{",
        "interactions[].id": "0",
        "interactions[].request": "{",
        "interactions[].request.url": "u",
        "interactions[].request.headers": "{",
        "interactions[].request.headers.A": "[",
    }


@pytest.mark.parametrize(
    ("data", "place", "text"),
    [
        (b"a: [" + b"x, " * 50, "a[]", "x"),
        (b"? [1, 2]\n: 3\nb: 4\n", "b", "4"),
        (b"a: &x 1\nb: *x\n", "b", "*"),
        (b"a: " + b"y" * 500, "a", "y" * 200),
        (b"b: 1\nc: {d: '", "c", "{"),
        (b"b: 1\nc: @", "b", "1"),
        (b"text", "", "text"),
        (b"[" * 100_000, "", "["),
        (b"a: 1\n---\nb: 2\n", "a", "1"),
    ],
)
def test_damage_ends_the_look(data: bytes, place: str, text: str) -> None:
    """A file that is cut, odd or no YAML gives what stood before the damage."""
    assert peek(data)[place] == text


@given(st.binary(max_size=200) | st.text("[]{}:-?*&!|>'\"\n ab", max_size=60).map(str.encode))
def test_peek_never_raises(data: bytes) -> None:
    """Any bytes at all give places with texts."""
    assert all(isinstance(text, str) for text in peek(data).values())


@given(st.data())
def test_a_damaged_file_gives_a_read_error(data: st.DataObject) -> None:
    """A foreign file with any piece of it lost or doubled is read, or refused by ReadError, never by another error."""
    text = data.draw(st.sampled_from(EXAMPLES))
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    damaged = (
        text[:start] + data.draw(st.sampled_from([b"", b"{", b"- ", b"\n", b"\x00", text[start:end] * 2])) + text[end:]
    )
    for known in formats.READ_ONLY:
        known.claims(damaged)
        try:
            read = known.read(damaged, path="f")
        except ReadError as error:
            told = str(error)
        else:
            told = "f"
            assert all(one.request.url and isinstance(one.response.body, bytes) for one in read)
        assert told.startswith("f")


TOML = b"""[[interactions]]
recorded_at = "x"
[interactions.request]
method = "GET"
uri = "https://h/"
body_type = "json"
body_content = "[1]"
[interactions.response]
status = 200
body_type = "none"
[interactions.response.headers]
a = ["b"]
"""
CASSETTER = b"""version: 1
interactions:
- request:
    method: GET
    uri: https://h/
    headers: {}
    body:
      type: json
      content: {a: [1]}
  response:
    status: 200
    headers: {a: [b]}
    body:
      type: none
  recorded_at: x
"""
BETAMAX = b"""{"http_interactions": [{
"request": {"method": "get", "uri": "https://h/", "body": {"encoding": "x", "string": ""}},
"response": {"status": {"code": 200, "message": null}, "headers": {}, "body": {"base64_string": "AAAA"}}}]}"""
EXCHANGE = b"""{"request": {"method": "GET", "url": "https://h/", "headers": {}, "body": ""},
"response": {"status": 200, "body": {}}}"""
EXAMPLES = (CASSETTE, TOML, CASSETTER, BETAMAX, EXCHANGE)
