"""YAML cassettes in the layout of PyYAML: long answers stay in the file, and nothing is read otherwise than before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions import INTERACTIONS
from llmvcr import formats
from llmvcr.errors import ReadError
from llmvcr.formats import unread
from llmvcr.formats.base import Document
from llmvcr.formats.vcr_yaml import VCR_YAML
from llmvcr.interaction import Interaction, Request, Response
from mutilated import mutilated
from shared import CASSETTES

EVENTS = tuple(b'data: {"number": %d, "text": "%s"}\n\n' % (number, b"word " * 20) for number in range(30))


def call(number: int, **answer: Any) -> Interaction:
    """A call that is answered by a stream."""
    response = Response(200, "OK", (("content-type", "text/event-stream"), ("x-id", f"req_{number}")), EVENTS)
    request = Request("POST", "https://api.example.com/v1", (("accept", "*/*"),), b'{"n":%d,"t":"it\'s"}' % number)
    return Interaction(request, replace(response, **answer), "2026-11-22T09:00:00Z")


TIMES = tuple(map(float, range(31)))
CALLS = (call(0), call(1, times=TIMES), call(2, chunks=(b"short\ntext",)), call(3, ended="closed"))
DATA = VCR_YAML.write(Document(CALLS), path="f.yaml")


def test_long_answers_are_left_in_the_file() -> None:
    """Streams are read when they are asked for; what is short is not worth the trouble."""
    document = formats.read(DATA, path="f.yaml")
    assert [type(one) is Interaction for one in document] == [False, False, True, False]
    assert [unread.head(one).chunks for one in document][:2] == [(), ()]
    assert document == Document(CALLS)


@pytest.mark.parametrize(
    "chunks",
    [
        (*EVENTS, b"data: [DONE]\n\n"),
        (b": ping\n\n", *EVENTS),
        (b"event: a\n" + EVENTS[0], *EVENTS),
        (*EVENTS, b"data: cut"),
        (*EVENTS, b"data: cut\n"),
        (*EVENTS, b"\n", *EVENTS),
        (b"hello\n\n", *EVENTS),
        (*EVENTS, b"data:        far\n\n"),
    ],
    ids=["done", "comment", "two lines", "cut", "half", "blank", "no stream", "blanks"],
)
def test_streams_are_cut_by_their_events(chunks: tuple[bytes, ...]) -> None:
    """What is read late of a stream is cut as it is cut by whoever reads the file at once."""
    data = VCR_YAML.write(Document((call(0, chunks=chunks),)), path="f.yaml")
    skimmed, read = VCR_YAML.skim(data, path="f.yaml"), VCR_YAML.read(data, path="f.yaml")
    assert skimmed is not None
    assert type(skimmed.interactions[0]) is not Interaction
    assert skimmed.interactions[0].response.chunks == read.interactions[0].response.chunks
    assert skimmed.interactions[0].response.body == b"".join(chunks)


def test_the_projects_own_cassettes_are_skimmed() -> None:
    """Every YAML cassette here has the layout that is read fast, and is what the safe loader makes of it."""
    files = sorted(Path(CASSETTES).rglob("*.yaml"))
    assert files
    for file in files:
        data = file.read_bytes()
        assert repr(VCR_YAML.skim(data, path="f.yaml")) == repr(VCR_YAML.read(data, path="f.yaml"))


@given(st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_a_mutilated_file_is_skimmed_as_it_is_read(random: Any) -> None:
    """A file that is cut or changed anywhere is skimmed to what the safe loader makes of it, or not at all."""
    data = mutilated(DATA, random)
    skimmed = VCR_YAML.skim(data, path="f.yaml")
    assert skimmed is None or repr(skimmed) == repr(VCR_YAML.read(data, path="f.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"word ", b"\x07", "YAML"),
        (b"word ", b"\xff", "YAML"),
        (b"        data: ", b"   data: ", "YAML"),
        (b"      code: 200", b"      code: [200]", "no whole number"),
        (b"      version: 1", b"      version: 9", "version 9"),
        (b"version: 1\n", b"", "version|cut"),
    ],
    ids=["control", "utf-8", "indent", "status", "key", "end"],
)
def test_what_is_wrong_is_said_when_the_file_is_read(old: bytes, new: bytes, says: str) -> None:
    """Nothing that is left unread can turn out to be wrong later."""
    head, found, tail = DATA.rpartition(old)
    assert found
    with pytest.raises(ReadError, match=says):
        formats.read(head + new + tail, path="f.yaml")


@pytest.mark.parametrize("calls", [CALLS[:2], (CALLS[2], CALLS[2])], ids=["long", "short"])
@pytest.mark.parametrize("behind", [b"\n- request:", b"\nversion: 1\n"], ids=["between", "end"])
def test_the_end_of_a_document_is_no_part_of_an_interaction(behind: bytes, calls: tuple[Interaction, ...]) -> None:
    """Dots behind an interaction end the document, and what follows them is refused as by the safe loader."""
    data = VCR_YAML.write(Document(calls), path="f.yaml")
    head, found, tail = data.rpartition(behind)
    assert found
    for read in (VCR_YAML.read, formats.read):
        with pytest.raises(ReadError, match="is not well-formed YAML"):
            read(head + b"\n..." + found + tail, path="f.yaml")


def test_an_answer_that_stands_in_a_text_is_none() -> None:
    """A request whose text, by hand, has lines as those of an answer is what the safe loader makes of it."""
    (one,) = VCR_YAML.read(VCR_YAML.write(Document(CALLS[:1]), path="f.yaml"), path="f.yaml")
    data = VCR_YAML.write(Document((one,)), path="f.yaml")
    body, answer = data.index(b"    body: '"), data.index(b"  response:")
    held = data[answer : data.index(b"    headers:", answer)].replace(b"'", b"''")
    for text in (b"'x\n" + held + b"    y'\n", b'"x\n' + held.replace(b'"', b'\\"') + b'    y"\n'):
        for more in (b"", b"- request:\n"):
            whole = (
                data[:body]
                + b"    body: "
                + text.replace(b"    y", more + b"    y")
                + data[data.index(b"\n", body) + 1 :]
            )
            read = VCR_YAML.read(whole, path="f.yaml")
            assert b"  response:".strip() in (read[0].request.body or b"")
            assert repr(formats.read(whole, path="f.yaml")) == repr(read)


@given(INTERACTIONS)
@settings(max_examples=20)
def test_a_file_is_extended_by_copying_it(fresh: Interaction) -> None:
    """What was there stays byte for byte, and behind it stands what is new."""
    whole = VCR_YAML.write(Document((*CALLS, fresh)), path="f.yaml")
    assert formats.extended(DATA, Document((fresh,)), path="f.yaml") == whole


def test_only_a_file_in_our_layout_is_extended() -> None:
    """A file whose top has more to it, or other line ends, is to be written whole."""
    fresh = Document(CALLS[:1])
    beside = VCR_YAML.write(Document(CALLS, {"metadata": {"by": "somebody"}}), path="f.yaml")
    empty = VCR_YAML.write(Document(()), path="f.yaml")
    between = DATA.replace(b"\n- request:", b"\nother:\n- request:", 1)
    for data in (beside, empty, between, DATA.replace(b"\n", b"\r\n"), DATA.removesuffix(b"version: 1\n"), b"interac"):
        assert formats.extended(data, fresh, path="f.yaml") is None


@pytest.mark.parametrize("other", ["\x85", "\u2028", "\r"], ids=["next", "separator", "return"])
def test_a_key_behind_another_line_end_is_seen(other: str) -> None:
    """What YAML 1.1 takes for the end of a line may have a key of the top behind it: nothing is put behind that."""
    data = DATA.removesuffix(b"version: 1\n") + f" {other}note: by hand\nversion: 1\n".encode()
    assert len(VCR_YAML.read(data, path="f.yaml").interactions) == len(CALLS)
    assert formats.extended(data, Document(CALLS[:1]), path="f.yaml") is None
