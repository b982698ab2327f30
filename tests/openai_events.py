"""What the test server says through the responses API: a whole answer, or the events of a streamed one."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

from openai_answers import calls, fresh, sentence, tokens, usage

__all__ = ["response", "response_events"]

Json = Any


def response(body: Json) -> Json:
    """Return a whole answer of the responses API."""
    wanted = calls(body)
    output: list[Json] = [
        {
            "id": fresh("fc_"),
            "type": "function_call",
            "status": "completed",
            "arguments": arguments,
            "call_id": fresh("call_"),
            "name": name,
        }
        for name, arguments in wanted
    ]
    if not wanted:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": sentence(body)}
        message = {"id": fresh("msg_"), "type": "message", "status": "completed", "content": [part]}
        output = [message | {"role": "assistant"}]
    counted = usage(body, json.dumps(output))
    return {
        "id": fresh("resp_"),
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": body["model"] + "-2024-08-06",
        "output": output,
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": body.get("text") or {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": counted["prompt_tokens"],
            "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
            "output_tokens": counted["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": counted["total_tokens"],
        },
        "user": None,
        "metadata": body.get("metadata") or {},
    }


def response_events(body: Json) -> Iterator[Json]:
    """Yield the events of a streamed answer of the responses API."""
    for number, event in enumerate(_events(response(body))):
        yield {"type": event.pop("type"), "sequence_number": number, **event}


def _events(whole: Json) -> Iterator[Json]:
    begun: Json = whole | {"status": "in_progress", "output": [], "usage": None, "service_tier": "auto"}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(whole["output"]):
        at = {"item_id": item["id"], "output_index": index}
        empty: Json = {"content": []} if item["type"] == "message" else {"arguments": ""}
        added = item | {"status": "in_progress"} | empty
        yield {"type": "response.output_item.added", "output_index": index, "item": added}
        if item["type"] == "function_call":
            for piece in re.findall(r"\W+|\w+", item["arguments"]):
                yield {"type": "response.function_call_arguments.delta", **at, "delta": piece}
            done = {"name": item["name"], "arguments": item["arguments"]}
            yield {"type": "response.function_call_arguments.done", **at, **done}
        else:
            part = item["content"][0]
            at["content_index"] = 0
            yield {"type": "response.content_part.added", **at, "part": part | {"text": ""}}
            for token in tokens(part["text"]):
                yield {"type": "response.output_text.delta", **at, "delta": token, "logprobs": []}
            yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}
            yield {"type": "response.content_part.done", **at, "part": part}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.completed", "response": whole}
