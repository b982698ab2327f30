"""No made-up key of any shape is left in any place, in any encoding: a table of places times a table of encodings."""

from __future__ import annotations

import base64
import gzip
import json
import os
import struct
from collections.abc import Callable
from urllib.parse import quote, quote_plus
from zlib import crc32

import pytest

from llmvcr.interaction import Headers, Interaction, Json, Request, Response
from llmvcr.redaction import redactor
from llmvcr.wire import eventstream
from made_up_keys import KEYS, drawn, left

LONG = bool(os.environ.get("LLMVCR_LONG"))
CHAT = "https://api.openai.com/v1/chat/completions"
BOUNDARY = b"--b0undary"


def call(
    url: str = CHAT,
    *,
    sent: Headers = (),
    got: Headers = (),
    body: bytes = b"{}",
    answer: bytes = b"{}",
    error: str = "",
) -> Interaction:
    """An interaction with something in one of its places."""
    return Interaction(Request("POST", url, sent, body), Response(200, "OK", got, (answer,), error=error))


def _noted(**facts: Json) -> Interaction:
    one = call()
    return Interaction(one.request, one.response, **facts)


def _event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode() + b"\n\n"


def _message(event: Json, *, wrap: bool = False) -> bytes:
    payload = json.dumps(event).encode()
    if wrap:
        payload = json.dumps({"bytes": base64.b64encode(payload).decode(), "p": "abcd"}).encode()
    headers = b"\x0b:event-type\x07\x00\x05chunk"
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    whole = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return whole + struct.pack(">I", crc32(whole))


def _pieces(text: str) -> list[str]:
    return [text[at : at + 5] for at in range(0, len(text), 5)]


def _part(data: bytes) -> bytes:
    head = b'\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    return BOUNDARY + head + data + b"\r\n" + BOUNDARY + b"--\r\n"


TEXT_PLACES: dict[str, Callable[[str], Interaction]] = {
    "url query": lambda text: call(f"{CHAT}?a=1&x={quote(text, safe='')}&b=2"),
    "url path": lambda text: call(f"https://api.example.com/{quote(text, safe='')}/send"),
    "request header": lambda text: call(sent=(("X-Odd", text),)),
    "response header": lambda text: call(got=(("X-Odd", text),)),
    "trailer": lambda text: Interaction(Request("GET", CHAT), Response(200, trailers=(("x-odd", text),))),
    "request json": lambda text: call(body=json.dumps({"a": [{"b": text}], "c": 1}).encode()),
    "json in json": lambda text: call(body=json.dumps({"arguments": json.dumps({"b": text})}).encode()),
    "form": lambda text: call(body=f"a=1&x={quote(text, safe='')}".encode()),
    "multipart": lambda text: call(body=_part(text.encode())),
    "plain text": lambda text: call(body=f"before\n{text}.\nafter".encode()),
    "response json": lambda text: call(answer=json.dumps({"b": f"see\n{text}, and"}).encode()),
    "sse": lambda text: call(answer=_event("a") + _event(text) + b"data: [DONE]\n\n"),
    "ndjson": lambda text: call(answer=b'{"text": "a"}\n' + json.dumps({"text": text}).encode() + b"\n"),
    "sse in pieces": lambda text: call(answer=b"".join(map(_event, ["it is ", *_pieces(text), " ok"]))),
    "ndjson in pieces": lambda text: call(
        answer=b"".join(json.dumps({"text": piece}).encode() + b"\n" for piece in ["is ", *_pieces(text), " ok"])
    ),
    "a list in pieces": lambda text: call(
        answer=json.dumps(
            [{"candidates": [{"content": {"text": piece}}]} for piece in ["is ", *_pieces(text), " ok"]], indent=1
        ).encode()
    ),
    "form with blanks": lambda text: call(body=f"a=1&x={quote_plus(f'see {text} ; {text}')}".encode()),
    "user of a URL": lambda text: call(f"https://{quote(text, safe='')}:@example.com/"),
    "event stream": lambda text: call(answer=_message({"text": "a"}) + _message({"b": text}) + _message({})),
    "event stream, wrapped": lambda text: call(
        answer=_message({"text": "a"}, wrap=True) + _message({"b": text}, wrap=True)
    ),
    "event stream in pieces": lambda text: call(
        answer=b"".join(_message({"delta": piece}, wrap=True) for piece in ["is ", *_pieces(text), " ok"])
    ),
    "exception": lambda text: call(error=f"refused: {text}"),
    "notes": lambda text: _noted(notes={"recording": {"body": {"a": text}}}),
    "unknown keys": lambda text: _noted(unknown={"request": {"odd": [text]}}),
    "frames": lambda text: _noted(notes={"frames": [{"text": json.dumps({"b": text})}, {"text": "{}"}]}),
    "frames in pieces": lambda text: _noted(
        notes={"frames": [{"text": json.dumps({"delta": piece})} for piece in ["is ", *_pieces(text), " ok"]]}
    ),
}
BYTES_PLACES: dict[str, Callable[[bytes], Interaction]] = {
    "request body": lambda data: call(body=data),
    "response body": lambda data: call(answer=data),
    "multipart": lambda data: call(body=_part(data)),
    "inside bytes": lambda data: call(answer=bytes(range(256)) + data + bytes(range(256))),
    "base64 in json": lambda data: call(answer=json.dumps({"bytes": base64.b64encode(data).decode()}).encode()),
}


