"""`llmvcr recover`: what it brings back, what it says, and its exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import llmvcr
from llmvcr.cli import main
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.storage import Journal, only_one
from made_up_keys import drawn

ONE, TWO = (
    Interaction(Request("GET", f"http://x/{name}"), Response(200, "OK", (), (name.encode(),)))
    for name in ("one", "two")
)


def _leave(cassette: Path, *interactions: Interaction, format: str | None = None) -> Path:  # noqa: A002 - as in Journal
    journal = Journal(cassette, format)
    for place, one in enumerate(interactions):
        journal.add(place, one)
    path = journal.path
    assert path is not None
    journal.abandon()
    return path


def test_one_cassette(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a journal holds stands in the cassette after those that were there; journal and folder are gone."""
    path = tmp_path / "c.yaml"
    llmvcr.dump([ONE], path)
    _leave(path, TWO)
    assert main(["recover", str(path)]) == 0
    assert capsys.readouterr() == (f"{path}: 1 interaction recovered\n1 interaction recovered; 0 failed\n", "")
    assert list(llmvcr.load(path)) == [ONE, TWO]
    assert main(["recover", str(path)]) == 0
    assert capsys.readouterr() == ("0 interactions recovered; 0 failed\n", "")


def test_a_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a folder each cassette is named, those that have no file yet too, in the format that was meant."""
    first, second = tmp_path / "a" / "c", tmp_path / "b" / "d.yaml"
    first.parent.mkdir()
    second.parent.mkdir()
    _leave(first, ONE, format="json")
    _leave(second, ONE, TWO)
    assert main(["recover", str(tmp_path)]) == 0
    out, _ = capsys.readouterr()
    assert out == (
        f"{first}: 1 interaction recovered\n{second}: 2 interactions recovered\n3 interactions recovered; 0 failed\n"
    )
    assert first.read_text().startswith("{")
    assert list(llmvcr.load(second)) == [ONE, TWO]


def test_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several cassettes a terminal is told how far it is."""
    for name in ("c.yaml", "d.yaml"):
        _leave(tmp_path / name, ONE)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["recover", str(tmp_path)]) == 0
    told = [line.strip() for line in capsys.readouterr().err.split("\r") if line.strip()]
    assert told == [f"[1/2] {tmp_path / 'c.yaml'}", f"[2/2] {tmp_path / 'd.yaml'}"]


def test_a_dry_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run says what would come back, and leaves all as it is."""
    path = tmp_path / "c.yaml"
    journal = _leave(path, ONE)
    before = journal.read_bytes()
    assert main(["recover", "--dry-run", str(path)]) == 0
    assert (
        capsys.readouterr().out
        == f"{path}: 1 interaction would be recovered\n1 interaction would be recovered; 0 failed\n"
    )
    assert journal.read_bytes() == before
    assert not path.exists()


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json says the same as data."""
    path = tmp_path / "c.yaml"
    _leave(path, ONE)
    assert main(["recover", "--json", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    row = {"path": str(path), "interactions": 1, "damaged": [], "left_alone": []}
    assert told == {"version": 1, "cassettes": [row], "failed": []}


def test_the_living(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is being recorded at the moment is left to who records it."""
    journal = Journal(tmp_path / "c.yaml")
    journal.add(0, ONE)
    assert main(["recover", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "0 interactions recovered; 0 failed\n"
    assert journal.path is not None
    assert journal.path.exists()
    journal.discard()


def test_a_cassette_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken cassette and its journal stay as they are; the others are recovered, and the exit code is 1."""
    broken, good = tmp_path / "broken.yaml", tmp_path / "good.yaml"
    broken.write_bytes(b"- my\n- notes\n")
    journal = _leave(broken, ONE)
    _leave(good, TWO)
    assert main(["recover", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out == f"{good}: 1 interaction recovered\n1 interaction recovered; 1 failed\n"
    assert err.startswith(f"failed: {broken}: ")
    assert broken.read_bytes() == b"- my\n- notes\n"
    assert journal.exists()


def test_damaged_and_foreign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read is named and kept, and the exit code is 1."""
    path = tmp_path / "c.yaml"
    damaged, newer = _leave(path, ONE), _leave(path, TWO)
    damaged.write_bytes(damaged.read_bytes() + b'{"place"')
    newer.write_bytes(newer.read_bytes().replace(b'"llmvcr_journal": 1', b'"llmvcr_journal": 9'))
    assert main(["recover", str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == f"{path}: 1 interaction recovered\n1 interaction recovered; 0 failed\n"
    assert sorted(err.splitlines()) == [
        f"damaged: {path}: a line of a journal cannot be read; it is kept as {damaged.with_suffix('.damaged')}",
        f"left alone: {newer}: it was written by another version of llmvcr",
    ]
    assert newer.exists()


def test_deep_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A journal whose lines nest deeper than a parser goes is damaged like any other; what it says else comes back."""
    path, other = tmp_path / "c.yaml", tmp_path / "d.yaml"
    journal = _leave(path, ONE)
    deep = b'{"place":' + b"[" * 100_000
    journal.write_bytes(journal.read_bytes() + deep + b"\n")
    _leave(other, ONE).write_bytes(deep + b"\n")
    assert main(["recover", str(path)]) == 1
    assert "a line of a journal cannot be read" in capsys.readouterr().err
    assert list(llmvcr.load(path)) == [ONE]
    assert main(["recover", str(tmp_path)]) == 0
    assert capsys.readouterr() == ("0 interactions recovered; 0 failed\n", "")


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A PATH that is not there, and has no journal, is wrong usage."""
    assert main(["recover", str(tmp_path / "no.yaml")]) == 2
    assert capsys.readouterr().err == f"llmvcr: {tmp_path / 'no.yaml'} is not there, and no journal of it\n"


def test_a_stale_lock(tmp_path: Path) -> None:
    """Locks and temporary files of who was killed stop nobody, and go."""
    path = tmp_path / "c.yaml"
    _leave(path, ONE)
    (journal,) = (tmp_path / ".llmvcr").glob("*.journal")
    mark = journal.name.split("-")[0]
    for name in (f"{mark}.lock", f"{journal.name}.lock", f"{mark}-1-aa.journal.lock"):
        (tmp_path / ".llmvcr" / name).write_bytes(b"")
    assert main(["recover", str(path)]) == 0
    with only_one(path):
        assert list(llmvcr.load(path)) == [ONE]
    left = [one.name for one in (tmp_path / ".llmvcr").iterdir()]
    assert sorted(left) == [".gitignore", f"{mark}.incomplete"]


def test_a_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What looks like a secret is not written; the message says where the rest is, masked."""
    path, secret = tmp_path / "c.yaml", f"sk-proj-{drawn('a', 48)}"
    journal = _leave(path, Interaction(Request("GET", "http://x/"), Response(200, "OK", (), (secret.encode(),))))
    assert main(["recover", str(path)]) == 1
    _, err = capsys.readouterr()
    assert f"failed: {path}: is not written, since what looks like a secret would be in it" in err
    assert secret not in err
    assert not path.exists()
    assert not journal.exists()
    (kept,) = tmp_path.glob(".llmvcr/refused-*")
    assert secret not in kept.read_text()
