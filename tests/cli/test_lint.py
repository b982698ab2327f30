"""`llmvcr lint`: what it prints, its exit codes, and that it never prints a secret."""

from __future__ import annotations

import gzip
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from llmvcr import storage
from llmvcr.cli import COMMANDS, main
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.secrets import scanner
from made_up_keys import drawn
from shared import CASSETTES, PROJECT

KEY = "sk-proj-" + drawn("lint", 60)
ALONE = "" if scanner.installed() else '; by our own shapes alone: the extra "scan" is not installed'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in an empty folder, without secrets in the environment."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _call(key: str = KEY) -> Interaction:
    headers = (("authorization", f"Bearer {key}"),)
    request = Request("POST", "https://api.openai.com/v1/chat/completions", headers, b"{}")
    return Interaction(request, Response(200, "OK", (), (b"{}",)))


def test_finds_are_named_by_file_interaction_place_and_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a find, the value masked; exit 1."""
    storage.dump([_call("<key>"), _call()], "a.yaml")
    assert main(["lint", "a.yaml"]) == 1
    out, err = capsys.readouterr()
    assert out == "a.yaml: interaction 1, request.headers.authorization: OpenAI key sk-… (68 characters)\n"
    assert err == f"1 find in 1 of 1 files{ALONE}\n"


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.yaml.gz", "a.vcr.json"])
def test_every_format_is_read(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The format is that of the content, packed or not, and folders are walked."""
    storage.dump([_call()], Path("cassettes", "below", name), format="vcr_json" if "vcr" in name else None)
    assert main(["lint", "cassettes"]) == 1
    assert KEY not in "".join(capsys.readouterr())


def test_what_only_the_text_shows_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    """A key in a comment stands in no interaction."""
    storage.dump([_call("<key>")], "a.yaml")
    Path("a.yaml").write_text(f"# recorded with {KEY}\n" + Path("a.yaml").read_text())
    assert main(["lint", "a.yaml"]) == 1
    assert capsys.readouterr().out == "a.yaml: text: OpenAI key sk-… (68 characters)\n"


def test_nothing_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Our own cassettes hold no secret; exit 0."""
    assert main(["lint", str(CASSETTES), "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("0 finds in 0 of ")


def test_what_is_no_cassette_is_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    """As pre-commit names any file; with -v it is said."""
    Path("settings.yaml").write_text("a: 1\n")
    Path("empty.json").write_bytes(b"")
    assert main(["lint", "settings.yaml", "empty.json"]) == 0
    assert capsys.readouterr() == ("", f"0 finds in 0 of 0 files{ALONE}\n")
    assert main(["lint", "-v", "settings.yaml"]) == 0
    assert capsys.readouterr().err.startswith("passed over: settings.yaml: is no cassette and no recording\n")


def test_trouble_is_named_in_one_line_each_and_wins(capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged file and one that is not there: exit 2, and the others are looked through."""
    storage.dump([_call()], "a.yaml")
    Path("cut.yaml").write_bytes(Path("a.yaml").read_bytes()[:150])
    assert main(["lint", "cut.yaml", "gone.yaml", "a.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("a.yaml: interaction 0")
    lines = err.splitlines()
    assert lines[0].startswith("llmvcr lint: cut.yaml")
    assert lines[1:] == ["llmvcr lint: gone.yaml: is not there", f"1 find in 1 of 1 files; 2 could not be read{ALONE}"]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """For other programs: each file with its finds, and totals."""
    storage.dump([_call()], "a.yaml")
    assert main(["lint", "--json", "a.yaml"]) == 1
    said = json.loads(capsys.readouterr().out)
    find = {
        "interaction": 0,
        "place": "request.headers.authorization",
        "kind": "OpenAI key",
        "masked": "sk-… (68 characters)",
    }
    file = {"path": "a.yaml", "format": "yaml", "finds": [find], "interactions": 1, "skipped": "", "error": ""}
    totals = {"files": 1, "interactions": 1, "finds": 1, "with_finds": 1, "skipped": 0, "failed": 0}
    assert said == {"version": 1, "scanner": scanner.installed(), "files": [file], "totals": totals}


def test_names_and_shapes_of_a_users_own(capsys: pytest.CaptureFixture[str]) -> None:
    """What is known to the user alone is found, too, by several processes as by one; a name can be kept."""
    request = Request("GET", "http://example.com/", (("x-tenant", "harbour-seven-blue"),), b"ticket QQ-2026-1234")
    storage.dump([Interaction(request, Response(200))], "a.yaml")
    storage.dump([Interaction(request, Response(200))], "b.yaml")
    assert main(["lint", "a.yaml"]) == 0
    told = ["--name", "x-tenant", "--shape", r"QQ-\d{4}-\d{4}"]
    assert main(["lint", "a.yaml", "b.yaml", "--jobs", "2", *told]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert main(["lint", "a.yaml", "--shape", "("]) == 2
    assert "no regular expression" in capsys.readouterr().err


def test_a_log_of_another_tool_is_looked_through_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Its interactions are not read; a key in it is found all the same."""
    Path("a.yaml").write_text(f"interactions:\n- kind: ws\n  direction: out\n  payload: {KEY}\n")
    assert main(["lint", "a.yaml"]) == 1
    assert capsys.readouterr().out == "a.yaml: text: OpenAI key sk-… (68 characters)\n"


def test_the_hook_of_pre_commit_is_a_real_command() -> None:
    """Its entry is a command of ours, it takes file names, and it is found for the names of cassettes."""
    (hook,) = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text())
    program, command = shlex.split(hook["entry"])
    assert (hook["id"], program, hook["language"]) == ("llmvcr-lint", "llmvcr", "python")
    assert command in [module.__name__.rpartition(".")[2] for module in COMMANDS]
    storage.dump([_call()], "a.yaml.gz")
    assert gzip.decompress(Path("a.yaml.gz").read_bytes())
    done = subprocess.run([sys.executable, "-m", "llmvcr", command, "a.yaml.gz"], check=False, capture_output=True)
    assert done.returncode == 1
