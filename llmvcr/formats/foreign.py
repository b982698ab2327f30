"""Recordings of other tools that hold no HTTP exchange, or only half of one: each is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from llmvcr.errors import ReadError
from llmvcr.formats import checks, read_only
from llmvcr.formats.base import Document
from llmvcr.formats.peek import peek
from llmvcr.interaction import Json

__all__ = ["FOREIGN", "Foreign"]

_Seen = Mapping[str, str]
_FIRST = "interactions[]"

_YAML: tuple[tuple[Callable[[_Seen], bool], str], ...] = (
    (
        lambda seen: f"{_FIRST}.kind" in seen and f"{_FIRST}.direction" in seen,
        "is a WebSocket recording (messages with kind and direction): it holds no HTTP requests and answers",
    ),
    (
        lambda seen: f"{_FIRST}.request_sample" in seen,
        "is a gRPC recording (request_sample and response_sample): it holds protobuf messages, and no HTTP requests",
    ),
    (
        lambda seen: seen.get(f"{_FIRST}.request.uri", "").startswith("tool://"),
        "is a recording of tool calls by vcr-langchain ({interactions[].request.uri}): they never went over HTTP",
    ),
    (
        lambda seen: seen.get("interactions") == "{" and any(place.endswith("[].token") for place in seen),
        "is a recording of a local model's tokens (Mirascope's for mlx-lm): it holds no HTTP requests and answers",
    ),
    (
        lambda seen: "messages[]" in seen and "messages[].type" in seen,
        "is a recording of the Claude Agent SDK's messages: what a program was told, not HTTP requests and answers",
    ),
)
_JSON: tuple[tuple[Callable[[Json], bool], str], ...] = (
    (
        lambda top: isinstance(top, list) and bool(top) and _has(top[0], "scope", "path", "status", "response"),
        "is a recording of nock (a list of scopes and paths), which llmvcr does not read",
    ),
    (
        lambda top: _has(top, "log") and _has(top["log"], "entries"),
        "is an HTTP archive (HAR), which llmvcr does not read",
    ),
    (
        lambda top: _has(top, "status", "headers", "body") and not top.keys() & {"request", "response"},
        "is a single response without its request: nothing says which call it answers",
    ),
)
_RUBY_1 = re.compile(rb"^- !ruby/struct:VCR::HTTPInteraction", re.MULTILINE)
_RUBY_1_TOLD = "is a cassette of Ruby's VCR before 2.0, which is a list of Ruby objects; VCR's own migrator updates it"
_WORDS = (b"\nmessages:", b"- kind:", b"- direction:", b"- request_sample:", b"uri: tool://")
_TOKENS = re.compile(rb"interactions:[ \t]*\r?\n[ \t]+[0-9a-f]{16,128}:[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Foreign:
    """No format at all, but the names of those that cannot be read."""

    name: str = "foreign"
    suffix: str = ""

    def claims(self, data: bytes) -> bool:
        """Say whether it is a recording that can only be refused."""
        return bool(_told(data))

    def read(self, data: bytes, *, path: str) -> Document:
        """Raise ReadError with the file's kind, and why it cannot be read."""
        raise ReadError(path, _told(data) or "is no recording that llmvcr knows")

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:  # noqa: ARG002 - Format's
        """Raise WriteError: nothing of the kind is written."""
        raise read_only.unwritable(path, "a recording of another tool")


FOREIGN = Foreign()


def _told(data: bytes) -> str:
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] in (b"{", b"["):
        return _told_json(head)
    if _RUBY_1.search(data[:4096]):
        return _RUBY_1_TOLD
    if not (head.startswith(b"messages:") or any(word in data for word in _WORDS) or _TOKENS.search(data)):
        return ""
    seen = peek(data)
    for fits, reason in _YAML:
        if fits(seen):
            return re.sub(r"\{(.*)\}", lambda found: seen.get(found[1], ""), reason)
    return ""


def _has(value: Json, *keys: str) -> bool:
    return isinstance(value, Mapping) and value.keys() >= set(keys)


def _told_json(head: bytes) -> str:
    """Tell JSON of other kinds; a file that could be one of ours is never parsed here."""
    if b'"request"' in head and b'"response"' in head and b'"entries"' not in head:
        return ""
    if b'"interactions"' in head[:4096]:
        return ""
    try:
        top: Json = checks.loaded(head, path="")
    except ReadError:
        return ""
    return next((reason for fits, reason in _JSON if fits(top)), "")
