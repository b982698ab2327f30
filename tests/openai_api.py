"""What the test server answers, endpoint by endpoint: a request in, one `Answer` out, with no socket in sight."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
import secrets
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

import openai_answers as answers
from openai_events import response, response_events

__all__ = ["Answer", "State", "answer"]

Json = Any
_MODELS = ("gpt-4o", "gpt-4o-mini", "text-embedding-3-small", "tts-1", "whisper-1", "dall-e-3")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a single piece is sent with a content-length, several (`paced`) chunked, one at a time."""

    pieces: tuple[bytes, ...]
    content_type: str = "application/json"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    paced: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request: `body` is its JSON, or the fields of its form with files as (name, bytes)."""

    path: str
    body: Json


@dataclass(slots=True)
class State:
    """What one server remembers between requests."""

    files: dict[str, tuple[Json, bytes]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


def _json(document: Json, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer((json.dumps(document, indent=2).encode() + b"\n",), status=status, headers=headers)


def _error(status: int, message: str, *, param: str | None = None, code: str | None = None, **headers: str) -> Answer:
    kind = "requests" if status == 429 else "invalid_request_error"
    error = {"message": message, "type": kind, "param": param, "code": code}
    return _json({"error": error}, status, tuple((k.replace("_", "-"), v) for k, v in headers.items()))


def _sse(events: Iterable[Json], *, named: bool = False) -> Answer:
    pieces = []
    for event in events:
        data = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
        pieces.append((f"event: {event['type']}\n" if named else "") + f"data: {data}\n\n")
    if not named:
        pieces.append("data: [DONE]\n\n")
    return Answer(tuple(p.encode() for p in pieces), "text/event-stream; charset=utf-8", paced=True)


def _generate(asked: _Asked, state: State) -> Answer:
    body, kind = asked.body, asked.path.rpartition("/")[2]
    needed = {"responses": "input", "embeddings": "input"}.get(kind, "prompt")
    needed = "messages" if "chat" in asked.path else needed
    if not body.get(needed):
        return _error(400, f"Missing required parameter: '{needed}'.", param=needed, code="missing_required_parameter")
    if (body.get("temperature") or 0) > 2:
        told = f"Expected a value <= 2, but got {body['temperature']} instead."
        told = f"Invalid 'temperature': decimal above maximum value. {told}"
        return _error(400, told, param="temperature", code="decimal_above_max_value")
    words = answers.prompt(body)
    with state.lock:
        first = words not in state.refused
        state.refused.add(words)
    if "rate limit me" in words and first:
        told = "Rate limit reached: made up by the test server."
        return _error(429, told, code="rate_limit_exceeded", retry_after_ms="40", retry_after="1")
    if "messages" in body:
        return _sse(answers.chat_chunks(body)) if body.get("stream") else _json(answers.chat(body))
    if kind == "responses":
        return _sse(response_events(body), named=True) if body.get("stream") else _json(response(body))
    return _sse(answers.completion_chunks(body)) if body.get("stream") else _json(answers.completion(body))


def _embed(asked: _Asked, _state: State) -> Answer:
    texts = asked.body["input"] if isinstance(asked.body["input"], list) else [asked.body["input"]]
    data = []
    for index, text in enumerate(texts):
        seed = hashlib.shake_256(json.dumps(text).encode()).digest(2 * asked.body.get("dimensions", 16))
        numbers = [(high * 256 + low - 32768) / 32768 for high, low in zip(seed[::2], seed[1::2], strict=True)]
        packed = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
        vector = packed if asked.body.get("encoding_format") == "base64" else numbers
        data.append({"object": "embedding", "index": index, "embedding": vector})
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return _json({"object": "list", "data": data, "model": asked.body["model"], "usage": usage})


def _models(asked: _Asked, _state: State) -> Answer:
    rows = [{"id": name, "object": "model", "created": 1715367049, "owned_by": "system"} for name in _MODELS]
    name = asked.path.partition("/models/")[2]
    if not name:
        return _json({"object": "list", "data": rows})
    found = next((row for row in rows if row["id"] == name), None)
    return _json(found) if found else _no_model(name)


def _no_model(name: str) -> Answer:
    told = f"The model `{name}` does not exist or you do not have access to it."
    return _error(404, told, code="model_not_found")


def _image(asked: _Asked, _state: State) -> Answer:
    picture = b"\x89PNG\r\n\x1a\n" + hashlib.shake_256(asked.body["prompt"].encode()).digest(120)
    made: Json = {"b64_json": base64.b64encode(picture).decode()}
    if asked.body.get("response_format", "url") == "url":
        made = {"url": f"https://images.example.invalid/{secrets.token_hex(8)}.png?sig=made-up"}
    made["revised_prompt"] = f"A picture of: {asked.body['prompt']}"
    return _json({"created": int(time.time()), "data": [made] * (asked.body.get("n") or 1)})


def _speak(asked: _Asked, _state: State) -> Answer:
    spoken = hashlib.shake_256(asked.body["input"].encode())
    sound = b"ID3\x04\x00" + bytes(range(256)) + spoken.digest(1024)
    return Answer(tuple(sound[at : at + 200] for at in range(0, len(sound), 200)), "audio/mpeg", paced=True)


def _hear(asked: _Asked, _state: State) -> Answer:
    name, data = asked.body["file"]
    text = f"{name} holds {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:16]}"
    if asked.body.get("response_format") == "text":
        return Answer((text.encode() + b"\n",), "text/plain; charset=utf-8")
    return _json({"text": text, "usage": {"type": "duration", "seconds": 1}})


def _upload(asked: _Asked, state: State) -> Answer:
    name, data = asked.body["file"]
    told: Json = {"object": "file", "id": answers.fresh("file-"), "purpose": asked.body["purpose"], "filename": name}
    told |= {"bytes": len(data), "created_at": int(time.time()), "expires_at": None, "status": "processed"}
    state.files[told["id"]] = told, data
    return _json(told | {"status_details": None})


def _file(asked: _Asked, state: State, *, delete: bool = False) -> Answer:
    name, _, content = asked.path.partition("/files")[2].strip("/").partition("/")
    if not name:
        rows = [told for told, _ in state.files.values()]
        ends = {"first_id": rows[0]["id"], "last_id": rows[-1]["id"]} if rows else {}
        return _json({"object": "list", "data": rows, "has_more": False, **ends})
    if name not in state.files:
        return _error(404, f"No such File object: {name}", param="id")
    if delete:
        del state.files[name]
        return _json({"object": "file", "deleted": True, "id": name})
    told, data = state.files[name]
    return Answer((data,), "application/octet-stream") if content else _json(told)


def _moderate(asked: _Asked, _state: State) -> Answer:
    texts = asked.body["input"] if isinstance(asked.body["input"], list) else [asked.body["input"]]
    names = "harassment harassment/threatening hate hate/threatening illicit illicit/violent self-harm self-harm/intent"
    kinds = [*names.split(), "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic"]
    results = []
    for text in texts:
        scores = {kind: hashlib.sha256(f"{kind}{text}".encode()).digest()[0] / 256 for kind in kinds}
        scores["violence"] = 0.99 if "kill" in str(text) else 0.01
        flags: Json = {"flagged": scores["violence"] > 0.5, "categories": {k: v > 0.995 for k, v in scores.items()}}
        flags |= {"category_scores": scores, "category_applied_input_types": {kind: ["text"] for kind in kinds}}
        results.append(flags)
    return _json({"id": answers.fresh("modr-"), "model": "omni-moderation-latest", "results": results})


_ENDPOINTS: tuple[tuple[str, str, Callable[[_Asked, State], Answer]], ...] = (
    ("POST", r"/(chat/)?completions|/responses", _generate),
    ("POST", r"/embeddings", _embed),
    ("GET", r"/models(/.+)?", _models),
    ("POST", r"/images/generations", _image),
    ("POST", r"/audio/speech", _speak),
    ("POST", r"/audio/transcriptions", _hear),
    ("POST", r"/files", _upload),
    ("GET", r"/files(/[^/]+(/content)?)?", _file),
    ("DELETE", r"/files/[^/]+", functools.partial(_file, delete=True)),
    ("POST", r"/moderations", _moderate),
)


def _form(body: bytes, boundary: str) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, data = part[2:-2].partition(b"\r\n\r\n")
        named = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode()))
        fields[named["name"]] = (named["filename"], data) if "filename" in named else data.decode()
    return fields


def answer(method: str, path: str, headers: Message, body: bytes, state: State) -> Answer:
    """Answer one request; `path` may have a query."""
    if not headers.get("authorization"):
        return _error(401, "You didn't provide an API key.", code="missing_api_key")
    kind = headers.get("content-type") or ""
    told: Json = json.loads(body) if body and kind == "application/json" else {}
    if kind.startswith("multipart/"):
        told = _form(body, kind.partition("boundary=")[2].strip('"'))
    if told.get("model") == "no-such-model":
        return _no_model(told["model"])
    path = path.partition("?")[0]
    for verb, pattern, respond in _ENDPOINTS:
        if verb == method and re.fullmatch(f"/v1(?:{pattern})", path):
            return respond(_Asked(path, told), state)
    return _error(404, f"Invalid URL ({method} {path})")
