"""A pytest plugin that writes what became of every test of the outer run, by node id, as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

__all__ = ["pytest_collectreport", "pytest_runtest_logreport", "pytest_sessionfinish"]

_WORST_FIRST = ("failed", "skipped", "passed")
_OUTCOMES: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst outcome of set-up, call and tear-down."""
    before = _OUTCOMES.get(report.nodeid, "passed")
    _OUTCOMES[report.nodeid] = min(before, report.outcome, key=_WORST_FIRST.index)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Count a module that cannot be collected as one failed test, and one skipped whole as one skipped test."""
    if report.outcome != "passed":
        _OUTCOMES[report.nodeid] = report.outcome


def pytest_sessionfinish() -> None:
    """Write the outcomes where the caller asked for them."""
    Path(os.environ["SUITE_OUTCOMES"]).write_text(json.dumps(_OUTCOMES), encoding="utf-8")
