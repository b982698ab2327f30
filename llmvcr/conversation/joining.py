"""The events of a stream as the one answer that they spell, in the shape of the same provider's whole answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmvcr.conversation import joining_blocks, joining_responses
from llmvcr.conversation.looking import at, number, objects, string
from llmvcr.conversation.pieces import Pieces, runs
from llmvcr.interaction import Json

__all__ = ["joined"]

Event = tuple[str, Json]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the events of a kind of stream are told from others, by their names or types, or by a key; how they join."""

    marks: frozenset[str]
    join: Callable[[Sequence[Event]], Json]


def joined(events: Sequence[Event]) -> Json:
    """Join a stream, which may be cut anywhere; None where its shape is nobody's. Never raises."""
    marks: set[str] = set()
    for name, value in events:
        if isinstance(value, dict):
            marks |= {name, string(value.get("type")), string(value.get("event_type")), *value}
    whole = next((shape.join(events) for shape in _SHAPES if shape.marks & marks), None)
    if isinstance(whole, dict) and not whole.get("error"):
        wrong = next((value["error"] for _, value in events if isinstance(value, dict) and value.get("error")), None)
        whole = whole if wrong is None else {**whole, "error": wrong}
    if whole is None:
        errors = [
            value for name, value in events if isinstance(value, dict) and (value.get("error") or _is_fault(name))
        ]
        whole = errors[0] if errors else None
    return whole


def _is_fault(name: str) -> bool:
    return name == "error" or name.endswith("Exception")


def _chat(events: Sequence[Event]) -> Json:
    """Join chunks of OpenAI's chat completions, and of its completions."""
    whole: dict[str, Json] = {}
    choices: dict[int, tuple[dict[str, Json], Pieces, Pieces]] = {}
    for _, value in events:
        for choice in objects(at(value, "choices")):
            found, pieces, calls = choices.setdefault(
                number(choice.get("index")) or 0, ({"message": {"role": "assistant"}}, Pieces(), Pieces())
            )
            found.update({key: choice[key] for key in ("finish_reason",) if choice.get(key)})
            if isinstance(choice.get("text"), str):
                pieces.add("text", choice["text"])
            delta = choice.get("delta") if isinstance(choice.get("delta"), dict) else choice.get("message")
            for key, said in delta.items() if isinstance(delta, dict) else ():
                if key in ("tool_calls", "function_call"):
                    _calls(key, said, calls)
                elif key == "content" and isinstance(said, list):
                    found["message"].setdefault("content", []).extend(said)
                elif key != "role":
                    pieces.add(key, said)
        _keep(whole, value, ("id", "model", "usage", "error", "x_groq"))
    return {**whole, "choices": [_choice(*choices[index]) for index in sorted(choices)]}


def _calls(key: str, said: Json, calls: Pieces) -> None:
    if key == "function_call":
        for inner, piece in said.items() if isinstance(said, dict) else ():
            calls.add((0, inner), piece)
        return
    for call in objects(said):
        # Where a server numbers nothing, an id begins a call.
        place = number(call.get("index"))
        if place is None:
            place = len(calls) if call.get("id") or not len(calls) else len(calls) - 1
        for name in ("function", "custom"):
            for inner, piece in call[name].items() if isinstance(call.get(name), dict) else ():
                calls.add((place, inner), piece)
        if call.get("id"):
            calls.add((place, "id"), call["id"])


def _choice(found: dict[str, Json], pieces: Pieces, calls: Pieces) -> dict[str, Json]:
    told = pieces.whole()
    text = told.pop("text", None)
    if text is not None and not told and not len(calls):  # Together says a chat's text in both ways
        return {key: said for key, said in found.items() if key != "message"} | {"text": text}
    message = {**told, **found["message"]}
    if isinstance(message.get("content"), list):
        message["content"] = runs(message["content"], [told["content"]] if told.get("content") else [])
    by_place: dict[int, dict[str, Json]] = {}
    for (place, key), text in calls.whole().items():
        by_place.setdefault(place, {})[key] = text
    made = [{"id": one.pop("id", ""), "function": one} for _, one in sorted(by_place.items())]
    return {**found, "message": {**message, "tool_calls": made} if made else message}


