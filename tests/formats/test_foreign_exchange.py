"""Single exchanges in JSON, as Datadog's test agent and others write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmvcr import formats
from llmvcr.errors import ReadError
from llmvcr.formats.exchange import EXCHANGE
from llmvcr.interaction import Interaction

AGENT = (Path(__file__).parent / "data" / "exchange.json").read_bytes()
RECORDING = b"""{"request": {"method": "POST", "url": "https://h/v1/x", "headers": {}, "body": {}, "endpoint": "/v1/x"},
"response": {"body": null, "is_streaming": false}}"""
REQUEST = {"method": "POST", "url": "https://api.example.com/v1/x", "headers": {"A": "1"}, "body": "asked"}
RESPONSE = {"status": {"code": 201, "message": "Created"}, "headers": {"B": "2"}, "body": "answered"}


def text(request: dict[str, Any] | None = None, response: dict[str, Any] | None = None, **more: Any) -> bytes:
    """An exchange with some keys changed; None takes a key away."""
    parts = {"request": REQUEST | (request or {}), "response": RESPONSE | (response or {})}
    kept = {part: {key: value for key, value in keys.items() if value is not ...} for part, keys in parts.items()}
    return json.dumps(kept | more).encode()


def one(data: bytes) -> Interaction:
    """The only interaction of a file that is sniffed as an exchange."""
    assert formats.sniff(data, path="f") is EXCHANGE
    (interaction,) = formats.read(data, path="f").interactions
    return interaction


def test_what_the_agent_wrote_is_read() -> None:
    """Each part of an exchange is read, and it answers without limit, as the agent does."""
    found = one(text())
    assert (found.request.method, found.request.url) == ("POST", "https://api.example.com/v1/x")
    assert (found.request.headers, found.request.body) == ((("A", "1"),), b"asked")
    assert (found.response.status, found.response.reason) == (201, "Created")
    assert (found.response.headers, found.response.body) == ((("B", "2"),), b"answered")
    assert found.notes == {}
    assert found.unknown == {}
    assert formats.read(text(), path="f").repeats


def test_an_unpacked_body_loses_its_content_encoding() -> None:
    """The agent unpacks bodies and answers without content-encoding: the header goes into a note."""
    found = one(AGENT)
    assert found.response.headers == (("Content-Type", "application/json"),)
    assert found.notes == {"unpacked": "gzip"}
    packed = one(
        text(response={"body": "base64:H4sIAAAAAAACA0vOz8sDAJoBKBoEAAAA", "headers": {"content-encoding": "gzip"}})
    )
    assert packed.response.body[:2] == b"\x1f\x8b"
    assert packed.response.headers == (("content-encoding", "gzip"),)


@pytest.mark.parametrize(
    ("body", "held", "notes"),
    [
        ("base64:AP/+", b"\x00\xff\xfe", {}),
        ("base64: is an encoding", b"base64: is an encoding", {}),
        ("", b"", {}),
        (None, b"", {}),
        ({"string": "é"}, "é".encode(), {}),
        ({"a": 1, "b": "é"}, '{"a":1,"b":"é"}'.encode(), {"rebuilt": ["response.body"]}),
        ([1], b"[1]", {"rebuilt": ["response.body"]}),
        ("\ud800", b"\xed\xa0\x80", {}),
    ],
)
def test_every_kind_of_body(body: Any, held: bytes, notes: dict[str, Any]) -> None:
    """Text, base64 and parsed JSON give their bytes, and parsed JSON is noted as rebuilt."""
    found = one(text(response={"body": body}))
    assert found.response.body == held
    assert found.notes == notes


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ({"status": 404}, (404, "")),
        ({"status": ..., "status_code": 404, "reason": "Not Found"}, (404, "Not Found")),
        ({"status": ..., "statusCode": 404, "statusMessage": "Not Found"}, (404, "Not Found")),
        ({"status": 404, "statusText": "Not Found"}, (404, "Not Found")),
        ({"status": {"code": 404}}, (404, "")),
    ],
)
def test_every_spelling_of_a_status(response: dict[str, Any], status: tuple[int, str]) -> None:
    """A status in the words of other tools is the same status."""
    found = one(text(response=response))
    assert (found.response.status, found.response.reason) == status
    assert found.unknown == {}


@pytest.mark.parametrize(
    "headers", [[["A", "1"], ["A", "2"]], [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}], {"A": ["1", "2"]}]
)
def test_every_spelling_of_headers(headers: Any) -> None:
    """Header lines in any of three shapes are the same lines."""
    assert one(text(request={"headers": headers})).request.headers == (("A", "1"), ("A", "2"))


def test_what_else_stands_there_is_kept() -> None:
    """Keys that HTTP does not have are kept by where they stood, and a time is read."""
    data = text(
        {"url": ..., "uri": "https://api.example.com/"}, {"took": 3}, recorded_at="2026-11-22T10:00:00+01:00", id=7
    )
    found = one(data)
    assert found.request.url == "https://api.example.com/"
    assert found.recorded_at == "2026-11-22T09:00:00Z"
    assert found.unknown == {"interaction": {"id": 7}, "response": {"took": 3}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            text({"url": "/v1/x"}),
            "f, request.url: is no whole HTTP URL, so that nothing says which host was asked: /v1/x",
        ),
        (
            text({"url": "wss://h/x"}),
            "f, request.url: is a WebSocket recording, which is no HTTP request and answer: wss",
        ),
        (text({"method": 1}), "f, request.method: is no text"),
        (text(response={"body": ...}), "f, response.body: is missing"),
        (text(response={"status": "fine"}), "f, response.status: has a code that is no whole number"),
        (text(response={"headers": "x"}), "f, response.headers: is neither a mapping nor a list of [name, value]"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    """What is missing or has the wrong shape is refused with its place."""
    with pytest.raises(ReadError) as caught:
        EXCHANGE.read(data, path="f")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "data",
    [
        RECORDING,
        text(response={"is_streaming": False}),
        text({"endpoint": "/v1/x"}),
        text({"payload": {}}),
        text(response={"status": ...}),
        text()[:-1],
        b'{"request": {}, "response": {"status": {}}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_exchange_is_not_claimed(data: bytes) -> None:
    """A recording of llama-stack, and what says too little, is left to the other formats."""
    assert not EXCHANGE.claims(data)
