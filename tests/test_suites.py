"""How the run of other projects' suites compares two runs, and what it exits with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from taps.paced import paced
from tools import _suite_runs, _suites, sdk_suites, suites
from tools._suite_runs import Result, Run, Suite


@pytest.mark.parametrize(
    ("before", "after", "is_worse"),
    [
        ("passed", "passed", False),
        ("passed", "skipped", True),
        ("passed", "failed", True),
        ("passed", None, True),
        ("skipped", "passed", False),
        ("skipped", "skipped", False),
        ("skipped", "failed", True),
        ("failed", "passed", False),
        ("failed", "failed", False),
        (None, "passed", False),
        (None, "skipped", False),
        (None, "failed", True),
    ],
)
def test_a_test_is_worse_when_it_did_better_before(before: str | None, after: str | None, is_worse: bool) -> None:  # noqa: FBT001 - a column
    """A test may get better; a lost one is worse, and so is a new one that fails."""
    first = {"test": before} if before else {}
    second = {"test": after} if after else {}
    assert _suites.worse(first, second) == (("test",) if is_worse else ())


def outcomes_of(monkeypatch: pytest.MonkeyPatch, told: dict[str, list[dict[str, str]]]) -> None:
    """Let each run of a suite tell the outcomes in `told`, in order and the last for ever, and run nothing."""

    def run(_suite: Suite, how: Run, _python: Path, _tests: Path, _only: object = ()) -> Result:
        outcomes = told[how.name].pop(0) if len(told[how.name]) > 1 else told[how.name][0]
        return Result(how.name, outcomes, 1.0, {name: "because" for name, what in outcomes.items() if what == "failed"})

    monkeypatch.setattr(_suite_runs, "source", lambda _suite, folder: folder)
    monkeypatch.setattr(_suite_runs, "environment", lambda _suite, folder, **_: folder)
    monkeypatch.setattr(_suite_runs, "run", run)


def test_a_lasting_failure_under_the_plugin_is_named_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A test that fails with the plugin each time is worse."""
    outcomes_of(monkeypatch, {"baseline": [{"a": "passed"}], "plugin": [{"a": "failed"}, {"a": "failed"}]})
    assert suites.main(["--suite", "pytest-recording", "--cache", str(tmp_path)]) == 1
    assert "pytest-recording, plugin: a is worse" in capsys.readouterr().out


