"""Lists of models of one folder are one answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmvcr import storage
from llmvcr.interaction import Interaction

H = "0a1b2c3d4e5f"


def _models(*names: str, **more: Any) -> list[dict[str, Any]]:
    kind = "openai.types.model.Model"
    return [{"__type__": kind, "__data__": {"id": name, "object": "model", **more}} for name in names]


def _write(
    path: Path, body: Any, url: str = "http://127.0.0.1:8000/v1/v1/models", endpoint: str = "/v1/models"
) -> None:
    request = {"method": "POST", "url": url, "headers": {}, "body": {}, "endpoint": endpoint, "model": ""}
    recording = {"request": request, "response": {"body": body, "is_streaming": False}}
    path.write_text(json.dumps(recording, indent=2) + "\n", encoding="utf-8")


def _ids(interaction: Interaction) -> list[str]:
    value = json.loads(interaction.response.body)
    return [each.get("id", each.get("model")) for each in value.get("data", value.get("models"))]


def test_the_lists_of_one_call_are_their_union(tmp_path: Path) -> None:
    """Files of one hash become one answer, sorted by id; where an id repeats, the last file's counts."""
    _write(tmp_path / f"models-{H}-00000001.json", _models("c", "a", owned_by="first"))
    _write(tmp_path / f"models-{H}-00000002.json", _models("b", "a", owned_by="second"))
    (only,) = storage.load(tmp_path).interactions
    assert (only.request.method, only.request.url) == ("GET", "http://127.0.0.1:8000/v1/models")
    assert _ids(only) == ["a", "b", "c"]
    owners = [each["owned_by"] for each in json.loads(only.response.body)["data"]]
    assert owners == ["second", "second", "first"]


def test_lists_of_ollama_are_one_too(tmp_path: Path) -> None:
    """The models of /api/tags stand inside one object, and go by their name."""
    for number, names in enumerate(["ba", "cb"]):
        models = [{"model": name, "size": number} for name in names]
        item = {"__type__": "ollama._types.ListResponse", "__data__": {"models": models}}
        _write(tmp_path / f"models-{H}-0000000{number}.json", item, "http://127.0.0.1:11434/api/tags", "/api/tags")
    (only,) = storage.load(tmp_path).interactions
    assert _ids(only) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("models-ffffffffffff-00000002.json", "http://127.0.0.1:8000/v1/v1/models"),
        (f"models-{H}-00000002.json", "http://127.0.0.2:8000/v1/v1/models"),
        ("other.json", "http://127.0.0.1:8000/v1/v1/models"),
    ],
)
def test_lists_of_different_calls_stay_apart(tmp_path: Path, name: str, url: str) -> None:
    """Another hash, another host or another name: another answer."""
    _write(tmp_path / f"models-{H}-00000001.json", _models("a"))
    _write(tmp_path / name, _models("b"), url)
    assert [_ids(each) for each in storage.load(tmp_path)] == [["a"], ["b"]]


def test_one_list_is_as_it_was(tmp_path: Path) -> None:
    """A file that has no other of its hash is loaded as it is, in its own order."""
    path = tmp_path / f"models-{H}-00000001.json"
    _write(path, _models("b", "a"))
    assert storage.load(tmp_path).interactions == storage.load(path).interactions
