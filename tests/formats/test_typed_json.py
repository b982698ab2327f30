"""Typed cassettes: any interaction survives, types come from the tables, broken files are named with their place."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from interactions import DOCUMENTS
from llmvcr import formats
from llmvcr.errors import ReadError
from llmvcr.formats.base import Document
from llmvcr.formats.recording import RECORDING
from llmvcr.formats.typed_json import TYPED_JSON, losses
from llmvcr.interaction import Interaction, Request, Response
from shared import CASSETTES
from typed_bodies import CALLS

CHAT = "https://api.openai.com/v1/chat/completions"
CHUNK = "openai.types.chat.chat_completion_chunk.ChatCompletionChunk"
ASKED = b'{"model": "gpt-4o", "messages": [], "stream": true}'
STREAMED = Interaction(
    Request("POST", CHAT, (("accept", "a"), ("accept", "b")), ASKED),
    Response(
        200,
        "OK",
        (("content-type", "text/event-stream"), ("x-request-id", "req_1")),
        (b'data: {"id":"c","choices":[],"usage":null}\n\n', b"data: [DONE]\n\n"),
    ),
    "2026-11-22T09:00:00Z",
)
PLAIN = Interaction(
    Request("POST", CHAT, (), b'{"model":"m","messages":[]}'), Response(200, "OK", (), (b'{"id":"chatcmpl-1"}',))
)


def _item(interaction: Interaction, **options: Any) -> dict[str, Any]:
    document = json.loads(TYPED_JSON.write(Document((interaction,)), path="f.json", **options))
    item: dict[str, Any] = document["interactions"][0]
    return item


@given(DOCUMENTS)
def test_any_document_survives(document: Document) -> None:
    """What is written reads back the same, whatever the bytes, headers, chunks and keys."""
    data = TYPED_JSON.write(document, path="f.json")
    assert TYPED_JSON.read(data, path="f.json") == document
    assert TYPED_JSON.skim(data, path="f.json") in (None, document)
    assert formats.sniff(data, path="f.json") is TYPED_JSON


@given(CALLS)
def test_any_call_survives(interaction: Interaction) -> None:
    """LLM traffic survives to the byte, however oddly it is spelt, and a second writing changes nothing."""
    data = TYPED_JSON.write(Document((interaction,)), path="f.json")
    (again,) = TYPED_JSON.read(data, path="f.json").interactions
    assert again == interaction
    assert TYPED_JSON.write(Document((again,)), path="f.json") == data
    json.loads(data, parse_constant=pytest.fail)


@given(CALLS)
def test_strict_is_read_and_its_losses_are_told(interaction: Interaction) -> None:
    """A strict cassette has nothing under our key, reads back, and says nothing was lost only where nothing was."""
    assert "llmvcr" not in _item(interaction, strict=True)["response"]
    data = TYPED_JSON.write(Document((interaction,)), path="f.json", strict=True)
    (again,) = TYPED_JSON.read(data, path="f.json").interactions
    if again != interaction:
        assert losses(interaction)


def test_a_streamed_chat_as_it_is_written() -> None:
    """The file holds real URL, parsed request, one typed event a line, and one key of ours for all the rest."""
    text = TYPED_JSON.write(Document((STREAMED,), {"metadata": {"a": 1}}), path="f.json").decode()
    assert (
        text
        == """{
  "version": 1,
  "interactions": [
    {
      "request": {
        "method": "POST",
        "url": "https://api.openai.com/v1/chat/completions",
        "headers": {
          "accept": [
            "a",
            "b"
          ]
        },
        "body": {
          "model": "gpt-4o",
          "messages": [],
          "stream": true
        },
        "endpoint": "/v1/chat/completions",
        "model": "gpt-4o"
      },
      "response": {
        "body": [
          {"__type__": "CHUNK", "__data__": {"id": "c", "choices": [], "usage": null}}
        ],
        "is_streaming": true,
        "llmvcr": {
          "version": 1,
          "status": 200,
          "reason": "OK",
          "headers": {
            "content-type": "text/event-stream",
            "x-request-id": "req_1"
          },
          "body": "sse compact done",
          "request": {
            "rendering": "spaced"
          },
          "recorded_at": "2026-11-22T09:00:00Z"
        }
      }
    }
  ],
  "llmvcr": {
    "metadata": {
      "a": 1
    }
  }
}
""".replace("CHUNK", CHUNK)
    )


def test_the_layout_is_plain_json() -> None:
    """But for the lines that hold an event or a fact, a cassette is laid out as json.dumps(indent=2) does."""
    text = TYPED_JSON.write(Document((PLAIN,)), path="f.json", strict=True).decode()
    assert text == json.dumps(json.loads(text), indent=2) + "\n"
    assert TYPED_JSON.write(Document(()), path="f.json") == b'{\n  "version": 1,\n  "interactions": []\n}\n'


@pytest.mark.parametrize(
    ("method", "url", "asked", "answered", "names"),
    [
        ("POST", CHAT, PLAIN.request.body, b'{"id":"c"}', ["openai.types.chat.chat_completion.ChatCompletion"]),
        ("GET", "https://api.openai.com/v1/models", None, b'{"object":"list","data":[{"id":"m"}]}',
         ["openai.types.model.Model"]),
        ("POST", "https://api.openai.com/v1/responses", b'{"model":"m","input":"x"}', b'{"id":"r","object":"response"}',
         ["openai.types.responses.response.Response"]),
        ("POST", "https://api.openai.com/v1/responses", b'{"model":"m","input":"x","stream":true}',
         b'event: response.created\ndata: {"type":"response.created"}\n\n',
         ["openai.types.responses.response_created_event.ResponseCreatedEvent"]),
        ("GET", "https://example.com/weather", None, b'{"sun":true}', [None]),
    ],
)  # fmt: skip
def test_types_come_from_the_tables(
    method: str, url: str, asked: bytes | None, answered: bytes, names: list[str | None]
) -> None:
    """Provider, endpoint and event give `__type__`; an endpoint that no table knows has its JSON bare."""
    body = _item(Interaction(Request(method, url, (), asked), Response(200, "OK", (), (answered,))))["response"]["body"]
    items = body if isinstance(body, list) else [body]
    assert [item.get("__type__") for item in items] == names


def test_an_error_is_bare() -> None:
    """An answer with an error status has its JSON as it came, and its status under our key."""
    error = b'{"error": {"message": "no"}}'
    response = _item(replace(PLAIN, response=Response(429, "Too Many Requests", (), (error,))))["response"]
    assert response["body"] == {"error": {"message": "no"}}
    assert (response["llmvcr"]["status"], response["llmvcr"]["body"]) == (429, "json spaced")


def test_binary_has_its_place() -> None:
    """Bodies that are no JSON are null, and stand as text or base64 under our key."""
    upload = Request("POST", "https://api.openai.com/v1/audio/speech", (), b"\xff\x00")
    item = _item(Interaction(upload, Response(200, "OK", (), (b"plain words",))))
    assert item["request"]["body"] is None
    assert item["response"]["body"] is None
    assert item["response"]["llmvcr"]["request"] == {"base64": "/wA="}
    assert item["response"]["llmvcr"]["body"] == {"text": "plain words"}


def test_an_unknown_type_is_kept() -> None:
    """A `__type__` that nobody knows is text: it is read, and written again, by way of YAML too."""
    document = json.loads(TYPED_JSON.write(Document((STREAMED, PLAIN)), path="f.json"))
    document["interactions"][0]["response"]["body"][0]["__type__"] = "their.own.Chunk"
    document["interactions"][1]["response"]["body"]["__type__"] = "os.system"
    read = TYPED_JSON.read(json.dumps(document).encode(), path="f.json")
    yaml = formats.by_name("yaml")
    for again in (read, yaml.read(yaml.write(read, path="f.yaml"), path="f.yaml")):
        assert (
            json.loads(TYPED_JSON.write(again, path="f.json"))["interactions"][0]["response"]["body"][0]["__type__"]
            == "their.own.Chunk"
        )
        assert b'"__type__": "os.system"' in TYPED_JSON.write(again, path="f.json")


def test_an_edited_answer_counts() -> None:
    """What a person changes in `__data__` is what is replayed."""
    document = json.loads(TYPED_JSON.write(Document((STREAMED,)), path="f.json"))
    document["interactions"][0]["response"]["body"][0]["__data__"]["id"] = "edited"
    (read,) = TYPED_JSON.read(json.dumps(document).encode(), path="f.json").interactions
    assert read.response.chunks == (b'data: {"id":"edited","choices":[],"usage":null}\n\n', b"data: [DONE]\n\n")


def test_unknown_keys_stay_where_they_were() -> None:
    """Keys that no one knows come back at their places."""
    document = json.loads(TYPED_JSON.write(Document((PLAIN,)), path="f.json"))
    item = document["interactions"][0]
    item["frames"], item["request"]["tags"], item["response"]["cost"] = [1], {"a": None}, 0.5
    (read,) = TYPED_JSON.read(json.dumps(document).encode(), path="f.json").interactions
    assert read.unknown == {
        "interaction": {"frames": [1]}, "request": {"tags": {"a": None}}, "response": {"cost": 0.5}
    }  # fmt: skip
    again = _item(read)
    assert (again["frames"], again["request"]["tags"], again["response"]["cost"]) == ([1], {"a": None}, 0.5)


@pytest.mark.parametrize("seed", ["weather", "web_search"])
def test_a_seed_by_way_of_a_cassette_and_yaml(seed: str) -> None:
    """recording → cassette → YAML → cassette → recording gives the seed's bytes, and the same interaction all along."""
    source = (CASSETTES / "seeds" / f"{seed}.json").read_bytes()
    first = RECORDING.read(source, path=seed)
    document = first
    for name in ("json", "yaml", "json", "vcr_json"):
        format_ = formats.by_name(name)
        document = format_.read(format_.write(document, path=seed), path=seed)
        assert document.interactions == first.interactions
    assert RECORDING.write(document, path=seed) == source


