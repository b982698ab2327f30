"""`llmvcr check`: what it finds, what it says, and its exit codes."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from cli.schemas import fitting
from llmvcr.cli import main
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.storage import Journal, dump
from shared import CASSETTES, LONG, corpus

WEATHER = CASSETTES / "seeds" / "weather.json"
GOOD = Interaction(Request("GET", "http://x/one"), Response(200, "OK", (), (b"one",)))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def _dated(when: str | None) -> Interaction:
    return Interaction(GOOD.request, GOOD.response, recorded_at=when)


def test_our_own_cassettes(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is wrong with the seeds and samples: exit 0, and a word on stderr."""
    assert main(["check", str(CASSETTES), "--types"]) == 0
    assert capsys.readouterr() == ("", "0 finds in 0 of 18 files, 28 interactions\n")


def test_every_kind_of_find(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is a line that names the file, the interaction, the place and the kind; exit 1."""
    Path("in").mkdir()
    dump([GOOD], "in/good.yaml")
    Path("in/cut.yaml").write_text("interactions: [")
    Path("in/empty.yaml").write_bytes(b"")
    Path("in/other.json").write_text("[1]")
    Path("in/README.md").write_text("Not looked at.")
    odd = Response(1000, "OK", (), (b"one",))
    dump([GOOD, Interaction(GOOD.request, odd)], "in/odd.yaml")
    shutil.copy(WEATHER, "in/weather.json")  # a name that claims nothing
    shutil.copy(WEATHER, "in/0123456789ab.json")
    journal = Journal("in/lost.yaml")
    journal.add(0, GOOD)
    journal.abandon()
    assert main(["check", "in"]) == 1
    out, err = capsys.readouterr()
    reason = "has the status 1000, which is none of HTTP; record it again, or take the interaction out of the file"
    left = "1 interaction, which `llmvcr recover in/lost.yaml` brings back"
    assert out.splitlines() == [
        "in/0123456789ab.json: name: is not the hash of its content, which is b8870267241e.json",
        "in/cut.yaml, line 2, column 1: cannot be read: is not well-formed YAML: did not find expected node content",
        "in/empty.yaml: cannot be read: is empty",
        f"in/odd.yaml, interaction 1, response.status: cannot be played: {reason}",
        f"in/lost.yaml: unfinished: a run that was cut short has left {left}",
    ]
    assert err == "5 finds in 5 of 7 files, 5 interactions; 1 passed over\n"
    assert main(["check", "in", "--json"]) == 1
    value = fitting("check", capsys.readouterr().out)
    assert [find["kind"] for file in value["files"] for find in file["finds"]] == [
        "name",
        "unreadable",
        "unreadable",
        "unplayable",
        "journal",
    ]
    assert main(["check", "in/0123456789ab.json", "--no-names"]) == 0
    assert capsys.readouterr() == ("", "0 finds in 0 of 1 file, 1 interaction\n")


def test_a_file_that_is_named_is_never_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    """In a folder a file of something else is no find, and -v names it; named by itself it is one."""
    Path("in").mkdir()
    Path("in/other.json").write_text("[1]")
    assert main(["check", "in", "-v"]) == 0
    assert capsys.readouterr() == (
        "passed over: in/other.json: is no cassette and no recording\n",
        "0 finds in 0 of 0 files, 0 interactions; 1 passed over\n",
    )
    assert main(["check", "in/other.json"]) == 1
    assert capsys.readouterr().out.startswith("in/other.json: cannot be read: is in no format that llmvcr reads (")


def test_age(capsys: pytest.CaptureFixture[str]) -> None:
    """What was recorded longer ago than --max-age is a find; what says no date is counted."""
    dump([_dated("2020-02-01T09:00:00Z"), _dated("2020-01-31T09:00:00+00:00"), _dated(None)], "old.yaml")
    dump([_dated("2999-01-01T00:00:00Z"), _dated("0001-01-01T00:00:00+23:00")], "new.yaml")
    assert main(["check", "old.yaml", "new.yaml"]) == 0
    capsys.readouterr()
    assert main(["check", "old.yaml", "new.yaml", "--max-age", "90d"]) == 1
    assert capsys.readouterr() == (
        "old.yaml, interaction 1: too old: was recorded on 2020-01-31, and 1 more\n",
        "1 find in 1 of 2 files, 5 interactions; 2 interactions without a date\n",
    )


def test_types(capsys: pytest.CaptureFixture[str]) -> None:
    """With --types a field that does not fit is a find; a type that nobody knows is named, and no find."""
    value = json.loads(WEATHER.read_bytes())
    value["response"]["body"][0]["__data__"]["choices"] = 3
    value["response"]["body"][1]["__type__"] = "some.where.Else"
    Path("a.json").write_text(json.dumps(value))
    assert main(["check", "a.json"]) == 0
    capsys.readouterr()
    assert main(["check", "a.json", "--types"]) == 1
    assert capsys.readouterr() == (
        "a.json: type: ChatCompletionChunk choices: Input should be a valid list\n",
        (
            "not checked: a.json: 'some.where.Else' is on no list of ours, so it is not imported\n"
            "1 find in 1 of 1 file, 1 interaction\n"
        ),
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("no.yaml",), "no.yaml is not there"),
        ((".", "--max-age", "soon"), "--max-age is a number of hours, days or weeks, such as '12h', '30d' or '8w', "),
    ],
    ids=["absent", "age"],
)
def test_wrong_usage(arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence that says what is wrong, exit 2."""
    assert main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"llmvcr: {reason}")


def test_several_processes_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """The order of the lines is that of the files, however many processes look at them."""
    Path("in").mkdir()
    for number in range(8):
        Path("in", f"{number}.yaml").write_bytes(b"")
    assert main(["check", "in", "--jobs", "1"]) == 1
    alone = capsys.readouterr()
    assert main(["check", "in", "--jobs", "2"]) == 1
    assert capsys.readouterr() == alone


def test_recordings_of_others_under_wrong_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Of real recordings those are found whose names no version of the hash gives, as the corpus' list has it."""
    root = corpus("recordings")
    some = ("1669742f53", "976c17f2d4", "ca70b6c0c4")
    folders = [root] if LONG else [root / "llamastack+llama-stack" / commit for commit in some]
    assert main(["check", *map(str, folders), "--json", "--jobs", "1"]) == 1
    value = fitting("check", capsys.readouterr().out)
    finds = [(file["path"], find["kind"]) for file in value["files"] for find in file["finds"]]
    with (root.parent / "recordings.tsv").open(encoding="utf-8") as rows:
        listed = list(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))
    wrong = {row["path"] for row in listed if row["hash_versions_matching"] == "-" or row["models_digest"] == "NO"}
    paths = [root.parent / path for path in wrong]
    expected = [path for path in paths if any(path.is_relative_to(folder) for folder in folders)]
    assert finds == [(str(path), "name") for path in sorted(expected)]
