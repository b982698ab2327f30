"""One call in one line: whose it is, which model is asked, and the first words of what it is asked last."""

from __future__ import annotations

import json
from urllib.parse import urlsplit, urlunsplit

from llmvcr.canonical import Canonical
from llmvcr.interaction import Json, Request
from llmvcr.wire.nesting import watched

__all__ = ["address", "named"]

_MODELS = ("model", "model_id", "modelId", "deployment", "engine")
_ASKED = (
    *("messages", "input", "contents", "prompt", "message", "query", "inputText", "inputs", "texts", "text"),
    *("requests", "instances", "documents"),
)
"""Where calls have what they ask, the first that says something counts."""
_WITHIN = ("content", "parts", "text", "output", "input", "message")
_LONGEST = 60


def named(request: Request, form: Canonical) -> str:
    """Say which call a request is: 'openai chat, model m: "first words"'; "" for one that is no LLM call."""
    if not form.provider:
        return ""
    body = _body(request)
    path = form.fields.get("path") if isinstance(form.fields, dict) else None
    places = (body, path if isinstance(path, dict) else {})
    model = next((place[key] for key in _MODELS for place in places if isinstance(place.get(key), str)), "")
    words = next((said for key in _ASKED if (said := _said(body.get(key)))), "")
    line = f"{form.provider} {form.endpoint}" + (f", model {model}" if model else "")
    return f'{line}: "{_first(words)}"' if words else line


def address(request: Request) -> str:
    """Give method and URL, without query and user: keys stand there."""
    try:
        url = urlsplit(request.url)
        host = url.netloc.rpartition("@")[2]
    except ValueError:
        return request.method
    return f"{request.method} {urlunsplit((url.scheme, host, url.path, '', ''))}"


def _body(request: Request) -> dict[str, Json]:
    try:
        read = json.loads(watched(request.body or b""))
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _said(value: Json) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return next((said for key in _WITHIN if (said := _said(value.get(key)))), "")
    if not isinstance(value, list):
        return ""
    turns = any(isinstance(one, dict) and ("role" in one or "type" in one) for one in value)
    return next((said for one in (reversed(value) if turns else value) if (said := _said(one))), "")


def _first(words: str) -> str:
    line = " ".join(words[: 8 * _LONGEST].split())
    line = "".join(char if char.isprintable() else "?" for char in line)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 2].rstrip()} …"
