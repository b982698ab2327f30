"""The rules of an endpoint, compiled: which of them apply at each place of a request, step by step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from llmvcr import ids
from llmvcr.providers.base import Rule

__all__ = ["Plan", "Step", "plan"]

_SEGMENT = re.compile(r"\[(\*|\d+)\]|([^.\[\]]+)")
_WILD = ("*", "**")


@dataclass(slots=True)
class Step:
    """A place that rule paths lead to: what stands there for the rules, and the steps below it.

    Compiled so that one step at a time is enough, whatever "*" and "**" the paths have: `keys` holds every key that a
    path names here, each with all that may follow it; `other` is the step for any other key, None where none follows.
    """

    rules: tuple[Rule, ...]
    """For any value but null."""
    for_null: Rule | None
    """What leaves a null out, if anything does."""
    keys: dict[str | int, Step] = field(default_factory=dict)
    other: Step | None = None
    ends: bool = True
    id_rule: Rule | None = None
    """The one rule here, where it is one and renames."""
    passes: bool = False
    """Whether nothing is done with what stands right here, only below it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules of one endpoint, made ready for `renaming.apply`."""

    rules: tuple[Rule, ...]
    body: Step
    """The place above each body: a list of one, or of the lines of an NDJSON body."""
    url: Step
    prefixes: tuple[str, ...]
    hints: tuple[re.Pattern[str], ...] = ()
    hinted: re.Pattern[str] | None = None
    prefixed: re.Pattern[str] | None = None
    """As of `ids.patterns`."""


def plan(rules: tuple[Rule, ...], prefixes: tuple[str, ...] = ()) -> Plan:
    """Make rules, and the prefixes of a provider's ids, ready for `renaming.apply`."""
    return _plan(_Same(rules), prefixes)


class _Same:
    """A tuple of rules as a key of a cache: by identity, since hashing sixty rules takes longer than most bodies."""

    __slots__ = ("rules",)

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules

    def __hash__(self) -> int:
        return id(self.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.rules is other.rules


@lru_cache(maxsize=1024)
def _plan(same: _Same, prefixes: tuple[str, ...]) -> Plan:
    rules = same.rules
    in_url = tuple(rule for rule in rules if rule.path.startswith(("path.", "query.")))
    body = _compiled([(_segments(rule.path), rule) for rule in rules if rule not in in_url])
    above = Step((), None, other=body, ends=False)
    url = _compiled([(_segments(rule.path), rule) for rule in in_url])
    return Plan(rules, above, url, prefixes, *(ids.patterns(prefixes) if prefixes else ()))


_Path = tuple[str | int, ...]


def _segments(path: str) -> _Path:
    return tuple(int(index) if index.isdigit() else index or name for index, name in _SEGMENT.findall(path))


def _compiled(paths: Sequence[tuple[_Path, Rule]], made: dict[object, Step] | None = None) -> Step:
    made = {} if made is None else made
    # "**" may stand for nothing: what follows it may come at once.
    for path, rule in (paths := list(paths)):
        if path[:1] == ("**",) and (path[1:], rule) not in paths:
            paths.append((path[1:], rule))
    same = frozenset(paths)
    if same in made:
        return made[same]
    here = [rule for path, rule in paths if not path]
    step = made[same] = Step(
        # Bytes that are an id are spelt in one alphabet before they are named.
        tuple(sorted((rule for rule in here if rule.action != "null"), key=lambda rule: rule.action != "base64")),
        next((rule for rule in here if rule.action in ("ignore", "null")), None),
    )
    if len(step.rules) == 1 and step.rules[0].action == "id":
        step.id_rule = step.rules[0]
    for key in {path[0] for path, _ in paths if path and path[0] not in _WILD}:
        step.keys[key] = _compiled(_after(paths, key), made)
    if rest := _after(paths, "*"):
        step.other = _compiled(rest, made)
    step.ends = not step.keys and step.other is None
    step.passes = not step.keys and step.other is not None and not step.other.rules and step.other.for_null is None
    return step


def _after(paths: Sequence[tuple[_Path, Rule]], key: str | int) -> list[tuple[_Path, Rule]]:
    found = [(path if path[0] == "**" else path[1:], rule) for path, rule in paths if path and path[0] in (key, *_WILD)]
    return list(dict.fromkeys(found))
