"""cassetter's cassettes, YAML and TOML, as cassetter 0.16.1 writes them; read only."""

# What it keeps, read off files that it recorded: header names in lower case and sorted, no reason of a status, bodies
# unpacked and without their content-encoding, and one of four kinds of body:
#   json    parsed in YAML, compact JSON text in TOML; on replay it answers with `json.dumps` of it, and has set the
#           response's content-length to that
#   text    text of any kind, server-sent events among it
#   binary  hexadecimal digits
#   none    no body
# A secret is "[FILTERED]"; interactions stand sorted by method and URL, those of one URL in recorded order.

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from llmvcr.errors import ReadError
from llmvcr.formats import read_only, toml_text, vintage, yaml_text
from llmvcr.formats.base import Document
from llmvcr.formats.peek import peek
from llmvcr.formats.rendering import parse
from llmvcr.formats.vcr_dict import plain
from llmvcr.interaction import Headers, Interaction, Json, Request, Response

__all__ = ["CASSETTER", "Cassetter"]

_VERSION = 1
_NAME = "a cassette of cassetter"
_TOML = re.compile(rb"^(?:\[\[interactions\]\]|interactions = \[\])[ \t]*\r?$", re.MULTILINE)
_BODY = re.compile(rb"\n[ \t]+body:[ \t]*\r?\n[ \t]+[\"']?type[\"']?:[ \t]*[\"']?(?:json|text|binary|none)\b")
_BESIDE = re.compile(rb"^(?:grpc|ws)_interactions:", re.MULTILINE)
_KINDS = ("json", "text", "binary", "none")
_OTHERS = (("grpc_interactions", "gRPC recordings"), ("ws_interactions", "WebSocket recordings"))
_PARTS = {
    "interaction": ("request", "response", "recorded_at"),
    "request": ("method", "uri", "headers", "body", "body_type", "body_content"),
    "response": ("status", "headers", "body", "body_type", "body_content"),
}


@dataclass(frozen=True, slots=True)
class Cassetter:
    """The format "cassetter": {version: 1, interactions: [{request, response, recorded_at}]}, in YAML or in TOML."""

    name: str = "cassetter"
    suffix: str = ".yaml"

    def claims(self, data: bytes) -> bool:
        """Say whether it has TOML's list of interactions, cassetter's other lists, or a first body with a `type`."""
        if _is_toml(data) or (b"_interactions:" in data and _BESIDE.search(data)):
            return True
        if not _BODY.search(data):
            return False
        seen = peek(data)
        # vcrpy's status is a mapping, and its body may be one that happens to have a `type`.
        if "interactions[].request.uri" not in seen or seen.get("interactions[].response.status") == "{":
            return False
        return _is_body(seen, "interactions[].request.body") or _is_body(seen, "interactions[].response.body")

    def read(self, data: bytes, *, path: str) -> Document:
        """Read a whole file; raises ReadError, also for one that holds gRPC calls or WebSocket sessions."""
        top = toml_text.load(data, path=path) if _is_toml(data) else yaml_text.load(data, path=path)
        if not isinstance(top, Mapping) or not isinstance(top.get("interactions"), list):
            raise ReadError(path, "has no list of interactions", fix=vintage.CUT)
        if (version := top.get("version", _VERSION)) != _VERSION or isinstance(version, bool):
            reason = f"is {_NAME} of version {str(version)[:40]}, and llmvcr knows {_VERSION}"
            raise ReadError(path, reason, place="version")
        for key, what in _OTHERS:
            if top.get(key):
                fix = f"take {key} out of the file"
                reason = f"is {_NAME} that holds {what}{_first(top[key])}, which are no HTTP requests and answers"
                raise ReadError(path, reason, place=key, fix=fix)
        extra = read_only.left(top, ("version", "interactions", *(key for key, _ in _OTHERS)))
        read = tuple(_interaction(one, path, number) for number, one in enumerate(top["interactions"]))
        if read and "recorded_at" not in top["interactions"][-1] and (read[0].recorded_at or data[-1:] != b"\n"):
            # The time comes last: without it the last body may be half of one.
            vintage.Where(path, len(read) - 1, "recorded_at").missing()
        return Document(read, extra)

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:  # noqa: ARG002 - Format's
        """Raise WriteError: the format is only read."""
        raise read_only.unwritable(path, _NAME)


