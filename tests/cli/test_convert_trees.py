"""`llmvcr convert` over trees: looking first, reports, grouping, secrets, names, and what a terminal sees."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.schemas import fitting
from llmvcr.cli import main
from llmvcr.cli.progress import Progress, say
from llmvcr.storage import load
from shared import CASSETTES, PROJECT

SEED = CASSETTES / "seeds" / "weather.json"
KEY = "sk-proj-a8Kq2LzP0vBnZt0aXw3kLmq8YwEr7TyU"
CASSETTE = f"""\
version: 1
interactions:
- request:
    method: POST
    uri: https://api.openai.com/v1/chat/completions
    body: '{{"model": "m", "messages": []}}'
    headers: {{authorization: [Bearer {KEY}]}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{}}
    body: {{string: '{{}}'}}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in a folder that holds a tree of two seeds."""
    monkeypatch.chdir(tmp_path)
    Path("in/below").mkdir(parents=True)
    shutil.copy(SEED, "in/b8870267241e.json")
    shutil.copy(SEED, "in/below/b8870267241e.json")
    return tmp_path


def _run(*argv: str) -> int:
    return main(["convert", "in", *argv])


A, B = Path("in/b8870267241e.json"), Path("in/below/b8870267241e.json")
OUT_A, OUT_B = Path("out/b8870267241e.yaml"), Path("out/below/b8870267241e.yaml")


def test_done_before(capsys: pytest.CaptureFixture[str]) -> None:
    """A second run says of each file that it was done, and is a success."""
    assert _run("out", "--to", "yaml") == 0
    capsys.readouterr()
    assert _run("out", "--to", "yaml") == 0
    out, err = capsys.readouterr()
    assert out == (
        f"done before: {A} (recordings) -> {OUT_A} (yaml): 1 interaction\n"
        f"done before: {B} (recordings) -> {OUT_B} (yaml): 1 interaction\n"
        "0 files converted and verified, 2 interactions; 2 done before; 0 failed\n"
    )
    assert err == ""


@pytest.mark.parametrize(
    ("option", "word", "total"),
    [("--dry-run", "would convert", "would be converted"), ("--check", "checked", "can be converted")],
)
def test_looking_first(capsys: pytest.CaptureFixture[str], option: str, word: str, total: str) -> None:
    """Each file is told, nothing is written, and what fails is exit 1 as ever."""
    Path("in/bad.yaml").write_bytes(b"")
    assert _run("out", "--to", "yaml", option) == 1
    assert capsys.readouterr() == (
        (
            f"{word}: {A} (recordings) -> {OUT_A} (yaml): 1 interaction\n"
            f"{word}: {B} (recordings) -> {OUT_B} (yaml): 1 interaction\n"
            f"2 files {total}, 2 interactions; 1 failed\n"
        ),
        f"failed: {Path('in/bad.yaml')}: is empty\n",
    )
    assert not Path("out").exists()


def test_a_dry_run_sees_what_is_in_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    """A target that exists is told before anything is done."""
    OUT_A.parent.mkdir()
    OUT_A.write_bytes(b"mine")
    assert _run("out", "--to", "yaml", "--dry-run") == 1
    assert f"failed: {OUT_A}: exists already" in capsys.readouterr().err


def test_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON report fits its schema, and says the same as the lines."""
    assert _run("out", "--to", "yaml", "--report", "report.json") == 0
    report = fitting("convert", Path("report.json").read_text())
    assert [file["source"] for file in report["files"]] == [str(A), str(B)]
    assert [file["bytes_in"] for file in report["files"]] == [len(SEED.read_bytes())] * 2
    assert report["files"][0]["bytes_out"] == OUT_A.stat().st_size
    told = {key: report["totals"][key] for key in ("converted", "failed", "interactions", "bytes_in")}
    assert told == {"converted": 2, "failed": 0, "interactions": 2, "bytes_in": 2 * len(SEED.read_bytes())}
    assert (report["mode"], report["complete"]) == ("convert", True)
    assert capsys.readouterr().err == ""


