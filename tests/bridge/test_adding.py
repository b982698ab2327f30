"""Adding to a cassette: what was there is copied, byte for byte, and only what is new is written and looked through."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, post, said
from llmvcr.formats import Document, by_name
from llmvcr.interaction import Interaction, Request, Response
from made_up_keys import drawn

KINDS = pytest.mark.parametrize("kind", ["yaml", "json"])


def _recorded(path: Path, kind: str, server: Counting, *, secret: str = "") -> bytes:
    """Write a cassette of two calls by other hands than ours, so that it would be another if it were written anew."""
    asked = [Request("POST", f"{server.url}{CHAT}/{number}", (), b"{}") for number in range(2)]
    text = " ".join(["a long line"] * 20) + secret
    calls = tuple(Interaction(one, Response(200, "OK", (), (text.encode(),))) for one in asked)
    data = by_name(kind).write(Document(calls), path="c")
    if kind == "yaml":
        data = yaml.safe_dump(yaml.safe_load(data)).encode()  # lines of 80 columns, as vcrpy has them
    else:
        data = data.replace(b'"reason": "OK"', b'"reason":   "OK"')
    path.write_bytes(data)
    return data


def _answers(path: Path) -> list[bytes]:
    return [one.response.body for one in llmvcr.load(path)]


@KINDS
def test_what_was_there_is_copied(kind: str, server: Counting, tmp_path: Path) -> None:
    """What is recorded under new_episodes stands behind what was there, of which not a byte is changed."""
    path = tmp_path / "c"
    before = _recorded(path, kind, server)
    with llmvcr.use_cassette(path, serializer=kind, record_mode="new_episodes"):
        assert said(post(server.url + CHAT, json=chat_body("one"))) == "1: one"
        assert said(post(server.url + CHAT, json=chat_body("two"))) == "2: two"
    after = path.read_bytes()
    kept = before.removesuffix(b"version: 1\n").removesuffix(b"\n  ]\n}\n")
    assert after.startswith(kept)
    assert len(after) > len(before)
    assert [b"one" in body or b"two" in body for body in _answers(path)] == [False, False, True, True]
    with llmvcr.use_cassette(path, record_mode="none"):
        assert said(post(server.url + CHAT, json=chat_body("two"))) == "2: two"
    assert path.read_bytes() == after
    assert [one.name for one in tmp_path.iterdir()] == ["c"]


@KINDS
def test_what_others_have_added_meanwhile_stays(kind: str, server: Counting, tmp_path: Path) -> None:
    """Who closes last finds a file that has changed since it was read, and keeps all of it."""
    path = tmp_path / "c"
    _recorded(path, kind, server)
    with llmvcr.use_cassette(path, serializer=kind, record_mode="new_episodes") as outer:
        request = Request("POST", server.url + CHAT, (), b'{"model":"m","messages":[]}')
        record = outer.call(request).record
        with llmvcr.use_cassette(path, serializer=kind, record_mode="new_episodes"):
            post(server.url + CHAT, json=chat_body("inner"))
        assert record is not None
        record(Response(200, "OK", (), (b"outer",)))
    assert [b"inner" in body or body == b"outer" for body in _answers(path)] == [False, False, True, True]


def test_a_cassette_that_is_written_twice_holds_each_call_once(server: Counting, tmp_path: Path) -> None:
    """Writing what is recorded so far, and then the rest, says nothing twice."""
    path = tmp_path / "c.yaml"
    _recorded(path, "yaml", server)
    with llmvcr.use_cassette(path, record_mode="new_episodes") as cassette:
        for words in ("one", "two"):
            post(server.url + CHAT, json=chat_body(words))
            cassette._save()  # noqa: SLF001 - vcrpy's own way to do it
    assert len(_answers(path)) == 4


@KINDS
def test_the_gate_looks_at_what_is_added(kind: str, server: Counting, tmp_path: Path) -> None:
    """A key in what is recorded is refused, and the file stays as it was; one that stood there does not matter."""
    path = tmp_path / "c"
    key = f"sk-proj-{drawn('a', 48)}"
    before = _recorded(path, kind, server, secret=key)
    with llmvcr.use_cassette(path, serializer=kind, record_mode="new_episodes", llmvcr_redact="off"):
        post(server.url + CHAT, json=chat_body("nothing to hide"))
    assert len(path.read_bytes()) > len(before)
    before = path.read_bytes()
    again = llmvcr.use_cassette(path, serializer=kind, record_mode="new_episodes", llmvcr_redact="off")
    with pytest.raises(llmvcr.LeakError), again:
        post(server.url + CHAT, json=chat_body(f"my key is sk-proj-{drawn('b', 48)}"))
    assert path.read_bytes() == before


def test_what_was_taken_out_and_may_have_changed_is_written_anew(server: Counting, tmp_path: Path) -> None:
    """A pair that somebody changed in memory is saved as it is now."""
    path = tmp_path / "c.yaml"
    _recorded(path, "yaml", server)
    with llmvcr.use_cassette(path, record_mode="new_episodes") as cassette:
        cassette.data[0][1]["status"]["message"] = "Changed"
        post(server.url + CHAT, json=chat_body("one"))
    assert [one.response.reason for one in llmvcr.load(path)] == ["Changed", "OK", "OK"]


def test_a_filter_that_finds_nothing_is_no_reason_to_write_anew(server: Counting, tmp_path: Path) -> None:
    """Filters of requests look at all that is loaded; only where one alters it, it is saved as they leave it."""
    path = tmp_path / "c.yaml"
    before = _recorded(path, "yaml", server)
    with llmvcr.use_cassette(path, record_mode="new_episodes", filter_headers=["x-none"]):
        post(server.url + CHAT, json=chat_body("one"))
    after = path.read_bytes()
    assert after.startswith(before.removesuffix(b"version: 1\n"))
    with llmvcr.use_cassette(path, record_mode="new_episodes", filter_headers=[("user-agent", "nobody")]):
        post(server.url + CHAT, json=chat_body("two"))
    assert not path.read_bytes().startswith(before.removesuffix(b"version: 1\n"))
    agents = [dict(one.request.headers).get("user-agent") for one in llmvcr.load(path)]
    assert agents == [None, None, "nobody", "nobody"]
    dropped = llmvcr.use_cassette(path, record_mode="none", before_record_request=lambda _request: None)
    with dropped as cassette:
        assert len(cassette) == 0


@KINDS
def test_where_nothing_is_new_nothing_changes(kind: str, server: Counting, tmp_path: Path) -> None:
    """A cassette that is told to be written, though nothing was recorded, is the same afterwards."""
    path = tmp_path / "c"
    before = _recorded(path, kind, server)
    with llmvcr.use_cassette(path, serializer=kind, record_mode="new_episodes") as cassette:
        cassette.dirty = True
    assert path.read_bytes() == before
