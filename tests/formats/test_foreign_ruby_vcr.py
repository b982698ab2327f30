"""Ruby's VCR cassettes, and betamax's."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from pathlib import Path

import pytest

from llmvcr import formats
from llmvcr.errors import ReadError
from llmvcr.formats import ruby_vcr
from llmvcr.formats.ruby_vcr import RUBY_VCR
from llmvcr.interaction import Interaction

DATA = Path(__file__).parent / "data"
RUBY = (DATA / "ruby_vcr.yml").read_bytes()
BODY = b'{"messages":[{"role":"user","content":"Say hello."}],"model":"gpt-4o-mini"}'


def answer(body: object) -> Interaction:
    """The interaction of a JSON cassette whose answer has this body."""
    request = {"method": "get", "uri": "https://example.com/", "body": {"encoding": "UTF-8", "string": ""}}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": body}
    whole = {"http_interactions": [{"request": request, "response": response}], "recorded_with": "VCR 6.4.0"}
    (interaction,) = formats.read(json.dumps(whole).encode(), path="f").interactions
    return interaction


def test_a_yaml_cassette_is_read() -> None:
    """Method in capitals, URL, headers, bodies, status and time of VCR's YAML are read."""
    document = formats.read(RUBY, path="f")
    hello, cafe = document.interactions
    assert (hello.request.method, hello.request.url) == ("POST", "https://api.openai.com/v1/chat/completions")
    assert hello.request.body == BODY
    assert hello.request.headers[0] == ("Authorization", "Bearer <AUTH_TOKEN>")
    assert (hello.response.status, hello.response.reason) == (200, "OK")
    assert hello.response.body.startswith(b'{"id":"chatcmpl-made-up"')
    assert hello.recorded_at == "2026-08-19T14:34:46Z"
    assert hello.unknown == {"response": {"http_version": "1.1", "adapter_metadata": {"vcr_decompressed": "gzip"}}}
    assert cafe.request.body is None
    assert cafe.response.reason == ""
    assert document.extra == {"recorded_with": "VCR 6.4.0"}


def test_a_betamax_cassette_is_read() -> None:
    """betamax's JSON, with base64 in broken lines and a time without zone, is the same format."""
    (interaction,) = formats.read((DATA / "betamax.json").read_bytes(), path="f").interactions
    assert gzip.decompress(interaction.response.body) == b"conn"
    assert interaction.recorded_at == "2026-08-19T14:34:46Z"
    assert interaction.unknown == {"response": {"url": "https://example.com/a"}}


@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_a_compressed_cassette_is_read(level: int) -> None:
    """What VCR's `compressed` serializer writes reads as the YAML inside."""
    assert formats.read(zlib.compress(RUBY, level), path="f") == formats.read(RUBY, path="f")


@pytest.mark.parametrize(
    ("encoding", "text", "body"),
    [
        ("UTF-8", "é", b"\xc3\xa9"),
        ("ASCII-8BIT", "é", b"\xc3\xa9"),
        ("US-ASCII", "e", b"e"),
        ("ISO-8859-1", "é", b"\xe9"),
        ("Shift_JIS", "あ", b"\x82\xa0"),
        ("ISO-8859-1", "あ", b"\xe3\x81\x82"),
        ("no-such-encoding", "é", b"\xc3\xa9"),
        ("base64", "e", b"e"),
        ("a\0b", "e", b"e"),
        (None, "é", b"\xc3\xa9"),
    ],
)
def test_a_text_has_the_bytes_of_its_encoding(encoding: str | None, text: str, body: bytes) -> None:
    """A string gives the bytes of the encoding beside it; where that cannot be, UTF-8, as in VCR itself."""
    assert answer({"encoding": encoding, "string": text}).response.body == body


def test_exact_bytes_are_read() -> None:
    """`base64_string`, which preserve_exact_body_bytes writes in lines of 60 characters, gives the exact bytes."""
    body = bytes(range(256))
    encoded = base64.encodebytes(body).decode()
    assert answer({"encoding": "ASCII-8BIT", "base64_string": encoded}).response.body == body


def test_a_body_that_is_not_there_is_empty() -> None:
    """People write cassettes without a body by hand, and VCR answers them with none."""
    data = RUBY.replace(b"    body:\n      encoding: ISO-8859-1\n      string: caf\xc3\xa9\n", b"")
    assert RUBY_VCR.read(data, path="f").interactions[1].response.body == b""


@pytest.mark.parametrize("body", ["plain", None])
def test_the_body_of_vcr_two_is_read(body: str | None) -> None:
    """A body that stands there bare, as VCR before 2.0.0.rc2 wrote it, is its text."""
    assert answer(body).response.body == (body or "").encode()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"method: post", b"methods: post", "f, interaction 0, request.method: is missing"),
        (b"uri: https:", b"uri: wss:", "f, interaction 0, request.uri: is a WebSocket recording"),
        (b"code: 200", b"code: many", "f, interaction 0, response.status: has a code that is no whole number"),
        (b"string: caf\xc3\xa9", b"string: [1]", "f, interaction 1, response.body.string: is no text"),
        (b"string: caf\xc3\xa9", b"base64_string: '!'", "f, interaction 1, response.body.base64_string: is not base64"),
        (b"string: caf\xc3\xa9", b"string: !ruby/object:Proc {}", "f, line "),
        (b"http_interactions:", b"http_interactions: 1\nx:", "f, http_interactions: is no list"),
    ],
)
def test_damage_is_named(old: bytes, new: bytes, message: str) -> None:
    """A damaged file is claimed, and refused with file, interaction and place; no Ruby object is ever made."""
    data = RUBY.replace(old, new)
    assert data != RUBY
    assert RUBY_VCR.claims(data)
    with pytest.raises(ReadError) as caught:
        RUBY_VCR.read(data, path="f")
    assert str(caught.value).startswith(message)


def test_a_cut_body_is_not_taken_for_a_whole_one() -> None:
    """A file whose last body breaks off has no time after it, and is refused."""
    with pytest.raises(ReadError, match="f, interaction 1, recorded_at: is missing"):
        RUBY_VCR.read(RUBY[: RUBY.rindex(b"\xc3\xa9\n")], path="f")


def test_a_damaged_compressed_file_is_named() -> None:
    """A compressed cassette whose end or middle is lost says so."""
    packed = zlib.compress(RUBY)
    with pytest.raises(ReadError, match="its end is missing"):
        RUBY_VCR.read(packed[:-9], path="f")
    with pytest.raises(ReadError, match="compressed and damaged"):
        RUBY_VCR.read(packed[:2] + b"\xff" * 40, path="f")


def test_unpacking_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that unpacks to a huge one is refused."""
    monkeypatch.setattr(ruby_vcr, "MAX_UNPACKED", 1 << 20)
    with pytest.raises(ReadError, match="unpacks to more than 1 MiB"):
        RUBY_VCR.read(zlib.compress(RUBY + b"#" * (1 << 21)), path="f")
