"""tools/corpus.py: its figures over a part of the corpus, and that a broken law is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shared import CASSETTES, PROJECT, corpus
from tools import _corpus
from tools import corpus as tool

SEED = CASSETTES / "seeds" / "weather.json"


def test_no_law_is_broken_over_a_part_of_the_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    """Each fortieth file is read, comes back the same, and is named by its hash where it should be."""
    assert tool.main([str(corpus("vcrpy").parent), "--every", "40", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    rows = {line[10:]: line[:8].strip() for line in out.splitlines()}
    assert rows["vcrpy: files"] == rows["vcrpy: files read"]
    assert rows["recordings: files"] == rows["recordings: the same document after typed → YAML → typed"]
    assert out.endswith("0 broken\n")


def test_a_broken_law_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be read is named with its reason, exit 1."""
    (tmp_path / "vcrpy").mkdir()
    (tmp_path / "recordings").mkdir()
    shutil.copy(SEED, tmp_path / "recordings")
    (tmp_path / "vcrpy" / "bad.yaml").write_bytes(b"")
    assert tool.main([str(tmp_path), "--jobs", "1"]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"broken: {tmp_path / 'vcrpy' / 'bad.yaml'}: is empty",
        "1 broken",
    ]


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 and one sentence."""
    assert tool.main([str(tmp_path / "no")]) == 2
    assert capsys.readouterr() == ("", f"{tmp_path / 'no'} is not there\n")


def test_our_own_files_break_no_law() -> None:
    """The seeds come back the same, and so do the samples."""
    assert _corpus.recording(SEED).broken == []
    for path in (PROJECT / "cassettes" / "samples").glob("*.yaml"):
        assert _corpus.cassette(path).broken == [], path
