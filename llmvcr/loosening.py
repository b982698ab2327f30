"""The rules of presets and users, applied to the fields of one request."""

from __future__ import annotations

import re
from collections.abc import Callable

from llmvcr import ids
from llmvcr.bodies import CLOSE, OPEN, Mark
from llmvcr.interaction import Json
from llmvcr.presets import UUID
from llmvcr.providers.base import Rule
from llmvcr.rulesets import Placed, RuleSet

__all__ = ["Loosening"]

_FOUND = f"{OPEN}pattern{CLOSE}"
# Not one that the text itself holds: there its OPEN is doubled.
_MARKED = re.compile(rf"(?<!{OPEN})((?:{OPEN}{OPEN})*){_FOUND}")
_LEFT_OUT: Json = object()


class _Wanted(str):
    """A string that a user's rule wants renamed as an id; the rows of the provider leave it alone or leave it out."""

    __slots__ = ()


class Loosening:
    """One application of a rule set: `begin`, then the rows of the provider with `draw` among them, then `end`.

    What is left out stands as a placeholder until the end, so that no index of a list moves in between; ids get their
    names in the one order of `renaming.apply`.
    """

    def __init__(self, rules: RuleSet, fields: dict[str, Json]) -> None:
        """Begin with `fields`, which are changed in place."""
        self._rules = rules
        self._fields = fields
        self._used: set[int] = set()
        self._shortened: list[Json] = []

    @property
    def used(self) -> tuple[Rule, ...]:
        """The rules that found something."""
        known = (*(placed.rule for placed in self._rules.rules), UUID)
        return tuple(rule for rule in known if id(rule) in self._used)

    def begin(self) -> None:
        """Mark what is left out or renamed, and take out what patterns find."""
        # All are looked up before the first is done: no rule hides what another one names.
        spots = [(placed, spot) for placed in self._rules.rules for spot in self._spots(placed)]
        for placed, (container, key) in spots:
            if self._act(placed, container, key):
                self._used.add(id(placed.rule))

    def draw(self, roots: list[Json], name: Callable[[str], Mark]) -> None:
        """Name the ids that rules of users mark and, where the preset says so, the uuids in texts."""
        self._draw(roots, name, uuids=self._rules.uuids)
        url: dict[str, Json] = {key: self._fields[key] for key in ("host", "path", "query") if key in self._fields}
        self._draw(url, name, uuids=False)
        self._fields.update(url)

    def end(self) -> None:
        """Take away what is left out."""
        for container in self._shortened:
            if isinstance(container, list):
                container[:] = [one for one in container if one is not _LEFT_OUT]
            else:
                for key in [key for key, value in container.items() if value is _LEFT_OUT]:
                    del container[key]

    def _spots(self, placed: Placed) -> list[tuple[Json, str | int]]:
        fields = self._fields
        if placed.path is None:
            part = fields if len(placed.field) == 1 else fields[placed.field[0]]
            return [(part, placed.field[-1])] if placed.field[-1] in part else []
        if fields["kind"] in ("empty", "raw"):
            return []
        lines = fields["kind"] == "ndjson"
        roots: list[tuple[Json, str | int]]
        roots = [(fields["body"], n) for n in range(len(fields["body"]))] if lines else [(fields, "body")]
        found: list[tuple[Json, str | int]] = []
        for above, at in roots:
            for location in placed.path.find(above[at]):
                container: Json = above
                key = at
                for step in location:
                    container, key = container[key], step
                found.append((container, key))
        return found

    def _act(self, placed: Placed, container: Json, key: str | int) -> bool:
        value = container[key]
        if value is _LEFT_OUT:
            return True
        if placed.rule.action == "ignore":
            if placed.texts_only and not isinstance(value, str):
                return False
            container[key] = _LEFT_OUT
            self._shortened.append(container)
            return True
        if type(value) is not str or not value:
            return False
        if placed.pattern is None:
            container[key] = _Wanted(value)
            return True
        container[key] = _without(placed.pattern, value, escaped=placed.path is not None)
        return bool(container[key] != value)

    def _draw(self, value: Json, name: Callable[[str], Mark], *, uuids: bool) -> None:
        for key in sorted(value) if isinstance(value, dict) else range(len(value)):
            inner = value[key]
            if type(inner) is _Wanted:
                value[key] = name(str(inner))
            elif isinstance(inner, dict | list):
                self._draw(inner, name, uuids=uuids)
            elif uuids and type(inner) is str:
                for one in ids.uuids(inner):
                    self._used.add(id(UUID))
                    name(one)


def _without(pattern: re.Pattern[str], text: str, *, escaped: bool) -> str:
    # What stands between finds of an earlier pattern is looked at by itself, and no expression sees our escapes.
    first, *more = _MARKED.split(text)
    pieces = [first]
    for opened, piece in zip(more[::2], more[1::2], strict=True):
        pieces[-1] += opened
        pieces.append(piece)
    return _FOUND.join(_cut(pattern, piece, escaped=escaped) for piece in pieces)


def _cut(pattern: re.Pattern[str], text: str, *, escaped: bool) -> str:
    plain = text.replace(OPEN + OPEN, OPEN) if escaped else text
    pieces, at = [], 0
    for found in pattern.finditer(plain):
        if found[0]:
            pieces.append(plain[at : found.start()])
            at = found.end()
    if not pieces:
        return text
    pieces.append(plain[at:])
    return _FOUND.join(piece.replace(OPEN, OPEN + OPEN) if escaped else piece for piece in pieces)
