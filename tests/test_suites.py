"""How the run of other projects' suites compares two runs, and what it exits with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import suites


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
    assert suites.worse(first, second) == (("test",) if is_worse else ())


def outcomes_of(monkeypatch: pytest.MonkeyPatch, told: dict[str, list[dict[str, str]]]) -> None:
    """Let each run of a suite tell the outcomes in `told`, in order and the last for ever, and run nothing."""

    def run(_suite: suites.Suite, name: str, _python: Path, _tests: Path, _only: object = ()) -> suites.Result:
        return suites.Result(name, told[name].pop(0) if len(told[name]) > 1 else told[name][0], 1.0)

    monkeypatch.setattr(suites, "_source", lambda _suite, folder: folder)
    monkeypatch.setattr(suites, "_environment", lambda _suite, folder, **_: folder)
    monkeypatch.setattr(suites, "_run", run)


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
