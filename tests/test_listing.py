"""Which files of a folder may hold recordings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from llmvcr.errors import ReadError
from llmvcr.listing import members
from shared import PROJECT

CASSETTE = PROJECT / "tests" / "formats" / "data" / "cassetter.toml"


def test_names_decide_but_for_toml(tmp_path: Path) -> None:
    """Hidden ones and other kinds are passed over; TOML has to be a cassette."""
    for name in (
        "a.yaml",
        "b.yml.gz",
        "c.json",
        "plain",
        "d.md",
        ".e.json",
        ".llmvcr/f.json",
        "sub/g.json",
        "h.sqlite",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    shutil.copy(CASSETTE, tmp_path / "i.toml")
    assert [path.relative_to(tmp_path).as_posix() for path in members(tmp_path)] == [
        *("a.yaml", "b.yml.gz", "c.json", "i.toml", "plain", "sub/g.json"),
    ]


def test_a_folder_that_cannot_be_listed_is_never_passed_over(tmp_path: Path) -> None:
    """It is an error that names the folder."""
    with pytest.raises(ReadError, match=r"no: cannot be listed: "):
        members(tmp_path / "no")