def test_the_report_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json the report is all that stdout has; what failed is named on stderr all the same."""
    Path("in/bad.yaml").write_bytes(b"")
    assert _run("out", "--to", "yaml", "--json", "--report", "report.json") == 1
    out, err = capsys.readouterr()
    report = fitting("convert", out)
    assert report == json.loads(Path("report.json").read_bytes())
    assert (report["totals"]["converted"], report["totals"]["failed"]) == (2, 1)
    assert err == f"failed: {Path('in/bad.yaml')}: is empty\n"


def test_the_report_of_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """A failed file has its reason there, and counts for no interactions."""
    Path("in/bad.yaml").write_bytes(b"")
    assert _run("out", "--to", "yaml", "--report", "sub/report.json", "--check") == 1
    report = fitting("convert", Path("sub/report.json").read_text())
    failed = [file for file in report["files"] if file["outcome"] == "failed"]
    assert [(file["source"], file["error"]) for file in failed] == [
        (str(Path("in/bad.yaml")), f"{failed[0]['source']}: is empty")
    ]
    assert report["totals"]["failed"] == 1
    assert "failed: " in capsys.readouterr().err


def test_grouped_by_folder(capsys: pytest.CaptureFixture[str]) -> None:
    """The recordings of a folder are one cassette, and the line says how many they were."""
    value = json.loads(SEED.read_bytes())
    value["request"]["body"]["model"] = "other"
    Path("in/below/other.json").write_text(json.dumps(value), encoding="utf-8")
    assert _run("out", "--to", "json", "--group-by", "folder") == 0
    assert capsys.readouterr().out == (
        f"{A} (recordings) -> {Path('out/in.json')} (json): 1 interaction\n"
        f"{B.parent} (2 of recordings) -> {Path('out/below.json')} (json): 2 interactions\n"
        "2 files converted and verified, 3 interactions; 0 failed\n"
    )
    assert len(load("out/below.json")) == 2


def test_secrets_are_named_and_left(capsys: pytest.CaptureFixture[str]) -> None:
    """What looks like a secret is named by place and kind, masked; the file is converted as it is."""
    Path("a.yaml").write_text(CASSETTE, encoding="utf-8")
    assert main(["convert", "a.yaml", "--to", "json"]) == 0
    assert capsys.readouterr() == (
        (
            "a.yaml (yaml) -> a.json (json): 1 interaction\n"
            "1 file converted and verified, 1 interaction; 0 failed; "
            "1 with what looks like a secret: --redact replaces it\n"
        ),
        "looks like a secret: a.yaml: request.headers.authorization: OpenAI key sk-… (40 characters)\n",
    )
    assert KEY in Path("a.json").read_text(encoding="utf-8")


def test_secrets_are_replaced_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    """With --redact a placeholder stands there, and a second look finds nothing."""
    Path("a.yaml").write_text(CASSETTE, encoding="utf-8")
    assert main(["convert", "a.yaml", "--to", "json", "--redact"]) == 0
    assert capsys.readouterr() == (
        "a.yaml (yaml) -> a.json (json): 1 interaction\n1 file converted and verified, 1 interaction; 0 failed\n",
        "redacted: a.yaml: request.headers.authorization: OpenAI key sk-… (40 characters)\n",
    )
    text = Path("a.json").read_text(encoding="utf-8")
    assert (KEY in text, "Bearer llmvcr-redacted-openai-key" in text) == (False, True)
    assert main(["convert", "a.json", "b.yaml", "--to", "yaml"]) == 0
    assert capsys.readouterr().err == ""


def test_names_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """Right names are exit 0; a wrong one is told with the right one, exit 1."""
    assert _run("--check-names") == 0
    assert capsys.readouterr() == ("2 recordings: 0 under a name that is not the hash; 0 failed\n", "")
    B.rename(B.with_name("0123456789ab.json"))
    Path("in/bad.json").write_bytes(b"")
    assert _run("--check-names") == 1
    assert capsys.readouterr() == (
        (
            f"{B.with_name('0123456789ab.json')}: is no hash of its content, which is b8870267241e.json\n"
            "2 recordings: 1 under a name that is not the hash; 1 failed\n"
        ),
        f"failed: {Path('in/bad.json')}: is empty\n",
    )
    assert _run("--check-names", "--json") == 1
    value = fitting("convert", capsys.readouterr().out)
    assert value["totals"] == {"recordings": 2, "wrong": 1, "faulty": 0, "failed": 1}


def test_types_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """A field that does not fit is named with its file, an unknown type is no fault."""
    value = json.loads(SEED.read_bytes())
    value["response"]["body"][0]["__data__"]["choices"] = 3
    value["response"]["body"][1]["__type__"] = "some.where.Else"
    A.write_text(json.dumps(value), encoding="utf-8")
    assert _run("--check-names", "--check-types") == 1
    assert capsys.readouterr() == (
        (
            f"{A}: ChatCompletionChunk choices: Input should be a valid list\n"
            "2 recordings: 0 under a name that is not the hash; files with answers that do not fit their types: 1; "
            "0 failed\n"
        ),
        f"not checked: {A}: 'some.where.Else' is on no list of ours, so it is not imported\n",
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--to", "yaml", "--check-names"), "argument --check-names: not allowed with argument --to"),
        (("--to", "yaml", "--check", "--dry-run"), "argument --dry-run: not allowed with argument --check"),
        (("--to", "yaml", "--jobs", "0"), "argument --jobs: is the number of processes, 1 or more"),
        (("--to", "yaml", "--jobs", "two"), "argument --jobs: is the number of processes, 1 or more"),
        (("--to", "yaml", "--check-types"), "--check-types goes with --check-names"),
        (("--to", "yaml", "--group-by", "suite"), "argument --group-by: invalid choice: suite"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], message: str) -> None:
    """What cannot be meant is exit 2 with a reason, and nothing is written."""
    assert _run(*argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err.replace("'", "")
    assert sorted(path.name for path in Path().iterdir()) == ["in"]


def test_a_target_that_cannot_be_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that cannot be made, and a report that cannot be written, are errors with a reason."""
    Path("file").write_bytes(b"")
    assert _run(str(Path("file/out")), "--to", "yaml") == 1
    assert "Traceback" not in capsys.readouterr().err
    assert _run("out", "--to", "yaml", "--report", str(Path("file/report.json"))) == 1
    assert f"llmvcr: {Path('file/report.json')}: cannot be written" in capsys.readouterr().err


