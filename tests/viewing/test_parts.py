"""Parts of a page's data: bodies, pictures and pieces of streams, told as they were recorded."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from llmvcr import sockets
from llmvcr.conversation import opened
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.storage import load
from llmvcr.viewing.payloads import answered, sent
from llmvcr.viewing.pictures import media_type, pictures
from llmvcr.viewing.streams import stream
from shared import CASSETTES, corpus
from viewing.recorded import PNG, streamed

_BASE64 = base64.b64encode(PNG).decode()
_FORM = (("content-type", "application/x-www-form-urlencoded"),)


@pytest.mark.parametrize(
    ("body", "form", "text", "packed"),
    [
        (None, "empty", "", False),
        (b'{"n": 1.50, "n2": 12345678901234567890}', "json", '{"n": 1.50, "n2": 12345678901234567890}', False),
        (gzip.compress(b"[1]"), "json", "[1]", True),
        (b"a=1&b=%C3%A9", "fields", '{"a": "1", "b": "é"}', False),
        ("⟨as it is⟩".encode(), "text", "⟨as it is⟩", False),
        (b"\xff\x00\xfe", "bytes", "", False),
    ],
    ids=["none", "json", "gzip", "form", "text", "bytes"],
)
def test_what_was_sent(body: bytes | None, form: str, text: str, *, packed: bool) -> None:
    """JSON stays as it was spelt, a form is its fields, and bytes are told by their size alone."""
    found = sent(Request("POST", "https://example.com", _FORM, body))
    assert (found["form"], found["text"], found["packed"], found["size"]) == (form, text, packed, len(body or b""))


@pytest.mark.parametrize(
    ("body", "headers", "form", "kind", "picture"),
    [
        (b'{"a": 1}', (), "json", "", ""),
        (PNG, (("content-type", "text/html"),), "bytes", "image/png", _BASE64),
        (b"<svg onload='x'/>", (("content-type", "image/svg+xml"),), "text", "image/svg+xml", ""),
        (b"ID3\xff\xfb", (("content-type", "audio/mpeg"),), "bytes", "audio/mpeg", ""),
        (b"data: 1\n\n", (), "stream", "", ""),
    ],
    ids=["json", "picture", "svg", "audio", "stream"],
)
def test_what_was_answered(body: bytes, headers: Any, form: str, kind: str, picture: str) -> None:
    """A picture is one by its bytes, whatever its header says; SVG is text, other bytes are a size and a type."""
    response = Response(200, "OK", headers, (body,))
    found = answered(response, opened(response))
    assert (found["form"], found["media_type"], found["picture"]) == (form, kind, picture)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", ""),
        (b"<svg>", ""),
        (b"", ""),
    ],
    ids=["png", "jpeg", "gif", "webp", "wave", "svg", "nothing"],
)
def test_a_picture_is_known_by_its_bytes(data: bytes, kind: str) -> None:
    """The first bytes say what a browser may show as a picture."""
    assert media_type(data) == kind


def test_pictures_are_found_where_they_stand() -> None:
    """Base64 in either alphabet and data: URLs are found by their path; what only claims to be a picture is not."""
    url = _BASE64.replace("+", "-").replace("/", "_").rstrip("=")
    claimed = "data:image/png;base64," + base64.b64encode(b"<script>alert(1)</script>" * 3).decode()
    value = {"a": [{"b": _BASE64}, f"data:image/jpeg;base64,{_BASE64}"], "c": url, "d": claimed, "e": "iVBORw0KGgo no"}
    found = pictures(value)
    assert [one["path"] for one in found] == [["a", 0, "b"], ["a", 1], ["c"]]
    assert {(one["media_type"], one["size"]) for one in found} == {("image/png", len(PNG))}


def test_a_stream_in_time() -> None:
    """Each event has the chunk that completed it, its time, and the piece of the answer that it brings."""
    interaction = streamed(words=3)
    found = stream(interaction, opened(interaction.response))
    assert (found["framing"], found["head_ms"]) == ("sse", 220.0)
    assert found["chunks"] == [
        [len(c), t] for c, t in zip(interaction.response.chunks, interaction.response.times[1:], strict=True)
    ]
    told = [(one["chunk"], one["ms"], one["kind"], one["piece"]) for one in found["events"][:2]]
    assert told == [(0, 232.0, "thinking", "Let me think. "), (1, 244.0, "text", "word0.\n")]
    assert [one["piece"] for one in found["events"][-2:]] == ["", ""]


def test_chunks_that_cut_events() -> None:
    """An event belongs to the chunk that brought its last byte; compression leaves that open."""
    body = b'data: {"choices": [{"text": "a"}]}\n\ndata: {"choices": [{"text": "b"}]}\n\n'
    request = Request("POST", "https://api.openai.com/v1/completions")
    cut = Response(200, chunks=(body[:50], body[50:60], body[60:]))
    assert [one["chunk"] for one in stream(Interaction(request, cut), opened(cut))["events"]] == [0, 2]
    tight = Response(200, headers=(("content-encoding", "gzip"),), chunks=(gzip.compress(body),))
    assert [one["chunk"] for one in stream(Interaction(request, tight), opened(tight))["events"]] == [None, None]


def test_the_frames_of_a_websocket() -> None:
    """Messages of a connection are events with their direction; a reading of frames that are none gives nothing."""
    frames = sockets.to_json(
        [
            sockets.Frame('{"type": "response.create"}', 1.0, sent=True),
            sockets.Frame('{"type": "response.output_text.delta", "delta": "Hi"}', 9.0, sent=False),
            sockets.Frame(b"\0\1", 10.0, sent=False),
            sockets.Close(1000, "done", 11.0, sent=True),
        ]
    )
    request, response = Request("GET", "wss://api.openai.com/v1/realtime"), Response(101)
    found = stream(Interaction(request, response, notes={"frames": frames}), opened(response))
    assert found["framing"] == "websocket"
    told = [(one["name"], one["sent"], one["ms"], one["piece"]) for one in found["events"]]
    assert told == [
        ("response.create", True, 1.0, ""),
        ("response.output_text.delta", False, 9.0, "Hi"),
        ("", False, 10.0, ""),
        ("close", True, 11.0, ""),
    ]
    assert stream(Interaction(request, response, notes={"frames": [1]}), opened(response))["events"] == []


def test_the_pieces_are_the_answer() -> None:
    """In each streamed sample and seed the pieces joined are the text, or the arguments, of the joined answer."""
    for name in ("samples/chat_stream.yaml", "samples/responses.yaml", "seeds/weather.json"):
        for interaction in load(CASSETTES / name):
            answer = opened(interaction.response)
            if answer.form == "stream":
                events = stream(interaction, answer)["events"]
                assert "".join(one["piece"] for one in events), name


@pytest.mark.slow
def test_most_streams_of_the_corpus_say_something() -> None:
    """Of the recorded streams of other projects nearly all have pieces that the page can play."""
    told = silent = 0
    for path in sorted(corpus("vcrpy").rglob("*stream*.yaml")):
        for interaction in load(path):
            answer = opened(interaction.response)
            if answer.form == "stream" and interaction.response.status == 200:
                said = any(one["piece"] for one in stream(interaction, answer)["events"])
                told, silent = told + said, silent + (not said)
    assert told > 50
    assert silent <= told // 10, json.dumps([told, silent])
