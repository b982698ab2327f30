"""Bare recordings: every version is read as the HTTP that it was, and written back byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from interactions import INTERACTIONS
from llmvcr import formats
from llmvcr.errors import ReadError, WriteError
from llmvcr.formats.base import Document
from llmvcr.formats.recording import RECORDING, losses, recording_of
from llmvcr.formats.typed_json import TYPED_JSON
from llmvcr.interaction import Interaction, Request, Response, header
from shared import CASSETTES, corpus
from typed_bodies import CALLS

TYPE = "openai.types.chat.chat_completion.ChatCompletion"
CHUNK = "openai.types.chat.chat_completion_chunk.ChatCompletionChunk"
MODEL = "openai.types.model.Model"


def _file(request: dict[str, Any], response: dict[str, Any], **top: Any) -> bytes:
    return (json.dumps({**top, "request": request, "response": response}, indent=2) + "\n").encode()


def _said(url: str, endpoint: str, body: Any = None, **more: Any) -> dict[str, Any]:
    body = {} if body is None else body
    said = {"method": "POST", "url": url, "headers": {}, "body": body, "endpoint": endpoint}
    return {**said, "model": body.get("model", ""), **more}


def _typed(name: str, data: Any) -> dict[str, Any]:
    return {"__type__": name, "__data__": data}


def _plain(body: Any, *, streamed: bool = False, **more: Any) -> dict[str, Any]:
    return {**more, "body": body, "is_streaming": streamed}


def _read(data: bytes) -> Interaction:
    document = RECORDING.read(data, path="f.json")
    assert document.repeats
    (interaction,) = document.interactions
    assert RECORDING.write(Document((_by_json(interaction),)), path="f.json") == data
    return interaction


def _by_json(interaction: Interaction) -> Interaction:
    """Take what any format keeps (HTTP, notes, unknown keys) through JSON, so that no Python object is smuggled."""
    notes, unknown = json.loads(json.dumps([dict(interaction.notes), dict(interaction.unknown)]))
    return replace(interaction, notes=notes, unknown=unknown)


def _json(body: bytes | None) -> Any:
    return None if body is None else json.loads(body)


@pytest.mark.parametrize(
    ("url", "endpoint", "body", "real"),
    [
        ("https://api.openai.com/v1/v1/chat/completions", "/v1/chat/completions", None,
         "https://api.openai.com/v1/chat/completions"),
        ("https://x.example/inference/v1/v1/embeddings", "/v1/embeddings", None, "https://x.example/inference/v1/embeddings"),
        ("http://localhost:11434/v1/chat/completions", "/chat/completions", None, "http://localhost:11434/v1/chat/completions"),
        ("__databricks__/serving-endpoints/v1/embeddings", "/v1/embeddings", None,
         "https://__databricks__/serving-endpoints/embeddings"),
        ("http://localhost:11434/api/embeddings", "/api/embeddings", None, "http://localhost:11434/api/embed"),
        ("https://x.example/v1/v1/completions", "/v1/completions", {"messages": []}, "https://x.example/v1/chat/completions"),
        ("https://x.example/v1/v1/completions", "/v1/completions", {"prompt": "", "extra_query": {"a": [1, 2]}},
         "https://x.example/v1/completions?a=1&a=2"),
    ],
)  # fmt: skip
def test_the_real_url(url: str, endpoint: str, body: Any, real: str) -> None:
    """A recording's URL is base URL plus endpoint; the real one has no doubled /v1, and the query that the SDK made."""
    assert _read(_file(_said(url, endpoint, body), _plain(_typed(TYPE, {"id": "x"})))).request.url == real


def test_extra_body_goes_into_the_json() -> None:
    """The SDK's keyword arguments become the JSON that it sent, and the keyword arguments again."""
    body = {"model": "m", "extra_body": {"guided": [1], "n": 2}, "timeout": 3, "extra_headers": {"a": "b"}, "n": 1}
    asked = _read(_file(_said("https://x.example/v1/v1/completions", "/v1/completions", body), _plain(None))).request
    assert _json(asked.body) == {"model": "m", "n": 2, "guided": [1]}
    for extra in ({}, None, {"a": 1}):
        body = {"extra_body": extra, "model": "m"}
        _read(_file(_said("https://x.example/v1/v1/completions", "/v1/completions", body), _plain(None)))


def test_a_list_of_models() -> None:
    """A model list is a GET without a body, and an object with the list in it, even where it says it is streamed."""
    said = _said("https://api.openai.com/v1/v1/models", "/v1/models")
    for streamed in (False, True):
        found = _read(_file(said, _plain([_typed(MODEL, {"id": "m"})], streamed=streamed), test_id=None))
        assert (found.request.method, found.request.body) == ("GET", None)
        assert _json(found.response.body) == {"object": "list", "data": [{"id": "m"}]}
    assert _json(_read(_file(said, _plain([]))).response.body) == {"object": "list", "data": []}


