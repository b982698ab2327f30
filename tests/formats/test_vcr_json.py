"""vcrpy's own JSON: any interaction survives, plain vcrpy loads it, binary bodies have their place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from vcr.serialize import deserialize
from vcr.serializers import jsonserializer

from interactions import DOCUMENTS
from llmvcr.errors import ReadError, WriteError
from llmvcr.formats.base import Document
from llmvcr.formats.vcr_json import VCR_JSON
from llmvcr.interaction import Interaction, Request, Response

URL = "https://api.example.com/v1/audio/speech"
BINARY = Interaction(Request("POST", URL, (), b"\xff"), Response(200, "OK", (("a", "b"),), (b"\xfe", b"\xfd")))


@given(DOCUMENTS)
def test_any_document_survives(document: Document) -> None:
    """What is written reads back the same, whatever the bytes, headers and chunks."""
    assert VCR_JSON.read(VCR_JSON.write(document, path="f.json"), path="f.json") == document


@given(DOCUMENTS)
def test_plain_vcrpy_loads_it(document: Document) -> None:
    """vcrpy's json serializer loads every file, with the same bytes wherever they are UTF-8."""
    requests, responses, *_ = deserialize(VCR_JSON.write(document, path="f.json").decode(), jsonserializer)
    for asked, answered, ours in zip(requests, responses, document.interactions, strict=True):
        assert (asked.method, asked.uri) == (ours.request.method, ours.request.url)
        assert asked.body in (ours.request.body, b"")
        body = ours.response.body
        assert answered["body"]["string"] == (body if _is_text(body) else b"")


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_the_layout_is_vcrpys_own() -> None:
    """The text is what vcrpy's own serializer writes for the same interactions."""
    document = Document((Interaction(Request("GET", URL, (("a", "b"),)), Response(200, "OK", (), ("é".encode(),))),))
    text = VCR_JSON.write(document, path="f.json").decode()
    assert text == jsonserializer.serialize(json.loads(text))
    assert list(json.loads(text)) == ["version", "interactions"]
    assert "llmvcr" not in text


def test_bytes_that_are_no_text_stand_as_base64() -> None:
    """A body that is no UTF-8 is empty to plain vcrpy and whole to llmvcr."""
    document = Document((BINARY,))
    data = VCR_JSON.write(document, path="f.json")
    interaction = json.loads(data)["interactions"][0]
    assert interaction["request"]["body"] == interaction["response"]["body"]["string"] == ""
    assert interaction["response"]["llmvcr"] == {
        "version": 1,
        "request": {"body": "/w=="},
        "body": "/v0=",
        "chunks": [1, 1],
    }
    assert VCR_JSON.read(data, path="f.json") == document


def test_strict_refuses_bytes_that_are_no_text() -> None:
    """Without our key vcrpy's JSON has no place for them, as vcrpy itself says when it records."""
    with pytest.raises(WriteError) as caught:
        VCR_JSON.write(Document((BINARY,)), path="f.json", strict=True)
    assert str(caught.value) == (
        "f.json, interaction 0, request.body: is no UTF-8, and vcrpy's JSON has no place for such bytes\n"
        "How to fix: convert without --strict, or to yaml"
    )


def test_text_without_utf_8_survives() -> None:
    """JSON escapes hold a lone surrogate, which YAML refuses."""
    document = Document((Interaction(Request("GET", URL, (("x", "\ud800"),)), Response(200)),))
    assert VCR_JSON.read(VCR_JSON.write(document, path="f.json"), path="f.json") == document


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.json, line 1, column 1: is not well-formed JSON: Expecting value"),
        (
            '{"version": 1, "interactions": [{"req',
            "f.json, line 1, column 34: is not well-formed JSON: Unterminated string starting at",
        ),
        ('{"version": 1}', "f.json: has no list of interactions"),
        ('{"version": 3, "interactions": []}', "f.json, version: is 3, and llmvcr knows 1"),
        (
            '{"interactions": [{"request": {"method": "GET"}, "response": {}}]}',
            "f.json, interaction 0, request.uri: is missing",
        ),
        ("[" * 100_000, "f.json: nests too deep to be read"),
        ("\ufffe", "f.json, line 1, column 1: is not well-formed JSON: Expecting value"),
    ],
)
def test_a_bad_file_is_refused_by_place(text: str, message: str) -> None:
    """Every fault is a ReadError that names the file and the place."""
    with pytest.raises(ReadError) as caught:
        VCR_JSON.read(text.encode(), path="f.json")
    assert str(caught.value).splitlines()[0] == message


def test_no_prefix_of_a_file_is_read() -> None:
    """JSON that was cut is always seen to be cut."""
    whole = VCR_JSON.write(Document((BINARY,)), path="f.json").rstrip()
    for end in range(len(whole)):
        with pytest.raises(ReadError):
            VCR_JSON.read(whole[:end], path="f.json")