def _gemini(events: Sequence[Event]) -> Json:
    whole: dict[str, Json] = {}
    candidates: dict[int, dict[str, Json]] = {}
    for _, value in events:
        for candidate in objects(at(value, "candidates")):
            found = candidates.setdefault(
                number(candidate.get("index")) or 0, {"content": {"role": "model", "parts": []}}
            )
            found["content"]["parts"] += objects(at(candidate, "content", "parts"))
            found.update({key: candidate[key] for key in ("finishReason", "finish_reason") if candidate.get(key)})
        _keep(whole, value, ("usageMetadata", "usage_metadata", "modelVersion", "promptFeedback", "error"))
    for found in candidates.values():
        found["content"]["parts"] = runs(found["content"]["parts"])
    return {**whole, "candidates": [candidates[index] for index in sorted(candidates)]}


def _ollama(events: Sequence[Event]) -> Json:
    whole: dict[str, Json] = {}
    pieces, told, calls = Pieces(), Pieces(), []
    for _, value in events:
        if not isinstance(value, dict):
            continue
        if isinstance(value.get("message"), dict):
            calls += objects(value["message"].get("tool_calls"))
            for key in ("content", "thinking"):
                told.add(key, value["message"].get(key))
        for key in ("response", "thinking"):
            pieces.add(key, value.get(key))
        whole.update({key: said for key, said in value.items() if said is not None})
    if "message" in whole:
        whole["message"] = {"role": "assistant", **told.whole(), **({"tool_calls": calls} if calls else {})}
    return {**whole, **pieces.whole()}


_PLAIN = ("completion", "generation", "outputText", "generated_text", "text", "content")


def _plain(events: Sequence[Event]) -> Json:
    """Join events that each have a piece of text under one key, or a token of it (text-generation-inference)."""
    whole: dict[str, Json] = {}
    pieces = Pieces()
    for _, value in events:
        if not isinstance(value, dict):
            continue
        if isinstance(at(value, "token", "text"), str):
            pieces.add("generated_text", value["token"]["text"])
            _keep(whole, value, ("details",))
            continue
        for output in objects(value.get("outputs")) or objects(value.get("results")) or [value]:
            for key in _PLAIN:
                pieces.add(key, output.get(key))
            whole.update({key: said for key, said in output.items() if said is not None})
        _keep(whole, value, tuple(value))
    return {**whole, **pieces.whole()}


def _keep(whole: dict[str, Json], value: Json, keys: tuple[str, ...]) -> None:
    if isinstance(value, dict):
        whole.update({key: value[key] for key in keys if value.get(key) is not None})


_SHAPES = (
    _Shape(frozenset({"message_start", "content_block_start", "content_block_delta"}), joining_blocks.anthropic),
    _Shape(joining_responses.MARKS, joining_responses.responses),
    _Shape(
        frozenset({"interaction.start", "content.start", "content.delta", "interaction.complete"}),
        joining_responses.interactions,
    ),
    _Shape(frozenset({"messageStart", "contentBlockDelta", "messageStop"}), joining_blocks.converse),
    _Shape(frozenset({"message-start", "content-delta", "message-end"}), joining_blocks.cohere),
    _Shape(frozenset({"text-generation", "stream-end"}), joining_blocks.cohere_1),
    _Shape(frozenset({"choices"}), _chat),
    _Shape(frozenset({"candidates", "usageMetadata"}), _gemini),
    _Shape(frozenset({"done", "created_at"}), _ollama),
    _Shape(frozenset({*_PLAIN, "outputs", "results", "token"}), _plain),
)
"""In the order in which they are asked."""
