"""The command that measures costs: its table, and the names that it takes."""

from __future__ import annotations

import pytest

from shared import LONG
from tools import bench
from tools._bench import Figure, Row, Took, ratio


@pytest.mark.skipif(not LONG, reason="it measures for a quarter of a minute; LLMVCR_LONG=1")
def test_a_quick_run_of_one_measurement_prints_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    """The row names the work, the figure with its spread, the bar, and whether it is met."""
    assert bench.main(["--quick", "--only", "tee"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["work", "tee,"]
    assert " us " in lines[3]
    assert "<= 5 us" in lines[3]
    assert lines[3].endswith("met")


def test_rows_are_printed_as_they_come(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A row without a bar says neither that it is met nor that it is not; notes stand below."""
    rows = [Row("one", "1", "<= 2", met=True), Row("two", "3", "<= 2", met=False), Row("three", "4", notes=("why",))]
    monkeypatch.setattr(bench, "MEASURES", {"some": lambda _scale: iter(rows)})
    assert bench.main(["--quick", "--only", "some"]) == 0
    lines = capsys.readouterr().out.splitlines()[3:-1]
    assert [line.split() for line in lines] == [
        ["one", "1", "<=", "2", "met"],
        ["two", "3", "<=", "2", "NOT", "met"],
        ["three", "4"],
        ["why"],
    ]


def test_a_name_that_is_not_known_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    """The message lists what can be measured."""
    assert bench.main(["--only", "speed"]) == 2
    assert "speed" in (said := capsys.readouterr().out)
    assert "replay" in said


def test_a_ratio_is_the_median_of_the_pairs() -> None:
    """Each run is held against the one beside it, so that what else the machine does falls on both."""
    ours, other = [Took(2, 20), Took(30, 30), Took(4, 10)], [Took(1, 10), Took(10, 10), Took(4, 10)]
    assert ratio(ours, other) == Figure(2, 1, 3)
    assert ratio(ours, other, wall=True) == Figure(2, 1, 3)
