"""A pytest plugin that writes what became of every test of the outer run, by node id, with the reason, as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

__all__ = ["pytest_collectreport", "pytest_runtest_logreport", "pytest_sessionfinish"]

_WORST_FIRST = ("failed", "skipped", "passed")
_OUTCOMES: dict[str, tuple[str, str]] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst outcome of set-up, call and tear-down."""
    before, _ = _OUTCOMES.get(report.nodeid, ("", ""))
    if not before or _WORST_FIRST.index(report.outcome) < _WORST_FIRST.index(before):
        _OUTCOMES[report.nodeid] = report.outcome, _reason(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Count a module that cannot be collected as one failed test, and one skipped whole as one skipped test."""
    if report.outcome != "passed":
        _OUTCOMES[report.nodeid] = report.outcome, _reason(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the outcomes where the caller asked for them; the workers of pytest-xdist tell theirs to the outer run."""
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["SUITE_OUTCOMES"]).write_text(json.dumps(_OUTCOMES), encoding="utf-8")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if report.outcome != "failed":
        return ""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(getattr(crash, "message", "") or report.longreprtext.strip().rpartition("\n")[2]).partition("\n")[0]
