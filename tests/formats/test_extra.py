"""The one key of our own: nothing is written when there is nothing to say, and all of it comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from interactions import INTERACTIONS
from llmvcr.errors import ReadError
from llmvcr.formats import extra
from llmvcr.interaction import Interaction, Request, Response

PLAIN = Interaction(Request("GET", "https://api.example.com/"), Response(200, "OK", (), (b"body",)))


def _with(**facts: Any) -> Interaction:
    return Interaction(PLAIN.request, facts.pop("response", PLAIN.response), **facts)


def test_nothing_to_say_is_no_key() -> None:
    """A plain interaction needs no key of ours."""
    assert extra.pack(PLAIN) == {}


def test_order_is_version_first_and_notes_last() -> None:
    """The object is written in a fixed order, so that files differ only where facts differ."""
    interaction = _with(recorded_at="2026-11-22T09:00:00Z", notes={"pace": [1]}, unknown={"request": {"a": 1}})
    packed = extra.pack(interaction, reason="OK")
    assert list(packed) == ["version", "reason", "recorded_at", "unknown", "pace"]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [((), None), ((b"ab",), None), ((b"a", b"b"), [1, 1]), ((b"",), [0]), ((b"", b"a"), [0, 1])],
)
def test_lengths_stand_only_where_they_say_something(chunks: tuple[bytes, ...], expected: list[int] | None) -> None:
    """One chunk for a body and none for an empty one go without saying."""
    packed = extra.pack(_with(response=Response(200, "", (), chunks)))
    assert packed.get("chunks") == expected
    assert extra.cut(b"".join(chunks), expected) == chunks


def test_lengths_that_do_not_add_up_are_void() -> None:
    """A body that a person edited counts as one chunk."""
    assert extra.cut(b"longer than it was", [1, 2]) == (b"longer than it was",)


def test_a_note_with_a_reserved_name_stands_apart() -> None:
    """A note may be called like one of the format's own facts."""
    packed = extra.pack(_with(notes={"status": 1, "pace": [2]}), status=200)
    assert packed == {"version": 1, "status": 200, "pace": [2], "notes": {"status": 1}}
    unpacked = extra.unpack(packed, path="x")
    assert (unpacked.notes, unpacked.more) == ({"status": 1, "pace": [2]}, {"status": 200})


def test_a_name_that_is_not_reserved_cannot_be_a_formats_own() -> None:
    """A format cannot write a fact that a note could be mistaken for."""
    with pytest.raises(ValueError, match="no format may write \\['times'\\] under llmvcr"):
        extra.pack(PLAIN, times=[1])


@given(INTERACTIONS)
def test_all_facts_come_back_through_json(interaction: Interaction) -> None:
    """Whatever stands beside HTTP survives, whatever it is called."""
    packed = json.loads(json.dumps(extra.pack(interaction, request_headers=True, response_headers=True)))
    unpacked = extra.unpack(packed or None, path="x")
    assert unpacked.recorded_at == interaction.recorded_at
    assert unpacked.notes == interaction.notes
    assert unpacked.unknown == interaction.unknown
    assert unpacked.request_headers == interaction.request.headers
    assert unpacked.response_headers == interaction.response.headers
    assert extra.cut(interaction.response.body, unpacked.chunks) == interaction.response.chunks


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ([], "f.yaml, interaction 2, response.llmvcr: is not an object"),
        ({"version": "1"}, "f.yaml, interaction 2, response.llmvcr.version: is not a positive whole number"),
        ({"version": True}, "f.yaml, interaction 2, response.llmvcr.version: is not a positive whole number"),
        ({"chunks": [1, -1]}, "f.yaml, interaction 2, response.llmvcr.chunks: is not a list of lengths in bytes"),
        ({"recorded_at": 5}, "f.yaml, interaction 2, response.llmvcr.recorded_at: is not a string"),
        (
            {"header_lines": {"request": [["a"]]}},
            "f.yaml, interaction 2, response.llmvcr.header_lines: is not an object of lists of [name, value]",
        ),
        ({"unknown": 1}, "f.yaml, interaction 2, response.llmvcr.unknown: is not an object"),
        ({"notes": 1}, "f.yaml, interaction 2, response.llmvcr.notes: is not an object"),
        (
            {"version": 2},
            (
                "f.yaml, interaction 2, response.llmvcr.version: is of version 2, and this llmvcr knows up to 1\n"
                "How to fix: install a newer pytest-llmvcr"
            ),
        ),
    ],
)
def test_a_wrong_shape_is_named_with_its_place(obj: Any, message: str) -> None:
    """What cannot be read is refused by file, interaction and place."""
    with pytest.raises(ReadError) as caught:
        extra.unpack(obj, path="f.yaml", interaction=2)
    assert str(caught.value) == message


def test_losses_are_named_without_values() -> None:
    """A loss report says what was given up, never what it said."""
    rich = _with(
        response=Response(200, "OK", (), (b"bo", b"dy")),
        recorded_at="2026-11-22T09:00:00Z",
        notes={"times": [1, 2]},
        unknown={"request": {"trace": 1}},
    )
    assert extra.losses(rich, PLAIN) == ("recorded_at", "boundaries of 2 chunks", "note times", "key request.trace")
    assert extra.losses(rich, rich) == ()
