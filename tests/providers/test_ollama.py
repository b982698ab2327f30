"""The objects of ollama's SDK, built from real recordings; needs the package `ollama`."""

from __future__ import annotations

import importlib
import json

import pytest

from llmvcr.sdk_objects import objects
from llmvcr.storage import load
from shared import corpus


def test_objects_are_those_that_the_sdk_makes() -> None:
    """Each object equals what the SDK's class makes of the recorded data, and has that very class."""
    types = pytest.importorskip("ollama._types", reason="ollama is not installed", exc_type=ImportError)
    seen = 0
    for path in sorted(corpus("recordings").rglob("*.json")):
        text = path.read_bytes()
        if b'"ollama._types.' not in text:
            continue
        body = json.loads(text)["response"]["body"]
        made = [one for interaction in load(path).interactions for one in objects(interaction)]
        for item, one in zip(body if isinstance(body, list) else [body], made, strict=True):
            assert type(one) is getattr(importlib.import_module(types.__name__), item["__type__"].rpartition(".")[2])
            assert one == type(one)(**item["__data__"])
            seen += 1
    assert seen > 2000
