"""What the test server says: the JSON of OpenAI's chat and text completions, drawn from the request alone.

The words of an answer depend on the request only; the ids and the time are drawn afresh for each, as by the real API.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = [
    "calls",
    "chat",
    "chat_chunks",
    "completion",
    "completion_chunks",
    "fresh",
    "prompt",
    "sentence",
    "tokens",
    "usage",
]

Json = Any


def fresh(prefix: str) -> str:
    """Return an id that was never given before, such as "call_9f…"."""
    return prefix + secrets.token_hex(12)


def prompt(body: Json) -> str:
    """Return the text that the last user of a chat, completions or responses request wrote."""
    told = body.get("prompt", body.get("input", ""))
    if "messages" in body:
        told = [m for m in body["messages"] if m["role"] == "user"][-1:]
    if isinstance(told, str):
        return told
    turns = [t for t in told if not isinstance(t, dict) or t.get("role") == "user"]
    return _text(turns[-1]["content"] if turns and isinstance(turns[-1], dict) else " | ".join(map(str, turns)))


def _text(content: Json) -> str:
    """Join the parts of a message, naming each image by the hash of its bytes."""
    if content is None or isinstance(content, str):
        return content or ""
    words = []
    for part in content:
        if "text" in part:
            words.append(part["text"])
        elif part["type"] in ("image_url", "input_image"):
            url = part["image_url"]["url"] if part["type"] == "image_url" else part["image_url"]
            data = base64.b64decode(url.partition("base64,")[2]) if url.startswith("data:") else url.encode()
            words.append(f"[an image of {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:16]}]")
    return " ".join(words)


def tokens(text: str) -> list[str]:
    """Cut a text into the pieces that are streamed: words, each with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text)


def calls(body: Json) -> list[tuple[str, str]]:
    """Return name and arguments of the tools to call, once for each place (a capitalised word) of the prompt."""
    tools = [t.get("function", t) for t in body.get("tools") or () if t.get("type") == "function"]
    turns = body.get("messages") or body.get("input")
    last = turns[-1] if isinstance(turns, list) else {"role": "user"}
    if not tools or last.get("role") != "user" or body.get("tool_choice") == "none":
        return []
    asked = prompt(body)
    places = re.findall(r"(?<!^)\b[A-Z]\w+(?: [A-Z]\w+)*", asked) or [asked]
    if body.get("parallel_tool_calls") is False:
        del places[1:]
    key = next(iter(tools[0]["parameters"]["properties"]))
    return [(tools[0]["name"], json.dumps({key: place}, ensure_ascii=False)) for place in places]


def sentence(body: Json) -> str:
    """Return the words of an answer that calls no tool."""
    turns = body.get("messages") or body.get("input") or ()
    results = {}
    if not isinstance(turns, str):
        results = {
            str(t.get("tool_call_id", t.get("call_id"))): _text(t.get("content", t.get("output")))
            for t in turns
            if isinstance(t, dict) and (t.get("role") == "tool" or t.get("type") == "function_call_output")
        }
    if results:
        return "; ".join(f"{_called(turns, call)} gave {result}" for call, result in results.items()) + "."
    wanted = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    if wanted.get("type") == "json_schema":
        schema = wanted.get("json_schema", wanted)["schema"]
        return json.dumps(_instance(schema, schema, prompt(body)), ensure_ascii=False)
    return f"You said: {prompt(body)}"


def _called(turns: Sequence[Json], call: str) -> str:
    for turn in turns:
        for made in turn.get("tool_calls") or ():
            if made["id"] == call:
                return f"{made['function']['name']}({made['function']['arguments']})"
        if turn.get("type") == "function_call" and turn["call_id"] == call:
            return f"{turn['name']}({turn['arguments']})"
    return "an unknown call"


