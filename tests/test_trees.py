"""A tree: by several processes, in order, interrupted and gone on with, and never all in memory."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from llmvcr import formats, storage
from llmvcr.conversion import FileReport, Options, Report, convert
from llmvcr.errors import OptionError
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.trees import plan
from shared import CASSETTES, PROJECT, corpus

CHAT = "https://api.openai.com/v1/chat/completions"
SEED = CASSETTES / "seeds" / "weather.json"


def call(prompt: str, size: int = 10) -> Interaction:
    """A chat call with an answer of about this size."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]}).encode()
    answer = json.dumps({"id": prompt, "object": "chat.completion", "text": prompt[:1] * size}).encode()
    return Interaction(Request("POST", CHAT, (), body), Response(200, "OK", (), (answer,)))


def tree(folder: Path, count: int, size: int = 10) -> list[Path]:
    """Write cassettes into a folder, three to a folder below it."""
    paths = [folder / f"{number // 3:03}" / f"{number:04}.yaml" for number in range(count)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(formats.by_name("yaml").write(Document((call(path.stem, size),)), path=""))
    return paths


def files(folder: Path) -> dict[str, bytes]:
    """What stands below a folder, working files aside."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(".llmvcr/")}


def whole_files(folder: Path) -> dict[str, bytes]:
    """The same without what a killed run left under a temporary name."""
    return {name: data for name, data in files(folder).items() if not name.endswith(".tmp")}


def _finished(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.json"))


def outcomes(report: Report) -> list[str]:
    """What became of each file."""
    return [file.outcome for file in report.files]


def without_seconds(report: Report) -> list[FileReport]:
    """The reports, but for what differs from run to run."""
    return [FileReport(**{**_told(file), "seconds": 0.0}) for file in report.files]


def _told(file: FileReport) -> dict[str, Any]:
    return {name: getattr(file, name) for name in FileReport.__slots__}


def test_several_processes_do_what_one_does(tmp_path: Path) -> None:
    """The same files, the same reports, in the same order."""
    tree(tmp_path / "in", 70)
    (tmp_path / "in" / "005" / "bad.yaml").write_bytes(b"")
    one = convert(tmp_path / "in", tmp_path / "out", to="json")
    first = files(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "kept")
    two = convert(tmp_path / "in", tmp_path / "out", to="json", jobs=2)
    assert without_seconds(one) == without_seconds(two)
    assert files(tmp_path / "out") == first
    assert (len(first), [Path(file.source).name for file in two.failed]) == (70, ["bad.yaml"])


def test_a_second_run_does_nothing_again(tmp_path: Path) -> None:
    """What was done from the same source with the same options is left alone, and its report is told again."""
    tree(tmp_path / "in", 5)
    first = convert(tmp_path / "in", tmp_path / "out", to="json")
    assert outcomes(first) == ["converted"] * 5
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.json")}
    again = convert(tmp_path / "in", tmp_path / "out", to="json")
    assert outcomes(again) == ["before"] * 5
    assert [(file.from_, file.interactions, file.bytes_out) for file in again.files] == [
        (file.from_, file.interactions, file.bytes_out) for file in first.files
    ]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.json")} == times


def test_only_what_changed_is_done_again(tmp_path: Path) -> None:
    """A new source is converted, one that was only touched is not, and what a person changed is never overwritten."""
    paths = tree(tmp_path / "in", 5)
    convert(tmp_path / "in", tmp_path / "out", to="json")
    os.utime(paths[0], (1, 1))
    paths[1].write_bytes(formats.by_name("yaml").write(Document((call("new"),)), path=""))
    (tmp_path / "out" / "000" / "0002.json").write_bytes(b"mine")
    (tmp_path / "out" / "001" / "0003.json").unlink()
    report = convert(tmp_path / "in", tmp_path / "out", to="json")
    assert outcomes(report) == ["before", "failed", "failed", "converted", "before"]
    assert all("exists already" in str(file.error) for file in report.failed)
    assert (tmp_path / "out" / "000" / "0002.json").read_bytes() == b"mine"


def test_other_options_are_another_conversion(tmp_path: Path) -> None:
    """What was written with other options does not count as done."""
    tree(tmp_path / "in", 1)
    convert(tmp_path / "in", tmp_path / "out", to="json")
    assert outcomes(convert(tmp_path / "in", tmp_path / "out", to="json", strict=True)) == ["failed"]
    assert outcomes(convert(tmp_path / "in", tmp_path / "out", to="json", strict=True, force=True)) == ["converted"]
    assert outcomes(convert(tmp_path / "in", tmp_path / "out", to="json")) == ["failed"]


def test_force_does_all_again_but_after_an_interruption(tmp_path: Path) -> None:
    """A forced run starts anew, unless the forced run before it did not come to its end."""
    tree(tmp_path / "in", 70)
    options = Options("json", force=True)
    for _ in range(2):
        assert outcomes(convert(tmp_path / "in", tmp_path / "out", to="json", force=True)) == ["converted"] * 70
    run = plan(tmp_path / "in", tmp_path / "out", options).run()
    next(run)
    run.close()  # type: ignore[attr-defined]
    again = outcomes(convert(tmp_path / "in", tmp_path / "out", to="json", force=True))
    assert again[0] == "before"
    assert again[-1] == "converted"
    assert outcomes(convert(tmp_path / "in", tmp_path / "out", to="json", force=True)) == ["converted"] * 70


@pytest.mark.skipif(os.name == "nt", reason="signals and modes of POSIX")
@pytest.mark.parametrize(("how", "times"), [(signal.SIGKILL, 2), (signal.SIGINT, 1)])
def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, how: signal.Signals, times: int) -> None:
    """Killed at any moment and started again, it ends with the same files; none was ever half."""
    tree(tmp_path / "in", 100, size=20_000)
    whole = convert(tmp_path / "in", tmp_path / "whole", to="json", jobs=1)
    command = [sys.executable, "-m", "llmvcr", "convert", "in", "out", "--to", "json", "--jobs", "2"]
    command += ["--report", "report.json"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    expected = files(tmp_path / "whole")
    done = 0
    for _ in range(times):
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            deadline = time.monotonic() + 60
            while _finished(tmp_path / "out") < done + 20 and process.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            process.send_signal(how)
            _, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        assert process.returncode in (-how, 130, 0)
        assert how == signal.SIGKILL or err in ("llmvcr: interrupted\n", "")
        if process.returncode == 130:
            assert json.loads((tmp_path / "report.json").read_bytes())["complete"] is False
        now = whole_files(tmp_path / "out")
        assert now.items() <= expected.items()
        assert len(now) >= done
        done = len(now)
    end = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (end.returncode, end.stderr) == (0, "")
    assert end.stdout.count("done before: ") >= done
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert (report["complete"], len(report["files"])) == (True, 100)
    assert whole_files(tmp_path / "out") == expected
    assert len(whole.files) == 100


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_the_state_is_private_and_no_matter_for_git(tmp_path: Path) -> None:
    """It stands in .llmvcr of the target, with a .gitignore, and nobody else may read it."""
    tree(tmp_path / "in", 1)
    convert(tmp_path / "in", tmp_path / "out", to="json")
    folder = tmp_path / "out" / ".llmvcr"
    assert sorted(path.name for path in folder.iterdir()) == [".gitignore", "convert.jsonl"]
    assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "convert.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("cut", [b"", b'{"job": "x"', b"\xff\x00\n", b"[]\n", b'{"job": 1, "options": 2}\n'])
def test_a_damaged_state_is_no_harm(tmp_path: Path, cut: bytes) -> None:
    """A line that was cut, or is none of ours, is passed over; the lines before and after it count."""
    paths = tree(tmp_path / "in", 3)
    last = paths.pop()
    data = last.read_bytes()
    last.unlink()
    convert(tmp_path / "in", tmp_path / "out", to="json")
    state = tmp_path / "out" / ".llmvcr" / "convert.jsonl"
    state.write_bytes(state.read_bytes() + cut)
    last.write_bytes(data)
    assert outcomes(convert(tmp_path / "in", tmp_path / "out", to="json")) == ["before", "before", "converted"]
    assert outcomes(convert(tmp_path / "in", tmp_path / "out", to="json")) == ["before"] * 3


def test_a_single_file_leaves_no_state(tmp_path: Path) -> None:
    """Only a tree is gone on with."""
    (path,) = tree(tmp_path / "in", 1)
    convert(path, tmp_path / "out" / "a.json", to="json")
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["a.json"]


@pytest.mark.parametrize("mode", ["check", "dry-run"])
def test_looking_writes_nothing(tmp_path: Path, mode: Any) -> None:
    """Neither a check nor a dry run makes a file or a folder."""
    tree(tmp_path / "in", 3)
    (tmp_path / "in" / "bad.yaml").write_bytes(b"interactions: 1")
    reports = list(plan(tmp_path / "in", tmp_path / "out", Options("json", mode=mode)).run())
    word = {"check": "checked", "dry-run": "planned"}[mode]
    assert [report.outcome for report in reports] == [word, word, word, "failed"]
    assert [report.bytes_out > 0 for report in reports[:3]] == [mode == "check"] * 3
    assert not (tmp_path / "out").exists()


def test_recordings_of_a_folder_become_one_cassette_and_come_back(tmp_path: Path) -> None:
    """recordings → one cassette a folder → recordings: the same files, byte for byte."""
    cases = [("a", "one"), ("a", "two"), ("b", "three")]
    for folder, prompt in cases:
        storage.dump(Document((call(prompt),)), tmp_path / "c" / folder / f"{prompt}.yaml")
    convert(tmp_path / "c", tmp_path / "in", to="recordings", test_id="t.py::test")
    flat = {Path(name).name: data for name, data in files(tmp_path / "in").items()}
    for folder, prompt in cases:
        place = tmp_path / "flat" / folder / "recordings"
        for path in (tmp_path / "in" / folder / prompt).iterdir():
            storage.write(place / path.name, path.read_bytes())
    there = convert(tmp_path / "flat", tmp_path / "grouped", to="json", group_by="folder")
    assert [(file.sources, file.interactions, file.error) for file in there.files] == [(2, 2, None), (1, 1, None)]
    assert list(files(tmp_path / "grouped")) == ["a/recordings.json", "b/recordings.json"]
    back = convert(tmp_path / "grouped", tmp_path / "back", to="recordings")
    assert back.failed == ()
    assert {Path(name).name: data for name, data in files(tmp_path / "back").items()} == flat


def test_recordings_of_a_test_become_one_cassette(tmp_path: Path) -> None:
    """The corpus's recordings by test: as many interactions as files, in the order of their names."""
    found = 0
    for folder in sorted(corpus("recordings").glob("*/*/tests/integration/*/recordings"))[:12]:
        report = convert(folder, tmp_path / str(found), to="yaml", group_by="test")
        assert report.failed == ()
        sources = [path for path in storage.members(folder) if path.parent == folder]
        assert sum(file.sources for file in report.files) == len(storage.members(folder)) >= len(sources)
        assert sum(file.interactions for file in report.files) == len(storage.members(folder))
        found += 1
    assert found


def test_a_bad_file_stops_its_group_and_no_other(tmp_path: Path) -> None:
    """A cassette that lacks a recording is never written; the reason names the file."""
    for name in ("a", "b"):
        storage.write(tmp_path / "in" / name / "x.json", SEED.read_bytes())
    storage.write(tmp_path / "in" / "a" / "y.json", SEED.read_bytes()[:-40])
    report = convert(tmp_path / "in", tmp_path / "out", to="yaml", group_by="folder")
    assert [file.error is None for file in report.files] == [False, True]
    assert str(tmp_path / "in" / "a" / "y.json") in str(report.files[0].error)
    assert list(files(tmp_path / "out")) == ["b.yaml"]


@pytest.mark.parametrize(
    ("to", "names"),
    [
        ("json", ["a.json", "a.yaml.json", "a.yml.json", "b.json"]),
        ("yaml", ["a.json.yaml", "a.yaml", "a.yml.yaml", "b.yaml"]),
        ("recordings", ["a", "a.yaml", "a.yml", "b"]),
    ],
)
def test_sources_of_one_name_go_to_targets_of_their_own(tmp_path: Path, to: str, names: list[str]) -> None:
    """The one that is called like the target keeps the name, the others keep theirs in front of the suffix."""
    for name in ("a.json", "a.yaml", "a.yml", "b.yaml"):
        form = formats.by_name("json" if name.endswith("json") else "yaml")
        storage.write(tmp_path / "in" / name, form.write(Document((call(name),)), path=""))
    assert convert(tmp_path / "in", tmp_path / "out", to=to).failed == ()
    assert sorted({name.partition("/")[0] for name in files(tmp_path / "out")}) == names


def test_two_sources_never_share_a_target(tmp_path: Path) -> None:
    """Where even the longer name is another's, the file fails, and says whose target it is."""
    for name in ("a.json", "a.yaml", "a.yaml.json"):
        form = formats.by_name("json" if name.endswith("json") else "yaml")
        storage.write(tmp_path / "in" / name, form.write(Document((call(name),)), path=""))
    (failed,) = convert(tmp_path / "in", tmp_path / "out", to="json").failed
    target, other, source = (
        tmp_path / "out" / "a.yaml.json",
        tmp_path / "in" / "a.yaml.json",
        tmp_path / "in" / "a.yaml",
    )
    assert failed.error == f"{target}: is where {other} goes too, and {source} cannot"


def test_an_unknown_grouping_is_refused(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(OptionError, match="there is no grouping by 'suite'"):
        convert(tmp_path, tmp_path / "out", to="json", group_by="suite")


def test_recordings_are_laid_as_llama_stack_does(tmp_path: Path) -> None:
    """By test in `recordings` beside the test's file, by folder in that of the source; what is equal meets in peace."""
    for name, prompts in {"a/one": "xy", "a/two": "yz", "b/one": "x"}.items():
        storage.dump(Document(tuple(map(call, prompts))), tmp_path / "in" / f"{name}.yaml")
    test_id = "tests/integration/chat/test_a.py::test_a[m=x/y]"
    report = convert(tmp_path / "in", tmp_path / "test", to="recordings", group_by="test", test_id=test_id, jobs=2)
    assert report.failed == ()
    assert {Path(name).parent.as_posix() for name in files(tmp_path / "test")} == {"tests/integration/chat/recordings"}
    assert len(files(tmp_path / "test")) == 3
    assert (
        outcomes(convert(tmp_path / "in", tmp_path / "test", to="recordings", group_by="test", test_id=test_id))
        == ["before"] * 3
    )
    report = convert(tmp_path / "in", tmp_path / "folder", to="recordings", group_by="folder")
    assert report.failed == ()
    assert [Path(name).parent.as_posix() for name in files(tmp_path / "folder")] == [
        *("a/recordings", "a/recordings", "a/recordings", "b/recordings"),
    ]
    again = convert(tmp_path / "test", tmp_path / "again", to="recordings", group_by="test")
    assert (again.failed, files(tmp_path / "again")) == ((), files(tmp_path / "test"))


def test_recordings_that_are_at_odds_never_meet(tmp_path: Path) -> None:
    """Two answers to one request in one folder: the second is refused, and nothing of its file is written."""
    storage.dump(Document((call("x"),)), tmp_path / "in" / "a.yaml")
    storage.dump(Document((call("y"), call("x", 99))), tmp_path / "in" / "b.yaml")
    for force in (False, True):
        report = convert(tmp_path / "in", tmp_path / str(force), to="recordings", group_by="folder", force=force)
        assert [file.error is None for file in report.files] == [True, False]
        assert len(files(tmp_path / str(force))) == 1


def test_two_recordings_of_one_name_never_overwrite_each_other(tmp_path: Path) -> None:
    """Two answers to one request, in files of other names: the second is refused, forced or not."""
    value = json.loads(SEED.read_bytes())
    for number in range(2):
        value["response"]["body"][0]["__data__"]["id"] = f"rec-{number}"
        storage.write(tmp_path / "in" / f"{number}.json", (json.dumps(value, indent=2) + "\n").encode())
    for force in (False, True):
        report = convert(tmp_path / "in", tmp_path / f"out{force}", to="recordings", force=force, hash_version=1)
        assert [file.error is None for file in report.files] == [True, False]
        assert len(files(tmp_path / f"out{force}")) == 1


def test_secrets_are_named_and_replaced_only_if_asked(tmp_path: Path) -> None:
    """A conversion changes nothing unasked, says what it saw, and with redact leaves nothing of it."""
    key = "sk-proj-a8Kq2LzP0vBnZt0aXw3kLmq8YwEr7TyU"
    request = Request("POST", CHAT, (("authorization", f"Bearer {key}"),), f'{{"user": "{key}"}}'.encode())
    storage.dump(Document((Interaction(request, Response(200)),)), tmp_path / "a.yaml")
    (plain,) = convert(tmp_path / "a.yaml", tmp_path / "plain.json", to="json").files
    assert plain.secrets == (
        "request.body: OpenAI key sk-… (40 characters)",
        "request.headers.authorization: OpenAI key sk-… (40 characters)",
    )
    assert storage.load(tmp_path / "plain.json") == storage.load(tmp_path / "a.yaml")
    (clean,) = convert(tmp_path / "a.yaml", tmp_path / "clean.json", to="json", redact=True).files
    assert (clean.error, clean.secrets) == (None, plain.secrets)
    assert key not in (tmp_path / "clean.json").read_text(encoding="utf-8")
    (again,) = convert(tmp_path / "clean.json", tmp_path / "again.json", to="json").files
    assert again.secrets == ()
    storage.dump(Document((call("a"),), {"metadata": {"key": key}}), tmp_path / "b.yaml")
    (beside,) = convert(tmp_path / "b.yaml", to="json", redact=True).files
    assert beside.secrets == ("beside the interactions: OpenAI key sk-… (40 characters)",)
    assert key not in (tmp_path / "b.json").read_text(encoding="utf-8")


def test_what_another_tool_does_not_tell_is_said(tmp_path: Path) -> None:
    """A body that the source holds as parsed JSON has bytes of our making, and the report says so, once."""
    made = convert(PROJECT / "tests" / "formats" / "data" / "cassetter.toml", tmp_path / "a.yaml", to="yaml").files[0]
    assert (made.error, made.from_) == (None, "cassetter")
    assert made.losses
    assert all(loss.startswith("bytes of ") and "rebuilt from JSON" in loss for loss in made.losses)
    assert convert(tmp_path / "a.yaml", tmp_path / "a.json", to="json").files[0].losses == ()


MEASURE = """
import sys
from llmvcr.conversion import Options
from llmvcr.trees import plan
import tracemalloc
tracemalloc.start()
count = sum(report.error is None for report in plan(sys.argv[1], sys.argv[2], Options("json")).run(1))
print(count, tracemalloc.get_traced_memory()[1])
"""


def test_memory_does_not_grow_with_the_tree(tmp_path: Path) -> None:
    """Seven times as many files of one size need about as much memory at the peak."""
    peaks = []
    for count in (20, 140):
        tree(tmp_path / f"in{count}", count, size=40_000)
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, tmp_path / f"in{count}", tmp_path / f"out{count}"],
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
        )
        converted, peak = map(int, done.stdout.split())
        assert converted == count
        peaks.append(peak)
    assert peaks[1] < peaks[0] * 1.5
