"""The content of a message, in any provider's blocks: text, media by kind and size, tool calls and their results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from llmvcr.conversation.looking import Path, at, first, parsed, spelt, string
from llmvcr.conversation.values import Message, Part, ToolCall, ToolResult
from llmvcr.interaction import Json

__all__ = ["Content", "content", "message", "tool_call"]

_TEXTS = frozenset({"text", "input_text", "output_text", "summary_text", "reasoning_text"})
_MEDIA = {
    "audio": "audio",
    "document": "document",
    "document_url": "document",
    "file": "file",
    "fileData": "file",
    "file_data": "file",
    "image": "image",
    "image_url": "image",
    "inlineData": "media",
    "inline_data": "media",
    "input_audio": "audio",
    "input_file": "file",
    "input_image": "image",
    "input_video": "video",
    "output_audio": "audio",
    "video": "video",
    "video_url": "video",
}
"""By the name of a block (its `type`, or the key that it stands under): what it holds."""

_URLS: tuple[Path, ...] = (
    ("url",),
    ("image_url",),
    ("file_url",),
    ("document_url",),
    ("fileUri",),
    ("file_uri",),
    ("uri",),
)
_DATA: tuple[Path, ...] = (("data",), ("file_data",), ("bytes",), ("b64_json",))
_TYPES: tuple[Path, ...] = (("media_type",), ("mediaType",), ("mimeType",), ("mime_type",), ("format",))
_NAMES: tuple[Path, ...] = (("filename",), ("file_id",), ("title",), ("name",), ("transcript",))
_CALLS = ("functionCall", "function_call", "toolUse", "tool_use", "custom_tool_call", "mcp_call", "server_tool_use")
_ARGUMENTS: tuple[Path, ...] = (("arguments",), ("input",), ("args",), ("parameters",), ("partial_json",))
_IDS: tuple[Path, ...] = (("call_id",), ("toolUseId",), ("tool_use_id",), ("tool_call_id",), ("id",))
_SILENT = frozenset({"", "cachePoint", "thoughtSignature", "thought_signature"})
_TELLING: tuple[Path, ...] = (
    ("text",),
    ("refusal",),
    ("title",),
    ("url",),
    ("content", "url"),
    ("action", "query"),
    ("query",),
    ("code",),
    ("stdout",),
    ("output",),
    ("content",),
    ("error_code",),
    ("tool_name",),
    ("file_id",),
    ("arguments",),
)
_RESULTS = ("functionResponse", "function_response", "function_call_output", "custom_tool_call_output", "toolResult")
_GIVEN: tuple[Path, ...] = (("content",), ("output",), ("response",), ("result",), ("outputs",))


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a message, in order within each kind."""

    texts: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()

    def __add__(self, other: Content) -> Content:
        return Content(
            self.texts + other.texts,
            self.parts + other.parts,
            self.tool_calls + other.tool_calls,
            self.tool_results + other.tool_results,
        )


def content(value: Json) -> Content:
    """Read the content of a message: a text, a block, or a list of them."""
    if isinstance(value, str):
        return Content((value,)) if value else Content()
    found = [_block(one) if isinstance(one, dict) else content(one) for one in _listed(value)]
    return _sum(found)


def message(role: str, *contents: Content) -> Message:
    """Make a message; the texts of an answer are pieces of one, those of a question stand on lines of their own."""
    whole = _sum(contents)
    between = "" if role in ("assistant", "model") else "\n"
    return Message(role, between.join(whole.texts), whole.parts, whole.tool_calls, whole.tool_results)


def tool_call(value: dict[str, Json]) -> ToolCall:
    """Read one tool call, wherever it has its name and its arguments."""
    inner = next((at(value, key) for key in ("function", "custom", *_CALLS) if isinstance(value.get(key), dict)), value)
    said = first(inner, _ARGUMENTS)
    text = spelt(said)
    known = parsed(text) if isinstance(said, str) else said
    name = string(at(inner, "name")) or string(at(value, "type"))
    own = string(first(value, _IDS)) or string(first(inner, _IDS))
    return ToolCall(name, text if known is None else known, own, text)


