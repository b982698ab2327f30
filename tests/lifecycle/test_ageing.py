"""How old recordings are, and how old they may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from llmvcr import lifecycle
from llmvcr.errors import OptionError
from llmvcr.interaction import Interaction, Request, Response

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _at(recorded_at: str | None) -> Interaction:
    return Interaction(Request("GET", "https://api.example.com/"), Response(200), recorded_at)


@pytest.mark.parametrize(
    ("text", "age"),
    [("12h", timedelta(hours=12)), ("30d", timedelta(days=30)), ("8 w", timedelta(weeks=8)), ("", None)],
)
def test_an_age_is_read(text: str, age: timedelta | None) -> None:
    """Hours, days and weeks are read, and nothing is no limit."""
    assert lifecycle.max_age(text) == age


@pytest.mark.parametrize("text", ["30", "d", "0d", "-1d", "1.5d", "30 days", "1y", "9" * 7 + "d"])
def test_any_other_age_is_refused(text: str) -> None:
    """What is no age is refused, naming the option and what it may be."""
    with pytest.raises(OptionError, match=r"made_up is a number of hours, days or weeks, such as '12h', '30d' or '8w'"):
        lifecycle.max_age(text, name="made_up")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("2026-11-22T09:00:00Z", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("2026-11-22T09:00:00.5+01:00", datetime(2026, 11, 22, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-22 09:00:00", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_time_is_read(said: str | None, found: datetime | None) -> None:
    """A time of any zone is one in UTC, and one that says none is UTC; what is no time is none."""
    assert lifecycle.recorded_at(_at(said)) == lifecycle.recorded_at(said) == found


def test_the_oldest_counts() -> None:
    """Ages are those of the oldest, beside how many say none."""
    found = lifecycle.ages([_at("2026-11-01T00:00:00Z"), _at(None), _at("2026-10-01T00:00:00Z")])
    assert found == lifecycle.Ages(3, 1, datetime(2026, 10, 1, tzinfo=UTC))
    assert found.exceed(timedelta(days=30), _NOW)
    assert not found.exceed(timedelta(days=60), _NOW)
    assert not lifecycle.ages([_at(None)]).exceed(timedelta(hours=1), _NOW)


def test_an_age_in_words() -> None:
    """An age is said in days, or in hours where those are few."""
    spelt = [lifecycle.spelt(timedelta(hours=hours)) for hours in (0, 1, 47, 48, 24 * 45)]
    assert spelt == ["0 hours", "1 hour", "47 hours", "2 days", "45 days"]
