"""Where urllib3 is tapped: at the method of its pools through which each attempt of a request passes once."""

# Retries and redirects happen above `_make_request`, as all of requests and botocore does, and what it raises is
# wrapped there as ever. urllib3 2 and 1.26 both have it; below it stand the connections, which a replay does not touch.

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPException, HTTPResponse
from ssl import CERT_REQUIRED
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from urllib3 import connection
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import resolve_cert_reqs
from urllib3.util.ssl_match_hostname import CertificateError

from llmvcr.interaction import Request
from llmvcr.taps.base import Patch, Recorder
from llmvcr.taps.ear import Ear
from llmvcr.taps.pacing import Pace
from llmvcr.taps.urllib3.failures import Attempt, fail, told
from llmvcr.taps.urllib3.hearing import Chunked, heard_response
from llmvcr.taps.urllib3.stage import Paper, Stage
from llmvcr.walls import passing

__all__ = ["patches"]

_CONNECTION: Any = getattr(HTTPConnection, "_baseclass", HTTPConnection)  # below the stub of a plain vcrpy cassette
_MODERN = hasattr(_CONNECTION, "is_closed")  # urllib3 2; else 1.26

_LOCAL = ("unix", "npipe")  # in the names of the classes that others write for sockets of this machine
_PORTS = MappingProxyType({"http": 80, "https": 443})
_BLOCK = 16384  # bytes of a file that urllib3 sends at once


def patches(recorder: Recorder) -> Iterator[Patch]:
    """Give the patches of urllib3's pools; those of requests, botocore and SOCKS proxies inherit them."""
    # urllib3 1.26 calls by name what it was made of, which is a stub where it was imported while a cassette was open.
    names = vars(connection)
    names["_HTTPConnection"] = getattr(names["_HTTPConnection"], "_baseclass", names["_HTTPConnection"])
    # The stubs of a plain vcrpy cassette that is open already; those of one that opens later are its own business.
    outer = getattr(HTTPConnectionPool.ConnectionCls, "cassette", None)
    yield HTTPConnectionPool, "ConnectionCls", None
    for owner, name, wrap in (
        (HTTPConnectionPool, "_make_request", partial(_asking, recorder, outer)),
        (HTTPSConnectionPool, "_prepare_proxy", _later),
    ):
        yield owner, name, wrap(getattr(owner, name))