def test_the_nulls_rule() -> None:
    """Of a chat chunk's padding only the nulls that no server sends are dropped, and each comes back in its place."""
    call: dict[str, Any] = {"index": 0, "id": None, "function": {"arguments": "x", "name": None}, "type": None}
    delta = {"content": None, "function_call": None, "role": None, "tool_calls": [call], "mine": None}
    data: dict[str, Any] = {
        "id": "c", "choices": [{"delta": delta, "finish_reason": None, "logprobs": None}],
        "service_tier": None, "usage": None, "token_ids": None,
    }  # fmt: skip
    said = _said("https://api.openai.com/v1/v1/chat/completions", "/v1/chat/completions", {"model": "m"})
    items = [_typed(CHUNK, data), _typed(CHUNK, {"id": "c", "choices": []})]
    response = _read(_file(said, _plain(items, streamed=True))).response
    kept = {"tool_calls": [{"index": 0, "function": {"arguments": "x"}}], "mine": None}
    choice = {"delta": kept, "finish_reason": None, "logprobs": None}
    first, second, end = response.body.decode().split("\n\n")[:3]
    assert json.loads(first.removeprefix("data: ")) == {"id": "c", "choices": [choice], "token_ids": None}
    assert (second, end) == ('data: {"id":"c","choices":[]}', "data: [DONE]")
    assert response.body.endswith(b"\n\n")
    assert header(response.headers, "content-type") == "text/event-stream; charset=utf-8"


def test_ollama_speaks_ndjson() -> None:
    """An ollama stream is one object a line, also where it has one event only."""
    said = _said("http://localhost:11434/api/generate", "/api/generate", {"model": "m"})
    for count in (1, 2):
        items = [_typed("ollama._types.GenerateResponse", {"response": "é", "context": None})] * count
        response = _read(_file(said, _plain(items, streamed=True))).response
        assert response.body.decode() == '{"response":"é","context":null}\n' * count
        assert header(response.headers, "content-type") == "application/x-ndjson"


def test_events_with_a_type_have_an_event_line() -> None:
    """Events of the Responses API and of Anthropic carry their type as an `event:` line, and no [DONE] follows them."""
    said = _said("https://api.openai.com/v1/v1/responses", "/v1/responses", {"model": "m"})
    name = "openai.types.responses.response_created_event.ResponseCreatedEvent"
    response = _read(_file(said, _plain([_typed(name, {"type": "response.created"})], streamed=True))).response
    assert response.body == b'event: response.created\ndata: {"type":"response.created"}\n\n'


def test_raw_lines() -> None:
    """A stream recorded as lines is these lines."""
    said = {"test_id": "t", "url": "http://x.example/v1/messages", "method": "POST", "payload": {"a": 1}}
    lines = ["event: ping", 'data: {"type":"ping"}', ""]
    found = _read(_file(said, _plain(lines, streamed=True), test_id="t", id_normalization_mapping={}))
    assert found.response.body == b'event: ping\ndata: {"type":"ping"}\n\n'
    assert _json(found.request.body) == {"a": 1}


def test_an_http_recording_has_a_status() -> None:
    """The http shape has the real URL, the real JSON and the status, also of an error."""
    said = {"test_id": "t", "url": "http://x.example/rerank", "method": "POST", "payload": {"a": 1}}
    found = _read(_file(said, _plain({"b": 2}, status=404), test_id="t"))
    assert (found.response.status, found.response.reason, found.response.body) == (404, "Not Found", b'{"b":2}')


@pytest.mark.parametrize(
    ("message", "body", "sent"),
    [
        ("Error code: 400 - {'error': {'message': \"it's\", 'param': None}}", {"message": "it's", "param": None},
         {"error": {"message": "it's", "param": None}}),
        ("Error code: 400 - {'object': 'error'}", {"object": "error"}, {"object": "error"}),
        ("Error code: 400 - {'cut", {"message": "no"}, {"error": {"message": "no"}}),
        ("litellm says no", None, {"error": {"message": "litellm says no", "type": "BadRequestError"}}),
        ("Error code: 400 - {1, 2}", {"a": 1}, {"error": {"a": 1}}),
    ],
)  # fmt: skip
def test_an_exception_is_an_error_answer(message: str, body: Any, sent: Any) -> None:
    """An SDK's exception becomes the status and the JSON that raise it, and the SDK is told not to ask again."""
    data: dict[str, Any] = {"category": "provider_sdk", "provider": "openai", "type": "BadRequestError"}
    data |= {"message": message, "status_code": 400, "body": body}
    failed = {"body": None, "is_streaming": False, "is_exception": True, "exception_data": data}
    said = _said("https://api.openai.com/v1/v1/chat/completions", "/v1/chat/completions", {"model": "m"})
    response = _read(_file(said, {**failed, "exception_message": message})).response
    assert (response.status, response.reason, _json(response.body)) == (400, "Bad Request", sent)
    assert header(response.headers, "x-should-retry") == "false"


