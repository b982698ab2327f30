"""Which exception says what in which client library: rows, so that a failure recorded in one replays in another."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["CANCELLED", "FAILURES", "Failure", "in_library", "is_cancellation"]

CANCELLED = "CancelledError"
"""How a call is said to have ended that its task was cancelled out of, by a deadline, say."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One way for a call to fail: the class that each library raises for it, by its name alone."""

    kind: str
    httpx: str
    aiohttp: str
    urllib3: str


FAILURES: tuple[Failure, ...] = (
    # Of rows with the same name in one library the first counts: httpx calls every failure to connect ConnectError.
    Failure("connect", "ConnectError", "ClientConnectorError", "NewConnectionError"),
    Failure("dns", "ConnectError", "ClientConnectorDNSError", "NameResolutionError"),
    Failure("tls", "ConnectError", "ClientConnectorSSLError", "SSLError"),
    Failure("certificate", "ConnectError", "ClientConnectorCertificateError", "SSLError"),
    Failure("connect timeout", "ConnectTimeout", "ConnectionTimeoutError", "ConnectTimeoutError"),
    Failure("read timeout", "ReadTimeout", "SocketTimeoutError", "ReadTimeoutError"),
    Failure("read timeout", "ReadTimeout", "TimeoutError", "ReadTimeoutError"),  # the `total` of aiohttp's timeout
    Failure("write timeout", "WriteTimeout", "SocketTimeoutError", "TimeoutError"),
    Failure("pool timeout", "PoolTimeout", "ConnectionTimeoutError", "EmptyPoolError"),
    Failure("cut", "RemoteProtocolError", "ClientPayloadError", "ProtocolError"),
    Failure("cut", "RemoteProtocolError", "ServerDisconnectedError", "IncompleteRead"),
    Failure("cut", "RemoteProtocolError", "ClientPayloadError", "InvalidChunkLength"),
    Failure("read", "ReadError", "ClientOSError", "ProtocolError"),
    Failure("write", "WriteError", "ClientOSError", "ProtocolError"),
    # urllib3's attempts are heard below what it makes of an OSError or of what http.client raises: a ProtocolError.
    Failure("cut", "RemoteProtocolError", "ServerDisconnectedError", "RemoteDisconnected"),
    Failure("cut", "RemoteProtocolError", "ClientResponseError", "BadStatusLine"),
    Failure("read", "ReadError", "ClientOSError", "ConnectionResetError"),
    Failure("read", "ReadError", "ClientOSError", "ConnectionAbortedError"),
    Failure("write", "WriteError", "ClientOSError", "BrokenPipeError"),
    Failure("proxy", "ProxyError", "ClientProxyConnectionError", "ProxyError"),
    # Less usual words of aiohttp's; the first is that of versions before 3.10.
    Failure("read timeout", "ReadTimeout", "ServerTimeoutError", "ReadTimeoutError"),
    Failure("connect", "ConnectError", "UnixClientConnectorError", "NewConnectionError"),
    Failure("certificate", "ConnectError", "ServerFingerprintMismatch", "SSLError"),
    Failure("write", "WriteError", "ClientConnectionError", "ProtocolError"),
    Failure("write", "WriteError", "ClientConnectionResetError", "ProtocolError"),
    Failure("proxy", "ProxyError", "ClientHttpProxyError", "ProxyError"),
    Failure("decoding", "DecodingError", "ClientPayloadError", "DecodeError"),
)
"""Every failure that a recording may hold. Nothing is ever imported by a name that stands in a file."""


def in_library(library: str, name: str) -> str:
    """Give the name that `library` (a field of Failure) has for what another calls `name`; "" where none is known."""
    if any(getattr(row, library) == name for row in FAILURES):
        return name
    libraries = [field.name for field in fields(Failure) if field.name != "kind"]
    rows = (row for row in FAILURES if name in (getattr(row, each) for each in libraries))
    return next((getattr(row, library) for row in rows), "")


def is_cancellation(error: BaseException) -> bool:
    """Say whether a task is being cancelled: asyncio's CancelledError, or trio's Cancelled."""
    return type(error).__name__ in (CANCELLED, "Cancelled") and not isinstance(error, Exception)