def _block(block: dict[str, Json]) -> Content:
    kind = string(block.get("type"))
    named = kind or next((key for key in block if key in _MEDIA or key in _CALLS or key in _RESULTS), "")
    if kind in _TEXTS or (not named and isinstance(block.get("text"), str)):
        text = string(block.get("text"))
        found = Content(parts=(Part("thinking", text=text),)) if block.get("thought") else content(text)
    elif thought := _thought(kind, block):
        found = Content(parts=(thought,))
    elif kind == "message":
        found = content(block.get("content"))
    elif _is_call(named, block) or _is_result(named):
        found = _called(named, block)
    elif named in _MEDIA:
        found = Content(parts=(_medium(_MEDIA[named], block, at(block, named)),))
    else:
        found = _other(kind or next(iter(block), ""), block)
    return found


def _is_call(named: str, block: dict[str, Json]) -> bool:
    return named in _CALLS or named.endswith("tool_use") or ("name" in block and named.endswith(("function", "_call")))


def _is_result(named: str) -> bool:
    return named in _RESULTS or named.endswith(("tool_result", "_call_output", "function_result"))


def _called(named: str, block: dict[str, Json]) -> Content:
    if _is_call(named, block):
        return Content(tool_calls=(tool_call(block),))
    return Content(tool_results=(_result(block, at(block, named)),))


def _other(name: str, block: dict[str, Json]) -> Content:
    """Read a block that says little to a reader, or whose kind is new: it is named, with the text that it has."""
    if name in _SILENT:
        return Content()
    if name == "json":
        return content(spelt(block["json"]))
    if name == "citationsContent":
        return content(at(block, name, "content"))
    inner = at(block, name)
    told = first(inner if isinstance(inner, dict) else block, _TELLING)
    return Content(parts=(Part(name, text=spelt(inner if told is None else told)),))


def _thought(kind: str, block: dict[str, Json]) -> Part | None:
    if kind in ("thinking", "redacted_thinking"):
        told = block.get("thinking") if kind == "thinking" else "(redacted)"
        return Part("thinking", text="".join(content(told).texts))
    if kind == "thought":  # Gemini's interactions
        return Part("thinking", text="".join(content(block.get("summary")).texts))
    if kind == "reasoning":
        texts = (*content(block.get("summary")).texts, *content(block.get("content")).texts)
        return Part("thinking", text="\n\n".join(texts) or string(block.get("text")))
    if "reasoningContent" in block:
        return Part("thinking", text=string(at(block, "reasoningContent", "reasoningText", "text")))
    return None


def _result(block: dict[str, Json], inner: Json) -> ToolResult:
    holder = inner if isinstance(inner, dict) else block
    given = first(holder, _GIVEN)
    blocks = isinstance(given, list) or (isinstance(given, dict) and "type" in given)
    told = content(given) if blocks else content(spelt(given))
    own = string(first(holder, _IDS)) or string(at(holder, "name"))
    wrong = bool(holder.get("is_error")) or holder.get("status") == "error"
    return ToolResult(own, "\n".join(told.texts), told.parts, wrong)


def _medium(kind: str, block: dict[str, Json], inner: Json) -> Part:
    holders = [one for one in (inner, at(inner, "source"), block.get("source"), block) if isinstance(one, dict)]
    url = inner if isinstance(inner, str) else _any(holders, _URLS)
    data, media_type = _any(holders, _DATA), _any(holders, _TYPES)
    if url.startswith("data:"):
        head, _, data = url.partition(",")
        url, media_type = "", head[5:].partition(";")[0]
    elif data.startswith("data:"):
        head, _, data = data.partition(",")
        media_type = media_type or head[5:].partition(";")[0]
    if kind == "media":
        kind = media_type.partition("/")[0] if media_type.startswith(("image/", "audio/", "video/")) else "file"
    size = len(data.rstrip("=")) * 3 // 4 if data else None
    return Part(kind, media_type, size, url or _any(holders, _NAMES))


def _any(holders: Iterable[Json], paths: tuple[Path, ...]) -> str:
    return next((found for holder in holders for path in paths if (found := string(at(holder, *path)))), "")


def _listed(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict | str)] if isinstance(value, list) else []


def _sum(contents: Iterable[Content]) -> Content:
    whole = Content()
    for one in contents:
        whole += one
    return whole
