"""The command line as a whole: its help, its version, its exit codes, and that it never ends in a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from llmvcr.cli import COMMANDS, main, show
from shared import CASSETTES

NAMES = [command.__name__.rpartition(".")[2] for command in COMMANDS]
HELP = """\
usage: llmvcr [-h] [--version] COMMAND ...

Recordings of LLM traffic: read, compare, check, clean and convert them.

options:
  -h, --help  show this help message and exit
  --version   print the version and exit

commands:
  COMMAND
    show      print recordings as the conversations they are
    view      write recordings as one page for a browser
    diff      say what two recordings ask and answer differently
    stats     count what recordings hold
    check     find files that do not load, cannot be played, are too old
    lint      find secrets in cassettes and recordings
    redact    take the secrets out of cassettes and recordings
    prune     remove empty cassettes, leftovers, those of tests that are gone
    merge     bring together what two branches recorded into one cassette
    recover   bring back what runs that were cut short have recorded
    convert   convert recordings from one format to another
    rules     print what is not compared, and why

`llmvcr COMMAND --help` has examples, exit codes, and what --json prints.
"""


@pytest.fixture(autouse=True)
def of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Help is wrapped to the terminal's width."""
    monkeypatch.setenv("COLUMNS", "80")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """--help lists the commands in the order in which a person needs them; so does llmvcr alone, as wrong usage."""
    assert main(["--help"]) == 0
    assert capsys.readouterr() == (HELP, "")
    assert main([]) == 2
    assert capsys.readouterr() == (HELP, "")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints that of the package."""
    assert main(["--version"]) == 0
    assert capsys.readouterr() == (f"llmvcr {version('pytest-llmvcr')}\n", "")


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_a_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each has examples of its own, exit codes and --json, in characters that every terminal has."""
    assert main([name, "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.isascii()
    examples = re.findall(r"^  llmvcr (\w+) ?.*$", out.partition("examples:\n")[2].partition("\n\n")[0], re.MULTILINE)
    assert set(examples) == {name}
    assert out.count("exit codes: 0 ") == 1
    assert "  --json " in out


def test_a_command_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """The names of those that are there are said, exit 2."""
    assert main(["shwo"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "'shwo'" in err
    assert all(name in err for name in NAMES)


def test_a_fault_of_our_own(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody thought of is a line and exit 70; with LLMVCR_TRACEBACK it is raised."""

    def run(*_: object) -> int:
        raise RecursionError("too deep")

    monkeypatch.setattr(show, "run", run)
    assert main(["show", "a.yaml"]) == 70
    said = "llmvcr: a fault of llmvcr itself, please report it: RecursionError: too deep\n"
    assert capsys.readouterr() == ("", said)
    monkeypatch.setenv("LLMVCR_TRACEBACK", "1")
    with pytest.raises(RecursionError):
        main(["show", "a.yaml"])


def test_an_interrupt(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is a word and exit 130."""

    def run(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(show, "run", run)
    assert main(["show", "a.yaml"]) == 130
    assert capsys.readouterr() == ("", "llmvcr: interrupted\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_an_output_that_is_full() -> None:
    """It is said once, and is exit 1."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        command = [sys.executable, "-m", "llmvcr", "show", str(CASSETTES / "seeds")]
        done = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "llmvcr: [Errno 28] No space left on device\n")


def test_a_reader_that_goes_before_the_help() -> None:
    """`llmvcr --help | true` ends without a word."""
    command = [sys.executable, "-m", "llmvcr", "--help"]
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(command, check=False, stdout=write, stderr=subprocess.PIPE)
    finally:
        os.close(write)
    assert done.stderr == b""