def test_a_failed_connection_is_599() -> None:
    """What never had an answer stands as status 599, with the exception's name as reason."""
    data: dict[str, Any] = {"category": "unknown", "type": "APIConnectionError", "message": "Connection error."}
    failed = {"body": None, "is_streaming": False, "is_exception": True, "exception_data": data}
    said = _said("https://api.openai.com/v1/v1/chat/completions", "/v1/chat/completions", {"model": "m"})
    response = _read(_file(said, {**failed, "exception_message": "Connection error."})).response
    assert (response.status, response.reason, response.body) == (599, "llmvcr: APIConnectionError", b"")


def test_a_stream_that_failed_on_its_way() -> None:
    """A stream that broke keeps its chunks, and ends in the event that makes the SDK raise."""
    data = {"category": "provider_sdk", "provider": "openai", "type": "APIError", "message": "x", "body": {"code": 1}}
    failed = {"is_exception": True, "exception_data": data, "exception_message": "x"}
    said = _said("https://api.openai.com/v1/v1/chat/completions", "/v1/chat/completions", {"model": "m"})
    items = [_typed(CHUNK, {"id": "c", "choices": [], "usage": None})] * 2
    response = _read(_file(said, {**_plain(items, streamed=True), **failed})).response
    assert response.body.split(b"\n\n")[2:] == [b'data: {"error":{"code":1}}', b""]


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ({"test_id": "t", "provider": "tavily", "tool_name": "web/search", "kwargs": {"q": 1}},
         "llama-stack://tool/tavily/web%2Fsearch"),
        ({"test_id": "t", "provider": "pypdf", "api": "file_processors", "file_id": "file-1"},
         "llama-stack://file/file_processors/pypdf"),
        ({"something": "else"}, "llama-stack://other"),
    ],
)  # fmt: skip
def test_what_was_no_http(said: dict[str, Any], url: str) -> None:
    """Tools, file processors and shapes that nobody knows have a URL that no request has, and go back unchanged."""
    found = _read(_file(said, _plain(_typed("their.Result", {"content": "x"})), test_id="t"))
    assert found.request.url == url
    assert _json(found.response.body) == {"content": "x"}


@pytest.mark.parametrize(
    "data",
    [
        _file(_said("x", "y"), _plain({"bare": None})).rstrip(),
        _file(_said("x", "y"), _plain([{"bare": 1}, [2]], streamed=True)),
        _file(_said("x", "y"), _plain({"n": 1.5})).replace(b"1.5", b"1.50"),
        _file(_said("x", "y"), _plain([1, None])),
        _file(_said("x", "y", {"a": "\ud800"}), _plain({"nan": float("nan")})),
        _file({"url": "x", "method": "GET"}, {"is_streaming": False, "body": None}),
        _file(_said("x", "y"), _plain(None), zebra={"a": 1}),
    ],
)
def test_odd_files_come_back_byte_for_byte(data: bytes) -> None:
    """Missing newlines, number spellings, key orders and shapes that no recorder makes: the file is given back."""
    _read(data)


def test_an_edited_answer_counts() -> None:
    """After an edit in another format the recording is written from the HTTP, padded where the padding still fits."""
    source = (CASSETTES / "seeds" / "weather.json").read_bytes()
    (found,) = RECORDING.read(source, path="f").interactions
    for old, new in ((b"catio", b"dogio"), (b'"index":0,"logprobs":null', b'"index":0')):
        body = found.response.body.replace(old, new)
        assert body != found.response.body
        edited = replace(found, response=replace(found.response, chunks=(body,)))
        data = RECORDING.write(Document((edited,)), path="f")
        (again,) = RECORDING.read(data, path="f").interactions
        assert again.response.body == body
        assert again.request == found.request


@given(INTERACTIONS | CALLS)
def test_any_interaction_survives(interaction: Interaction) -> None:
    """Whatever was recorded over HTTP survives as a bare recording, with what llama-stack cannot say under our key."""
    data = RECORDING.write(Document((interaction,)), path="f.json")
    assert data == (json.dumps(json.loads(data), indent=2) + "\n").encode()
    assert RECORDING.read(data, path="f.json").interactions == (interaction,)


