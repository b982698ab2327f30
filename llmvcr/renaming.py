"""Rules applied to the fields of one request: left out, renamed by first appearance, or spelt in one way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from llmvcr import ids
from llmvcr.bodies import CLOSE, OPEN, Mark
from llmvcr.interaction import Json
from llmvcr.providers.base import Rule

__all__ = ["DATA_URL", "ID_IN_TEXT", "PREFIXED_ID", "Plan", "apply", "plan"]

ID_IN_TEXT = Rule("**", "id", "a generated id that also stands in an id field of the same request, quoted in a text")
"""Applies in every string, with the rows of the endpoint (decision 18)."""

PREFIXED_ID = Rule(
    "**", "id", "a generated id behind a prefix that only this provider's servers write, quoted in a text"
)
"""Applies in every string (decision 18)."""

DATA_URL = Rule(
    "**", "base64", "the bytes in a data: URL, in either base64 alphabet, padded or not (RFC 2397, RFC 4648)"
)
"""Applies to every string that is a data: URL as a whole (decision 17)."""

_SEGMENT = re.compile(r"\[(\*|\d+)\]|([^.\[\]]+)")
_ESCAPED = re.compile(r"\\u00[2-7]")
_SHORTEST = 8
_CONTAINERS = (dict, list)
_WILD = ("*", "**")


@dataclass(slots=True)
class _Step:
    """A place that rule paths lead to: what stands there for the rules, and the steps below it.

    Compiled so that one step at a time is enough, whatever "*" and "**" the paths have: `keys` holds every key that a
    path names here, each with all that may follow it; `other` is the step for any other key, None where none follows.
    """

    rules: tuple[Rule, ...]
    """For any value but null."""
    for_null: Rule | None
    """What leaves a null out, if anything does."""
    keys: dict[str | int, _Step] = field(default_factory=dict)
    other: _Step | None = None
    ends: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules of one endpoint, made ready for `apply`."""

    rules: tuple[Rule, ...]
    body: _Step
    """The place above each body: a list of one, or of the lines of an NDJSON body."""
    url: _Step
    prefixes: tuple[str, ...]
    hints: tuple[re.Pattern[str], ...] = ()
    hinted: re.Pattern[str] | None = None
    prefixed: re.Pattern[str] | None = None
    """As of `ids.patterns`."""


def plan(rules: tuple[Rule, ...], prefixes: tuple[str, ...] = ()) -> Plan:
    """Make rules, and the prefixes of a provider's ids, ready for `apply`."""
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
    above = _Step((), None, other=body, ends=False)
    url = _compiled([(_segments(rule.path), rule) for rule in in_url])
    return Plan(rules, above, url, prefixes, *(ids.patterns(prefixes) if prefixes else ()))


def apply(
    plan: Plan,
    fields: dict[str, Json],
    text: str = "",
    more: Callable[[list[Json], Callable[[str], Mark]], None] | None = None,
) -> tuple[Rule, ...]:
    """Apply `plan` to `fields` in place, and give the rules that found something.

    `fields` has "body", "kind", "path" and "query"; names are drawn in this order, in lists by index and in objects by
    sorted key, so that the spelling of a body plays no part. `text` is the JSON text of the body, where there is one:
    it spares looking at each string for ids that stand nowhere but in id fields. A "raw" body stays as it is.
    `more(bodies, name)` may name more ids than the rules do, after those and before texts are looked at.
    """
    run = _Run(plan)
    kind = fields["kind"]
    roots = [] if kind in ("empty", "raw") else fields["body"] if kind == "ndjson" else [fields["body"]]
    run.walk(roots, plan.body)
    if plan.url.keys:
        run.walk(fields, plan.url)
    if more is not None:
        more(roots, run.name)
    run.texts(roots, "" if more else text)
    if kind == "json":
        # A body that is one bare string is replaced as a whole.
        fields["body"] = roots[0]
    if not run.used:
        return ()
    return tuple(rule for rule in (*plan.rules, ID_IN_TEXT, PREFIXED_ID, DATA_URL) if id(rule) in run.used)


