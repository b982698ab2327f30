"""How old recordings are, by the time that stands in them, and how old they may be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from llmvcr.errors import OptionError
from llmvcr.interaction import Interaction

__all__ = ["Ages", "ages", "max_age", "recorded_at", "spelt"]

_AGE = re.compile(r"([1-9][0-9]{0,5}) ?([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Ages:
    """What the times of some interactions come to; `oldest` is the earliest of them, None where there is none."""

    count: int = 0
    undated: int = 0
    """How many do not say when they were recorded."""
    oldest: datetime | None = None

    def exceed(self, limit: timedelta, now: datetime) -> bool:
        """Say whether the oldest is older than that."""
        return self.oldest is not None and now - self.oldest > limit


def max_age(text: str, *, name: str = "llmvcr_max_age") -> timedelta | None:
    """Read "12h", "30d" or "8w"; None for "". Raises OptionError for anything else, naming the option."""
    if text == "":
        return None
    found = _AGE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise OptionError(f"{name} is a number of hours, days or weeks, such as '12h', '30d' or '8w', not {text!r}")
    return int(found[1]) * _UNITS[found[2]]


def recorded_at(recorded: Interaction | str | None) -> datetime | None:
    """Give when an interaction was recorded, in UTC, by itself or by what its `recorded_at` says.

    None where that says nothing, or no time that can be read.
    """
    said = recorded.recorded_at if isinstance(recorded, Interaction) else recorded
    try:
        found = datetime.fromisoformat(said or "")
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # in its own zone it may be a time that UTC has no year for
        return None


def ages(interactions: Iterable[Interaction]) -> Ages:
    """Look at the times of interactions."""
    times = [recorded_at(one) for one in interactions]
    known = [one for one in times if one is not None]
    return Ages(len(times), len(times) - len(known), min(known, default=None))


def spelt(age: timedelta) -> str:
    """Say an age in words: "45 days", or "3 hours" where it is less than two days."""
    number, unit = (age.days, "day") if age >= timedelta(days=2) else (int(age.total_seconds() // 3600), "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"
