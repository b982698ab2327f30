"""One recording of llama-stack to the HTTP that it was: method, URL, JSON body, status, framing.

The rules are those measured on 11,499 recordings (formats.md, "Rebuilding HTTP"): what stands in a recording is what
the SDK was called with and what it made of the answer, not what crossed the wire. Calls that were no HTTP (a tool, a
file processor) get a URL of a made-up scheme, which no real request ever has.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from llmvcr.formats import failures
from llmvcr.formats.shapes import is_chat_chunk, unpadded
from llmvcr.formats.typed import data_of, is_typed, names_in, path_of
from llmvcr.interaction import Headers, Json, Request, Response

__all__ = ["KWARGS", "LISTS", "PSEUDO", "encoded", "headers_of", "kind_of", "merged", "plain_url", "rebuilt"]

PSEUDO = "llama-stack://"
LISTS = ("/models", "/api/tags", "/api/ps")
"""Ends of the paths of calls without a body: GET, though llama-stack writes POST."""
KWARGS = ("extra_body", "extra_headers", "extra_query", "timeout")
"""Keyword arguments of an SDK's call that are no part of the JSON that it sends."""

_JSON = ("content-type", "application/json")
_SSE = ("content-type", "text/event-stream; charset=utf-8")
_NDJSON = ("content-type", "application/x-ndjson")


def kind_of(request: dict[str, Json]) -> str:
    """Say which of the shapes a recording's request has: inference, http, tool, file_processor or other."""
    if "tool_name" in request:
        return "tool"
    if "file_id" in request:
        return "file_processor"
    if "payload" in request:
        return "http"
    return "inference" if "url" in request else "other"


def encoded(value: Json) -> bytes:
    """Give a JSON body as SDKs send it: compact, UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair has no UTF-8, but it has an escape
        return json.dumps(value, separators=(",", ":")).encode()


def headers_of(headers: dict[str, Json]) -> Headers:
    """Give header lines from {name: value} or {name: [values]}."""
    if set(map(type, headers.values())) <= {str}:
        return tuple(headers.items())
    lines = ((name, value if isinstance(value, list) else [value]) for name, value in headers.items())
    return tuple((name, text) for name, values in lines for text in values)


def merged(kwargs: Json) -> Json:
    """Give the JSON that an SDK sends for these keyword arguments: `extra_body` goes in, what is no JSON goes out."""
    if not isinstance(kwargs, dict):
        return kwargs
    extra = kwargs.get("extra_body")
    sent = {key: value for key, value in kwargs.items() if key not in KWARGS}
    return sent | extra if isinstance(extra, dict) else sent


def plain_url(url: str, endpoint: str, body: Json = None) -> str:
    """Give the real URL for llama-stack's: base URL plus endpoint, where the base URL itself mostly ends in /v1."""
    if endpoint and url.endswith(endpoint):
        tail = endpoint.removeprefix("/v1") if endpoint.startswith("/v1/") else endpoint
        if tail == "/completions" and isinstance(body, dict) and "messages" in body and "prompt" not in body:
            tail = "/chat/completions"  # early versions filed chat under /v1/completions
        elif tail == "/api/embeddings":
            tail = "/api/embed"  # what ollama's client really calls
        url = url.removesuffix(endpoint) + tail
    return url if "://" in url else f"https://{url}"


def rebuilt(recording: dict[str, Json], *, as_sent: bool = False) -> tuple[Request, Response]:
    """Rebuild the HTTP of one well-formed recording (see `checks`).

    `as_sent` says that URL, method and body stand in it as they crossed the wire, as in a cassette.
    """
    said, answer = recording["request"], recording["response"]
    kind = kind_of(said)
    if kind == "inference":
        request = _inference(said, as_sent=as_sent)
    elif kind == "http":
        request = Request(said["method"], said["url"], (_JSON,), encoded(said["payload"]))
    elif kind == "tool":
        where = "/".join(quote(str(said.get(key, "")), safe="", errors="replace") for key in ("provider", "tool_name"))
        request = Request("POST", f"{PSEUDO}tool/{where}", (), encoded(said.get("kwargs")))
    elif kind == "file_processor":
        where = "/".join(quote(str(said.get(key, "")), safe="", errors="replace") for key in ("api", "provider"))
        request = Request("POST", f"{PSEUDO}file/{where}", (), encoded({"file_id": said["file_id"]}))
    else:
        request = Request("POST", f"{PSEUDO}other", (), encoded(said))
    return request, _response(answer, request)


def _inference(said: dict[str, Json], *, as_sent: bool) -> Request:
    url, body, method = said["url"], said.get("body"), said.get("method", "POST")
    headers = headers_of(said.get("headers") or {})
    endpoint = said.get("endpoint") or ""
    if as_sent:
        return Request(method, url, headers, None if body is None else encoded(body))
    if body in ({}, None) and endpoint.endswith(LISTS):
        return Request("GET", plain_url(url, endpoint), headers)
    query = body.get("extra_query") if isinstance(body, dict) else None
    real = plain_url(url, endpoint, body)
    if isinstance(query, dict) and query:
        real += ("&" if "?" in real else "?") + urlencode(query, doseq=True)
    return Request(method, real, headers, None if body is None else encoded(merged(body)))


def _response(answer: dict[str, Json], request: Request) -> Response:
    body, status = answer.get("body"), 200 if answer.get("status") is None else answer["status"]
    exception = answer.get("exception_data") if answer.get("is_exception") else None
    if isinstance(exception, dict) and not isinstance(body, list):
        return failures.rebuilt(exception)
    reason = failures.phrase(status)
    listed = request.method == "GET" and path_of(request.url).endswith(LISTS)
    if answer.get("is_streaming") and isinstance(body, list) and not listed:
        if body and all(isinstance(line, str) for line in body):
            return Response(status, reason, (_SSE,), ("\n".join([*body, ""]).encode(),))
        failed = failures.error_json(exception) if isinstance(exception, dict) else None
        return _streamed(status, body, request.url, failed)
    if isinstance(body, list) and all(map(is_typed, body)):
        return Response(status, reason, (_JSON,), (encoded({"object": "list", "data": [*map(data_of, body)]}),))
    return Response(status, reason, (_JSON,), () if body is None else (encoded(data_of(body)),))


def _streamed(status: int, items: Sequence[Json], url: str, failed: Json) -> Response:
    """Frame the events of a stream; one that failed on its way ends with the event that makes an SDK raise."""
    names = names_in(items)
    path = path_of(url)
    reason = failures.phrase(status)
    if any(name.startswith("ollama.") for name in names) or "/api/" in path:
        lines = b"".join(encoded(data_of(item)) + b"\n" for item in items)
        return Response(status, reason, (_NDJSON,), (lines,) if lines else ())
    pieces: list[bytes] = []
    for item, name in zip(items, names, strict=True):
        data = data_of(item)
        if is_chat_chunk(data, name):
            data = unpadded(data)
        kind = data.get("type") if isinstance(data, dict) else None
        if isinstance(kind, str) and kind.isprintable() and not is_chat_chunk(data, name):
            pieces.append(b"event: " + kind.encode() + b"\n")
        pieces.append(b"data: " + encoded(data) + b"\n\n")
    if failed is not None:
        pieces.append(b"data: " + encoded(failed) + b"\n\n")
    elif path.endswith("/completions"):
        pieces.append(b"data: [DONE]\n\n")
    body = b"".join(pieces)
    return Response(status, reason, (_SSE,), (body,) if body else ())
