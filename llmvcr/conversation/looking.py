"""Looking into JSON that may be of any shape: nothing here raises."""

from __future__ import annotations

import json
from collections.abc import Iterable

from llmvcr.bodies import MAX_DEPTH
from llmvcr.interaction import Json
from llmvcr.wire.nesting import watched

__all__ = ["Path", "at", "first", "number", "objects", "parsed", "spelt", "string"]

Path = tuple[str | int, ...]
"""Where a value stands: keys and indexes."""


def at(value: Json, *path: str | int) -> Json:
    """Give what stands at a path, None where nothing does."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def first(value: Json, paths: Iterable[Path]) -> Json:
    """Give the first that stands at one of the paths and is not null."""
    return next((found for path in paths if (found := at(value, *path)) is not None), None)


def string(value: Json) -> str:
    """Give a text; "" for anything else."""
    return value if isinstance(value, str) else ""


def number(value: Json) -> int | None:
    """Give a whole number; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def objects(value: Json) -> list[dict[str, Json]]:
    """Give the objects of a list; of an object itself, of anything else none."""
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def parsed(text: str) -> Json:
    """Give the JSON of a text; None where it is none, or is nested deeper than a reader follows (`MAX_DEPTH`)."""
    try:
        value = json.loads(watched(text))
    except (ValueError, RecursionError):
        return None
    return None if text.count("{") + text.count("[") > MAX_DEPTH and _is_too_deep(value) else value


def _is_too_deep(value: Json) -> bool:
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for one in level for inner in _members(one)]
        if not level:
            return False
    return True


def _members(value: Json) -> Iterable[Json]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (one for one in inner if isinstance(one, dict | list))


def spelt(value: Json) -> str:
    """Give a text as it is, and any other value as JSON; "" for null."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
