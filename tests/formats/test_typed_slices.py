"""Typed cassettes as we lay them out: read as far as the requests, and never otherwise than the whole parser does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions import INTERACTIONS
from llmvcr import formats
from llmvcr.errors import ReadError
from llmvcr.formats import unread
from llmvcr.formats.base import Document
from llmvcr.formats.typed_json import TYPED_JSON
from llmvcr.formats.vcr_json import VCR_JSON
from llmvcr.interaction import Interaction, Request, Response
from mutilated import mutilated

CHAT = "https://api.openai.com/v1/chat/completions"
SSE = (("content-type", "text/event-stream"), ("x-request-id", "req_1"))
EVENTS = tuple(
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"delta":{"content":"word %d"}}]}\n\n' % n
    for n in range(4)
)


def call(number: int, **answer: object) -> Interaction:
    """A streamed chat, with temperatures that other encoders spell otherwise."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"Ünïcode {number}"}], "temperature": 1e-05}
    sent = json.dumps(body | {"top_p": 0.5}, ensure_ascii=False, separators=(",", ":")).encode()
    response = Response(200, "OK", SSE, (*EVENTS, b"data: [DONE]\n\n"))
    asked = Request("POST", CHAT, (("accept", "a"),), sent)
    return Interaction(asked, replace(response, **answer), "2026-11-22T09:00:00Z")  # type: ignore[arg-type]


CALLS = (call(0), call(1, times=(1.0, 2.0, 3.5, 4.0, 5.0, 6.0)), call(2, ended="closed", chunks=EVENTS[:2]))
DATA = TYPED_JSON.write(Document(CALLS), path="f.json")


def is_unread(interaction: Interaction) -> bool:
    """Whether an answer still stands in its file."""
    return unread.head(interaction) is not interaction.response and type(interaction) is not Interaction


def test_answers_are_left_in_the_file() -> None:
    """A cassette of streams is read as far as its requests, and everything is as it was when it is asked for."""
    document = formats.read(DATA, path="f.json")
    assert [is_unread(one) for one in document] == [True] * 3
    assert document == Document(CALLS)
    assert [one.request.body for one in document] == [one.request.body for one in CALLS]


@given(st.randoms(use_true_random=False))
def test_a_mutilated_file_is_skimmed_as_it_is_read(random: st.DataObject) -> None:
    """A file that is cut or changed anywhere is skimmed to what the whole parser makes of it, or not at all."""
    data = mutilated(DATA, random)
    skimmed = TYPED_JSON.skim(data, path="f.json")
    assert skimmed is None or skimmed == TYPED_JSON.read(data, path="f.json")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'"delta": {"content"', b'"delta": {"content" "', "no JSON"),
        (b'"word 2"', b'"word \xff"', "no JSON|UTF-8"),
        (b'"word 2"', b'"word \\ud800"', "surrogate|UTF-8|encode"),
        (b'"word 2"', b"9" * 4301, "number"),
        (b'"word 2"', b"[" * 250 + b"]" * 250, "nested too deep"),
        (b'"__data__": {"id"', b'"__more__": 1, "__data__": {"id"', "stands beside"),
        (b'"body": "sse', b'"body": "see', "rendering"),
        (b'"status": 200', b'"status": "200"', "not a whole number"),
        (b'"version": 1,\n          "status"', b'"version": 2,\n          "status"', "version 2"),
    ],
    ids=["syntax", "utf-8", "surrogate", "digits", "depth", "item", "rendering", "status", "version"],
)
def test_what_is_wrong_is_said_when_the_file_is_read(old: bytes, new: bytes, says: str) -> None:
    """Nothing that is left unread can turn out to be wrong later."""
    assert old in DATA
    with pytest.raises(ReadError, match=says):
        formats.read(DATA.replace(old, new, 1), path="f.json")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'"id": "chatcmpl-1"', b'"id": 1, "id": "chatcmpl-1"'),
        lambda data: data.replace(b'"word 1"', b"12345678901234567890123"),
        lambda data: data.replace(b'"word 1"', b"NaN"),
        lambda data: data.replace(b'"model": "gpt-4o"', b'"model": "gpt-4o", "seed": 1e400', 1),
        lambda data: data.replace(b'"is_streaming": true', b'"strange": [], "is_streaming": true', 1),
        lambda data: data.replace(b'"__type__"', b'"\\u005f_type__"', 1),
        lambda data: data.replace(b"\n  ]\n}\n", b'\n  ],\n  "strange": 3\n}\n'),
        lambda data: data.replace(b"    {\n      ", b"    {  \n      ", 1),
    ],
    ids=["twice", "long-number", "nan", "infinity", "key", "escaped-key", "top-level", "space"],
)
def test_a_file_by_another_hand_means_the_same(change: Callable[[bytes], bytes]) -> None:
    """What is not exactly as we write it is read as the whole parser reads it."""
    data = change(DATA)
    assert data != DATA
    assert repr(formats.read(data, path="f.json")) == repr(TYPED_JSON.read(data, path="f.json"))


@given(INTERACTIONS)
@settings(max_examples=20)
def test_a_file_is_extended_by_copying_it(fresh: Interaction) -> None:
    """What was there stays byte for byte, behind it stands what is new, and then what stood behind it."""
    for extra in ({}, {"metadata": {"by": "somebody"}}):
        document = Document(CALLS, extra)
        data = TYPED_JSON.write(document, path="f.json")
        whole = TYPED_JSON.write(replace(document, interactions=(*CALLS, fresh)), path="f.json")
        assert formats.extended(data, Document((fresh,)), path="f.json") == whole


def test_only_a_file_in_our_layout_is_extended() -> None:
    """Another layout, a file without interactions and one of another format are to be written whole."""
    fresh = Document(CALLS[:1])
    beside = DATA.replace(b"\n  ]\n}\n", b'\n  ], "more": [\n    {\n    }\n  ]\n}\n')
    empty = TYPED_JSON.write(Document(()), path="f.json")
    vcrpys = json.dumps(json.loads(VCR_JSON.write(Document(CALLS), path="f.json")), indent=2).encode()
    for data in (beside, empty, vcrpys, json.dumps(json.loads(DATA)).encode(), b"", b"{"):
        assert formats.extended(data, fresh, path="f.json") is None
