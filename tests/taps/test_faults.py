"""Faults through every client library that is heard: each has its own exception for them, at the same place."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import botocore.exceptions
import httpx
import pytest
import requests
import urllib3

import llmvcr
from llmvcr import Fault
from taps.bedrock import bedrock, event
from taps.paced import Paced

# Reading the system's certificates takes most of the time that making a client takes; nobody speaks TLS here.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello."}], "stream": True}
PATH = "v1/chat/completions"
EVENTS = tuple(b'data: {"n": %d}\n\n' % number for number in range(4))

Heard = tuple[int, bytes, str]
"""The status (0 for none), what came of the body, and the name of the error that ended it ("" for none)."""


def _httpx(url: str) -> Heard:
    return _heard(httpx.HTTPError, lambda got: _read_httpx(url, got))


def _read_httpx(url: str, got: list[Any]) -> None:
    with httpx.Client(verify=_NO_CERTIFICATES) as client, client.stream("POST", url, json=BODY) as answer:
        got.append(answer.status_code)
        got.extend(answer.iter_raw())


def _urllib3(url: str) -> Heard:
    return _heard(urllib3.exceptions.HTTPError, lambda got: _read_urllib3(url, got))


def _read_urllib3(url: str, got: list[Any]) -> None:
    with urllib3.PoolManager(retries=False) as pool:
        answer = pool.request("POST", url, json=BODY, preload_content=False)
        got.append(answer.status)
        got.extend(answer.stream(65536))


def _requests(url: str) -> Heard:
    return _heard(requests.RequestException, lambda got: _read_requests(url, got))


def _read_requests(url: str, got: list[Any]) -> None:
    with requests.post(url, json=BODY, stream=True, timeout=9) as answer:
        got.append(answer.status_code)
        got.extend(answer.iter_content(None))


def _aiohttp(url: str) -> Heard:
    return _heard(aiohttp.ClientError, lambda got: asyncio.run(_read_aiohttp(url, got)))


async def _read_aiohttp(url: str, got: list[Any]) -> None:
    async with aiohttp.ClientSession() as session, session.post(url, json=BODY) as answer:
        got.append(answer.status)
        async for piece in answer.content.iter_any():
            got.append(piece)  # noqa: PERF401 - what came before an error counts


def _heard(errors: type[Exception], read: Callable[[list[Any]], None]) -> Heard:
    got: list[Any] = []
    name = ""
    try:
        read(got)
    except errors as error:
        name = type(error).__name__
    return (got[0], b"".join(got[1:]), name) if got else (0, b"", name)


CLIENTS = {"httpx": _httpx, "urllib3": _urllib3, "requests": _requests, "aiohttp": _aiohttp}

ENDS = {
    "cut": (
        Fault(cut_after=2),
        {
            "httpx": "RemoteProtocolError",
            "urllib3": "ProtocolError",
            "requests": "ChunkedEncodingError",
            "aiohttp": "ClientPayloadError",
        },
    ),
    "stalled": (
        Fault(stall_after=2),
        {
            "httpx": "ReadTimeout",
            "urllib3": "ReadTimeoutError",
            "requests": "ConnectionError",
            "aiohttp": "SocketTimeoutError",
        },
    ),
    "refused": (
        Fault(refuse=True),
        {
            "httpx": "ConnectError",
            "urllib3": "NewConnectionError",
            "requests": "ConnectionError",
            "aiohttp": "ClientConnectorError",
        },
    ),
    "dns": (
        Fault(dns=True),
        {
            "httpx": "ConnectError",
            "urllib3": "NameResolutionError",
            "requests": "ConnectionError",
            "aiohttp": "ClientConnectorDNSError",
        },
    ),
    "timeout": (
        Fault(timeout=True),
        {
            "httpx": "ReadTimeout",
            "urllib3": "ReadTimeoutError",
            "requests": "ReadTimeout",
            "aiohttp": "SocketTimeoutError",
        },
    ),
}


@pytest.mark.parametrize("library", CLIENTS)
@pytest.mark.parametrize("name", ENDS)
def test_what_fails_fails_in_the_librarys_own_way(name: str, library: str, server: Paced, tmp_path: Path) -> None:
    """A call that fails, or a stream that breaks after two events, raises the library's own class; then all is well."""
    fault, errors = ENDS[name]
    ask, url = CLIENTS[library], f"{server.url}{PATH}"
    server.headers, server.steps = [("content-type", "text/event-stream")], EVENTS
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        ask(url)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_faults=fault):
        broken = ask(url)
        good = ask(url)
    begun = (200, b"".join(EVENTS[:2])) if fault.last is not None else (0, b"")
    assert broken == (*begun, errors[library])
    assert good == (200, b"".join(EVENTS), "")


