"""cassetter's cassettes: what cassetter 0.16.1 wrote of real traffic is read in both its dialects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmvcr import formats
from llmvcr.errors import ReadError
from llmvcr.formats import cassetter, toml_text
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, header

DATA = Path(__file__).parent / "data"
BOTH = pytest.mark.parametrize("suffix", ["toml", "yaml"])
ASKED = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": 'Grüezi "you" \\ back\nline'}]}


def recorded(suffix: str) -> dict[str, Interaction]:
    """What cassetter recorded, by the end of the URL; the streamed chat as "stream"."""
    document = formats.read((DATA / f"cassetter.{suffix}").read_bytes(), path=f"cassetter.{suffix}")
    names = [one.request.url.split("/v1/")[1] for one in document]
    assert names[-2:] == ["chat/completions"] * 2
    return dict(zip([*names[:-1], "stream"], document, strict=True))


def yaml(asked: str = "type: none", answered: str = "type: none", **more: str) -> bytes:
    """A cassette of one interaction, in YAML."""
    at = more.get("at", "2026-11-22T09:35:15.524980+00:00")
    return f"""version: 1
interactions:
- request:
    method: POST
    uri: https://api.example.com/v1/x
    headers:
      content-type: [application/json]
{more.get("lines", "")}    body:
      {asked}
  response:
    status: 200
    headers: {{}}
    body:
      {answered}
  recorded_at: {at}
{more.get("end", "")}""".encode()


def one(data: bytes) -> Interaction:
    """The only interaction of a file."""
    (interaction,) = cassetter.CASSETTER.read(data, path="f").interactions
    return interaction


@BOTH
def test_a_request_has_the_bytes_that_crossed_the_wire(suffix: str) -> None:
    """Of a parsed request the rendering is taken that is as long as its content-length."""
    asked = recorded(suffix)["chat/completions"].request
    assert asked.method == "POST"
    assert header(asked.headers, "content-length") == "94"
    assert asked.body == json.dumps(ASKED, ensure_ascii=False, separators=(",", ":")).encode()


@BOTH
def test_a_parsed_answer_is_what_cassetter_would_replay(suffix: str) -> None:
    """A JSON answer gets the bytes that cassetter itself answers with, and the note that they were rebuilt."""
    answer = recorded(suffix)["chat/completions"]
    body = answer.response.body
    assert json.dumps(json.loads(body)).encode() == body
    assert header(answer.response.headers, "content-length") == str(len(body))
    assert answer.notes == {"rebuilt": ["response.body"]}
    assert answer.response.status == 200
    assert answer.response.reason == ""


@BOTH
def test_a_stream_is_kept_to_the_byte(suffix: str) -> None:
    """Server-sent events stand as text, and nothing had to be rebuilt."""
    stream = recorded(suffix)["stream"]
    assert stream.response.body.startswith(b'data: {"id":"chatcmpl-')
    assert stream.response.body.endswith(b"}\n\ndata: [DONE]\n\n")
    assert stream.notes == {}


@BOTH
def test_binary_bodies_are_read(suffix: str) -> None:
    """Audio and multipart uploads, kept as hexadecimal digits, are the bytes that they were."""
    found = recorded(suffix)
    assert found["audio/speech"].response.body[:6] == b"ID3\x04\x00\x00"
    upload = found["audio/transcriptions"].request
    assert b"RIFF\x00\xff\xfe" in (upload.body or b"")
    assert header(upload.headers, "content-length") == str(len(upload.body or b""))


@BOTH
def test_what_cassetter_took_away_stays_away(suffix: str) -> None:
    """A secret in the URL stays masked, repeated header lines stay two, the time is kept in UTC."""
    found = recorded(suffix)["models/gpt-4o?api_key=[FILTERED]"]
    assert [value for name, value in found.request.headers if name == "x-a"] == ["1", "2"]
    assert header(found.request.headers, "authorization") is None
    assert found.request.body is None
    assert found.recorded_at is not None
    assert found.recorded_at.startswith("2026-11-22T")
    assert found.recorded_at.endswith("Z")


@pytest.mark.parametrize(
    ("body", "held", "notes"),
    [
        ("type: none", b"", {}),
        ('type: text\n      content: ""', b"", {}),
        ('type: text\n      content: "a\\r\\nb"', b"a\r\nb", {}),
        ("type: binary\n      content: dead00", b"\xde\xad\0", {}),
        ("type: binary\n      content: 1234", b"\x12\x34", {}),
        ("type: json\n      content: {a: 1.0e-7, b: [é, null]}", b'{"a": 1e-07, "b": ["\\u00e9", null]}', None),
        ("type: json\n      content: null", b"null", None),
        ("type: json", b"null", None),
    ],
)
def test_every_kind_of_body(body: str, held: bytes, notes: dict[str, Any] | None) -> None:
    """Each of the four kinds gives its bytes, and only parsed JSON is noted as rebuilt."""
    found = one(yaml(answered=body))
    assert found.response.body == held
    assert found.notes == ({"rebuilt": ["response.body"]} if notes is None else notes)


def test_a_request_that_no_rendering_fits_says_so() -> None:
    """Where content-length fits no rendering, compact JSON is taken, and noted."""
    found = one(yaml("type: json\n      content: {a: 1}", lines="      content-length: ['9']\n"))
    assert found.request.body == b'{"a":1}'
    assert found.notes == {"rebuilt": ["request.body"]}


def test_strange_keys_come_back() -> None:
    """Keys that cassetter does not write are kept by where they stood, and so is a time that is none."""
    data = yaml("type: none\n      more: 1", at="soon", end="tool: x\n")
    document = cassetter.CASSETTER.read(data, path="f")
    assert document.extra == {"tool": "x"}
    assert document.interactions[0].recorded_at is None
    assert document.interactions[0].unknown == {
        "interaction": {"recorded_at": "soon"},
        "request": {"body": {"more": 1}},
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (yaml("type: proto"), "f, interaction 0, request.body: is of the type 'proto', which is none of json, text"),
        (yaml("type: binary\n      content: xyz"), "f, interaction 0, request.body: is of the type binary, and its"),
        (
            yaml("type: text\n      content: [1]"),
            "f, interaction 0, request.body: is of the type text, and its content",
        ),
        (yaml().replace(b"version: 1", b"version: 3"), "f, version: is a cassette of cassetter of version 3, and"),
        (yaml().replace(b"https:", b"wss:"), "f, interaction 0, request.uri: is a WebSocket recording, which is no"),
        (yaml().replace(b"    method: POST\n", b""), "f, interaction 0, request.method: is missing"),
        (
            yaml().replace(b"status: 200", b"status: ok"),
            "f, interaction 0, response.status: has a code that is no whole",
        ),
        (yaml().split(b"\n  recorded_at")[0], "f, interaction 0, recorded_at: is missing"),
        (b"[[interactions]]\nrequest = 1\n", "f, interaction 0, request: is no mapping"),
        (b"[[interactions]]\nrequest = {\n", "f: is not well-formed TOML: "),
        (b"[[interactions]]\nx = " + b"[" * 5000, "f: nests too deep, or holds a number that is too long"),
        (b"[[interactions]]\nx = '\xff'", "f: is not UTF-8 at byte 22"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    """A damaged file is claimed, and refused with file, interaction and place."""
    with pytest.raises(ReadError) as caught:
        cassetter.CASSETTER.read(data, path="f")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "claimed"),
    [
        (b"    body:\n      type: none\n  response", b"  response", True),
        (b"status: 200", b"status: {code: 200}", False),
        (b"      type: none\n  response", b"      type: text\n      text: hi\n  response", True),
        (b"      type: none\n", b"      type: text\n      text: hi\n", False),
        (b"      type: none\n", b"      type: image\n", False),
        (b"    uri:", b"    url:", False),
    ],
)
def test_only_its_own_shape_is_claimed(old: bytes, new: bytes, claimed: bool) -> None:  # noqa: FBT001
    """One body of cassetter's shape is enough; a body of vcrpy's that happens to have a `type` is none."""
    data = yaml().replace(old, new)
    assert data != yaml()
    assert cassetter.CASSETTER.claims(data) is claimed


WS = b"version: 1\ninteractions: []\nws_interactions:\n- uri: wss://api.example.com/v1/realtime\n  frames: []\n"
GRPC = b"version: 1\ninteractions: []\ngrpc_interactions:\n- request:\n    method: /x.Y/Z\n"


@pytest.mark.parametrize(
    ("data", "told"),
    [(WS, "WebSocket recordings (wss://api.example.com/v1/realtime)"), (GRPC, "gRPC recordings (/x.Y/Z)")],
)
def test_what_is_not_http_is_refused(data: bytes, told: str) -> None:
    """A cassette with gRPC calls or WebSocket sessions is refused, naming the first, rather than read by half."""
    with pytest.raises(ReadError) as caught:
        formats.read(data, path="f")
    assert (
        caught.value.reason == f"is a cassette of cassetter that holds {told}, which are no HTTP requests and answers"
    )


def test_toml_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A TOML file beyond the bound is refused before it is parsed."""
    monkeypatch.setattr(toml_text, "MAX_BYTES", 1 << 20)
    with pytest.raises(ReadError, match="is a TOML file of more than 1 MiB"):
        cassetter.CASSETTER.read(b"[[interactions]]\n" + b"#" * (1 << 20), path="f")


