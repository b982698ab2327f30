"""The one value that flows through recording, replay and conversion: an immutable Interaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "FAILED",
    "SWITCHED",
    "Headers",
    "Interaction",
    "Json",
    "Request",
    "Response",
    "failure",
    "header",
    "is_socket",
]

Json = Any
"""A value that JSON can hold: None, bool, int, float, str, list or dict of these."""

Headers = tuple[tuple[str, str], ...]
"""Header lines in the order and spelling in which they crossed the wire."""

FAILED = 599
"""The status of an attempt that no answer came to; no server sends it."""

SWITCHED = 101
"""The status of an answer behind which a connection goes on as a WebSocket (RFC 6455, 1.3)."""

_FAILURE = "llmvcr: "  # stands before the class name in the reason of a failed attempt


def header(headers: Headers, name: str) -> str | None:
    """Return the value of the first header called `name` (in any case), or None."""
    wanted = name.lower()
    for key, value in headers:  # a generator takes twice as long, and this is asked several times a call
        if key.lower() == wanted:
            return value
    return None


def is_socket(url: str) -> bool:
    """Say whether a URL is of a WebSocket."""
    return url[:6].lower().startswith(("ws://", "wss://"))


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it left the client: `body` is its exact bytes, None where the source names no body."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as it arrived: the joined `chunks` are the body, each chunk one piece the transport gave.

    `ended` says how it ended: "" when it was whole, "closed" when the client closed it before its end, else the name
    of the exception that cut it ("RemoteProtocolError"), whose text is `error`. `times` are milliseconds since the
    request was asked: of the head, then of each chunk; () where they are not kept. `http_version` is "" for HTTP/1.1.
    `trailers` are header lines after the body, which urllib3's tap alone can hear; the other libraries drop them.

    A failed attempt, which no HTTP answered, is a Response too (shared/decisions.md, 7): see `failure`.
    """

    status: int
    reason: str = ""
    headers: Headers = ()
    chunks: tuple[bytes, ...] = ()
    ended: str = ""
    error: str = ""
    times: tuple[float, ...] = ()
    http_version: str = ""
    trailers: Headers = ()

    @property
    def body(self) -> bytes:
        """The whole body as bytes."""
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)

    @property
    def failed(self) -> bool:
        """Whether this is no answer but an attempt that failed before one came; `ended` says in what."""
        return self.status == FAILED and self.reason.startswith(_FAILURE)


def failure(ended: str, error: str = "", times: tuple[float, ...] = ()) -> Response:
    """Give the Response that stands for an attempt without an answer; `ended` is the exception's class name."""
    return Response(FAILED, _FAILURE + ended, ended=ended, error=error, times=times)


@dataclass(frozen=True, slots=True)
class Interaction:
    """One request and its answer, with what the file they came from said beyond HTTP.

    `recorded_at` is ISO 8601 in UTC ("2026-11-22T09:00:00Z") or None. `notes` holds JSON facts that stand under
    the `llmvcr` key of a file (for example `recording`: how a llama-stack recording spelt this call); `unknown`
    holds keys of the source that no format knows, as {"interaction" | "request" | "response": {key: value}}.
    """

    request: Request
    response: Response
    recorded_at: str | None = None
    notes: Mapping[str, Json] = field(default_factory=dict)
    unknown: Mapping[str, Json] = field(default_factory=dict)
