"""`llmvcr view`: a page under its name, never over what is none, and its data as JSON."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.schemas import fitting
from llmvcr.cli import main
from llmvcr.viewing import is_page
from shared import CASSETTES
from viewing.test_page import data_of

WEATHER = CASSETTES / "seeds" / "weather.json"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the test's own, with a cassette."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(WEATHER, "weather.json")


def here() -> list[str]:
    """Name what is in the folder."""
    return sorted(path.name for path in Path().iterdir())


def test_a_page_in_the_current_folder(capsys: pytest.CaptureFixture[str]) -> None:
    """Without -o it takes the name of what is viewed; it is written anew over an older one."""
    for _ in range(2):
        assert main(["view", "weather.json"]) == 0
        size = len(Path("weather.html").read_bytes())
        assert capsys.readouterr() == (f"weather.html: 1 file, 1 interaction, {size:,} bytes\n", "")
    assert is_page(Path("weather.html").read_bytes())
    assert here() == ["weather.html", "weather.json"]


def test_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder gives its own name, also as "."; two suffixes are taken away; -o names any file."""
    Path("all.v2").mkdir()
    shutil.copy(WEATHER, "all.v2/one.json")
    assert main(["view", "all.v2"]) == main(["view", "."]) == 0
    assert main(["view", "weather.json", "-o", "new/page.htm"]) == 0
    assert {path.name for path in tmp_path.rglob("*.htm*")} == {"all.v2.html", f"{tmp_path.name}.html", "page.htm"}
    assert "2 files, 2 interactions" in capsys.readouterr().out
    assert [one["path"] for one in data_of(Path(f"{tmp_path.name}.html").read_bytes())["files"]] == [
        "all.v2/one.json",
        "weather.json",
    ]


def test_what_is_no_page_stays(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no page of ours is overwritten with --force only."""
    Path("weather.html").write_text("<p>mine</p>")
    assert main(["view", "weather.json"]) == 1
    fix = "How to fix: choose another name with -o, or overwrite it with --force"
    assert capsys.readouterr() == ("", f"llmvcr: weather.html: is no page of llmvcr view\n{fix}\n")
    assert main(["view", "weather.json", "-o", "weather.json"]) == 1
    assert Path("weather.html").read_text() == "<p>mine</p>"
    assert Path("weather.json").read_bytes() == WEATHER.read_bytes()
    assert main(["view", "weather.json", "--force"]) == 0
    assert is_page(Path("weather.html").read_bytes())


def test_standard_output(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """-o - prints the page, and nothing else."""
    assert main(["view", "weather.json", "-o", "-"]) == 0
    out, err = capsysbinary.readouterr()
    assert is_page(out)
    assert (out[-8:], err) == (b"</html>\n", b"")
    assert here() == ["weather.json"]


def test_json_is_what_the_page_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints the value that is embedded, in the shape of its schema, and writes nothing."""
    samples = str(CASSETTES / "samples")
    assert main(["view", samples, "--json"]) == 0
    told = fitting("view", capsys.readouterr().out)
    assert here() == ["weather.json"]
    assert main(["view", samples]) == 0
    assert data_of(Path("samples.html").read_bytes()) == told


def test_a_bad_file_in_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, and stands on the page in its place; where no file can be read there is no page."""
    Path("bad.yaml").write_text("interactions: [")
    assert main(["view", ".", "-o", "page.html"]) == 1
    assert capsys.readouterr().err.startswith("failed: bad.yaml, line 2, column 1: ")
    bad, good = data_of(Path("page.html").read_bytes())["files"]
    assert (bad["path"], bad["interactions"], good["error"]) == ("bad.yaml", [], "")
    assert bad["error"].startswith("line 2, column 1: ")
    assert main(["view", "bad.yaml"]) == 1
    assert not Path("bad.html").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("no-such.yaml",), "no-such.yaml is not there"),
        (("empty",), "empty holds no file that could be a recording"),
        (("weather.json", "-o", "empty"), "empty is a folder; name the file: -o empty/weather.html"),
        (("weather.json", "--open", "-o", "-"), "--open is for a file, and -o - writes none"),
        (("weather.json", "--force", "-o", "-"), "--force is for a file, and -o - writes none"),
        (("weather.json", "-o", os.devnull), f"{os.devnull} is no file; -o - prints the page"),
        (
            ("weather.json", "--json", "--open"),
            "--json prints the data and writes no page: --open has no meaning beside it",
        ),
    ],
    ids=["absent", "empty", "folder", "nothing to open", "nothing to force", "device", "json"],
)
def test_wrong_usage(arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence that says what is wrong, exit 2, and nothing is written."""
    Path("empty").mkdir()
    assert main(["view", *arguments]) == 2
    assert capsys.readouterr() == ("", f"llmvcr: {reason}\n")
    assert here() == ["empty", "weather.json"]


@pytest.mark.skipif(os.name == "nt", reason="the browser here is a shell script")
def test_it_is_opened(tmp_path: Path) -> None:
    """--open hands the page to the browser, by its address on this machine; without a browser it says so."""
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\necho "$1" > opened\n')
    browser.chmod(0o755)
    command = [sys.executable, "-m", "llmvcr", "view", "weather.json", "--open"]
    environment = {**os.environ, "BROWSER": f"{browser} %s"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path("opened").read_text().strip() == (tmp_path / "weather.html").resolve().as_uri()
