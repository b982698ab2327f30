"""go-vcr's cassettes: version 1 (go-vcr 1 and 2) and version 2 (go-vcr 3 and 4); read only."""

# Source: the structs `Request`, `Response` and `Interaction` of go-vcr v1.0.0 to v4.0.1. What they have beyond HTTP
# (proto, host, form, trailers …) is kept in `unknown`, but for values that are Go's way to say nothing. Go's client
# unpacks a body itself and takes its content-encoding away, so that bodies and headers agree.

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from llmvcr.errors import ReadError
from llmvcr.formats import read_only, vintage, yaml_text
from llmvcr.formats.base import Document
from llmvcr.formats.peek import peek
from llmvcr.formats.vcr_dict import plain
from llmvcr.interaction import Interaction, Json, Request, Response

__all__ = ["GO_VCR", "GoVcr"]

_NAME = "a cassette of go-vcr"
_VERSIONS = (1, 2)
_SECOND = re.compile(rb"^version: 2[ \t]*\r?$", re.MULTILINE)
_URL = re.compile(rb"\n[ \t-]+url:[ \t]")
_CODE = re.compile(rb"\n[ \t]+code:[ \t]")
_PARTS = {
    "interaction": ("request", "response"),
    "request": ("method", "url", "headers", "body"),
    "response": ("status", "code", "headers", "body", "duration"),
}


@dataclass(frozen=True, slots=True)
class GoVcr:
    """The format "go-vcr": {version, interactions: [{id, request: {url, …}, response: {code, status, …}}]}."""

    name: str = "go-vcr"
    suffix: str = ".yaml"

    def claims(self, data: bytes) -> bool:
        """Say whether it is of version 2, or the first request has a `url` and the answer a `code` of its own."""
        second = b"version: 2" in data and _SECOND.search(data) is not None
        if not second and not (_URL.search(data) and _CODE.search(data)):
            return False
        seen = peek(data)
        if second and seen.get("version") == "2" and seen.get("interactions") == "[" and "interactions[]" not in seen:
            return True
        return "interactions[].request.url" in seen and "interactions[].response.code" in seen

    def read(self, data: bytes, *, path: str) -> Document:
        """Read a whole file; raises ReadError."""
        top = yaml_text.load(data, path=path)
        if not isinstance(top, Mapping) or not isinstance(top.get("interactions"), list):
            raise ReadError(path, "has no list of interactions", fix=vintage.CUT)
        if (version := top.get("version")) not in _VERSIONS or isinstance(version, bool):
            reason = f"is {_NAME} of version {str(version)[:40]}, and llmvcr knows 1 and 2"
            raise ReadError(path, reason, place="version")
        held = top["interactions"]
        read = tuple(_interaction(one, path, number) for number, one in enumerate(held))
        if held and "duration" not in held[-1]["response"] and not data.endswith((b"\n", b"\r")):
            reason = "ends in the middle of a line, with no duration after it"
            raise ReadError(path, reason, interaction=len(held) - 1, fix=vintage.CUT)
        return Document(read, read_only.left(top, ("version", "interactions")))

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:  # noqa: ARG002 - Format's
        """Raise WriteError: the format is only read."""
        raise read_only.unwritable(path, _NAME)


GO_VCR = GoVcr()


def _interaction(dct: Json, path: str, number: int) -> Interaction:
    where = vintage.Where(path, number, "")
    if not isinstance(dct, Mapping):
        where.fail("is no mapping of request and response")
    asked, answered = read_only.mapping(dct, "request", where), read_only.mapping(dct, "response", where)
    request_at, response_at = where / "request", where / "response"
    request = Request(
        read_only.text(asked, "method", request_at),
        read_only.url(asked, "url", request_at),
        vintage.headers(asked.get("headers"), request_at / "headers"),
        # Go's zero value of a body is "": it says nothing of whether there was one.
        _body(asked, request_at) or None,
    )
    if "body" not in answered:
        (response_at / "body").missing()
    status = _status(answered, response_at)
    body = _body(answered, response_at)
    lines = vintage.headers(answered.get("headers"), response_at / "headers")
    response = Response(status, _reason(answered, status), lines, (body,) if body else ())
    duration = answered.get("duration")
    beside = {key: value for key, value in dct.items() if key != "id" or value != number}
    unknown = read_only.gathered(
        interaction=_left(beside, "interaction"), request=_left(asked, "request"), response=_left(answered, "response")
    )
    # "963.225171ms", as Go writes a time.Duration.
    return Interaction(request, response, None, {"duration": plain(duration)} if duration else {}, unknown)


def _left(part: Mapping[str, Json], place: str) -> dict[str, Json]:
    kept = read_only.left(part, _PARTS[place])
    return {key: value for key, value in kept.items() if value not in ("", [], {}, None)}


def _body(part: Mapping[str, Json], where: vintage.Where) -> bytes:
    body = part.get("body")
    if isinstance(body, bytes):
        return body
    if not isinstance(body, str | None):
        (where / "body").fail("is no text")
    return (body or "").encode()


def _status(answered: Mapping[str, Json], where: vintage.Where) -> int:
    code = answered.get("code")
    if code is None:
        (where / "code").missing()
    if type(code) is not int:
        (where / "code").fail("is no whole number")
    return code


def _reason(answered: Mapping[str, Json], code: int) -> str:
    """Give the reason of "200 OK"; HTTP/2 has none, and Go then writes the code's own words or nothing."""
    status = answered.get("status")
    text = status if isinstance(status, str) else ""
    return text.removeprefix(str(code)).strip() if text.startswith(str(code)) else text
