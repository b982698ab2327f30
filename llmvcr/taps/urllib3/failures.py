"""What urllib3 raises for an attempt that no answer came to: said in a recording, and raised again from one."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPException, RemoteDisconnected
from typing import Any, NoReturn

from urllib3 import exceptions
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_match_hostname import CertificateError

from llmvcr.interaction import Response
from llmvcr.taps.failures import in_library
from llmvcr.taps.pacing import Pace, TooSlow

__all__ = ["Attempt", "fail", "told"]

_CONNECTING = frozenset({"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"})
_BELOW = (
    *(RemoteDisconnected, BadStatusLine),
    *(ConnectionResetError, ConnectionAbortedError, ConnectionRefusedError, BrokenPipeError, TimeoutError, OSError),
)
"""What http.client and the sockets raise, for urllib3 to wrap."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The call that fails again: its pool and connection, what it asks for, and for how long it waits (seconds)."""

    pool: Any
    conn: Any
    url: str
    pace: Pace
    read_timeout: float | None


def told(error: BaseException, pool: Any, conn: Any) -> tuple[str, str]:
    """Give the name and the text of what `_make_request` raised, without the address of an object in memory."""
    below = getattr(error, "original_error", None)
    if isinstance(error, exceptions.ProxyError) and isinstance(below, BaseException):
        # Which urllib3 makes of it by itself, here or above, for any connection to a proxy that was not made.
        name, text = told(below, pool, conn)
        return name if name in _CONNECTING else type(error).__name__, text
    if isinstance(error, ssl.SSLError | CertificateError):
        return "SSLError", str(error)
    text = str(error)
    if isinstance(error, HTTPError) and len(error.args) > 1:  # (connection, text)
        text = next((each for each in error.args if isinstance(each, str)), text)
    return type(error).__name__, text.removeprefix(f"{conn}: ").removeprefix(f"{pool}: ")


def fail(answer: Response, attempt: Attempt) -> NoReturn:
    """Raise, when it is due, what a recorded attempt ended in; whatever wrapped it then wraps it again."""
    name = in_library("urllib3", answer.ended) or answer.ended
    limit = None if name in _CONNECTING else attempt.read_timeout
    try:
        attempt.pace.wait(0, limit)
    except TooSlow:
        message = f"Read timed out. (read timeout={limit})"
        raise exceptions.ReadTimeoutError(attempt.pool, attempt.url, message) from None
    error = _error(name, answer.error or f"replayed: the recorded call ended in {answer.ended}", attempt)
    lost = isinstance(error, ConnectionError) or name in _CONNECTING
    if not lost and "_has_connected_to_proxy" in vars(attempt.conn):
        vars(attempt.conn)["_has_connected_to_proxy"] = True  # or urllib3 says that it could not
    raise error


def _error(name: str, text: str, attempt: Attempt) -> Exception:
    """Make the exception of a name that `in_library` knows; of another, one that urllib3 calls a broken connection."""
    error: Exception
    match name:
        case "NameResolutionError" if hasattr(exceptions, name):  # urllib3 1.26 has no class of its own for it
            reason = text.partition(" (")[2].removesuffix(")") or text
            error = exceptions.NameResolutionError(attempt.pool.host, attempt.conn, socket.gaierror(reason))
        case "NewConnectionError" | "NameResolutionError":
            error = exceptions.NewConnectionError(attempt.conn, text)
        case "ConnectTimeoutError":
            error = exceptions.ConnectTimeoutError(attempt.conn, text)
        case "ReadTimeoutError":
            error = exceptions.ReadTimeoutError(attempt.pool, attempt.url, text)
        case "SSLError":
            error = exceptions.SSLError(_tls(text))
        case "ProxyError":
            error = exceptions.ProxyError("Unable to connect to proxy", OSError(text))
        case _:
            known = (kind for kind in _BELOW if kind.__name__ == name)
            error = next(known, HTTPException)(text)
    return error


def _tls(text: str) -> Exception:
    """Make what lies below an SSLError: what OpenSSL has to say, or that the host is another one than asked for."""
    if "doesn't match" in text:
        return CertificateError(text)
    kind = ssl.SSLCertVerificationError if "CERTIFICATE_VERIFY_FAILED" in text else ssl.SSLError
    return kind(1, text)
