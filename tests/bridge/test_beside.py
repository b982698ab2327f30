"""Cassettes that a persister or a serializer of the user's own saves: what a crash cut short comes back through it."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from vcr.persisters.filesystem import CassetteNotFoundError, FilesystemPersister
from vcr.serialize import deserialize, serialize
from vcr.serializers import jsonserializer

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, post, said
from llmvcr.cli import main

OWNERS = pytest.mark.parametrize("owner", ["persister", "serializer"])


class _Backwards:
    """A serializer of a user's own: JSON, written backwards."""

    @staticmethod
    def serialize(cassette_dict: dict[str, Any]) -> str:
        """Write it."""
        return str(jsonserializer.serialize(cassette_dict))[::-1]

    @staticmethod
    def deserialize(cassette_string: str) -> Any:
        """Read it."""
        return jsonserializer.deserialize(cassette_string[::-1])


class _Upside:
    """A persister of a user's own: a folder for each cassette, and the text upside down."""

    @staticmethod
    def load_cassette(cassette_path: str, serializer: Any) -> Any:
        """Read it."""
        path = Path(f"{cassette_path}.d", "text")
        if not path.exists():
            raise CassetteNotFoundError
        return deserialize("\n".join(path.read_text().split("\n")[::-1]), serializer)

    @staticmethod
    def save_cassette(cassette_path: str, cassette_dict: dict[str, Any], serializer: Any) -> None:
        """Write it."""
        path = Path(f"{cassette_path}.d", "text")
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(serialize(cassette_dict, serializer).split("\n")[::-1]))


def _vcr_of(owner: str) -> llmvcr.VCR:
    """Give a VCR whose cassettes a persister, or a serializer, of the user's own saves."""
    vcr = llmvcr.VCR(serializer="backwards" if owner == "serializer" else "yaml")
    vcr.register_serializer("backwards", _Backwards)
    if owner == "persister":
        vcr.register_persister(_Upside)
    return vcr


def _ask(server: Counting, words: str) -> str:
    return said(post(server.url + CHAT, json=chat_body(words)))


def _die(owner: str, cassette: Path, server: Counting, *words: str, **options: Any) -> None:
    """Record in a forked process that is killed with the cassette open."""
    if (child := os.fork()) == 0:
        opened = _vcr_of(owner).use_cassette(str(cassette), **options).__enter__()
        for one in words:
            _ask(server, one)
        opened.get_metadata("seed", 7)
        os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def _said(owner: str, cassette: Path) -> list[str]:
    with _vcr_of(owner).use_cassette(str(cassette), record_mode="none") as opened:
        return [str(response["body"]["string"]).split('"content": "')[1].split('"')[0] for response in opened.responses]


def _left(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".llmvcr/*")]


@OWNERS
def test_after_a_kill(owner: str, server: Counting, tmp_path: Path) -> None:
    """What was recorded comes back, through who saves it, with its metadata; the rest is recorded under `once`."""
    path = tmp_path / "deep" / "c"
    _die(owner, path, server, "one", "two")
    with _vcr_of(owner).use_cassette(str(path)) as cassette:
        assert cassette.recovered == 2
        assert cassette.get_metadata("seed", 8) == 7
        assert [_ask(server, words) for words in ("one", "two", "three")] == ["1: one", "2: two", "3: three"]
    assert _said(owner, path) == ["1: one", "2: two", "3: three"]
    assert _left(tmp_path) == []


@OWNERS
def test_killed_after_it_was_saved(owner: str, server: Counting, tmp_path: Path) -> None:
    """Killed when all is saved and the journal is still there, nothing is there twice."""
    path = tmp_path / "c"
    _die(owner, path, server, "one")
    (journal,) = tmp_path.glob(".llmvcr/*.journal")
    data = journal.read_bytes()
    assert _said(owner, path) == ["1: one"]
    journal.parent.mkdir(exist_ok=True)
    journal.write_bytes(data)
    assert _said(owner, path) == ["1: one"]
    assert not journal.exists()


def test_under_all(server: Counting, tmp_path: Path) -> None:
    """Of a run that records anew, what came back is played before what it replaces."""
    path = tmp_path / "c"
    with _vcr_of("persister").use_cassette(str(path)):
        _ask(server, "one")
    _die("persister", path, server, "one", record_mode="all")
    assert _said("persister", path) == ["2: one", "1: one"]


@OWNERS
def test_nothing_is_left_behind(owner: str, server: Counting, tmp_path: Path) -> None:
    """After a clean run there is what they saved, and nothing else; forked children leave theirs to their parent."""
    path = tmp_path / "c"
    for mode in ("once", "new_episodes", "all"):
        with _vcr_of(owner).use_cassette(str(path), record_mode=mode) as cassette:
            _ask(server, mode)
            if (child := os.fork()) == 0:
                _ask(server, f"{mode} forked")
                os._exit(0)
            os.waitpid(child, 0)
            for _ in range(2):
                cassette._save(force=True)  # noqa: SLF001 - vcrpy's users do, having nothing else
        assert _left(tmp_path) == []
    assert sorted(words.partition(": ")[2] for words in _said(owner, path)) == sorted(
        [*("once", "new_episodes", "all"), *("once forked", "new_episodes forked", "all forked")]
    )


def test_a_persister_that_fails(server: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error comes out as it is, with a note of where the recording is kept; it comes back when it can be saved."""
    path = tmp_path / "c"

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "made up: no space left")

    with monkeypatch.context() as patched:
        patched.setattr(_Upside, "save_cassette", full)
        with (
            pytest.raises(OSError, match="made up: no space left") as caught,
            _vcr_of("persister").use_cassette(str(path)),
        ):
            _ask(server, "one")
        (journal,) = tmp_path.glob(".llmvcr/*.journal")
        assert caught.value.__notes__ == [
            f"llmvcr: what was recorded is kept in {journal}, for when the cassette is opened again"
        ]
        with pytest.raises(llmvcr.Miss), _vcr_of("persister").use_cassette(str(path), record_mode="none"):
            _ask(server, "one")
        assert journal.exists()
    assert _said("persister", path) == ["1: one"]


def test_by_hand_it_is_left_alone(server: Counting, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`llmvcr recover` leaves alone what is not ours to save, and says who saves it; so does a cassette of ours."""
    path = tmp_path / "c"
    _die("persister", path, server, "one")
    (journal,) = tmp_path.glob(".llmvcr/*.journal")
    assert main(["recover", str(tmp_path)]) == 1
    reason = f"its cassette is saved by {__name__}._Upside: open the cassette once with that"
    assert f"left alone: {journal}: {reason}" in capsys.readouterr().err
    with llmvcr.use_cassette(path) as cassette:
        assert cassette.recovered == 0
    assert journal.exists()
    assert _said("persister", path) == ["1: one"]


def test_an_address_is_no_place(server: Counting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: Any) -> None:
    """Where the name of a cassette is an address there is no journal, and the log says so."""

    class Far(FilesystemPersister):  # type: ignore[misc]
        @staticmethod
        def load_cassette(*_: Any, **__: Any) -> Any:
            raise CassetteNotFoundError

        @staticmethod
        def save_cassette(*_: Any, **__: Any) -> None:
            pass

    monkeypatch.chdir(tmp_path)
    vcr = llmvcr.VCR()
    vcr.register_persister(Far)
    with caplog.at_level(logging.INFO, "llmvcr"), vcr.use_cassette("s3://made-up/c"):
        _ask(server, "one")
        assert list(tmp_path.iterdir()) == []
    assert "s3://made-up/c: no journal is kept of what is recorded, since this is no path" in caplog.text