@pytest.mark.parametrize("library", CLIENTS)
def test_what_is_answered_is_answered(library: str, server: Paced, tmp_path: Path) -> None:
    """A refusal, a broken event and a split one come through each library as they are."""
    ask, url = CLIENTS[library], f"{server.url}{PATH}"
    server.headers, server.steps = [("content-type", "text/event-stream")], EVENTS
    faults = [Fault(status=529), Fault(malformed=2), Fault(split=1, call=3)]
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        ask(url)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_faults=faults):
        refused, malformed, split = ask(url), ask(url), ask(url)
    assert (refused[0], json.loads(refused[1])["error"]["type"], refused[2]) == (529, "server_error", "")
    assert malformed == (200, EVENTS[0] + b'data: {"n"\n\n' + b"".join(EVENTS[2:]), "")
    assert split == (200, b"".join(EVENTS), "")


_DELTAS = [event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}}) for text in ("one", "two")]
_FRAMES = [*_DELTAS, event("messageStop", {"stopReason": "end_turn"})]


def _converse(url: str, got: list[Any]) -> None:
    asked = [{"role": "user", "content": [{"text": "made up"}]}]
    got.extend(bedrock(url).converse_stream(modelId="made-up.model", messages=asked)["stream"])


@pytest.mark.parametrize(
    ("fault", "events", "error", "word"),
    [
        (Fault(status=429), 0, botocore.exceptions.ClientError, "ThrottlingException"),
        (Fault(status=503), 0, botocore.exceptions.ClientError, "ServiceUnavailableException"),
        (Fault(refuse=True), 0, botocore.exceptions.EndpointConnectionError, "connect"),
        (Fault(timeout=True), 0, botocore.exceptions.ReadTimeoutError, "timeout"),
        (Fault(cut_after=2), 2, urllib3.exceptions.ProtocolError, "ended"),
        (Fault(stall_after=1), 1, urllib3.exceptions.ReadTimeoutError, "timed out"),
    ],
    ids=lambda value: str(value) if isinstance(value, Fault) else "",
)
def test_bedrock(fault: Fault, events: int, error: type[Exception], word: str, server: Paced, tmp_path: Path) -> None:
    """boto3 raises its own error for each refusal, and reads an event stream as far as it goes."""
    server.steps, server.headers = _FRAMES, [("Content-Type", "application/vnd.amazon.eventstream")]
    whole: list[Any] = []
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _converse(server.url, whole)
    got: list[Any] = []
    again: list[Any] = []
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_faults=fault):
        with pytest.raises(error) as raised:
            _converse(server.url, got)
        _converse(server.url, again)
    assert word in str(raised.value)
    assert got == whole[:events]
    assert again == whole


def test_bedrock_with_a_malformed_event(server: Paced, tmp_path: Path) -> None:
    """boto3 takes a malformed event for one that says nothing: the text in it is gone, and no error tells of it."""
    server.steps, server.headers = _FRAMES, [("Content-Type", "application/vnd.amazon.eventstream")]
    whole: list[Any] = []
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _converse(server.url, whole)
    got: list[Any] = []
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_faults=Fault(malformed=2)):
        _converse(server.url, got)
    assert got == [whole[0], {"contentBlockDelta": {}}, whole[2]]