@given(CALLS)
def test_strict_is_read_and_its_losses_are_told(interaction: Interaction) -> None:
    """A strict recording has no key of ours, reads back, and says nothing was lost only where nothing was."""
    assert "llmvcr" not in recording_of(interaction, strict=True)["response"]
    data = RECORDING.write(Document((interaction,)), path="f.json", strict=True)
    (again,) = RECORDING.read(data, path="f.json").interactions
    if (again.request, again.response) != (interaction.request, interaction.response):
        assert losses(interaction)


def test_what_was_recorded_over_http() -> None:
    """A call of ours is written as llama-stack writes it: doubled /v1, empty headers, errors as exceptions."""
    asked = Request("POST", "https://api.openai.com/v1/chat/completions", (("a", "b"),), b'{"model":"m","messages":[]}')
    body = b'{"error":{"message":"no","code":null}}'
    failed = Interaction(asked, Response(400, "Bad Request", (("content-type", "application/json"),), (body,)))
    message = "Error code: 400 - {'error': {'message': 'no', 'code': None}}"
    data = {"category": "provider_sdk", "provider": "openai", "type": "BadRequestError", "message": message}
    assert recording_of(failed, test_id="t::t", strict=True) == {
        "test_id": "t::t",
        "request": _said(
            "https://api.openai.com/v1/v1/chat/completions", "/v1/chat/completions", {"model": "m", "messages": []}
        ),
        "response": {
            "body": None, "is_streaming": False, "is_exception": True,
            "exception_data": {**data, "status_code": 400, "body": {"message": "no", "code": None}},
            "exception_message": message,
        },
        "id_normalization_mapping": {},
    }  # fmt: skip
    again = RECORDING.read(RECORDING.write(Document((failed,)), path="f"), path="f").interactions[0]
    assert again == failed


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"request": 5}, "request"),
        ({"response": {"is_streaming": False}}, "response.body"),
        ({"response": {"body": {"__type__": "x"}, "is_streaming": False}}, "response.body.__data__"),
        ({"response": {"body": [{}, {"__data__": 1}], "is_streaming": True}}, "response.body[1].__type__"),
        ({"response": {"body": None, "status": "x"}}, "response.status"),
        ({"request": {"url": "x", "method": "POST", "endpoint": 5}}, "request.endpoint"),
    ],
)
def test_a_wrong_type_is_named_with_its_place(change: dict[str, Any], place: str) -> None:
    """Whatever stands where something else should, the error names the file and the place in it."""
    whole = {"request": _said("x", "y"), "response": _plain(None), **change}
    with pytest.raises(ReadError) as caught:
        RECORDING.read(json.dumps(whole).encode(), path="some/file.json")
    assert (caught.value.path, caught.value.place, caught.value.interaction) == ("some/file.json", place, None)


@pytest.mark.parametrize("depth", [300, 900, 5000])
def test_deep_nesting_is_read_or_refused(depth: int) -> None:
    """A value nested far too deep is a ReadError, or comes back; it never ends the process."""
    whole = json.dumps({"request": _said("x", "y"), "response": _plain("deep")})
    data = whole.replace('"deep"', "[" * depth + "]" * depth).encode()
    try:
        found = RECORDING.read(data, path="f.json")
    except ReadError as error:
        assert "deep" in error.reason  # noqa: PT017
        return
    assert json.loads(RECORDING.write(found, path="f.json")) == json.loads(data)


def test_one_file_holds_one_recording() -> None:
    """More or fewer interactions than one are refused by a clear word."""
    with pytest.raises(WriteError, match="one interaction, not 0"):
        RECORDING.write(Document(()), path="f.json")


def _files() -> list[Path]:
    return sorted(corpus("recordings").rglob("*.json"))


def test_every_recording_of_the_corpus_comes_back() -> None:
    """All 1,562 are read and written byte for byte; the notes that this takes are small; none carries the document."""
    sizes, wrong = [], []
    for file in _files():
        data = file.read_bytes()
        (found,) = RECORDING.read(data, path=str(file)).interactions
        found = _by_json(found)
        if RECORDING.write(Document((found,)), path="f") != data or "document" in found.notes["recording"]:
            wrong.append(file)
        sizes.append(len(json.dumps(found.notes["recording"])))
    assert wrong == []
    assert len(sizes) == 1562
    assert sum(sizes) / len(sizes) < 300


def test_the_corpus_by_way_of_other_formats() -> None:
    """Through a typed cassette and YAML each recording's bytes come back (every 9th of the corpus)."""
    yaml = formats.by_name("yaml")
    for file in _files()[::9]:
        data = file.read_bytes()
        first = RECORDING.read(data, path=str(file))
        typed = TYPED_JSON.read(TYPED_JSON.write(first, path="f"), path="f")
        assert typed.interactions == first.interactions
        assert RECORDING.write(yaml.read(yaml.write(typed, path="f"), path="f"), path="f") == data
