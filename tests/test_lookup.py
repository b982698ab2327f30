"""What we write in llama-stack's layout is found by llama-stack's lookup, and what it would miss is said."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest

import llama_lookup
from llmvcr import lookup, storage
from llmvcr.conversion import convert
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, Request, Response
from shared import CASSETTES, corpus

SDKS = ("openai.", "anthropic.")
BASE = "https://api.openai.com/v1"
MESSAGES = "https://api.anthropic.com/v1/messages"
OK = Response(200, "OK", (), (b"{}",))
ENDPOINTS = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/models")


def _call(path: str, kwargs: dict[str, Any] | None, method: str = "POST") -> Interaction:
    body = None if kwargs is None else json.dumps(kwargs, separators=(",", ":")).encode()
    answer = b'{"id": "x", "object": "list", "data": []}'
    return Interaction(Request(method, f"{BASE}{path}", (), body), Response(200, "OK", (), (answer,)))


CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.1234567}


@pytest.mark.parametrize("version", [1, 7])
def test_the_samples_are_found_and_give_the_same_objects(tmp_path: Path, version: int) -> None:
    """Recorded HTTP → recordings: each call is found by what the SDK was called with, with the SDK's own objects."""
    found = 0
    for sample in ("chat", "chat_stream", "completions", "models", "structured", "tools"):
        source = CASSETTES / "samples" / f"{sample}.yaml"
        folder = tmp_path / sample
        (report,) = convert(source, folder, to="recordings", hash_version=version, test_id="t.py::test_a").files
        assert (report.error, report.losses) == (None, ()), sample
        for interaction in storage.load(source):
            url = interaction.request.url
            endpoint = "/v1" + url.partition("/v1")[2]
            if endpoint not in ENDPOINTS:
                continue
            kwargs = json.loads(interaction.request.body or b"{}")
            doubled = url.replace("/v1/", "/v1/v1/", 1)
            answer = llama_lookup.find(folder, doubled, kwargs, "t.py::test_a", short=version == 1)
            assert answer is not None, f"{sample}: {kwargs}"
            said = storage.load(folder).interactions
            assert any(each.request.url == url for each in said)
            body = interaction.response.body
            if answer["is_streaming"]:
                held = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: {")]
            else:
                value = json.loads(body)
                held = value["data"] if endpoint == "/v1/models" else [value]
            objects = llama_lookup.objects(answer)
            assert [each.model_dump(mode="json", exclude_unset=True) for each in objects] == held
            found += 1
    assert found >= 6


def test_the_corpus_is_found_after_a_round_trip(tmp_path: Path) -> None:
    """typed → YAML → recordings under version 7: each call is found by its own arguments, with its own data."""
    found = 0
    paths = [path for path in storage.members(corpus("recordings")) if not path.name.startswith("models-")]
    for number, path in enumerate(paths if os.environ.get("LLMVCR_LONG") else paths[::20]):
        value = json.loads(path.read_bytes())
        request, answer = value["request"], value["response"]
        if "endpoint" not in request or request.get("method") != "POST" or answer.get("is_exception"):
            continue
        there = convert(path, tmp_path / f"{number}.yaml", to="yaml").files[0]
        folder = tmp_path / str(number)
        (back,) = convert(there.dest, folder, to="recordings").files
        assert (back.error, back.losses) == (None, ()), path
        test_id = value.get("test_id")
        got = llama_lookup.find(folder, request["url"], request["body"], test_id)
        assert got is not None, path
        expected = _renamed(value)["response"]["body"]
        if request["endpoint"].endswith(("/models", "/api/tags")):
            expected = answer["body"] = _sorted(expected)
        assert got["body"] == expected, path
        body = answer["body"] if isinstance(answer["body"], list) else [answer["body"]]
        if all(isinstance(item, dict) and str(item.get("__type__")).startswith(SDKS) for item in body):
            assert llama_lookup.objects(got) == llama_lookup.objects(answer)
        found += 1
    assert found > 40


def _sorted(models: Any) -> Any:
    """A list of models as a reader gives it: by id."""
    if isinstance(models, list):
        return sorted(models, key=lambda item: item["__data__"]["id"])
    held = {**models["__data__"], "models": sorted(models["__data__"]["models"], key=lambda model: model["model"])}
    return {**models, "__data__": held}


def _renamed(value: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(value)
    for normalised, original in (value.get("id_normalization_mapping") or {}).items():
        text = text.replace(original, normalised)
    renamed: dict[str, Any] = json.loads(text)
    return renamed


def test_lists_of_models_are_found_as_one(tmp_path: Path) -> None:
    """Two lists of one call stand in two files, as llama-stack lays them, and are read as their union."""
    for name in ("b", "a"):
        model = {"id": name, "object": "model", "created": 1, "owned_by": "x"}
        text = json.dumps({"object": "list", "data": [model]}).encode()
        call = Interaction(Request("GET", f"{BASE}/models"), Response(200, "OK", (), (text,)))
        storage.dump(Document((call,)), tmp_path / f"{name}.yaml")
        (report,) = convert(tmp_path / f"{name}.yaml", tmp_path / "out" / "recordings", to="recordings").files
        assert report.error is None
    names = sorted(path.name for path in (tmp_path / "out" / "recordings").iterdir())
    assert len(names) == 2
    assert all(name.startswith("models-") and len(name) == len("models-") + 64 + 1 + 8 + len(".json") for name in names)
    answer = llama_lookup.find(tmp_path / "out", f"{BASE}/v1/models", {}, "any.py::test")
    assert answer is not None
    assert [each.id for each in llama_lookup.objects(answer)] == ["a", "b"]
    (one,) = storage.load(tmp_path / "out" / "recordings").interactions
    assert [each["id"] for each in json.loads(one.response.body)["data"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("call", "reasons"),
    [
        (_call("/chat/completions", CHAT), ()),
        (_call("/models", None, "GET"), ()),
        (_call("/chat/completions", {**CHAT, "top_k": 3, "guided": 1}), ("guided", "top_k")),
        (_call("/chat/completions?api-version=1", CHAT), ("api-version",)),
        (_call("/embeddings", {"model": "m", "input": "x", "encoding_format": "base64"}), ("encoding_format",)),
        (_call("/chat/completions", None), ("JSON",)),
        (_call("/responses", {"model": "m", "input": "x"}), ("never looks up",)),
        (_call("/elsewhere", {}), ("never looks up",)),
        (
            Interaction(Request("POST", MESSAGES, (), b'{"model": "claude", "max_tokens": 1}'), OK),
            ("not what it goes by",),
        ),
    ],
)
def test_what_the_lookup_would_miss_is_said(call: Interaction, reasons: tuple[str, ...]) -> None:
    """Keys of extra_body and extra_query, what the SDK adds, and calls that are never looked up are named."""
    said = lookup.missed(call)
    assert len(said) == len(reasons)
    assert all(reason in line for reason, line in zip(reasons, said, strict=True))


def test_the_converter_says_what_the_lookup_would_miss(tmp_path: Path) -> None:
    """A key that went through extra_body is a loss of the file, and the lookup does miss the call."""
    storage.dump(Document((_call("/chat/completions", {**CHAT, "top_k": 3}),)), tmp_path / "a.yaml")
    (report,) = convert(tmp_path / "a.yaml", tmp_path / "out", to="recordings").files
    assert report.error is None
    assert report.losses == ("llama-stack's lookup, as top_k went through extra_body",)
    url = f"{BASE}/v1/chat/completions"
    assert llama_lookup.find(tmp_path / "out", url, {**CHAT, "extra_body": {"top_k": 3}}) is None
    assert llama_lookup.find(tmp_path / "out", url, {**CHAT, "top_k": 3}) is not None


def test_a_recording_with_extra_body_is_found_after_a_round_trip(tmp_path: Path) -> None:
    """What came from a recording keeps the arguments that it was named for, and nothing is missed."""
    kwargs = {**CHAT, "extra_body": {"top_k": 3}, "extra_query": {"q": "1"}}
    url = f"{BASE}/v1/chat/completions"
    request = {"method": "POST", "url": url, "headers": {}, "body": kwargs}
    request |= {"endpoint": "/v1/chat/completions", "model": "gpt-4o"}
    recording = {"test_id": None, "request": request, "response": {"body": {"id": "x"}, "is_streaming": False}}
    (tmp_path / "a.json").write_text(json.dumps(recording), encoding="utf-8")
    convert(tmp_path / "a.json", tmp_path / "a.yaml", to="yaml")
    (report,) = convert(tmp_path / "a.yaml", tmp_path / "out", to="recordings").files
    assert (report.error, report.losses) == (None, ())
    assert llama_lookup.find(tmp_path / "out", url, kwargs) is not None


def test_the_arguments_are_those_of_the_sdk() -> None:
    """Every argument of the installed SDK's methods that goes into the JSON is in our table."""
    client = openai.OpenAI(api_key="sk-made-up-key", base_url="http://127.0.0.1:9/v1")
    methods: dict[str, Callable[..., Any]] = {
        "chat.completions": client.chat.completions.create,
        "completions": client.completions.create,
        "embeddings": client.embeddings.create,
        "models.list": client.models.list,
    }
    own = {"extra_headers", "extra_query", "extra_body", "timeout"}
    for name, method in methods.items():
        assert set(inspect.signature(method).parameters) - own <= set(lookup.ASKED[name]), name
