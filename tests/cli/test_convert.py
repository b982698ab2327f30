"""`llmvcr convert`: what it prints, and its exit codes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmvcr.cli import main
from llmvcr.storage import load
from shared import CASSETTES, PROJECT

SEED = CASSETTES / "seeds" / "weather.json"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in an empty folder that holds one seed."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(SEED, "seed.json")
    return tmp_path


def _run(*argv: str) -> int:
    return main(["convert", *argv])


def test_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for the file, one for the whole, exit 0."""
    assert _run("seed.json", "--to", "yaml") == 0
    out, err = capsys.readouterr()
    assert out == (
        "seed.json (recordings) -> seed.yaml (yaml): 1 interaction\n"
        "1 file converted and verified, 1 interaction; 0 failed\n"
    )
    assert err == ""
    assert load("seed.yaml").interactions == load("seed.json").interactions


def test_back_to_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    """Recordings go into a folder, under the name of the hash that was asked for."""
    assert _run("seed.json", "--to", "yaml") == 0
    assert _run("seed.yaml", "out", "--to", "recordings", "--hash-version", "1") == 0
    out, _ = capsys.readouterr()
    assert out.splitlines()[2:] == [
        "seed.yaml (yaml) -> out (recordings): 1 interaction",
        "1 file converted and verified, 1 interaction; 0 failed",
    ]
    assert Path("out/b8870267241e.json").read_bytes() == SEED.read_bytes()


def test_a_tree_with_a_bad_file(capsys: pytest.CaptureFixture[str]) -> None:
    """A failure is named on stderr, the others are done, exit 1."""
    Path("in/below").mkdir(parents=True)
    shutil.copy("seed.json", "in/below/seed.json")
    Path("in/empty.yaml").write_bytes(b"")
    assert _run("in", "--to", "yaml") == 1
    out, err = capsys.readouterr()
    below = Path("below")
    assert out == (
        f"{'in' / below / 'seed.json'} (recordings) -> {'in-yaml' / below / 'seed.yaml'} (yaml): 1 interaction\n"
        "1 file converted and verified, 1 interaction; 1 failed\n"
    )
    assert err == f"failed: {Path('in/empty.yaml')}: is empty\n"


def test_a_target_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    """A clash is a failed file, exit 1; --force settles it."""
    Path("seed.yaml").write_bytes(b"mine")
    assert _run("seed.json", "--to", "yaml") == 1
    out, err = capsys.readouterr()
    assert out == "0 files converted and verified, 0 interactions; 1 failed\n"
    assert err == ("failed: seed.yaml: exists already\nHow to fix: choose another name, or overwrite it with --force\n")
    assert Path("seed.yaml").read_bytes() == b"mine"
    assert _run("seed.json", "--to", "yaml", "--force") == 0


def test_strict_says_what_was_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    """The losses of a file stand in its line."""
    assert _run("seed.json", "--to", "yaml", "--strict") == 0
    out, _ = capsys.readouterr()
    assert out.splitlines()[0] == (
        "seed.json (recordings) -> seed.yaml (yaml): 1 interaction; given up: note recording"
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "llmvcr convert: error: the following arguments are required: SOURCE"),
        (("seed.json",), "llmvcr convert: error: one of the arguments --to --check-names is required"),
        (
            ("seed.json", "--to", "toml"),
            (
                "llmvcr convert: error: argument --to: invalid choice: 'toml' "
                "(choose from 'json', 'recordings', 'vcr_json', 'yaml')"
            ),
        ),
        (
            ("seed.json", "--to", "recordings", "--hash-version", "8"),
            "llmvcr convert: error: argument --hash-version: invalid choice: 8 (choose from 1, 2, 3, 4, 5, 6, 7)",
        ),
        (("no.json", "--to", "yaml"), "llmvcr convert: no.json is not there"),
        ((".", "seed.json", "--to", "yaml"), "llmvcr: . is a folder and seed.json is not"),
        (("seed.json", "--to", "yaml", "--loud"), "llmvcr: error: unrecognized arguments: --loud"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], message: str) -> None:
    """What cannot be meant is exit 2, with a reason, and nothing is written."""
    assert _run(*argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    # Python 3.12 and later leave the quotes of choices out.
    assert err.splitlines()[-1].replace("'", "") == message.replace("'", "")
    assert [path.name for path in Path().iterdir()] == ["seed.json"]


def test_a_folder_without_files(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to convert is no success."""
    Path("in").mkdir()
    assert _run("in", "--to", "yaml") == 1
    assert capsys.readouterr() == ("", "llmvcr convert: in holds no file that could be a recording\n")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """--help is exit 0 and names the exit codes; no command at all is wrong usage."""
    assert _run("--help") == 0
    assert "exit codes: 0 all converted and verified" in capsys.readouterr().out
    assert main([]) == 2


def test_from_a_clone(here: Path) -> None:
    """tools/convert.py is the same command, from any folder, without installing."""
    done = subprocess.run(
        [sys.executable, PROJECT / "tools" / "convert.py", "seed.json", "--to", "yaml"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("seed.json (recordings) -> seed.yaml (yaml): 1 interaction\n")


def test_as_a_module(here: Path) -> None:
    """`python -m llmvcr` is the command line too."""
    done = subprocess.run(
        [sys.executable, "-m", "llmvcr", "convert", "no.json", "--to", "yaml"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "llmvcr convert: no.json is not there\n")
