"""The HTTP rebuilt from recordings, read by the real openai SDK: the objects are those of the recording."""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import Stream
from openai._models import BaseModel, construct_type
from openai.pagination import SyncPage

from llmvcr.formats.recording import RECORDING
from llmvcr.interaction import Response
from shared import CASSETTES, corpus

FAULTS = frozenset({"0902d6e123ad", "4aa4ddba4931", "4e8915c62d04"})
"""Streams that ended by length, which the SDK's helper refuses whoever serves them."""


class _Server:
    """Answers every request with the same response, and counts."""

    def __init__(self) -> None:
        self.response = Response(200)
        self.asked = 0

    def __call__(self, _request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        return httpx2.Response(
            self.response.status, headers=list(self.response.headers), content=self.response.body
        )  # fmt: skip


@pytest.fixture(name="server")
def _server() -> _Server:
    return _Server()


@pytest.fixture(name="client")
def _client(server: _Server) -> Iterator[openai.OpenAI]:
    transport = httpx2.MockTransport(server)
    with (
        httpx2.Client(transport=transport) as inner,
        openai.OpenAI(api_key="sk-made-up-key", base_url="http://mock/v1", http_client=inner) as client,
    ):
        yield client


def _class(name: str) -> type[BaseModel]:
    module, _, attribute = name.rpartition(".")
    found: type[BaseModel] = getattr(importlib.import_module(module), attribute)
    return found


def _items(document: dict[str, Any]) -> list[Any]:
    body = document["response"]["body"]
    return body if isinstance(body, list) else [body]


def _stream(kind: type[BaseModel]) -> type[Stream[Any]]:
    found: type[Stream[Any]] = Stream[kind]  # type: ignore[valid-type]
    return found


def _page(kind: type[BaseModel]) -> type[SyncPage[Any]]:
    found: type[SyncPage[Any]] = SyncPage[kind]  # type: ignore[valid-type]
    return found


def _compare(data: bytes, server: _Server, client: openai.OpenAI) -> int:
    """Compare every object of one recording; give their number, 0 where it holds none of openai's."""
    document = json.loads(data)
    items = _items(document)
    if not all(isinstance(item, dict) and item.get("__type__", "").startswith("openai.") for item in items):
        return 0
    kind = _class(items[0]["__type__"]) if items else BaseModel
    (interaction,) = RECORDING.read(data, path="f.json").interactions
    server.response = interaction.response
    if interaction.request.method == "GET":
        got = list(client.get_api_list("/models", page=_page(kind), model=kind))
    elif document["response"]["is_streaming"]:
        got = list(client.post("/chat/completions", cast_to=kind, body={}, stream=True, stream_cls=_stream(kind)))
    else:
        got = [client.post("/chat/completions", cast_to=kind, body={})]
    want = [construct_type(type_=kind, value=item["__data__"]) for item in items]
    assert [type(one) for one in got] == [type(one) for one in want]
    assert got == want
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic warns of base64 where the SDK's class says list[float]
        assert [one.model_dump() for one in got] == [one.model_dump() for one in want if isinstance(one, BaseModel)]
    return len(got)


def _helped(data: bytes, server: _Server, client: openai.OpenAI) -> None:
    server.response = RECORDING.read(data, path="f.json").interactions[0].response
    with client.chat.completions.stream(model="m", messages=[]) as stream:
        for _ in stream:
            pass
        assert stream.get_final_completion().choices


@pytest.mark.parametrize(("seed", "count"), [("weather", 18), ("web_search", 15)])
def test_the_seeds(seed: str, count: int, server: _Server, client: openai.OpenAI) -> None:
    """Each object that the SDK makes of a seed is the recorded one, and the SDK's stream helper works."""
    data = (CASSETTES / "seeds" / f"{seed}.json").read_bytes()
    assert _compare(data, server, client) == count
    _helped(data, server, client)


def _sample(step: int) -> list[Path]:
    return sorted(corpus("recordings").rglob("*.json"))[::step]


def test_the_corpus(server: _Server, client: openai.OpenAI) -> None:
    """Each object that the SDK makes of a recording is the recorded one (every 7th of the corpus)."""
    assert sum(_compare(file.read_bytes(), server, client) for file in _sample(7)) > 1000


def test_the_stream_helper(server: _Server, client: openai.OpenAI) -> None:
    """`.stream()` works on all chat streams but those that it refuses for what they say (every 3rd of the corpus)."""
    for file in _sample(3):
        data = file.read_bytes()
        if b"chat_completion_chunk" in data and file.stem[:12] not in FAULTS:
            _helped(data, server, client)


def test_exceptions(server: _Server, client: openai.OpenAI) -> None:
    """An exception's recording makes the SDK raise the same class with the same status and body, asking once."""
    seen = 0
    for file in _sample(1):
        data = file.read_bytes()
        if b'"is_exception": true' not in data or b'"status_code"' not in data:
            continue
        said = json.loads(data)["response"]["exception_data"]
        server.response, server.asked = RECORDING.read(data, path=str(file)).interactions[0].response, 0
        with pytest.raises(openai.APIStatusError) as caught:
            client.post("/chat/completions", cast_to=object, body={})
        assert (type(caught.value).__name__, caught.value.status_code) == (said["type"], said["status_code"])
        assert said["body"] in (None, caught.value.body)
        assert server.asked == 1
        seen += 1
    assert seen == 31