def _asking(recorder: Recorder, outer: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    def _tapped(pool: Any, conn: Any, method: str, url: str, **options: Any) -> Any:
        stub = getattr(conn, "cassette", None)
        if _is_local(pool, conn) or (stub is not None and stub is not outer):
            return real(pool, conn, method, url, **options)
        conn = conn if stub is None else conn.real_connection
        options["body"] = _again(options.get("body"))
        call = recorder.call(_request(pool, method, url, options))
        if call.answer is None:
            ear = Ear(call)
            with passing():
                return _record(ear, pool, conn, partial(real, pool, conn, method, url, **options))
        pace = Pace(call.answer)
        if call.answer.failed:
            attempt = Attempt(pool, conn, url, pace, _read_timeout(options.get("timeout")))
            fail(call.answer, attempt)
        return real(pool, _player(pool, conn, Stage(call.answer, pace)), method, url, **options)

    return _tapped


def _record(ear: Ear, pool: Any, conn: Any, send: Callable[[], Any]) -> Any:
    """Send a request for real, with an ear on what comes."""
    if ear.over:
        return send()
    conn.getresponse = partial(_getresponse, conn, ear)
    try:
        response = send()
    except (OSError, HTTPException, HTTPError, CertificateError) as error:
        ear.end(*told(error, pool, conn))
        raise
    finally:
        vars(conn).pop("getresponse", None)
    if not isinstance(getattr(response, "_original_response", response), HTTPResponse):
        # A connection that makes its responses without http.client, as urllib3's HTTP/2 does: it has the whole body.
        version = getattr(response, "version_string", "")
        ear.head(response.status, response.reason or "", tuple(response.headers.items()), version)
        ear.chunk(response.data)
        ear.end()
    return response


def _getresponse(conn: Any, ear: Ear) -> Any:
    """Stand in for the method of this name, once: have the response made that http.client makes, but heard."""
    del conn.getresponse
    made = conn.response_class
    conn.response_class = partial(heard_response, made, ear)
    try:
        return conn.getresponse()
    finally:
        conn.response_class = made


def _later(real: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Have a tunnel through a proxy made ready, but not connected: `_make_request` connects if it comes to that."""

    def _tapped_proxy(pool: Any, conn: Any) -> None:
        if getattr(conn, "cassette", None) is not None:
            real(pool, conn)
            return
        conn.connect = lambda: None
        try:
            real(pool, conn)
        finally:
            del conn.connect

    return _tapped_proxy


def _player(pool: Any, conn: Any, stage: Stage) -> Any:
    """Give a connection whose socket is a stage; the pool's own stays as it is, closed or not."""
    player = _CONNECTION(pool.host, pool.port)
    player.sock = stage
    # Where the real one would not be verified, urllib3 warns as it did live.
    verified = resolve_cert_reqs(getattr(conn, "cert_reqs", None)) == CERT_REQUIRED
    player.is_verified = verified or bool(getattr(conn, "assert_fingerprint", None))
    return player


def _read_timeout(timeout: Any) -> float | None:
    if timeout is None:
        return None
    running = timeout.clone()
    running.start_connect()
    return running.read_timeout if isinstance(running.read_timeout, int | float) else None


def _is_local(pool: Any, conn: Any) -> bool:
    names = [kind.__name__.lower() for kind in (*type(pool).__mro__, *type(conn).__mro__)]
    return any(mark in name for mark in _LOCAL for name in names)


def _again(body: Any) -> Any:
    """Give a body that can be read twice: the pieces of a file or an iterator, as they would have been sent."""
    if body is None or isinstance(body, str | bytes):
        return body
    if hasattr(body, "read"):
        encoding = "utf-8" if _MODERN else "iso-8859-1"
        pieces = iter(partial(body.read, _BLOCK), None)
        return tuple(one.encode(encoding) if isinstance(one, str) else one for one in itertools.takewhile(bool, pieces))
    try:
        memoryview(body)
    except TypeError:
        return tuple(body)
    return body


def _request(pool: Any, method: str, url: str, options: dict[str, Any]) -> Request:
    """Take the request down as it will be sent, with the lines that urllib3 and http.client add to its head."""
    port = _PORTS.get(pool.scheme)
    writer = _CONNECTION(pool.host, pool.port or port)
    writer.default_port = port
    writer.sock = paper = Paper()
    write, chunked = writer.request, bool(options.get("chunked"))
    if _MODERN:
        write = partial(write, chunked=chunked)
    elif chunked:
        write = writer.request_chunked
    write(method, url, body=options["body"], headers=options.get("headers"))
    head, _, body = bytes(paper.sent).partition(b"\r\n\r\n")
    lines = tuple(_line(line) for line in head.split(b"\r\n")[1:])
    if "chunked" in [value.lower() for name, value in lines if name.lower() == "transfer-encoding"]:
        body = b"".join(piece for piece, _ in Chunked().feed(body))
    own = tuple(line for line in lines if not line[0].lower().startswith("proxy-"))  # the others end at the proxy
    return Request(method, _url(pool, url), own, None if options["body"] is None else body)


def _line(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name, value.strip()


def _url(pool: Any, target: str) -> str:
    """Give the URL of a request from its target: a path, or the whole of it for a proxy that forwards."""
    scheme, place, rest = pool.scheme, f"[{pool.host}]" if ":" in pool.host else pool.host, target
    if target.startswith("/"):
        place = f"{place}:{pool.port}"
    else:
        scheme, place = urlsplit(target)[:2]
        rest = target.partition(place)[2]
        rest = rest if rest.startswith("/") else f"/{rest}"
    return f"{scheme}://{place.removesuffix(f':{_PORTS.get(scheme)}')}{rest}"