def test_a_flaky_test_is_named_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A test that passes the last time that it is run again by itself is called flaky."""
    outcomes_of(monkeypatch, {"baseline": [{"a": "passed"}], "plugin": [{"a": "failed"}] * 3 + [{"a": "passed"}]})
    assert suites.main(["--suite", "pytest-recording", "--cache", str(tmp_path)]) == 0
    assert "a is flaky" in capsys.readouterr().out


def test_what_pytest_recording_breaks_is_not_held_against_llmvcr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The plugin run is held against pytest-recording alone, the run of llmvcr alone against the baseline."""
    good, bad = {"a": "passed"}, {"a": "failed"}
    told = {"baseline": [good], "recording": [bad, bad], "plugin": [bad], "alone": [good], "replaced": [bad, bad]}
    outcomes_of(monkeypatch, told)
    assert suites.main(["--suite", "vcrpy", "--cache", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "vcrpy, recording: a is worse than in baseline" in out
    assert "vcrpy, replaced: a is worse than in baseline" in out
    assert [line.split()[:7] for line in out.splitlines() if line.startswith("vcrpy  ")] == [
        ["vcrpy", "baseline", "1", "1", "0", "0", "-"],
        ["vcrpy", "recording", "1", "0", "1", "0", "1"],
        ["vcrpy", "plugin", "1", "0", "1", "0", "0"],
        ["vcrpy", "alone", "1", "1", "0", "0", "0"],
        ["vcrpy", "replaced", "1", "0", "1", "0", "1"],
    ]


def test_a_failure_with_llmvcr_alone_is_exit_code_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A test that is worse with llmvcr's plugin and without pytest-recording's is an error, too."""
    good, bad = {"a": "passed"}, {"a": "failed"}
    outcomes_of(monkeypatch, {"baseline": [good], "alone": [bad, bad]})
    assert suites.main(["--suite", "vcrpy", "--run", "baseline", "--run", "alone", "--cache", str(tmp_path)]) == 1


def test_a_test_that_fails_once_in_the_baseline_hides_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A flaky baseline is judged by its best run, so that a lasting failure with llmvcr is still seen."""
    good, bad = {"a": "passed"}, {"a": "failed"}
    outcomes_of(monkeypatch, {"baseline": [bad, good], "plugin": [bad, bad]})
    assert suites.main(["--suite", "pytest-recording", "--cache", str(tmp_path)]) == 1


def test_what_fails_on_purpose_is_named_with_its_reason_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A test that its suite's row lists as failing on purpose is told with the reason; another is still worse."""
    (known,) = suites.SUITES[0].expected
    good, bad = {known: "passed", "a": "passed"}, {known: "failed", "a": "passed"}
    outcomes_of(monkeypatch, {"baseline": [good], "plugin": [bad]})
    assert suites.main(["--suite", "pytest-recording", "--cache", str(tmp_path)]) == 0
    assert f"pytest-recording, plugin: {known} fails on purpose: a name that had" in capsys.readouterr().out
    outcomes_of(monkeypatch, {"baseline": [good], "plugin": [{known: "failed", "a": "failed"}, {"a": "failed"}]})
    assert suites.main(["--suite", "pytest-recording", "--cache", str(tmp_path)]) == 1


ALL_GOOD: dict[str, list[dict[str, str]]] = {run.name: [{"a": "passed"}] for run in sdk_suites.RUNS}


@pytest.mark.parametrize("run", ["recording", "fresh", "nothing"])
def test_a_test_of_an_sdk_that_fails_in_our_cassette_is_an_error_with_its_reason(
    run: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whatever a cassette of ours records, no test of an SDK may be worse in it."""
    outcomes_of(monkeypatch, {**ALL_GOOD, run: [{"a": "failed"}]})
    assert sdk_suites.main(["--suite", "anthropic", "--cache", str(tmp_path)]) == 1
    assert f"anthropic, {run}: a is worse than in baseline: because" in capsys.readouterr().out


def test_a_test_of_an_sdk_that_fails_in_vcrpys_cassette_is_named_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What plain vcrpy breaks is there to compare with."""
    outcomes_of(monkeypatch, {**ALL_GOOD, "vcrpy-recording": [{"a": "failed"}]})
    assert sdk_suites.main(["--suite", "anthropic", "--cache", str(tmp_path)]) == 0
    assert "anthropic, vcrpy-recording: a is worse than in baseline: because" in capsys.readouterr().out


COUNT = """
from pathlib import Path


def pytest_sessionfinish(session):
    base = session.config._tmp_path_factory.getbasetemp()
    Path("kept").write_text(str(len(list(base.glob("cassette[0-9]*/cassette.yaml")))))
"""

SUITE = """
import os
import urllib.request

import pytest


def test_good():
    assert urllib.request.urlopen(os.environ["SERVER"], b"q").read() == b"answer"


def test_bad():
    assert not urllib.request.urlopen(os.environ["SERVER"], b"q").read(), "first line"


@pytest.mark.skip(reason="to see it")
def test_left_out():
    pass
"""


@pytest.mark.parametrize(
    ("inside", "kept"),
    [("", 0), ("llmvcr all", 2), ("llmvcr nothing", 0), ("vcrpy once", 2)],
)
def test_a_suite_runs_in_cassettes_and_tells_what_became_of_each_test(inside: str, kept: int, tmp_path: Path) -> None:
    """Each test has a new cassette of its own, and its outcome and the first line of the reason are told."""
    (tmp_path / "conftest.py").write_text(COUNT, encoding="utf-8")
    (tmp_path / "test_one.py").write_text(SUITE, encoding="utf-8")
    plugins = ("-p", "no:llmvcr", "-p", "no:recording", "-p", "in_cassette")
    with paced() as server:
        server.steps = [b"answer"]
        run = Run("run", plugins if inside else (), {"SUITE_CASSETTE": inside, "SERVER": server.url})
        suite = Suite("some", "1", "", tests=("test_one.py",))
        result = _suite_runs.run(suite, run, Path(sys.executable), tmp_path)
    assert result.outcomes == {
        "test_one.py::test_good": "passed",
        "test_one.py::test_bad": "failed",
        "test_one.py::test_left_out": "skipped",
    }
    assert list(result.reasons) == ["test_one.py::test_bad"]
    assert result.reasons["test_one.py::test_bad"].startswith("AssertionError: first line")
    assert (tmp_path / "kept").read_text(encoding="utf-8") == str(kept)


def test_a_folder_that_a_distribution_lacks_is_taken_from_a_clone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clone's newest commit gives the folder; without a clone it is said to be missing."""
    clone, tests = tmp_path / "clone", tmp_path / "some-1" / "suite"
    (clone / ".kept").mkdir(parents=True)
    (clone / ".kept" / "one.bin").write_bytes(b"1")
    tests.mkdir(parents=True)
    git = ["git", "-C", str(clone), "-c", "user.name=nobody", "-c", "user.email=nobody@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        _suite_runs.call([*git, *command])
    suite = Suite("some", "1", "", folder=".kept")
    _suite_runs.borrow(suite, tests, None)
    assert capsys.readouterr().out == "some: .kept is missing, and what reads it fails; give --clone\n"
    _suite_runs.borrow(suite, tests, clone)
    assert (tests / ".kept" / "one.bin").read_bytes() == b"1"
