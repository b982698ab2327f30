"""What vcrpy's YAML and JSON cassettes have in common above the single interaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from llmvcr.errors import ReadError
from llmvcr.formats import extra, vcr_dict
from llmvcr.formats.base import Document
from llmvcr.formats.vintage import CUT
from llmvcr.interaction import Json

__all__ = ["VERSION", "interactions", "to_dict", "to_document"]

VERSION = 1
"""The version of vcrpy's own format."""

_FOREIGN: tuple[tuple[Callable[[Json], bool], str], ...] = (
    (lambda top: isinstance(top, list), "a cassette of vcrpy before 1.0"),
    (lambda top: "http_interactions" in top, "a cassette of Ruby's vcr"),
    (lambda top: top.get("version") == 2 and "proto" in _request(_first(top)), "a cassette of go-vcr"),
    (lambda top: "kind" in _first(top) and "direction" in _first(top), "a log of WebSocket messages"),
    (lambda top: "request_sample" in _first(top), "a log of gRPC calls"),
    (lambda top: isinstance(_first(top).get("response"), str), "a log of tool calls by vcr-langchain"),
    (lambda top: isinstance(top.get("interactions"), dict) and top["interactions"] != {}, "a cassette without HTTP"),
)
"""Cassettes of other tools that look like vcrpy's from afar: each is refused by its name."""


def to_document(top: Json, *, path: str) -> Document:
    """Make a Document of a loaded cassette: {version, interactions} or {requests, responses}; raises ReadError."""
    for fits, name in _FOREIGN:
        if isinstance(top, Mapping | list) and fits(top):
            raise ReadError(path, f"is {name}, which llmvcr does not read")
    if not isinstance(top, Mapping):
        raise ReadError(path, "is no mapping of version and interactions")
    version = top.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        fix = CUT if version is None else ""
        raise ReadError(path, f"is {_short(version)}, and llmvcr knows {VERSION}", place="version", fix=fix)
    held = interactions(top, path=path)
    # A file can be cut between two interactions. Some recorders write no version; ours stands behind the last one.
    if "version" not in top and any(extra.KEY in _response(each) for each in held):
        raise ReadError(path, "is missing, though llmvcr wrote the file", place="version", fix=CUT)
    read = tuple(vcr_dict.to_interaction(each, path=path, number=number) for number, each in enumerate(held))
    known = {"version", "interactions"} if "interactions" in top else {"version", "requests", "responses"}
    return Document(read, {key: vcr_dict.plain(value) for key, value in top.items() if key not in known})


def interactions(top: Mapping[str, Json], *, path: str) -> list[Json]:
    """Return the interactions of a loaded cassette as vcrpy's dicts, none read yet; raises ReadError."""
    if "interactions" in top:
        held = top["interactions"]
        if held == {}:
            return []
        if not isinstance(held, list):
            raise ReadError(path, "is no list", place="interactions", fix=CUT if held is None else "")
        return held
    asked, answered = top.get("requests"), top.get("responses")
    if not isinstance(asked, list) or not isinstance(answered, list):
        raise ReadError(path, "has no list of interactions", fix=CUT if asked is not None else "")
    if len(asked) != len(answered):
        reason = f"has {len(asked)} requests and {len(answered)} responses"
        raise ReadError(path, reason, interaction=min(len(asked), len(answered)), fix=CUT)
    return [{"request": one, "response": other} for one, other in zip(asked, answered, strict=True)]


def to_dict(written: list[Json], beside: Mapping[str, Json], *, strict: bool) -> dict[str, Json]:
    """Return the whole cassette of vcrpy's interaction dicts, with `version` last as vcrpy's YAML has it.

    `beside` are the document's top-level keys that no format knows; with `strict` they are left out, but for vcrpy's
    own `metadata`.
    """
    top: dict[str, Json] = {"interactions": written, "version": VERSION}
    kept = {key: value for key, value in beside.items() if key not in top}
    return top | {key: value for key, value in kept.items() if not strict or key == "metadata"}


def _first(top: Json) -> Mapping[str, Json]:
    held = top.get("interactions")
    first = held[0] if isinstance(held, list) and held else None
    return first if isinstance(first, Mapping) else {}


def _request(held: Json) -> Mapping[str, Json]:
    request = held.get("request")
    return request if isinstance(request, Mapping) else {}


def _response(held: Json) -> Mapping[str, Json]:
    response = held.get("response") if isinstance(held, Mapping) else None
    return response if isinstance(response, Mapping) else {}


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
