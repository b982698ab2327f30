"""The check command: what it runs, that it goes on after a failure, and what it exits with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared import PROJECT
from tools import check


def test_format_lint_types_and_tests_are_checked_in_this_order() -> None:
    """The tests come last, so that pytest's summary ends the output."""
    assert [step.name for step in check.steps()] == ["format", "lint", "types", "tests"]


def test_checking_changes_no_file() -> None:
    """Without --fix, ruff only tells."""
    modules = [step.module for step in check.steps()]
    assert ("ruff", "format", "--check", ".") in modules
    assert not [module for module in modules if "--fix" in module]


def test_fix_lets_ruff_change_files_and_format_last() -> None:
    """With --fix the formatter has the last word over what the linter changed."""
    fixing = [step.module for step in check.steps(fix=True)][:2]
    assert fixing == [("ruff", "check", "--fix", "."), ("ruff", "format", ".")]


def test_quick_leaves_out_types_and_slow_tests() -> None:
    """--quick drops the type check and deselects tests marked slow."""
    quick = check.steps(quick=True)
    assert "types" not in [step.name for step in quick]
    assert "not slow" in quick[-1].module


def test_named_tests_are_run_alone() -> None:
    """Files given on the command line are passed to pytest."""
    assert check.steps(tests=["tests/test_light.py"])[-1].module[-1] == "tests/test_light.py"


def test_every_step_runs_and_one_failure_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A failing step does not stop the next one, is named at the end, and makes the exit code 1."""
    chosen = (check.Step("first", ("nonsense_module",)), check.Step("second", ("this",)))
    monkeypatch.setattr(check, "steps", lambda **_: chosen)
    assert check.main([]) == 1
    out = capfd.readouterr().out
    assert "first: FAILED in" in out
    assert "second: ok in" in out
    assert out.endswith("check: FAILED: first\n")


def test_all_passed_is_exit_code_0(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Where every step passes the last line says so."""
    monkeypatch.setattr(check, "steps", lambda **_: (check.Step("zen", ("this",)),))
    assert check.main([]) == 0
    assert capfd.readouterr().out.endswith("check: all passed\n")


def test_help_needs_no_environment(tmp_path: Path) -> None:
    """`--help` documents each option with any Python and makes nothing."""
    command = [sys.executable, "-I", str(PROJECT / "tools" / "check.py"), "--help"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "--fix" in done.stdout
    assert "--quick" in done.stdout
    assert list(tmp_path.iterdir()) == []
