"""How llama-stack finds a recording and gives its answer, written anew from formats.md, with nothing of llmvcr.

The name is the hash of version 7 (with `short=True` version 1); a file is read below `recordings` of the folder, or in
the folder itself; typed items are imported and validated, and constructed where the class refuses them.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

__all__ = ["find", "key", "objects"]

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


def key(url: str, kwargs: dict[str, Any], test_id: str | None, *, short: bool = False) -> str:
    """Give the hash of a call: base URL plus endpoint, and the keyword arguments of the SDK's method."""
    path, host = urlparse(url).path, urlparse(url).hostname or ""
    what: dict[str, Any] = {"method": "POST", "endpoint": path, "body": kwargs}
    if not short:
        body = dict(kwargs)
        for name in ("extra_body", "extra_query"):
            if isinstance(body.get(name), dict):
                body[name] = {k: v for k, v in body[name].items() if k != "project_id"}
        if "bedrock" in urlparse(url).netloc:
            body.pop("stream_options", None)
        what["body"] = _normal(body)
        listed = path in ("/api/tags", "/v1/models", "/v1/openai/v1/models")
        listed |= path.endswith("/models") and host not in ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104
        what["test_id"] = None if listed else test_id
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _normal(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_normal(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 5)
    if not isinstance(value, str):
        return value
    value = re.sub(r"score:\s*[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", "score: __NORMALIZED__", value)
    value = re.sub(r",?\s*attributes:\s*\{[^}]*\}", "", value)
    value = re.sub(rf"document_id:\s*{_UUID}", "document_id: __NORMALIZED__", value)
    value = re.sub(rf"<\|{_UUID}\|>", "<|__NORMALIZED__|>", value)
    return re.sub(r"-?\d+\.\d{4,}", lambda match: f"{float(match[0]):.5f}", value)


def find(
    folder: Path, url: str, kwargs: dict[str, Any], test_id: str | None = None, *, short: bool = False
) -> dict[str, Any] | None:
    """Give the `response` of the recording of a call, None where there is none: a list of models is their union."""
    name = key(url, kwargs, test_id, short=short)
    name = name[:12] if short else name
    for place in (folder / "recordings", folder):
        if (place / f"{name}.json").is_file():
            return _read(place / f"{name}.json")
        lists = sorted(place.glob(f"models-{name}-*.json"))
        if lists:
            return _union([_read(each) for each in lists])
    return None


def _union(responses: list[dict[str, Any]]) -> dict[str, Any]:
    first = responses[0]["body"]
    if isinstance(first, dict):  # ollama's list is one object
        tags = {model["model"]: model for each in responses for model in each["body"]["__data__"]["models"]}
        held = {**first["__data__"], "models": [tags[name] for name in sorted(tags)]}
        return {"body": {**first, "__data__": held}, "is_streaming": False}
    models = {item["__data__"]["id"]: item for each in responses for item in each["body"]}
    return {"body": [models[name] for name in sorted(models)], "is_streaming": False}


def _read(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    text = path.read_text(encoding="utf-8")
    for normalised, original in (value.get("id_normalization_mapping") or {}).items():
        text = text.replace(original, normalised)
    response: dict[str, Any] = json.loads(text)["response"]
    return response


def objects(response: dict[str, Any]) -> list[Any]:
    """Give the SDK's objects of an answer, as the caller of the SDK got them."""
    body = response["body"]
    return [_object(item) for item in (body if isinstance(body, list) else [body])]


def _object(item: Any) -> Any:
    if not isinstance(item, dict) or "__type__" not in item:
        return item
    module, _, name = item["__type__"].rpartition(".")
    kind = getattr(importlib.import_module(module), name)
    try:
        return kind.model_validate(item["__data__"])
    except ValueError:
        return kind.model_construct(**item["__data__"])