@pytest.mark.parametrize("key", ["a", '"a"', "'a'", " a ", '"""'])
def test_a_long_dotted_key_is_refused(key: str) -> None:
    """A key of many parts, on which the standard library's parser takes memory quadratic in them, is refused."""
    data = f"[[interactions]]\n{'.'.join([key] * 2000)} = 1\n".encode()
    with pytest.raises(ReadError, match=r"has a dotted key of more than 16 parts|is not well-formed TOML"):
        cassetter.CASSETTER.read(data, path="f")


@pytest.mark.parametrize(
    "quotes", [("'", "'"), ('"', '"'), ('"""\n', '"""'), ("'''", "'''''"), ('"""', '"""""'), ("1 #", "")]
)
def test_dots_in_a_text_are_no_key(quotes: tuple[str, str]) -> None:
    """Text and comments may hold any number of dots."""
    text = ".".join(["a"] * 100)
    data = f"interactions = []\nx = {quotes[0]}{text}{quotes[1]}\n".encode()
    assert text in str(cassetter.CASSETTER.read(data, path="f").extra["x"]) or quotes[1] == ""


@pytest.mark.parametrize("data", [b"version = 1\ninteractions = []\n", b"version: 1\ninteractions: []\n"])
def test_an_empty_cassette_is_empty(data: bytes) -> None:
    """What cassetter writes of no traffic is a document without interactions."""
    assert formats.read(data, path="f") == Document(())