def test_several_processes_print_the_same(here: Path) -> None:
    """--jobs changes nothing but the time; also where stdout is a pipe."""
    for number in range(70):
        shutil.copy(SEED, f"in/{number}.json")
    printed = []
    for jobs in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "llmvcr", "convert", "in", "out", "--to", "json", "--jobs", jobs, "--force"],
            cwd=here,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert (done.returncode, done.stderr) == (0, "")
        printed.append(done.stdout)
    assert printed[0] == printed[1]
    assert printed[0].count("\n") == 73


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


def test_a_terminal_sees_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line rewrites itself, is never longer than the terminal, and is gone at the end."""
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    progress = Progress(stream, 10)
    progress.step("a.yaml")
    progress.step("some/where/else/b.yaml")
    progress.say(stream, "failed: b")
    progress.clear()
    assert stream.getvalue() == "\r[ 1/10] a.yaml\r[ 2/10] …lse/b.yaml\r                   \rfailed: b\n"


def test_a_pipe_sees_no_progress() -> None:
    """Neither a pipe nor the only file of a run has a progress line."""
    for stream, total in ((io.StringIO(), 10), (Terminal(), 1)):
        progress = Progress(stream, total)
        progress.step("a.yaml")
        progress.clear()
        assert stream.getvalue() == ""


def test_a_name_that_a_terminal_cannot_say_is_escaped() -> None:
    """A stream of ASCII gets escapes, never an error."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    say(stream, "é\udc80")
    assert raw.getvalue().splitlines() == [b"\\xe9\\udc80"]


@pytest.mark.skipif(os.name == "nt", reason="symlinks need rights there")
def test_a_folder_that_leads_to_itself_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """A loop of links is an error with a reason."""
    Path("loop").symlink_to("loop")
    assert main(["convert", "loop", "--to", "yaml"]) in (1, 2)
    assert _run(str(Path("loop/out")), "--to", "yaml") == 1
    assert "Traceback" not in capsys.readouterr().err