BROKEN: list[tuple[str, Any, str, int | None]] = [
    ("interactions", 5, "interactions", None),
    ("version", 2, "version", None),
    ("version", True, "version", None),
    ("llmvcr", [], "llmvcr", None),
    ("interactions.0", "x", "", 0),
    ("interactions.0.request", None, "request", 0),
    ("interactions.0.request.url", 5, "request.url", 0),
    ("interactions.0.request.method", None, "request.method", 0),
    ("interactions.0.request.headers", [], "request.headers", 0),
    ("interactions.0.request.headers.accept", [5], "request.headers.accept", 0),
    ("interactions.0.response", [], "response", 0),
    ("interactions.0.response.body", {}, "response.body", 0),
    ("interactions.0.response.is_streaming", 1, "response.is_streaming", 0),
    ("interactions.0.response.body.0.__type__", 1, "response.body[0].__type__", 0),
    ("interactions.0.response.body.0.more", 1, "response.body[0].more", 0),
    ("interactions.0.response.llmvcr", [], "response.llmvcr", 0),
    ("interactions.0.response.llmvcr.status", "200", "response.llmvcr.status", 0),
    ("interactions.0.response.llmvcr.status", True, "response.llmvcr.status", 0),
    ("interactions.0.response.llmvcr.reason", 7, "response.llmvcr.reason", 0),
    ("interactions.0.response.llmvcr.headers", [], "response.llmvcr.headers", 0),
    ("interactions.0.response.llmvcr.headers.x-request-id", 3, "response.llmvcr.headers.x-request-id", 0),
    ("interactions.0.response.llmvcr.body", "sse loud", "response.llmvcr.body", 0),
    ("interactions.0.response.llmvcr.body", None, "response.llmvcr.body", 0),
    ("interactions.0.response.llmvcr.request", [], "response.llmvcr.request", 0),
    ("interactions.0.response.llmvcr.request.rendering", 7, "response.llmvcr.request", 0),
    ("interactions.0.response.llmvcr.version", 99, "response.llmvcr.version", 0),
]


