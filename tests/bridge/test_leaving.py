"""What happens when a cassette is left: nothing that was recorded is lost, and nothing of it stays behind."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, post, said
from llmvcr.storage import load


def _ask(server: Counting, words: str) -> str:
    return said(post(server.url + CHAT, json=chat_body(words)))


def test_cassettes_that_overlap_leave_nothing_behind(server: Counting, tmp_path: Path) -> None:
    """Of two cassettes the one opened first may be left first: afterwards the clients reach the server as ever."""
    first, second = llmvcr.use_cassette(tmp_path / "a.yaml"), llmvcr.use_cassette(tmp_path / "b.yaml")
    first.__enter__()
    second.__enter__()
    _ask(server, "one")
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    with llmvcr.use_cassette(tmp_path / "b.yaml", record_mode="none"):
        assert _ask(server, "one") == "1: one"
    assert [_ask(server, "free"), _ask(server, "free")] == ["2: free", "3: free"]


def test_a_hook_that_fails_costs_its_own_answer_only(server: Counting, tmp_path: Path) -> None:
    """Where a user's hook fails on a stream that is still open at the end, all the other answers are saved."""

    def picky(response: dict[str, Any]) -> dict[str, Any]:
        if b"data:" in response["body"]["string"]:
            message = "no streams, please"
            raise ValueError(message)
        return response

    def application(client: httpx2.Client) -> None:
        with llmvcr.use_cassette(path, before_record_response=picky):
            _ask(server, "one")
            request = client.build_request("POST", server.url + CHAT, json={**chat_body("two"), "stream": True})
            pieces: Iterator[bytes] = client.send(request, stream=True).iter_raw()
            assert next(pieces)

    path = tmp_path / "c.yaml"
    with httpx2.Client(verify=False) as client, pytest.raises(ValueError, match="no streams, please"):
        application(client)
    assert [b"one" in each.response.body for each in load(path)] == [True]


def test_what_was_asked_again_is_kept_beside_what_is_dropped(server: Counting, tmp_path: Path) -> None:
    """With new_episodes and drop_unused_requests an equal second request is recorded, and so it is saved."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        _ask(server, "one")
        _ask(server, "unused")
    with llmvcr.use_cassette(path, record_mode="new_episodes", drop_unused_requests=True):
        assert [_ask(server, "one"), _ask(server, "one")] == ["1: one", "3: one"]
    with llmvcr.use_cassette(path, record_mode="none"):
        assert [_ask(server, "one"), _ask(server, "one")] == ["1: one", "3: one"]
    assert len(load(path)) == 2


def test_a_miss_says_what_to_do_in_the_words_of_pytest(server: Counting, tmp_path: Path) -> None:
    """The advice of a miss names pytest's options and the rules of matching, and fits the reason."""
    path = tmp_path / "c.yaml"
    with (
        llmvcr.use_cassette(path, record_mode="none"),
        pytest.raises(llmvcr.Miss, match=r"How to fix:\n  \* Record it: run once with --record-mode=once") as missing,
    ):
        _ask(server, "one")
    assert "llmvcr_ignore" not in str(missing.value)
    with llmvcr.use_cassette(path):
        _ask(server, "one")
    with llmvcr.use_cassette(path, record_mode="none"):
        with pytest.raises(llmvcr.Miss, match="--record-mode=rewrite") as differs:
            _ask(server, "two")
        _ask(server, "one")
        with pytest.raises(llmvcr.Miss, match="allow_playback_repeats"):
            _ask(server, "one")
    assert "llmvcr_ignore" not in str(differs.value)  # what changed is the prompt


def test_a_library_that_cannot_be_patched_leaves_the_others_as_they_were(
    server: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where opening fails in the middle of the patches, vcrpy's own are taken away, too, and nothing is recorded."""
    before = http.client.HTTPConnection, httpx2.HTTPTransport.handle_request
    kept = llmvcr.use_cassette(tmp_path / "c.yaml")  # else the garbage collector would take them away
    with monkeypatch.context() as broken:
        broken.delattr(httpx2, "WSGITransport")
        with pytest.raises(AttributeError, match="WSGITransport"):
            kept.__enter__()
    assert (http.client.HTTPConnection, httpx2.HTTPTransport.handle_request) == before
    assert _ask(server, "free") == "1: free"
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_is_imported_anew_is_heard(server: Counting, tmp_path: Path) -> None:
    """Where httpx is taken out of sys.modules before each cassette, each of them hears the one that comes then."""
    code = """
import sys, llmvcr
for number in range(3):
    for name in [name for name in sys.modules if name.partition(".")[0] in {"httpx", "httpcore"}]:
        del sys.modules[name]
    with llmvcr.use_cassette(f"{number}.yaml"):
        import httpx
        httpx.get(sys.argv[1], trust_env=False)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, server.url], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert len(server.seen) == 3
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["0.yaml", "1.yaml", "2.yaml"]
