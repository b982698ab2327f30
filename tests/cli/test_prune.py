"""`llmvcr prune`: what it would remove, what it removes, and what it never touches."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cli.schemas import fitting
from llmvcr.cli import main
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.storage import Journal, dump, only_one

GOOD = Interaction(Request("GET", "http://x/one"), Response(200, "OK", (), (b"one",)))
EMPTY = "interactions: []\nversion: 1\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def _names(folder: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def test_a_dry_run_and_then_for_good(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --yes it is said what can go, exit 1, and nothing is changed; with it, it is gone, exit 0."""
    dump([GOOD], "in/good.yaml")
    Path("in/below").mkdir()
    Path("in/below/empty.yaml").write_text(EMPTY)
    Path("in/broken.yaml").write_text("interactions: [")
    Path("in/other.json").write_text("[1]")
    before = _names("in")
    assert main(["prune", "in"]) == 1
    assert capsys.readouterr() == (
        "would remove in/below/empty.yaml: holds no interaction\n",
        "1 file can be removed, 28 bytes; --yes removes it\n",
    )
    assert _names("in") == before
    assert main(["prune", "in", "--yes"]) == 0
    assert capsys.readouterr() == (
        "removed in/below/empty.yaml: holds no interaction\n",
        "1 file removed, 28 bytes\n",
    )
    assert _names("in") == ["broken.yaml", "good.yaml", "other.json"]
    assert not Path("in/below").exists()
    assert main(["prune", "in"]) == 0
    assert capsys.readouterr() == ("", "0 files can be removed, 0 bytes\n")


def test_leftovers(capsys: pytest.CaptureFixture[str]) -> None:
    """Working files that nobody needs go; a journal, a lock that is held and files of this hour stay."""
    dump([GOOD], "in/good.yaml")
    dump([GOOD], "in/leaky.yaml")
    journal = Journal("in/lost.yaml")
    journal.add(0, GOOD)
    journal.abandon()
    (lost,) = Path("in/.llmvcr").glob("*.journal")
    work = Path("in/.llmvcr")
    gone = "0123456789abcdef"
    (work / f"{gone}.incomplete").write_text("gone.yaml")
    (work / f"{gone}.folding").write_text("{}")
    (work / f"{gone}-7-aa.journal.lock").write_bytes(b"")
    (work / "refused-leaky.yaml").write_text("masked")
    (work / "refused-new.yaml").write_text("masked")
    os.utime(work / "refused-leaky.yaml", (0, time.time() - 60))
    (work / "convert.jsonl").write_text("{}\n")
    Path("in/.01234567-89abcdef.tmp").write_bytes(b"old")
    Path("in/.01234567-00000000.tmp").write_bytes(b"new")
    os.utime("in/.01234567-89abcdef.tmp", (0, 0))
    with only_one("in/good.yaml"):
        assert main(["prune", "in", "--yes"]) == 0
        left = _names("in")
    assert capsys.readouterr().out.splitlines() == [
        "removed in/.01234567-89abcdef.tmp: a file that was never written to its end",
        f"removed in/.llmvcr/{gone}-7-aa.journal.lock: a lock that nobody holds",
        f"removed in/.llmvcr/{gone}.folding: a mark of a cassette that is written",
        f"removed in/.llmvcr/{gone}.incomplete: a mark of a cassette that is gone",
        "removed in/.llmvcr/refused-leaky.yaml: a refused recording of a cassette that is written since",
    ]
    assert [name for name in left if not name.endswith(".lock")] == [
        ".01234567-00000000.tmp",
        ".llmvcr/.gitignore",
        f".llmvcr/{lost.name}",
        ".llmvcr/convert.jsonl",
        ".llmvcr/refused-new.yaml",
        "good.yaml",
        "leaky.yaml",
    ]
    assert main(["recover", "in"]) == 0


def test_a_folder_with_nothing_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    """A `.llmvcr` that has only its mark goes with what was last in it, or by itself."""
    work = Path("in/.llmvcr")
    work.mkdir(parents=True)
    (work / ".gitignore").write_text("*\n")
    assert main(["prune", "in", "--yes"]) == 0
    assert capsys.readouterr().out == "removed in/.llmvcr: has nothing in it\n"
    assert not work.exists()


