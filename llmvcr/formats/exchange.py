"""Single exchanges in JSON: one request and its answer in plain HTTP words, as dd-apm-test-agent writes; read only."""

# {"request": {"method", "url", "headers", "body"}, "response": {"status": {"code", "message"}, "headers", "body"}}
# is what Datadog's test agent writes (ddapm_test_agent/vcr_proxy.py), a body that is no UTF-8, or holds a zero byte,
# as "base64:…". Like spellings of the same are read too: `uri`; a bare status, `status_code` or `statusCode`; headers
# as lists; bodies as parsed JSON. Bodies are unpacked and keep their content-encoding, which the agent does not send
# when it answers: it stands in the note `unpacked`. llama-stack's recordings look alike, but say `is_streaming`.

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from llmvcr.errors import ReadError
from llmvcr.formats import checks, read_only, vintage
from llmvcr.formats.base import Document
from llmvcr.interaction import Headers, Interaction, Json, Request, Response, header

__all__ = ["EXCHANGE", "Exchange"]

_NAME = "a single exchange in JSON"
_URLS = ("url", "uri")
_STATUSES = ("status", "status_code", "statusCode")
_REASONS = ("reason", "statusText", "status_text", "statusMessage")
_TIMES = ("recorded_at", "recordedAt")
_TEXT = frozenset({"string", "encoding"})
_ENCODED = "base64:"
_BOM = b"\xef\xbb\xbf"
_STATUS = re.compile(rb'(?<!\\)"status(?:_code|Code)?"\s*:\s*(?:\{|\d)')
_STRANGE = frozenset({"endpoint", "payload", "tool_name", "file_id"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """The format "exchange": {"request": {method, url, headers, body}, "response": {status, headers, body}}."""

    name: str = "exchange"
    suffix: str = ".json"

    def claims(self, data: bytes) -> bool:
        """Say whether it is one JSON object of a request with a URL and a response with a status, and no recording."""
        data = data.removeprefix(_BOM).lstrip()
        if data[:1] != b"{" or b'"interactions"' in data[:4096] or b'"is_streaming"' in data:
            return False
        if not (b'"request"' in data and b'"response"' in data and _STATUS.search(data)):
            return False
        try:
            return _is_exchange(checks.loaded(data, path=""))
        except ReadError:
            return False

    def read(self, data: bytes, *, path: str) -> Document:
        """Read the file's one interaction; raises ReadError."""
        top = checks.loaded(data, path=path)
        where = vintage.Where(path, None, "")
        if not isinstance(top, Mapping):
            where.fail("is no object with a request and a response")
        known = ("request", "response", *(_TIMES if read_only.moment(_one(top, _TIMES)) else ()))
        return Document((_interaction(top, known, where),), repeats=True)

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:  # noqa: ARG002 - Format's
        """Raise WriteError: the format is only read."""
        raise read_only.unwritable(path, _NAME)


EXCHANGE = Exchange()


def _one(part: Mapping[str, Json], names: tuple[str, ...]) -> Json:
    return next((part[name] for name in names if part.get(name) is not None), None)


def _is_exchange(top: Json) -> bool:
    asked, answered = (top.get("request"), top.get("response")) if isinstance(top, Mapping) else (None, None)
    if not isinstance(asked, Mapping) or not isinstance(answered, Mapping) or asked.keys() & _STRANGE:
        return False
    return isinstance(_one(asked, _URLS), str) and "method" in asked and _one(answered, _STATUSES) is not None


def _interaction(top: Mapping[str, Json], known: tuple[str, ...], where: vintage.Where) -> Interaction:
    asked, answered = read_only.mapping(top, "request", where), read_only.mapping(top, "response", where)
    request_at, response_at = where / "request", where / "response"
    method = read_only.text(asked, "method", request_at)
    url = read_only.url(asked, "uri" if asked.get("url") is None and "uri" in asked else "url", request_at)
    if not url.lower().startswith(("http://", "https://")):
        (request_at / "url").fail(f"is no whole HTTP URL, so that nothing says which host was asked: {url[:200]}")
    asked_lines, lines = _headers(asked, request_at), _headers(answered, response_at)
    sent, sent_exactly = _body(asked, asked_lines, request_at)
    if "body" not in answered:
        (response_at / "body").missing()
    body, exactly = _body(answered, lines, response_at)
    lines, packed = _unpacked(lines, answered.get("body"))
    status, reason = _status(answered, response_at)
    rebuilt = [place for place, sure in (("request.body", sent_exactly), ("response.body", exactly)) if not sure]
    return Interaction(
        # The agent writes "" for a request without a body.
        Request(method, url, asked_lines, sent or None),
        Response(status, reason, lines, (body,) if body else ()),
        read_only.moment(_one(top, _TIMES)),
        ({read_only.REBUILT: rebuilt} if rebuilt else {}) | ({"unpacked": packed} if packed else {}),
        read_only.gathered(
            interaction=read_only.left(top, known),
            request=read_only.left(asked, ("method", *_URLS, "headers", "body")),
            response=read_only.left(answered, (*_STATUSES, *_REASONS, "headers", "body")),
        ),
    )


def _status(answered: Mapping[str, Json], where: vintage.Where) -> tuple[int, str]:
    status, reason = vintage.status({"status": _one(answered, _STATUSES)}, where)
    said = _one(answered, _REASONS)
    return status, reason or (said if isinstance(said, str) else "")


def _headers(part: Mapping[str, Json], where: vintage.Where) -> Headers:
    held = part.get("headers")
    if isinstance(held, list) and all(isinstance(line, Mapping) and {"name", "value"} <= line.keys() for line in held):
        held = [[line["name"], line["value"]] for line in held]
    return vintage.headers(held, where / "headers")


def _unpacked(lines: Headers, body: Json) -> tuple[Headers, str]:
    """Take away the content-encoding of a body that stands there as text, as the agent does when it answers."""
    found = header(lines, "content-encoding") or ""
    if not isinstance(body, str) or body.startswith(_ENCODED) or found in ("", "identity"):
        return lines, ""
    return tuple(line for line in lines if line[0].lower() != "content-encoding"), found


def _body(part: Mapping[str, Json], headers: Headers, where: vintage.Where) -> tuple[bytes, bool]:
    """Give the bytes of a body, and whether they are surely those of the wire."""
    body, where = part.get("body"), where / "body"
    if body is None:
        return b"", True
    if isinstance(body, Mapping) and isinstance(body.get("string"), str) and body.keys() <= _TEXT:
        body = body["string"]
    if not isinstance(body, str):
        return read_only.json_bytes(body, headers, where, spaced=False)
    if body.startswith(_ENCODED):
        try:
            return base64.b64decode(body.removeprefix(_ENCODED), validate=True), True
        except (ValueError, binascii.Error):
            pass  # a text that begins so
    return body.encode("utf-8", "surrogatepass"), True