def _packed(before: str, *, urlsafe: bool = False) -> Callable[[str], str]:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return lambda key: encode(f"{before} {key} after".encode()).decode()


TEXT_ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "with a full stop": lambda key: f"{key}.",
    "in a parameter": lambda key: f"https://example.com/?q={key}&b=1",
    "percent": lambda key: quote(key, safe="").replace("-", "%2D").replace("_", "%5F"),
    "unicode escapes": lambda key: "".join(f"\\u{ord(sign):04x}" if not sign.isalnum() else sign for sign in key),
    **{f"base64, alignment {n}": _packed("x" * n) for n in range(3)},
    **{f"base64url, alignment {n}": _packed("x" * n, urlsafe=True) for n in range(3)},
    "PEM": lambda key: (
        "-----BEGIN RSA PRIVATE KEY-----\n"
        + base64.b64encode(key.encode() * 3).decode()
        + "\n-----END RSA PRIVATE KEY-----\n"
    ),
    "base64 in base64": lambda key: _packed("a")(_packed("b")(key)),
    "gzip in base64": lambda key: base64.b64encode(gzip.compress(key.encode(), mtime=0)).decode(),
}
BYTES_ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "gzip": lambda key: gzip.compress(f"a {key} b".encode(), mtime=0),
    "gzip twice": lambda key: gzip.compress(gzip.compress(key.encode(), mtime=0), mtime=0),
}
CASES = [
    *((one, other) for one in TEXT_PLACES for other in TEXT_ENCODINGS),
    *((place, encoding) for place in BYTES_PLACES for encoding in BYTES_ENCODINGS),
]


def planted(place: str, encoding: str, key: str) -> Interaction:
    """An interaction with the key in a place, in an encoding."""
    if encoding in TEXT_ENCODINGS and place in TEXT_PLACES:
        return TEXT_PLACES[place](TEXT_ENCODINGS[encoding](key))
    return BYTES_PLACES[place](BYTES_ENCODINGS[encoding](key))


def test_there_are_keys_of_many_kinds() -> None:
    """The table of shapes is long, and each row has a made-up key."""
    assert len(KEYS) >= 70
    assert len({kind for kind, _ in KEYS}) >= 50


@pytest.mark.parametrize(("place", "encoding"), CASES)
def test_no_key_is_left(place: str, encoding: str) -> None:
    """Known by its shape alone, a key is gone from the place, whatever the encoding; what is clean stays the same."""
    cleaner = redactor(environ={})
    for _, key in KEYS if LONG else KEYS[::9]:
        before = planted(place, encoding, key)
        assert left(before, key) or "pieces" in place, "the search would not see it"
        done = cleaner.redact(before)
        assert left(done.interaction, key) == [], key
        assert done.replaced
        assert key not in repr(done.replaced)
        assert cleaner.redact(done.interaction).interaction is done.interaction
        if "event stream" in place:
            assert all(frame.data for frame in eventstream.frames(done.interaction.response.body)), (
                "a checksum is wrong"
            )


@pytest.mark.parametrize(("place", "encoding"), CASES)
def test_no_value_of_the_header_is_left(place: str, encoding: str) -> None:
    """A key without any shape, seen in the header of the request or in the environment, is gone from everywhere."""
    key = drawn("no shape", 24) + "+/" + drawn("at all", 20)
    if encoding == "in a parameter":
        pytest.skip("a plus sign in a parameter is a blank")
    bare = planted(place, encoding, key)
    request = Request("POST", bare.request.url, (*bare.request.headers, ("api-key", key)), bare.request.body)
    seen = Interaction(request, bare.response, notes=bare.notes, unknown=bare.unknown)
    assert left(redactor(environ={}).redact(seen).interaction, key) == []
    assert left(redactor(environ={"SOME_API_KEY": key}).redact(bare).interaction, key) == []
    binary = base64.b64encode(bytes(range(128, 256)) + key.encode() + bytes(range(128, 255))).decode()
    packed = call(sent=(("api-key", key),), answer=json.dumps({"image": binary}).encode())
    after = redactor(environ={}).redact(packed).interaction
    assert left(after, key) == []
    assert len(json.loads(after.response.body)["image"]) == len(binary), "what is binary keeps its length"