class _Run:
    """One application of a plan: the names given so far."""

    __slots__ = ("leaves", "names", "plan", "used")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.names: dict[str, str] = {}
        self.leaves: dict[str, int] = {}
        self.used: set[int] = set()

    def walk(self, value: Json, step: _Step) -> None:
        """Follow the rule paths below `value`, in place."""
        if step.ends:
            return
        keys, other = step.keys, step.other
        left_out = []
        for place in _places(value, step):
            after = keys.get(place, other)
            if after is None:
                continue
            child = value[place]
            if child is None:
                if after.for_null is not None:
                    self.used.add(id(after.for_null))
                    left_out.append(place)
                continue
            new = self._act(child, after.rules) if after.rules else child
            if new is _LEFT_OUT:
                left_out.append(place)
            elif new is not child:
                value[place] = new
            elif not after.ends and isinstance(child, _CONTAINERS):
                self.walk(child, after)
        for place in reversed(left_out):
            del value[place]

    def texts(self, body: list[Json], text: str) -> None:
        """Rename ids inside strings, and spell data: URLs in one way."""
        if text and not self._may_be_quoted(text):
            return
        # The longest first: an id may stand inside another one.
        known = sorted(filter(ids.is_generated, self.names), key=lambda one: (-len(one), one))
        self._rename_below(body, known)

    def _act(self, value: Json, rules: tuple[Rule, ...]) -> Json:
        spelt = value
        for rule in rules:
            new = self._result(rule, value)
            if new is value:
                continue
            self.used.add(id(rule))
            if rule.action == "id":
                self.leaves[spelt] = self.leaves.get(spelt, 0) + 1
            if rule.action != "base64":
                return new
            value = new
        return value

    def _result(self, rule: Rule, value: Json) -> Json:
        if rule.action == "ignore":
            return _LEFT_OUT
        # Not a string of a kind of its own: a mark stands for a value already.
        if type(value) is str and value:
            if rule.action == "id":
                return self.name(value)
            if rule.action == "base64":
                return ids.one_alphabet(value)
        return value

    def name(self, value: str) -> Mark:
        """Give the name of an id: the same for the same, else the next one."""
        return Mark(self.names.setdefault(value, f"{OPEN}id {len(self.names) + 1}{CLOSE}"))

    def _may_be_quoted(self, text: str) -> bool:
        # An escaped letter or slash hides an id from a search in the JSON text.
        if "\\" in text and ("\\/" in text or _ESCAPED.search(text)):
            return True
        if "data:" in text:
            return True
        hinted = self.plan.hinted
        for one, times in self.leaves.items():
            if len(one) >= _SHORTEST and not (hinted and hinted.fullmatch(one)) and text.count(one) != times:
                return True
        for hint in self.plan.hints:
            for found in hint.finditer(text):
                start = found.end()
                if text.endswith(self.plan.prefixes, max(start - 32, 0), start):
                    quote = text.rfind('"', 0, start) + 1
                    if text[quote : text.find('"', quote)] not in self.leaves:
                        return True
        return False

    def _rename_below(self, value: Json, known: Sequence[str]) -> None:
        for key in sorted(value) if isinstance(value, dict) else range(len(value)):
            inner = value[key]
            if type(inner) is str:
                if len(inner) >= _SHORTEST:
                    value[key] = self._renamed(inner, known)
            elif isinstance(inner, _CONTAINERS):
                self._rename_below(inner, known)

    def _renamed(self, text: str, known: Sequence[str]) -> str:
        if text.startswith("data:"):
            head, comma, data = text.partition(",")
            if head.endswith(";base64"):
                new = f"{head}{comma}{ids.one_alphabet(data)}"
                if new != text:
                    self.used.add(id(DATA_URL))
                return new
        for one in known:
            if one in text and (new := ids.replaced(text, one, self.name(one))) != text:
                self.used.add(id(ID_IN_TEXT))
                text = new
        if self.plan.prefixed and any(hint.search(text) for hint in self.plan.hints):
            text = self.plan.prefixed.sub(self._prefixed, text)
        return text

    def _prefixed(self, found: re.Match[str]) -> str:
        if not ids.is_drawn(found[1]):
            return found[0]
        self.used.add(id(PREFIXED_ID))
        return self.name(found[0])


_LEFT_OUT: Json = object()


def _places(value: Json, step: _Step) -> Iterable[Json]:
    if type(value) is list:
        return range(len(value))
    return sorted(value if step.other else [key for key in value if key in step.keys])


_Path = tuple[str | int, ...]


def _segments(path: str) -> _Path:
    return tuple(int(index) if index.isdigit() else index or name for index, name in _SEGMENT.findall(path))


def _compiled(paths: Sequence[tuple[_Path, Rule]], made: dict[object, _Step] | None = None) -> _Step:
    made = {} if made is None else made
    # "**" may stand for nothing: what follows it may come at once.
    for path, rule in (paths := list(paths)):
        if path[:1] == ("**",) and (path[1:], rule) not in paths:
            paths.append((path[1:], rule))
    same = frozenset(paths)
    if same in made:
        return made[same]
    here = [rule for path, rule in paths if not path]
    step = made[same] = _Step(
        # Bytes that are an id are spelt in one alphabet before they are named.
        tuple(sorted((rule for rule in here if rule.action != "null"), key=lambda rule: rule.action != "base64")),
        next((rule for rule in here if rule.action in ("ignore", "null")), None),
    )
    for key in {path[0] for path, _ in paths if path and path[0] not in _WILD}:
        step.keys[key] = _compiled(_after(paths, key), made)
    if rest := _after(paths, "*"):
        step.other = _compiled(rest, made)
    step.ends = not step.keys and step.other is None
    return step


def _after(paths: Sequence[tuple[_Path, Rule]], key: str | int) -> list[tuple[_Path, Rule]]:
    found = [(path if path[0] == "**" else path[1:], rule) for path, rule in paths if path and path[0] in (key, *_WILD)]
    return list(dict.fromkeys(found))
