"""Streams of content blocks: Anthropic's messages, Bedrock's converse, Cohere's chat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmvcr.conversation.looking import at, number, objects, string
from llmvcr.conversation.pieces import Pieces
from llmvcr.interaction import Json

__all__ = ["anthropic", "cohere", "cohere_1", "converse"]

Event = tuple[str, Json]


def anthropic(events: Sequence[Event]) -> Json:
    """Join events of Anthropic's messages; a tool's input stays the text that the model wrote."""
    whole: dict[str, Json] = {"type": "message", "role": "assistant"}
    blocks: dict[int, dict[str, Json]] = {}
    pieces = Pieces()
    usage: dict[str, Json] = {}
    for _, value in events:
        match string(at(value, "type")):
            case "message_start":
                begun = at(value, "message")
                whole.update(begun if isinstance(begun, dict) else {})
                _note(usage, at(value, "message", "usage"))
            case "content_block_start":
                block = at(value, "content_block")
                blocks[_index(value)] = dict(block) if isinstance(block, dict) else {}
            case "content_block_delta":
                index = _index(value)
                blocks.setdefault(index, {})
                for key, piece in _pieces(at(value, "delta")):
                    pieces.add((index, key), piece)
            case "message_delta":
                delta = at(value, "delta")
                _note(whole, delta)
                _note(usage, at(value, "usage"))
            case "error":
                whole["error"] = at(value, "error")
    _fill(blocks, pieces)
    return {**whole, "content": [blocks[index] for index in sorted(blocks)], "usage": usage}


def converse(events: Sequence[Event]) -> Json:
    """Join events of Bedrock's converse, named by their frames or (Nova under invoke) by a key around them."""
    whole: dict[str, Json] = {}
    blocks: dict[int, dict[str, Json]] = {}
    pieces = Pieces()
    role = "assistant"
    for name, value in _unwrapped(events):
        match name:
            case "messageStart":
                role = string(at(value, "role")) or role
            case "contentBlockStart":
                start = at(value, "start")
                blocks[_index(value)] = dict(start) if isinstance(start, dict) else {}
            case "contentBlockDelta":
                index = _index(value)
                blocks.setdefault(index, {})
                pieces.add((index, "text"), at(value, "delta", "text"))
                pieces.add((index, "input"), at(value, "delta", "toolUse", "input"))
                pieces.add((index, "thought"), at(value, "delta", "reasoningContent", "text"))
            case "messageStop" | "metadata":
                _note(whole, value)
            case _ if name.endswith("Exception"):
                whole["error"] = value
    for (index, key), text in pieces.whole().items():
        if key == "input":
            call = at(blocks[index], "toolUse")
            blocks[index]["toolUse"] = {**(call if isinstance(call, dict) else {}), "input": text}
        elif key == "thought":
            blocks[index]["reasoningContent"] = {"reasoningText": {"text": text}}
        else:
            blocks[index]["text"] = text
    content = [blocks[index] for index in sorted(blocks)]
    return {**whole, "output": {"message": {"role": role, "content": content}}}


def cohere(events: Sequence[Event]) -> Json:
    """Join events of Cohere's chat, version 2."""
    whole: dict[str, Json] = {}
    pieces, calls, plan = Pieces(), Pieces(), Pieces()
    for _, value in events:
        delta, index = at(value, "delta"), _index(value)
        match string(at(value, "type")):
            case "content-start" | "content-delta":
                for key in ("text", "thinking"):
                    pieces.add((index, key), at(delta, "message", "content", key) or None)
            case "tool-plan-delta":
                plan.add("tool_plan", at(delta, "message", "tool_plan"))
            case "tool-call-start" | "tool-call-delta":
                call = at(delta, "message", "tool_calls")
                calls.add((index, "id"), at(call, "id"))
                for key in ("name", "arguments"):
                    calls.add((index, key), at(call, "function", key))
            case "message-end":
                _note(whole, delta)
    content = [{"type": key, key: text} for (_, key), text in sorted(pieces.whole().items())]
    by_index: dict[int, dict[str, Json]] = {}
    for (index, key), text in calls.whole().items():
        by_index.setdefault(index, {})[key] = text
    made = [{"id": one.pop("id", ""), "function": one} for _, one in sorted(by_index.items())]
    return {**whole, "message": {"role": "assistant", **plan.whole(), "content": content, "tool_calls": made}}


def cohere_1(events: Sequence[Event]) -> Json:
    """Join events of Cohere's chat, version 1: the last one holds the whole answer, unless the stream was cut."""
    pieces = Pieces()
    calls: list[Json] = []
    whole: dict[str, Json] = {}
    for _, value in events:
        match string(at(value, "event_type")):
            case "text-generation":
                pieces.add("text", at(value, "text"))
            case "tool-calls-generation":
                calls += objects(at(value, "tool_calls"))
            case "stream-end":
                _note(whole, at(value, "response"))
                _note(whole, {"finish_reason": at(value, "finish_reason")})
    return {"tool_calls": calls, **pieces.whole(), **whole}


def _fill(blocks: dict[int, dict[str, Json]], pieces: Pieces) -> None:
    for (index, key), text in pieces.whole().items():
        begun = blocks[index].get(key)
        if text or begun is None:  # a tool without arguments keeps the {} that its block began with
            blocks[index][key] = begun + text if isinstance(begun, str) and isinstance(text, str) else text
        if "type" not in blocks[index] and key != "signature":
            blocks[index]["type"] = {"input": "tool_use"}.get(key, key)


def _pieces(delta: Json) -> Iterator[tuple[str, Json]]:
    for key, piece in delta.items() if isinstance(delta, dict) else ():
        if key in ("text", "thinking", "signature"):
            yield key, piece
        elif key == "partial_json":
            yield "input", piece


def _unwrapped(events: Sequence[Event]) -> Iterator[Event]:
    for name, value in events:
        if (
            isinstance(value, dict)
            and len(value.keys() - {"p"}) == 1
            and isinstance(inner := next(iter(value.values())), dict)
        ):
            key = next(iter(value))
            yield (key, inner) if name in ("", "chunk") else (name, value)
        elif isinstance(value, dict) and name == "chunk":
            yield from ((key, inner) for key, inner in value.items() if isinstance(inner, dict))
        else:
            yield name, value


def _index(value: Json) -> int:
    found = number(at(value, "index"))
    return (number(at(value, "contentBlockIndex")) or 0) if found is None else found


def _note(whole: dict[str, Json], more: Json) -> None:
    if isinstance(more, dict):
        whole.update({key: said for key, said in more.items() if said is not None})
