"""JSONPath (RFC 9535): where in a JSON value the nodes are that a path selects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from llmvcr.interaction import Json

__all__ = ["Location", "Path", "parse"]

Location = tuple[str | int, ...]
"""The keys and indices (from 0) that lead from the root to a node."""

# The RFC's own words for names, strings and integers; everything else of it is left to the extra.
# A name has ASCII letters, digits, "_" and all that is not ASCII: said by what it has not, that compiles 10 x faster.
_NAME = r"[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*"
_TEXT = r"'[^'\\\x00-\x1f]*'|\"[^\"\\\x00-\x1f]*\""
_FILTER = rf"\? ?@\.(?P<field>{_NAME}) ?== ?(?P<value>{_TEXT})"
_BRACKETS = rf"\[(?:(?P<all>\*)|(?P<index>0|-?[1-9][0-9]{{0,14}})|(?P<key>{_TEXT})|{_FILTER})\]"
_STEP = re.compile(rf"(?:(?P<down>\.\.)|\.(?!\[)|(?=\[))(?:(?P<name>{_NAME})|(?P<any>\*)|{_BRACKETS})")
_DEEPEST = 1000

_Node = tuple[Location, Json]
_Step = Callable[[_Node], Iterator[_Node]]


@dataclass(frozen=True, slots=True)
class Path:
    """A path that was understood: its `text`, and `find`, which gives the locations of what it selects in a value.

    `find` gives each location once, sorted by its keys and indices, so that the spelling of an object plays no part.
    """

    text: str
    _select: Callable[[Json], Iterable[Location]]

    def find(self, value: Json) -> list[Location]:
        """Give the locations of the nodes that the path selects in `value`."""
        # A key and an index never stand side by side, but sorting has to compare them in locations of two kinds.
        return sorted(set(self._select(value)), key=lambda one: [(isinstance(key, str), key) for key in one])


def parse(text: str) -> Path:
    """Understand a path; raises ValueError for one that RFC 9535 does not allow, or that needs an extra not installed.

    Names, indices, `*`, `..` and filters of the form `[?@.name == 'text']` are read here; anything else of the RFC
    (slices, several selectors in brackets, other filters, functions) by jsonpath-rfc9535, the extra `rules`.
    """
    if not text.startswith("$"):
        raise ValueError("a JSONPath begins with $")
    steps = _steps(text)
    if steps is not None:
        return Path(text, lambda value: _walk(steps, value))
    return Path(text, _by_extra(text))


def _steps(text: str) -> list[_Step] | None:
    steps: list[_Step] = []
    at = 1
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            return None
        at = found.end()
        if found["down"]:
            steps.append(_descend)
        if found["field"]:
            steps.append(_having(found["field"], found["value"][1:-1]))
        elif found["name"] or found["key"]:
            steps.append(_named(found["name"] or found["key"][1:-1]))
        else:
            steps.append(_at(int(found["index"])) if found["index"] else _children)
    return steps


def _walk(steps: list[_Step], value: Json) -> Iterable[Location]:
    nodes: dict[Location, Json] = {(): value}
    for step in steps:
        nodes = dict(after for node in nodes.items() for after in step(node))
    return nodes


def _children(node: _Node) -> Iterator[_Node]:
    location, value = node
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*location, key), inner


def _descend(node: _Node) -> Iterator[_Node]:
    todo = [node]
    while todo:
        yield (one := todo.pop())
        todo += _children(one)


def _named(name: str) -> _Step:
    def step(node: _Node) -> Iterator[_Node]:
        location, value = node
        if isinstance(value, dict) and name in value:
            yield (*location, name), value[name]

    return step


def _at(index: int) -> _Step:
    def step(node: _Node) -> Iterator[_Node]:
        location, value = node
        if isinstance(value, list) and -len(value) <= index < len(value):
            yield (*location, index % len(value)), value[index]

    return step


def _having(name: str, text: str) -> _Step:
    def step(node: _Node) -> Iterator[_Node]:
        return (one for one in _children(node) if isinstance(one[1], dict) and one[1].get(name) == text)

    return step


def _by_extra(text: str) -> Callable[[Json], Iterable[Location]]:
    # Not python-jsonpath: mistralai brings another package that is imported by the same name, `jsonpath`.
    try:
        from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError  # noqa: PLC0415 - most test runs never need it
    except ImportError:
        raise ValueError("is malformed, or needs an extra: pip install 'pytest-llmvcr[rules]'") from None

    environment = JSONPathEnvironment()
    environment.max_recursion_depth = _DEEPEST  # bodies are nested at most bodies.MAX_DEPTH deep
    try:
        compiled = environment.compile(text)
    except JSONPathError as error:
        raise ValueError(f"is no JSONPath of RFC 9535: {error.args[0]}") from None
    return lambda value: [match.location for match in compiled.finditer(value)]
