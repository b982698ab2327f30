"""An interaction that cannot be played is named when its cassette is opened, not when a test comes to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import llmvcr
from llmvcr.errors import ReadError
from llmvcr.interaction import Interaction, Request, Response

GOOD = {
    "status": {"code": 200, "message": "OK"},
    "headers": {"content-type": ["text/plain"]},
    "body": {"string": "yes"},
}
LONE = "\ud800"


def _file(folder: Path, response: dict[str, Any], uri: str = "http://127.0.0.1:9/b") -> Path:
    """A cassette of two interactions: a good one, and one of these parts."""
    asked: dict[str, Any] = {"method": "GET", "uri": "http://127.0.0.1:9/a", "headers": {}, "body": None}
    held = [{"request": asked, "response": GOOD}, {"request": {**asked, "uri": uri}, "response": response}]
    path = folder / "cassette.json"
    path.write_text(json.dumps({"version": 1, "interactions": held}))
    return path


UNPLAYABLE = {
    "no status": ({k: v for k, v in GOOD.items() if k != "status"}, "response.status"),
    "a status without a code": ({**GOOD, "status": {"message": "OK"}}, "response.status.code"),
    "a status that is text": ({**GOOD, "status": {"code": "ok", "message": ""}}, "response.status"),
    "status 0": ({**GOOD, "status": {"code": 0, "message": ""}}, "response.status"),
    "a negative status": ({**GOOD, "status": {"code": -200, "message": ""}}, "response.status"),
    "a status of four digits": ({**GOOD, "status": {"code": 2000, "message": ""}}, "response.status"),
    "a status of many digits": ({**GOOD, "status": {"code": 10**4000, "message": ""}}, "response.status"),
    "a status of more digits than Python reads": ({**GOOD, "status": {"code": "9" * 9000}}, "response.status"),
    "no body": ({k: v for k, v in GOOD.items() if k != "body"}, "response.body"),
    "an empty body of no kind": ({**GOOD, "body": {"else": 1}}, "response.body.string"),
    "a body that is no base64": ({**GOOD, "body": {"base64_string": "%"}}, "response.body.base64_string"),
    "headers that are a number": ({**GOOD, "headers": 5}, "response.headers"),
    "a header that is a mapping": ({**GOOD, "headers": {"a": [{"b": 1}]}}, "response.headers.a"),
    "a lone surrogate in a header": ({**GOOD, "headers": {"a": [LONE]}}, "response.headers"),
    "a line break in a header": ({**GOOD, "headers": {"a": ["b\r\nset-cookie: c"]}}, "response.headers"),
    "a header without a name": ({**GOOD, "headers": {"": ["b"]}}, "response.headers"),
    "a lone surrogate in the reason": ({**GOOD, "status": {"code": 200, "message": LONE}}, "response.status.message"),
    "a newer version of our key": ({**GOOD, "llmvcr": {"version": 99}}, "response.llmvcr.version"),
    "times that are not numbers": ({**GOOD, "llmvcr": {"version": 1, "times": ["soon"]}}, "response.llmvcr.times"),
    "times without end": ({**GOOD, "llmvcr": {"version": 1, "times": [float("inf")]}}, "response.llmvcr.times"),
    "chunks of a negative length": ({**GOOD, "llmvcr": {"version": 1, "chunks": [-1, 4]}}, "response.llmvcr.chunks"),
    "trailers that are no lines": ({**GOOD, "llmvcr": {"version": 1, "trailers": [["a"]]}}, "response.llmvcr.trailers"),
    "a trailer that cannot be sent": (
        {**GOOD, "llmvcr": {"version": 1, "trailers": [["a", "b\n"]]}},
        "response.llmvcr.trailers",
    ),
}


@pytest.mark.parametrize("response, place", UNPLAYABLE.values(), ids=UNPLAYABLE.keys())  # noqa: PT006 - one table
def test_what_cannot_be_played_is_named_at_opening(response: dict[str, Any], place: str, tmp_path: Path) -> None:
    """A ReadError with the number and the place, whichever record mode, before anything is asked."""
    path = _file(tmp_path, response)
    for mode in ("none", "once", "new_episodes"):
        with pytest.raises(ReadError) as caught, llmvcr.use_cassette(path, record_mode=mode):
            pass
        assert (caught.value.path, caught.value.interaction, caught.value.place) == (str(path), 1, place)


def test_a_websocket_without_frames_is_named_at_opening(tmp_path: Path) -> None:
    """As other tools record one: its handshake alone."""
    path = _file(tmp_path, {**GOOD, "status": {"code": 101, "message": ""}}, "wss://api.openai.com/v1/realtime")
    with pytest.raises(ReadError, match="is a WebSocket session") as caught, llmvcr.use_cassette(path):
        pass
    assert caught.value.interaction == 1


def test_a_url_that_cannot_be_parsed_is_named_at_opening(tmp_path: Path) -> None:
    """vcrpy would fail on it without a word of the file."""
    path = _file(tmp_path, GOOD, "http://[::1/")
    with pytest.raises(ReadError, match="is no URL") as caught, llmvcr.use_cassette(path, record_mode="none"):
        pass
    assert (caught.value.interaction, caught.value.place) == (1, "request.uri")


def test_a_recording_without_an_answer_is_named_at_opening(tmp_path: Path) -> None:
    """The typed formats, too: a response without its body, and half a typed item."""
    asked = {"method": "POST", "url": "http://127.0.0.1:9/v1/chat/completions", "headers": {}, "body": {}}
    for response, place in (
        ({"is_streaming": False}, "response.body"),
        ({"body": {"__type__": "openai.Chat"}}, "response.body.__data__"),
        ({"body": {}, "is_streaming": True}, "response.body"),
        ({"body": {}, "llmvcr": {"version": 1, "status": 7}}, "response.status"),
    ):
        path = tmp_path / "cassette.json"
        held = [{"request": asked, "response": {"body": {}}}, {"request": asked, "response": response}]
        path.write_text(json.dumps({"version": 1, "interactions": held}))
        with pytest.raises(ReadError) as caught, llmvcr.use_cassette(path, record_mode="none"):
            pass
        assert (caught.value.interaction, caught.value.place) == (1, place)


ODD = {
    "an unknown __type__": Response(200, "OK", (), (b'{"__type__": "os.system", "__data__": {}}',)),
    "a status nobody knows": Response(799, "Odd", (), (b"x",)),
    "an encoding nobody knows": Response(200, "OK", (("content-encoding", "x-odd"),), (b"x",)),
    "a reason in Latin-1": Response(200, "Tr\xe8s bien", (("a", "\xe9"),), (b"x",)),
    "no headers and no body": Response(204, ""),
    "a wrong content-length": Response(200, "OK", (("content-length", "99"),), (b"x",)),
    "a broken event": Response(200, "OK", (("content-type", "text/event-stream"),), (b"data: {", b'"a\n\n')),
}


@pytest.mark.parametrize("response", ODD.values(), ids=ODD.keys())
def test_what_is_only_odd_is_played(response: Response, tmp_path: Path) -> None:
    """The client gets what was recorded."""
    path = tmp_path / "cassette.json"
    llmvcr.dump([Interaction(Request("GET", "http://127.0.0.1:9/a"), response)], path, format="vcr_json")
    with llmvcr.use_cassette(path, record_mode="none"), httpx.stream("GET", "http://127.0.0.1:9/a") as got:
        assert got.status_code == response.status
        assert b"".join(got.iter_raw()) == response.body