@pytest.mark.parametrize(("where", "value", "place", "number"), BROKEN)
def test_a_wrong_type_is_named_with_its_place(where: str, value: object, place: str, number: int | None) -> None:
    """Whatever stands where something else should, the error says in which interaction and where in it."""
    document = json.loads(TYPED_JSON.write(Document((STREAMED,)), path="f.json"))
    target: Any = document
    *steps, last = where.split(".")
    for step in steps:
        target = target[int(step) if isinstance(target, list) else step]
    target[int(last) if isinstance(target, list) else last] = value
    with pytest.raises(ReadError) as caught:
        TYPED_JSON.read(json.dumps(document).encode(), path="some/file.json")
    error = caught.value
    assert (error.path, error.place, error.interaction) == ("some/file.json", place, number)
    assert error.reason


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff{}",
        b'{"version": 1}',
        b'{"version": 1, "interactions": [' + b"[" * 100_000,
        b'{"version": 1, "interactions": [], "n": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_broken_file_is_refused(data: bytes) -> None:
    """Cut, empty, foreign or hostile content is a ReadError that names the file, never another exception."""
    with pytest.raises(ReadError, match=r"some/file\.json"):
        TYPED_JSON.read(data, path="some/file.json")


@pytest.mark.parametrize("depth", [300, 700, 5000])
def test_deep_nesting_is_read_or_refused(depth: int) -> None:
    """A value nested far too deep is a ReadError, or is kept; it never ends the process."""
    document = TYPED_JSON.write(Document((PLAIN,)), path="f.json").replace(b'"messages": []', b'"messages": 0')
    data = document.replace(b'"messages": 0', b'"messages": ' + b"[" * depth + b"]" * depth)
    assert data != document
    try:
        found = TYPED_JSON.read(data, path="f.json")
    except ReadError:
        return
    assert TYPED_JSON.read(TYPED_JSON.write(found, path="f.json"), path="f.json") == found


def test_every_prefix_of_a_file_is_refused() -> None:
    """A file that was cut anywhere is never read as one with fewer or other interactions."""
    data = TYPED_JSON.write(Document((PLAIN, PLAIN)), path="f.json").rstrip()
    for end in range(len(data)):
        with pytest.raises(ReadError):
            TYPED_JSON.read(data[:end], path="f.json")
