"""aiohttp's exceptions: how a failure is named in a recording, and how it is raised again from there."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
from typing import Any

import aiohttp
from aiohttp import ClientRequest, client_exceptions
from aiohttp.http_exceptions import HttpProcessingError

from llmvcr.interaction import Response
from llmvcr.taps.failures import CANCELLED, in_library

__all__ = ["CLOSED", "Told", "connecting", "cut", "name", "name_connecting", "name_giving_up", "reading"]

Told = tuple[str, str]
"""How a call ended: the name of an exception's class, and its text (`Response.ended`, `Response.error`)."""

CLOSED: Told = ("closed", "")

_OUT_OF_TIME = "TimeoutError"
"""What aiohttp raises when the `total` of a ClientTimeout has passed: Python's own class."""

_CAUSES: tuple[tuple[str, type[OSError], int], ...] = (
    ("ClientConnectorCertificateError", ssl.SSLCertVerificationError, 1),
    ("ClientConnectorSSLError", ssl.SSLError, 1),
    ("ClientConnectorDNSError", socket.gaierror, socket.EAI_NONAME),
    ("ClientConnectorError", OSError, errno.ECONNREFUSED),
)
"""By error of the connector, the first that fits: what causes it, and its number where the recording has none."""

_CONNECTING = ("ClientConnectorError", "ConnectionTimeoutError", "ServerFingerprintMismatch", "ClientHttpProxyError")
"""What comes from a connector; all else comes when there is a connection."""

_BEFORE = {
    "ClientConnectorDNSError": "ClientConnectorError",
    "ConnectionTimeoutError": "ServerTimeoutError",
    "SocketTimeoutError": "ServerTimeoutError",
}
"""What was raised before aiohttp 3.10 had a class for it."""

_NUMBERED = re.compile(r"\[Errno (-?\d+)\] (.*)", re.DOTALL)
_OF_PROXY = re.compile(r"(\d+), message='(.*)', url=", re.DOTALL)


def name(error: BaseException) -> Told:
    """Say what a call failed with, as the application will see it.

    Of a connection that could not be made this is the text of its cause: the error's own names the host again, and
    leaves out the number.
    """
    if isinstance(error, HttpProcessingError):
        return "ClientResponseError", error.message  # `ClientResponse.start` makes it that
    cause: BaseException = error
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
    elif isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
    return type(error).__name__, str(cause)


def name_connecting(error: BaseException, request: ClientRequest) -> Told:
    """Say what went wrong before there was a connection."""
    if isinstance(error, asyncio.CancelledError):
        return name_giving_up(error, request)
    if type(error) is TimeoutError:
        return "ConnectionTimeoutError", str(error)  # `ClientSession._request` makes it that
    return name(error)


def name_giving_up(error: BaseException | None, request: ClientRequest) -> Told:
    """Say why the client let go of a call: `error` is what it was handling, if anything.

    When the `total` of a timeout has passed, aiohttp cancels the task, and makes a TimeoutError of that later.
    """
    if getattr(request._timer, "_cancelled", False) is True:  # noqa: SLF001 - said nowhere else
        return _OUT_OF_TIME, ""
    if isinstance(error, asyncio.CancelledError):
        return CANCELLED, ""
    return CLOSED


def connecting(answer: Response, request: ClientRequest) -> BaseException | None:
    """Give what the connector raises for a recorded failure to connect; None where it failed later, or not at all."""
    kind = _kind(answer)
    if not answer.failed or not any(_is(kind, name) for name in _CONNECTING):
        return None
    error: BaseException
    if _is(kind, "ConnectionTimeoutError"):
        error = TimeoutError(answer.error)  # which `ClientSession._request` makes the other
    elif _is(kind, "ServerFingerprintMismatch"):
        error = kind(b"", b"", request.host, request.port)  # the fingerprints are not in the recording
    elif _is(kind, "ClientHttpProxyError"):
        said = _OF_PROXY.match(answer.error)
        status, message = (int(said[1]), said[2]) if said else (0, _text(answer))
        error = kind(_to_proxy(request).request_info, (), status=status, message=message)
    else:
        asked = _to_proxy(request) if _is(kind, "ClientProxyConnectionError") else request
        path = ("",) if _is(kind, "UnixClientConnectorError") else ()  # it is not in the recording
        error = kind(*path, asked.connection_key, _cause(kind, _text(answer)))
    return error


def reading(answer: Response) -> BaseException:
    """Give what aiohttp's protocol is told to fail with, for an attempt that failed before an answer came."""
    kind, text = _kind(answer), _text(answer)
    if issubclass(kind, aiohttp.ClientResponseError):
        return HttpProcessingError(code=400, message=text)  # 400 is what aiohttp's parser says of all it cannot parse
    if issubclass(kind, aiohttp.ClientPayloadError):  # other libraries know one error for both; here is no payload yet
        return aiohttp.ServerDisconnectedError(text)
    return _made(kind, answer)


def cut(answer: Response) -> BaseException:
    """Give what the stream is told to fail with, for an answer whose recording ends before its time."""
    if answer.ended == CLOSED[0]:
        message = "replayed: the recording ends here, where the client that recorded it closed the stream"
        return aiohttp.ClientPayloadError(message)
    return _made(_kind(answer), answer)


def _made(kind: type[Any], answer: Response) -> BaseException:
    text = _text(answer)
    if kind is TimeoutError:
        return TimeoutError(*filter(None, [answer.error]))
    if issubclass(kind, aiohttp.ClientOSError):
        return aiohttp.ClientOSError(*_numbered(text))
    if issubclass(kind, aiohttp.ClientResponseError | aiohttp.ServerFingerprintMismatch):  # not from here
        return aiohttp.ClientPayloadError(text)
    error: BaseException = kind(text)
    return error


def _text(answer: Response) -> str:
    return answer.error or f"replayed: the recorded call ended in {answer.ended}"


def _kind(answer: Response) -> type[Any]:
    """Give the class for a recorded name: aiohttp's own, or its word for another library's; never any other class."""
    known = in_library("aiohttp", answer.ended)
    for word in (answer.ended, known, _BEFORE.get(known, "")):
        kind = TimeoutError if word == _OUT_OF_TIME else getattr(client_exceptions, word, None)
        if isinstance(kind, type) and (kind is TimeoutError or issubclass(kind, aiohttp.ClientError)):
            return kind
    return aiohttp.ClientConnectionError if answer.failed else aiohttp.ClientPayloadError


def _is(kind: type[Any], name: str) -> bool:
    """Say whether a class is, or derives from, aiohttp's one of this name; older versions do not have them all."""
    known = getattr(client_exceptions, name, None)
    return isinstance(known, type) and issubclass(kind, known)


def _to_proxy(request: ClientRequest) -> ClientRequest:
    """Give the request that aiohttp makes of a proxy on behalf of `request`."""
    if request.proxy is None:
        return request
    return ClientRequest("CONNECT", request.proxy, loop=request.loop)


def _cause(kind: type[Any], text: str) -> OSError:
    """Give the cause of a failure to connect; of an OSError the number chooses the class, as always in Python."""
    cause, number = next((row[1], row[2]) for row in _CAUSES if _is(kind, row[0]))
    arguments = _numbered(text)
    return cause(*arguments) if len(arguments) > 1 else cause(number, text)


def _numbered(text: str) -> tuple[Any, ...]:
    """Give the arguments of the OSError that has this text."""
    found = _NUMBERED.match(text)
    return (int(found[1]), found[2]) if found else (text,)
