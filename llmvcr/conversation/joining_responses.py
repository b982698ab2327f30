"""Streams of output items: OpenAI's Responses, Gemini's interactions."""

from __future__ import annotations

from collections.abc import Sequence

from llmvcr.conversation.looking import at, number, string
from llmvcr.conversation.pieces import Pieces
from llmvcr.interaction import Json

__all__ = ["MARKS", "interactions", "responses"]

Event = tuple[str, Json]

MARKS = frozenset({"response.created", "response.in_progress", "response.output_text.delta", "response.completed"})
"""Types of which any stream of the Responses API has one."""

_DELTAS = {
    "response.output_text.delta": "output_text",
    "response.output_audio_transcript.delta": "output_text",
    "response.refusal.delta": "refusal",
    "response.function_call_arguments.delta": "arguments",
    "response.mcp_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "input",
    "response.reasoning_summary_text.delta": "summary_text",
    "response.reasoning_text.delta": "reasoning_text",
}
"""By the type of an event: what it brings a piece of."""


def responses(events: Sequence[Event]) -> Json:
    """Join events of the Responses API: what the last one says whole, else what the pieces say up to the cut."""
    whole: dict[str, Json] = {"object": "response"}
    items: dict[int, dict[str, Json]] = {}
    done: set[int] = set()
    pieces = Pieces()
    for _, value in events:
        kind, place = string(at(value, "type")), number(at(value, "output_index")) or 0
        item = at(value, "item")
        if isinstance(said := at(value, "response"), dict):
            whole.update({key: one for key, one in said.items() if one is not None})
        if kind in ("response.output_item.added", "response.output_item.done") and isinstance(item, dict):
            items[place] = dict(item)
            if kind.endswith("done"):
                done.add(place)
        elif kind in _DELTAS:
            part = number(at(value, "content_index")) or number(at(value, "summary_index")) or 0
            pieces.add((place, part, _DELTAS[kind]), at(value, "delta"))
        elif kind == "error":
            whole["error"] = at(value, "error") or value
    if whole.get("output"):
        return whole
    for (place, part, key), text in sorted(pieces.whole().items()):
        if place not in done:
            _place(items.setdefault(place, {"type": "message"}), part, key, text)
    return {**whole, "output": [items[place] for place in sorted(items)]}


def _place(item: dict[str, Json], part: int, key: str, text: Json) -> None:
    if key in ("arguments", "input"):
        item[key] = text
        return
    home = "summary" if key == "summary_text" else "content"
    block = {"type": "refusal", "refusal": text} if key == "refusal" else {"type": key, "text": text}
    item[home] = [*(item[home] if part and isinstance(item.get(home), list) else []), block]


def interactions(events: Sequence[Event]) -> Json:
    """Join events of Gemini's interactions."""
    whole: dict[str, Json] = {}
    blocks: dict[int, dict[str, Json]] = {}
    pieces = Pieces()
    for _, value in events:
        place = number(at(value, "index")) or 0
        match string(at(value, "event_type")):
            case "interaction.start" | "interaction.complete" | "interaction.created" | "interaction.completed":
                said = at(value, "interaction")
                whole.update({key: one for key, one in said.items() if one} if isinstance(said, dict) else {})
            case "content.start":
                begun = at(value, "content")
                blocks[place] = dict(begun) if isinstance(begun, dict) else {}
            case "content.delta":
                delta = at(value, "delta")
                block = blocks.setdefault(place, {})
                if isinstance(delta, dict):
                    pieces.add((place, "text"), delta.get("text"))
                    block.update({key: one for key, one in delta.items() if key != "text" and one is not None})
            case "error":
                whole["error"] = at(value, "error")
    for (place, key), text in pieces.whole().items():
        begun = blocks[place].get(key)
        blocks[place][key] = (begun if isinstance(begun, str) else "") + text if isinstance(text, str) else text
    return {**whole, "outputs": [blocks[place] for place in sorted(blocks)] or whole.get("outputs", [])}
