"""What lies between the wire and the file: when a stream counts as whole, and how a recorded answer is served."""

from __future__ import annotations

import zlib
from dataclasses import replace

from llmvcr.interaction import Response, header
from llmvcr.wire import sniff

__all__ = ["served", "whole"]

_TOO_MANY_REQUESTS, _SERVER_ERRORS = 429, 500


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

    Its times are those at which it is to be given, `pace` times the recorded ones; without a pace nothing is to wait,
    and 429 and 5xx ask for 1 ms: SDKs sleep for as long as `retry-after` says, and without one as long as they like
    (decision 19). A body that was stored unpacked loses the `content-encoding` that it had on the wire, as many
    recorders leave it in place (shared/matching.md, section 6).
    """
    dropped: set[str] = set()
    added: tuple[tuple[str, str], ...] = ()
    times = tuple(time * pace for time in response.times) if pace else ()
    refused = response.status == _TOO_MANY_REQUESTS or response.status >= _SERVER_ERRORS
    if refused and not pace and not response.failed:
        dropped |= {"retry-after", "retry-after-ms"}
        added = (("retry-after-ms", "1"),)
    encoding = header(response.headers, "content-encoding")
    if encoding is not None and _is_unpacked(response.body, encoding.strip().lower()):
        dropped |= {"content-encoding", "content-length"}
    kept = tuple(line for line in response.headers if line[0].lower() not in dropped)
    return replace(response, headers=(*kept, *added), times=times)


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
