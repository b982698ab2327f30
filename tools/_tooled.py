"""A tool turn added to a recorded conversation, in the words of its API: ids and results for every provider."""

from __future__ import annotations

import base64
import json
from random import Random
from typing import Any

from tools._mutations import Subject, subject
from tools._places import fresh, id_places

__all__ = ["tooled"]

Json = Any

_PLACES = ("Rome", "Oslo")


def tooled(one: Subject, random: Random) -> Subject | None:
    """Give the request with two parallel calls, their results, a picture and a text that quotes a call.

    None where it has ids of its own already, or is in the words of no API that is known here.
    """
    body = one.body
    if not isinstance(body, dict) or id_places(body):
        return None
    called = one.endpoint.name
    said = body.get("input")
    if called == "responses" and said:
        said = said if isinstance(said, list) else [{"role": "user", "content": said}]
        return _with(one, "input", said, _responses(random))
    for key, names, turns in _WORDS:
        if any(name in called for name in names) and isinstance(body.get(key), list):
            return _with(one, key, body[key], turns(random))
    return None


def _with(one: Subject, key: str, said: list[Json], turns: list[Json]) -> Subject | None:
    return subject(one.saying({**one.body, key: [*said, *turns]}))


def _picture(random: Random) -> str:
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + random.randbytes(60)).decode()


def _seal(random: Random) -> str:
    return base64.b64encode(random.randbytes(90)).decode()


def _two(prefix: str, random: Random) -> list[tuple[str, str, str]]:
    drawn = [fresh(f"{prefix}0aB1cD2eF3gH4iJ5kL6mN7oP", random) for _ in _PLACES]
    return [(one, place, json.dumps({"place": place, "of": one})) for one, place in zip(drawn, _PLACES, strict=True)]


def _note(calls: list[tuple[str, str, str]]) -> str:
    return f"Now {calls[1][0]} and {calls[0][0]} are done.\n{calls[0][0]}:0"


def _chat(random: Random) -> list[Json]:
    calls = _two("call_", random)
    function = [{"name": "look", "arguments": json.dumps({"place": place})} for _, place, _ in calls]
    made = [{"id": c[0], "type": "function", "function": f} for c, f in zip(calls, function, strict=True)]
    look = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_picture(random)}"}}
    return [
        {"role": "assistant", "content": None, "tool_calls": made},
        *({"role": "tool", "tool_call_id": one, "content": told} for one, _, told in calls),
        {"role": "user", "content": [{"type": "text", "text": _note(calls)}, look]},
    ]


def _responses(random: Random) -> list[Json]:
    calls = _two("call_", random)
    look = {"type": "input_image", "image_url": f"data:image/png;base64,{_picture(random)}"}
    return [
        {"type": "reasoning", "id": _two("rs_", random)[0][0], "summary": [], "encrypted_content": _seal(random)},
        *(
            {
                "type": "function_call",
                "id": _two("fc_", random)[0][0],
                "call_id": one,
                "name": "look",
                "arguments": json.dumps({"place": place}),
            }
            for one, place, _ in calls
        ),
        *({"type": "function_call_output", "call_id": one, "output": told} for one, _, told in calls),
        {"role": "user", "content": [{"type": "input_text", "text": _note(calls)}, look]},
    ]


def _anthropic(random: Random) -> list[Json]:
    calls = _two("toolu_", random)
    look = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _picture(random)}}
    made = [{"type": "tool_use", "id": one, "name": "look", "input": {"place": place}} for one, place, _ in calls]
    told = [{"type": "tool_result", "tool_use_id": one, "content": told} for one, _, told in calls]
    thought = {"type": "thinking", "thinking": "Let me see.", "signature": _seal(random)}
    return [
        {"role": "assistant", "content": [thought, *made]},
        {"role": "user", "content": [*told, {"type": "text", "text": _note(calls)}, look]},
    ]


def _converse(random: Random) -> list[Json]:
    calls = _two("tooluse_", random)
    made = [{"toolUse": {"toolUseId": one, "name": "look", "input": {"place": place}}} for one, place, _ in calls]
    told = [{"toolResult": {"toolUseId": one, "content": [{"text": told}]}} for one, _, told in calls]
    look = {"image": {"format": "png", "source": {"bytes": _picture(random)}}}
    return [
        {"role": "assistant", "content": made},
        {"role": "user", "content": [*told, {"text": _note(calls)}, look]},
    ]


def _gemini(random: Random) -> list[Json]:
    # The application draws the ids, as pydantic-ai does.
    calls = _two("pyd_ai_", random)
    made: list[Json] = [
        {"functionCall": {"id": one, "name": "look", "args": {"place": place}}} for one, place, _ in calls
    ]
    made[0]["thoughtSignature"] = _seal(random)
    told = [{"functionResponse": {"id": one, "name": "look", "response": {"result": told}}} for one, _, told in calls]
    look = {"inlineData": {"mimeType": "image/png", "data": _picture(random)}}
    return [
        {"role": "model", "parts": made},
        {"role": "user", "parts": [*told, {"text": _note(calls)}, look]},
    ]


_WORDS = (
    ("contents", ("enerateContent",), _gemini),
    ("messages", ("converse",), _converse),
    ("messages", ("messages",), _anthropic),
    ("messages", ("chat",), _chat),
)
"""Where a conversation stands, what the names of its endpoints hold, and the turns to add."""
