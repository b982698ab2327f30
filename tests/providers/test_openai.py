"""OpenAI's rows against the SDK that is installed."""

from __future__ import annotations

import importlib
import typing
from typing import Any

import pytest
from openai.types.audio.transcription_stream_event import TranscriptionStreamEvent
from openai.types.image_edit_stream_event import ImageEditStreamEvent
from openai.types.image_gen_stream_event import ImageGenStreamEvent
from openai.types.responses.response_stream_event import ResponseStreamEvent

from llmvcr.providers.openai import OPENAI
from llmvcr.providers.openai_events import (
    IMAGE_EDIT_EVENTS,
    IMAGE_EVENTS,
    REPLY_SHAPES,
    RESPONSE_EVENTS,
    TRANSCRIPTION_EVENTS,
)


def events_of(union: Any) -> dict[str, str]:
    """The members of one of the SDK's unions, by the values that their `type` can have."""
    return {
        kind: f"{member.__module__}.{member.__qualname__}"
        for member in typing.get_args(typing.get_args(union)[0])
        for kind in typing.get_args(member.model_fields["type"].annotation)
    }


@pytest.mark.parametrize(
    ("table", "union"),
    [
        (RESPONSE_EVENTS, ResponseStreamEvent),
        (IMAGE_EVENTS, ImageGenStreamEvent),
        (IMAGE_EDIT_EVENTS, ImageEditStreamEvent),
        (TRANSCRIPTION_EVENTS, TranscriptionStreamEvent),
    ],
    ids=["responses", "images", "image edits", "transcriptions"],
)
def test_the_event_tables_are_the_unions_of_the_sdk(table: dict[str, str], union: Any) -> None:
    """Every event that the SDK knows is in the table, under the class that the SDK makes of it."""
    assert dict(table) == events_of(union)


def test_every_class_named_in_a_row_is_there() -> None:
    """Each reply, chunk, item and shape is a class or a union of the installed SDK, under its full name."""
    names = {name for one in OPENAI.endpoints for name in (one.reply, one.chunk, one.items) if name}
    names |= {name for shapes in REPLY_SHAPES.values() for _, name in shapes}
    for name in sorted(names):
        module, _, attribute = name.rpartition(".")
        kind = getattr(importlib.import_module(module), attribute)
        if isinstance(kind, type):
            assert f"{kind.__module__}.{kind.__qualname__}" == name


@pytest.mark.parametrize("call", OPENAI.endpoints, ids=lambda call: f"{call.method} {call.path} {call.name}")
def test_no_leaf_has_two_rules(call: Any) -> None:
    """One path, one action, and always a reason; only an id may be null besides."""
    paths = [rule.path for rule in call.rules if rule.action != "null"]
    nulls = [rule.path for rule in call.rules if rule.action == "null"]
    assert all(len(set(some)) == len(some) for some in (paths, nulls))
    assert all(rule.action == "id" for rule in call.rules if rule.path in nulls and rule.action != "null")
    assert all(rule.reason for rule in call.rules)


@pytest.mark.parametrize("call", OPENAI.endpoints, ids=lambda call: f"{call.method} {call.path} {call.name}")
def test_rules_of_the_path_name_its_parameters(call: Any) -> None:
    """A rule for a part of the URL names a parameter that the path has."""
    for rule in call.rules:
        if rule.path.startswith("path."):
            assert "{" + rule.path.removeprefix("path.") + "}" in call.path


def test_nothing_that_was_asked_is_left_out() -> None:
    """No rule hides a prompt, a role, a model, a tool, a tool's result or a sampling parameter."""
    asked = ("messages[*].content", "messages[*].role", "model", "input", "prompt", "tools", "temperature", "seed")
    for call in OPENAI.endpoints:
        for rule in call.rules:
            assert rule.action == "null" or rule.path not in asked
            left_out = rule.action == "ignore" and not call.is_telemetry
            assert not left_out or rule.path in ("prompt_cache_key", "query.beta", "sdp")


def test_nulls_are_nullable_in_the_sdk() -> None:
    """A top-level leaf may be null exactly where the SDK's own parameter types let it be."""
    params = {
        "chat.completions": "openai.types.chat.completion_create_params.CompletionCreateParamsNonStreaming",
        "completions": "openai.types.completion_create_params.CompletionCreateParamsNonStreaming",
        "responses": "openai.types.responses.response_create_params.ResponseCreateParamsNonStreaming",
        "images.generate": "openai.types.image_generate_params.ImageGenerateParamsNonStreaming",
    }
    for call in OPENAI.endpoints:
        if call.name not in params:
            continue
        module, _, attribute = params[call.name].rpartition(".")
        hints = typing.get_type_hints(getattr(importlib.import_module(module), attribute))
        nullable = {name for name, hint in hints.items() if type(None) in typing.get_args(hint)}
        nulls = {rule.path for rule in call.rules if rule.action == "null" and "." not in rule.path}
        assert nulls <= nullable, call.name
