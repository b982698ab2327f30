"""Shapes of what the commands print as JSON, and what of a value does not fit its shape."""

from __future__ import annotations

from typing import Any

__all__ = ["CALL", "fits"]

_OPTIONAL = (int, type(None))
_PART = {"kind": str, "media_type": str, "size": _OPTIONAL, "text": str}
_MESSAGE = {
    "role": str,
    "text": str,
    "parts": [_PART],
    "tool_calls": [{"name": str, "arguments": object, "id": str, "text": str}],
    "tool_results": [{"id": str, "text": str, "parts": [_PART], "is_error": bool}],
}

CALL: dict[str, Any] = {
    **dict.fromkeys(("provider", "endpoint", "model", "method", "url", "reading"), str),
    "messages": [_MESSAGE],
    "tools": [str],
    "parameters": dict,
    "streamed": bool,
    "status": int,
    "answers": [_MESSAGE | {"finish_reason": str}],
    "usage": dict.fromkeys(("input", "output", "cached", "cache_written", "reasoning"), _OPTIONAL),
    **dict.fromkeys(("error", "summary", "raw", "ended"), str),
    **dict.fromkeys(("duration_ms", "first_chunk_ms"), (float, type(None))),
    "recorded_at": (str, type(None)),
}
"""A call as `llmvcr.conversation.as_json` gives it: a type, [shape of each member], or {key: shape}."""


def fits(value: Any, shape: Any, path: str = "$") -> list[str]:
    """Name what of a value does not fit: a key that is missing or unknown, a value of another type."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{path}: is no object"]
        wrong = [f"{path}.{key}: is in one of them only" for key in value.keys() ^ shape.keys()]
        return wrong + [
            one for key in value.keys() & shape.keys() for one in fits(value[key], shape[key], f"{path}.{key}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{path}: is no list"]
        return [one for n, item in enumerate(value) for one in fits(item, shape[0], f"{path}[{n}]")]
    return [] if isinstance(value, shape) else [f"{path}: is {value!r}"]