def _instance(schema: Json, root: Json, words: str) -> Json:
    """Return the simplest value that fits a JSON schema; its strings hold the prompt."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return _instance(schema["anyOf"][0], root, words)
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {name: _instance(of, root, words) for name, of in schema["properties"].items()}
    if schema["type"] == "array":
        return [_instance(schema["items"], root, words)]
    return {"integer": len(words), "number": len(words) / 2, "boolean": True}.get(schema["type"], words)


def usage(body: Json, text: str) -> Json:
    """Return made-up token counts, in the words of the chat API."""
    asked, said = len(json.dumps(body)) // 4, len(tokens(text))
    return {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _logprobs(body: Json, tokens: Sequence[str]) -> Json:
    if not body.get("logprobs"):
        return None
    rows = [{"token": t, "logprob": -len(t) / 8, "bytes": list(t.encode()), "top_logprobs": []} for t in tokens]
    return {"content": rows, "refusal": None}


def _tool_calls(body: Json) -> list[Json]:
    return [
        {"id": fresh("call_"), "type": "function", "function": {"name": name, "arguments": arguments}}
        for name, arguments in calls(body)
    ]


def chat(body: Json) -> Json:
    """Return a whole chat completion."""
    choices, said = [], ""
    for index in range(body.get("n") or 1):
        made = _tool_calls(body)
        text = None if made else sentence(body) + f" ({index})" * (index > 0)
        said += text or ""
        message: Json = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
        if made:
            message["tool_calls"] = made
        logprobs = _logprobs(body, tokens(text or ""))
        finish = "tool_calls" if made else "stop"
        choices.append({"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish})
    return {
        "id": fresh("chatcmpl-"),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"] + "-2024-08-06",
        "choices": choices,
        "usage": usage(body, said),
        "service_tier": "default",
        "system_fingerprint": "fp_made_up",
    }


def chat_chunks(body: Json) -> Iterator[Json]:
    """Yield the chunks of a streamed chat completion."""
    options = body.get("stream_options") or {}
    base: Json = {
        "id": fresh("chatcmpl-"),
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": body["model"] + "-2024-08-06",
        "service_tier": "default",
        "system_fingerprint": "fp_made_up",
    }
    empty = {"usage": None} if options.get("include_usage") else {}
    said = ""
    for index in range(body.get("n") or 1):
        for delta, finish in _deltas(body, index):
            said += delta.get("content") or ""
            logprobs = _logprobs(body, [delta["content"]]) if delta.get("content") else None
            choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
            yield base | {"choices": [choice]} | empty | {"obfuscation": secrets.token_hex(6)[: secrets.randbelow(9)]}
    if empty:
        yield base | {"choices": [], "usage": usage(body, said), "obfuscation": ""}


def _deltas(body: Json, index: int) -> Iterator[tuple[Json, str | None]]:
    made = _tool_calls(body)
    yield {"role": "assistant", "content": None if made else "", "refusal": None}, None
    for number, call in enumerate(made):
        opened = call | {"function": call["function"] | {"arguments": ""}}
        yield {"tool_calls": [{"index": number, **opened}]}, None
        for piece in re.findall(r"\W+|\w+", call["function"]["arguments"]):
            yield {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}, None
    if not made:
        for token in tokens(sentence(body) + f" ({index})" * (index > 0)):
            yield {"content": token}, None
    yield {}, "tool_calls" if made else "stop"


def completion(body: Json, texts: Sequence[str] | None = None, finish: str | None = "stop") -> Json:
    """Return a whole text completion, one choice a prompt (or one chunk of it, when told its text)."""
    asked = body["prompt"] if isinstance(body["prompt"], list) else [body["prompt"]]
    texts = [f" You said: {words}" for words in asked] if texts is None else texts
    return {
        "id": fresh("cmpl-"),
        "object": "text_completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [{"text": t, "index": i, "logprobs": None, "finish_reason": finish} for i, t in enumerate(texts)],
        "usage": {k: v for k, v in usage(body, " ".join(texts)).items() if not k.endswith("details")},
    }


def completion_chunks(body: Json) -> Iterator[Json]:
    """Yield the chunks of a streamed text completion."""
    same = {"id": fresh("cmpl-"), "created": int(time.time()), "usage": None}
    for token in tokens(f" You said: {prompt(body)}"):
        yield completion(body, [token], None) | same
    yield completion(body, [""]) | same