def test_a_damaged_journal_stays_as_long_as_its_cassette_is_incomplete() -> None:
    """What could not be read is kept until a run has recorded all that it asks for."""
    journal = Journal("in/c.yaml")
    journal.add(0, GOOD)
    assert journal.path is not None
    path = journal.path
    journal.abandon()
    path.write_bytes(path.read_bytes() + b'{"place"')
    assert main(["recover", "in"]) == 1
    assert main(["prune", "in"]) == 0
    (mark,) = Path("in/.llmvcr").glob("*.incomplete")
    mark.unlink()
    assert main(["prune", "in", "--yes"]) == 0
    assert _names("in") == ["c.yaml"]


TESTS = """
import pytest

def test_plain(): ...

@pytest.mark.parametrize("word", ["a", "x/y"])
def test_words(word): ...

@pytest.mark.default_cassette("by name.yaml")
def test_named(): ...

class TestGroup:
    def test_inside(self): ...

def _later():  # a test that a decorator of ours makes: test_made
    ...

@pytest.mark.slow
def test_slow(): ...
"""
ALIVE = [
    "test_plain",
    "test_words[a]",
    "test_words[x-y]",
    "by name",
    "TestGroup.test_inside",
    "test_made[1]",
    "test_slow",
]
DEAD = {
    "test_words[b]": "test_chat.py has test_words, but not with these parameters",
    "TestGroup.test_outside": "no test is called test_outside",
    "test_gone": "no test is called test_gone",
}


def test_tests_that_are_gone(capsys: pytest.CaptureFixture[str]) -> None:
    """Cassettes go whose tests pytest does not collect and no source names, and only from where they belong."""
    Path("tests").mkdir()
    Path("pytest.ini").write_text("[pytest]\naddopts = -v -n 2 --ff -m 'not slow'\nmarkers = slow: takes long\n")
    Path("tests/test_chat.py").write_text(TESTS)
    folder = Path("tests/cassettes/test_chat")
    for stem in (*ALIVE, *DEAD):
        dump([GOOD], folder / f"{stem}.yaml")
    dump([GOOD], "tests/cassettes/test_removed/test_elsewhere.yaml")
    dump([GOOD], "tests/data/test_gone.yaml")
    dump([GOOD], "others/cassettes/test_chat/test_gone.yaml")
    assert main(["prune", "tests", "--json"]) == 0
    assert fitting("prune", capsys.readouterr().out)["files"] == []
    assert main(["prune", "tests", "others", "--tests", "tests", "--yes"]) == 0
    removed = "tests/cassettes/test_removed/test_elsewhere.yaml: no test is called test_elsewhere"
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(
        [*(f"removed {folder / stem}.yaml: {reason}" for stem, reason in DEAD.items()), f"removed {removed}"]
    )
    assert _names(str(folder)) == sorted(f"{stem}.yaml" for stem in ALIVE)
    assert Path("tests/data/test_gone.yaml").exists()
    assert Path("others/cassettes/test_chat/test_gone.yaml").exists()
    assert main(["prune", "others", "--tests", "others"]) == 2
    said = "llmvcr: pytest finds no test in others: every cassette would be an orphan\n"
    assert capsys.readouterr() == ("", said)
    Path("tests/test_broken.py").write_text("import no_such_module")
    assert main(["prune", "tests", "--tests", "tests"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("llmvcr: pytest cannot collect tests:\n")
    assert "no_such_module" in err


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """A path that is not there, a folder of tests that is not there or is none, is exit 2."""
    assert main(["prune", "no"]) == 2
    assert capsys.readouterr() == ("", "llmvcr: no is not there\n")
    assert main(["prune", ".", "--tests", "no"]) == 2
    assert capsys.readouterr() == ("", "llmvcr: no is not there\n")
    Path("test_a.py").write_text("def test_a(): ...")
    assert main(["prune", ".", "--tests", "test_a.py"]) == 2
    assert capsys.readouterr() == ("", "llmvcr: --tests test_a.py: is no folder\n")
