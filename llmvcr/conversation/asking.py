"""What a request asks: its messages, the tools it offers, and its parameters, in any provider's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from llmvcr.conversation.content import Content, content, message, tool_call
from llmvcr.conversation.looking import Path, at, first, objects, spelt, string
from llmvcr.conversation.values import Message, Part, ToolResult
from llmvcr.interaction import Json

__all__ = ["Asked", "asked", "model_in", "one_message"]

_SYSTEM: tuple[Path, ...] = (
    ("system",),
    ("instructions",),
    ("systemInstruction", "parts"),
    ("systemInstruction",),
    ("system_instruction",),
    ("preamble",),
    ("system_prompt",),
)
_PROMPTS: tuple[Path, ...] = (("prompt",), ("inputs",), ("inputText",), ("input_prefix",), ("message",), ("input",))
_HISTORY: tuple[Path, ...] = (("messages",), ("contents",), ("chat_history",))
_ASKING = frozenset(path[0] for path in (*_SYSTEM, *_PROMPTS, *_HISTORY)) | frozenset(
    {"model", "modelId", "stream", "suffix", "images", "tools", "toolConfig", "tool_results", "functions"}
)
_MODEL = re.compile(
    r"/(?:model|models|deployments|engines)/(?:publishers/[^/]+/models/)?([^/]+?)(?::[A-Za-z]+)?(?:/|$)"
)
_MODEL_KEYS: tuple[Path, ...] = (("model",), ("modelId",), ("model_id",))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks; without messages it is no conversation."""

    messages: tuple[Message, ...] = ()
    tools: tuple[str, ...] = ()
    parameters: tuple[tuple[str, Json], ...] = ()


def asked(body: Json) -> Asked:
    """Read a request's JSON; never raises."""
    if not isinstance(body, dict):
        return Asked()
    nested = body.get("input")
    if isinstance(nested, dict) and (first(nested, (*_HISTORY, *_PROMPTS)) is not None):
        inner = asked(nested)  # Replicate, DashScope: all that is asked stands below "input"
        rest = tuple((key, value) for key, value in body.items() if key not in _ASKING)
        return Asked(inner.messages, _tools(body) + inner.tools, rest + inner.parameters)
    system = [message("system", content(value)) for value in [first(body, _SYSTEM)] if value not in (None, "", [])]
    messages = (*system, *_history(body), *_prompt(body))
    others = tuple((key, value) for key, value in body.items() if key not in _ASKING and value is not None)
    if isinstance(choice := at(body, "toolConfig", "toolChoice"), dict):
        others = (*others, ("toolChoice", choice))
    return Asked(messages, _tools(body), others)


def model_in(url: str, body: Json) -> str:
    """Name the model that a request asks, in its body or in its path; "" where neither says."""
    if name := string(first(body, _MODEL_KEYS)):
        return name
    try:
        found = _MODEL.search(urlsplit(url).path)
    except ValueError:
        return ""
    return unquote(found[1]) if found else ""


def one_message(value: dict[str, Json]) -> Message:
    """Read one message of a list, or one item of the Responses API's input."""
    kind = string(value.get("type"))
    role = string(value.get("role"))
    if not role and kind and kind != "message":
        return _item(kind, value)
    role = role or string(value.get("source")) or "user"
    body = first(value, (("content",), ("parts",), ("message",), ("text",)))
    whole = content(body)
    if thought := first(value, (("reasoning_content",), ("reasoning",), ("thinking",), ("tool_plan",))):
        whole = Content(parts=(Part("thinking", text=string(thought)),)) + whole
    if images := value.get("images"):
        whole += _images(images)
    if refusal := string(value.get("refusal")):
        whole += Content(parts=(Part("refusal", text=refusal),))
    if isinstance(value.get("audio"), dict):
        whole += content({"type": "audio", "audio": value["audio"]})
    calls = [*objects(value.get("tool_calls")), *objects(value.get("function_call"))]
    whole += Content(tool_calls=tuple(tool_call(one) for one in calls))
    if role.lower() in ("tool", "function") and not whole.tool_results:
        own = string(first(value, (("tool_call_id",), ("name",), ("tool_name",))))
        whole += Content(tool_results=(ToolResult(own, "\n".join(whole.texts), whole.parts),))
    if calls := objects(value.get("tool_results")):
        whole += _results(calls)
    return message(role, whole)


def _item(kind: str, value: dict[str, Json]) -> Message:
    whole = content([value])
    if whole.tool_results:
        return message("tool", Content(tuple(one.text for one in whole.tool_results if one.text)), whole)
    return message("user" if kind.startswith("input_") or kind == "text" else "assistant", whole)


def _history(body: dict[str, Json]) -> list[Message]:
    found = []
    for path in _HISTORY:
        value = at(body, *path)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                # Gemini takes a bare part, or a bare text, for the user's.
                found.append(
                    one_message(one if {"role", "parts", "content", "message"} & one.keys() else {"parts": [one]})
                )
            elif isinstance(one, str):
                found.append(message("user", content(one)))
    return found


def _prompt(body: dict[str, Json]) -> list[Message]:
    found = []
    for path in _PROMPTS:
        value = at(body, *path)
        if isinstance(value, list) and value and not any(isinstance(one, dict | str) for one in value):
            found.append(Message("user", parts=(Part("tokens", text=f"{len(value)} tokens"),)))
        elif path == ("input",) and isinstance(value, list):
            found += [one_message(one) if isinstance(one, dict) else message("user", content(one)) for one in value]
        elif path == ("prompt",) and isinstance(value, list) and any(at(one, "role") for one in value):
            found += [one_message(one) for one in objects(value)]
        elif isinstance(value, str | list) and value:
            # Aleph Alpha's items say their text as "data".
            items = (
                [at(one, "data") if at(one, "type") == "text" else one for one in value if one]
                if isinstance(value, list)
                else value
            )
            found.append(message("user", content(items), _images(body.get("images"))))
    if results := objects(body.get("tool_results")):
        found.append(message("tool", _results(results)))
    return found


def _images(value: Json) -> Content:
    datas = [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
    return Content(parts=tuple(Part("image", size=len(one.rstrip("=")) * 3 // 4) for one in datas))


def _results(values: list[dict[str, Json]]) -> Content:
    told = ((string(at(one, "call", "name")), spelt(one.get("outputs"))) for one in values)
    return Content(tool_results=tuple(ToolResult(name, text) for name, text in told))


def _tools(body: dict[str, Json]) -> tuple[str, ...]:
    names = []
    for tool in (
        *objects(body.get("tools")),
        *objects(at(body, "toolConfig", "tools")),
        *objects(body.get("functions")),
    ):
        declared = first(tool, (("functionDeclarations",), ("function_declarations",)))
        if declared is not None:
            names += [string(one.get("name")) for one in objects(declared)]
            continue
        named = first(tool, (("function", "name"), ("custom", "name"), ("toolSpec", "name"), ("name",), ("type",)))
        names.append(string(named) or next(iter(tool), ""))
    return tuple(filter(None, names))