CASSETTER = Cassetter()


def _first(held: Json) -> str:
    """Name the first call of a list of what is not HTTP."""
    one = held[0] if isinstance(held, list) else None
    asked = one.get("request", one) if isinstance(one, Mapping) else None
    found = asked.get("uri", asked.get("method")) if isinstance(asked, Mapping) else None
    return f" ({found[:200]})" if isinstance(found, str) else ""


def _is_body(seen: Mapping[str, str], place: str) -> bool:
    others = [key for key in seen if key.startswith(f"{place}.") and not key.startswith(f"{place}.content")]
    return others == [f"{place}.type"] and seen[f"{place}.type"] in _KINDS


def _is_toml(data: bytes) -> bool:
    # The words are looked for first, because a search by lines takes its time on a long file.
    return (b"[[interactions]]" in data or b"interactions = []" in data) and _TOML.search(data) is not None


def _interaction(dct: Json, path: str, number: int) -> Interaction:
    where = vintage.Where(path, number, "")
    if not isinstance(dct, Mapping):
        where.fail("is no mapping of request and response")
    asked, answered = read_only.mapping(dct, "request", where), read_only.mapping(dct, "response", where)
    request_at, response_at = where / "request", where / "response"
    asked_lines = vintage.headers(asked.get("headers"), request_at / "headers")
    lines = vintage.headers(answered.get("headers"), response_at / "headers")
    sent, sent_exactly = _body(asked, asked_lines, request_at, spaced=False)
    body, _ = _body(answered, lines, response_at, spaced=True)
    method, url = read_only.text(asked, "method", request_at), read_only.url(asked, "uri", request_at)
    status, _ = vintage.status(answered, response_at)
    # The content-length of a response is cassetter's own for its own rendering: it says nothing of what arrived.
    rebuilt = [] if sent_exactly else ["request.body"]
    rebuilt += ["response.body"] if _kind(answered, response_at) == "json" else []
    at = read_only.moment(dct.get("recorded_at"))
    known = _PARTS["interaction"] if at or dct.get("recorded_at") is None else _PARTS["interaction"][:2]
    return Interaction(
        Request(method, url, asked_lines, sent),
        Response(status, "", lines, (body,) if body else ()),
        at,
        {read_only.REBUILT: rebuilt} if rebuilt else {},
        read_only.gathered(
            interaction=read_only.left(dct, known),
            request=_left(asked, "request"),
            response=_left(answered, "response"),
        ),
    )


def _left(part: Mapping[str, Json], place: str) -> dict[str, Json]:
    body = part.get("body")
    rest = read_only.left(body, ("type", "content")) if isinstance(body, Mapping) else {}
    return read_only.left(part, _PARTS[place]) | ({"body": rest} if rest else {})


def _kind(part: Mapping[str, Json], where: vintage.Where) -> str:
    held = part.get("body")
    kind = held.get("type") if isinstance(held, Mapping) else part.get("body_type", "none")
    if kind not in _KINDS:
        (where / "body").fail(f"is of the type {str(kind)[:40]!r}, which is none of {', '.join(_KINDS)}")
    return str(kind)


def _body(
    part: Mapping[str, Json], headers: Headers, where: vintage.Where, *, spaced: bool
) -> tuple[bytes | None, bool]:
    """Give the bytes of a body, None for no body, and whether they are surely those of the wire."""
    kind, held = _kind(part, where), part.get("body")
    in_toml = not isinstance(held, Mapping)
    content = held.get("content") if isinstance(held, Mapping) else part.get("body_content")
    where = where / ("body_content" if in_toml else "body")
    if kind == "none":
        return None, True
    if kind == "json":
        if in_toml:
            try:
                content = parse(str(content))
            except (ValueError, RecursionError):
                where.fail("is no JSON text")
        return read_only.json_bytes(plain(content), headers, where, spaced=spaced)
    if type(content) is int:
        content = str(content)  # a formatter took the quotes off
    if not isinstance(content, str):
        where.fail(f"is of the type {kind}, and its content is no text")
    if kind == "text":
        return content.encode(), True
    try:
        return bytes.fromhex(content), True
    except ValueError:
        where.fail("is of the type binary, and its content is not in hexadecimal digits")
