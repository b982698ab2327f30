"""What lies between the wire and the file: when a stream counts as whole, and how a recorded answer is served."""

from __future__ import annotations

import zlib
from dataclasses import replace
from email.utils import parsedate_to_datetime

from llmvcr.interaction import Headers, Response, header
from llmvcr.wire import sniff

__all__ = ["served", "whole"]

_TOO_MANY_REQUESTS, _SERVER_ERRORS = 429, 500
_RETRY, _ENCODED = frozenset({"retry-after", "retry-after-ms"}), frozenset({"content-encoding", "content-length"})


def whole(response: Response) -> Response:
    """Call a stream whole that its client closed after the last byte of its content, as SDKs do after `[DONE]`."""
    if response.ended != "closed":
        return response
    length = header(response.headers, "content-length")
    if length is not None and length.isdigit() and int(length) == len(response.body):
        return replace(response, ended="")
    return replace(response, ended="") if response.body.rstrip().endswith(b"[DONE]") else response


def served(response: Response, pace: float = 0.0) -> Response:
    """Give a recorded answer as a client can take it; the file keeps what was recorded.

    Its times are those at which it is to be given, `pace` times the recorded ones, and so is the wait that a 429 or 5xx
    asks for; without a pace nothing is to wait, and they ask for 1 ms: SDKs sleep for as long as `retry-after` says,
    and without one as long as they like (decision 19). A body that was stored unpacked loses the `content-encoding`
    that it had on the wire, as many recorders leave it in place (shared/matching.md, section 6).
    """
    headers = response.headers
    refused = response.status == _TOO_MANY_REQUESTS or response.status >= _SERVER_ERRORS
    if refused and not response.failed and pace != 1:
        asked = _asked_to_wait(headers) if pace else 0.0
        if asked is not None:
            headers = (*_without(headers, _RETRY), ("retry-after-ms", f"{max(asked * pace, 1.0):.0f}"))
    encoding = header(headers, "content-encoding")
    if encoding is not None and _is_unpacked(response.body, encoding.strip().lower()):
        headers = _without(headers, _ENCODED)
    times = tuple(time * pace for time in response.times) if pace else ()
    if headers is response.headers and times == response.times:
        return response
    return replace(response, headers=headers, times=times)


def _without(headers: Headers, names: frozenset[str]) -> Headers:
    return tuple(line for line in headers if line[0].lower() not in names)


def _asked_to_wait(headers: tuple[tuple[str, str], ...]) -> float | None:
    """Give the milliseconds that a refusal asks its client to wait; None where it names none that can be read.

    `retry-after` is a number of seconds or a date (RFC 9110, section 10.2.3), which counts from the answer's `date`.
    """
    milliseconds, value = header(headers, "retry-after-ms"), header(headers, "retry-after")
    try:
        if milliseconds is not None:
            return float(milliseconds)
        if value is None:
            return None
        if value.strip().replace(".", "", 1).isdigit():
            return float(value) * 1000
        until, since = (parsedate_to_datetime(date) for date in (value, header(headers, "date") or ""))
        return (until - since).total_seconds() * 1000
    except (TypeError, ValueError):
        return None


def _is_unpacked(body: bytes, encoding: str) -> bool:
    """Say whether a body is not in the encoding that its header names, as far as that can be known."""
    match encoding:
        case "gzip" | "x-gzip":
            return not body.startswith(b"\x1f\x8b")
        case "zstd":
            return not body.startswith(b"\x28\xb5\x2f\xfd")
        case "deflate":
            return not (_inflates(body, zlib.MAX_WBITS) or _inflates(body, -zlib.MAX_WBITS))
        case _:  # brotli and others have no mark of their own; text that reads as an answer is none of them
            return sniff(body) != ""


def _inflates(body: bytes, bits: int) -> bool:
    try:
        zlib.decompressobj(bits).decompress(body, 1024)
    except zlib.error:
        return False
    return True
