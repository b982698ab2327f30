"""`cassette.calls`: what was called under a cassette, for a test to ask what the application sent."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, get, post
from llmvcr.conversation import Message


def _ask(server: Counting, words: str, **fields: object) -> None:
    post(server.url + CHAT, json=chat_body(words) | fields)


def test_calls_recorded_and_replayed(server: Counting, tmp_path: Path) -> None:
    """The calls are the same when they are recorded and when they are played, in the order of their requests."""
    told = []
    for _ in range(2):
        with llmvcr.use_cassette(tmp_path / "c.yaml") as cassette:
            assert cassette.calls == ()
            _ask(server, "one", temperature=0)
            assert len(cassette.calls) == 1
            _ask(server, "two", stream=True)
        told.append(cassette.calls)
    for first, second in told:
        assert (first.messages[-1].text, first.text, first.parameters) == ("one", "1: one", {"temperature": 0})
        assert (second.messages, second.streamed) == ((Message("user", "two"),), True)
        assert second.text == "2: two"
    assert server.words == ["one", "two"]


def test_only_what_was_called(server: Counting, tmp_path: Path) -> None:
    """What else stands in the file is no call of this test, a repeated call is two, other traffic is none."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, "one")
        _ask(server, "two")
        get(server.url + "/other")
    with llmvcr.use_cassette(tmp_path / "c.yaml", allow_playback_repeats=True) as cassette:
        _ask(server, "two")
        _ask(server, "two")
        get(server.url + "/other")
    assert [call.messages[-1].text for call in cassette.calls] == ["two", "two"]


def test_a_miss_is_no_call(server: Counting, tmp_path: Path) -> None:
    """A request that found no answer is not among them: the miss says what it was."""
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none") as cassette, pytest.raises(llmvcr.Miss):
        _ask(server, "one")
    assert cassette.calls == ()


def test_what_the_application_sent(server: Counting, tmp_path: Path) -> None:
    """A hook that changes what the file keeps does not change what a test is told."""

    def shout(request: object) -> object:
        body = json.loads(request.body)  # type: ignore[attr-defined]
        body["messages"][-1]["content"] = "hidden"
        request.body = json.dumps(body).encode()  # type: ignore[attr-defined]
        return request

    with llmvcr.use_cassette(tmp_path / "c.yaml", before_record_request=shout) as cassette:
        _ask(server, "one")
    assert [call.messages[-1].text for call in cassette.calls] == ["one"]
    assert "hidden" in (tmp_path / "c.yaml").read_text()


def test_calls_through_vcrpys_own_stubs(server: Counting, tmp_path: Path) -> None:
    """A client that vcrpy's stubs hear (http.client) is told of, too, recorded and played."""
    for _ in range(2):
        with llmvcr.use_cassette(tmp_path / "c.yaml") as cassette:
            body = json.dumps(chat_body("one")).encode()
            url = server.url + CHAT
            with urllib.request.urlopen(url, body, timeout=10) as answer:  # noqa: S310 - a loopback server's address
                answer.read()
        assert [(call.messages[-1].text, call.text) for call in cassette.calls] == [("one", "1: one")]
