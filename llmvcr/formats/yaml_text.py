"""YAML text to plain values and back, safely: no object is ever made that a file names."""

# Values are built straight from the parser's events, not by PyYAML's composer and constructors, because:
# - the C composer calls itself once a level and dies with the process at some 20,000 nested brackets; the event
#   parser keeps its own stack, so a limit on depth can be held here;
# - a plain scalar keeps its text unless it is a null, a true or false, or a number that a JSON document could hold.
#   YAML 1.1 would read `yes`, `1:30`, `0x1F` and `2026-11-22` as a boolean, a base-60 number, 31 and a date, and
#   takes time quadratic in its length for the second; what PyYAML itself writes means the same both ways;
# - a key that stands twice, silently dropped by PyYAML, is refused.

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from llmvcr.errors import ReadError, WriteError
from llmvcr.formats.yaml_plain import resolved

__all__ = ["MAX_DEPTH", "MAX_EXPANDED", "Flow", "dump", "load"]

MAX_DEPTH = 200
"""How deep lists and mappings may nest; the deepest of 3,426 public cassettes has 31 levels."""

MAX_EXPANDED = 1_000_000
"""How many values aliases and merge keys may repeat, in all, in one file."""

_BYTESIO = "python/object/new:_io.BytesIO"
_ITER = "python/object/apply:builtins.iter"
_ISTR = re.compile(r"python/object/(?:apply|new):multidict(?:\.\w+)?\.istr\Z")
_PREFIX = "tag:yaml.org,2002:"
_TEXT = ("str", "python/str", "python/unicode", "timestamp", "value")
_TEXT_TAGS = frozenset({"!", *(_PREFIX + name for name in _TEXT)})
_BINARY_TAGS = frozenset({_PREFIX + "binary", _PREFIX + "python/bytes", "!binary"})
_PLAIN_TAGS = frozenset(_PREFIX + name for name in ("null", "bool", "int", "float"))
_LIST_TAGS = frozenset({None, "!", _PREFIX + "seq", _PREFIX + "python/tuple", _PREFIX + "python/list"})
_DICT_TAGS = frozenset({None, "!", _PREFIX + "map", _PREFIX + "python/dict"})

_MERGE = object()
_NO_KEY = object()


class Flow(list[Any]):
    """A list that is written on one line: [1, 2, 3]."""


def load(data: bytes | str, *, path: str) -> Any:
    """Read one YAML document as None, bool, int, float, str, bytes, list and dict.

    Beyond JSON's own types it takes the tags of real cassettes: !!binary as bytes, tuples and `iter` as lists,
    BytesIO as its bytes, `python/str`, `python/unicode` and multidict's istr as str. Raises ReadError for anything
    else, for a key that stands twice, and beyond MAX_DEPTH and MAX_EXPANDED.
    """
    builder = _Builder(path)
    try:
        for event in yaml.parse(data, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "it cannot be parsed"
        raise ReadError(path, f"is not well-formed YAML: {problem}", place=_place(mark)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise ReadError(path, f"is not well-formed YAML: {str(error).splitlines()[0]}") from None
    return builder.document


class _Frame:
    """A list or mapping under construction, with the key that waits for its value and what aliases added to it."""

    __slots__ = ("anchor", "expanded", "key", "mark", "merges", "tag", "value")

    def __init__(self, event: Any, value: list[Any] | dict[Any, Any]) -> None:
        self.value, self.tag, self.anchor, self.mark = value, event.tag, event.anchor, event.start_mark
        self.key: Any = _NO_KEY
        self.expanded = 1
        self.merges: list[tuple[Any, Any]] = []


class _Builder:
    """Takes events one by one; `document` is the finished value."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.document: Any = None
        self.documents = 0
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.repeated = 0

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            value = self._scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = value, 1
            self._put(value, 1, event.start_mark)
        elif kind is yaml.SequenceStartEvent or kind is yaml.MappingStartEvent:
            if len(self.stack) >= MAX_DEPTH:
                self._fail(f"nests deeper than {MAX_DEPTH} levels", event.start_mark)
            self.stack.append(_Frame(event, [] if kind is yaml.SequenceStartEvent else {}))
        elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
            self._close(self.stack.pop())
        elif kind is yaml.AliasEvent:
            if event.anchor not in self.anchors:
                self._fail(f"names *{event.anchor}, which is not whole at that point", event.start_mark)
            value, expanded = self.anchors[event.anchor]
            self._repeat(expanded, event.start_mark)
            self._put(value, expanded, event.start_mark)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                self._fail("holds more than one YAML document", event.start_mark)

    def _fail(self, reason: str, mark: Any) -> NoReturn:
        raise ReadError(self.path, reason, place=_place(mark)) from None

    def _repeat(self, expanded: int, mark: Any) -> None:
        self.repeated += expanded
        if self.repeated > MAX_EXPANDED:
            self._fail(f"repeats more than {MAX_EXPANDED:,} values by aliases", mark)

    def _put(self, value: Any, expanded: int, mark: Any) -> None:
        if not self.stack:
            self.document = value
            return
        top = self.stack[-1]
        top.expanded += expanded
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is _NO_KEY:
            top.key = self._key(value, top.value, mark)
        else:
            if top.key is _MERGE:
                top.merges.append((value, mark))
            else:
                top.value[top.key] = value
            top.key = _NO_KEY

    def _key(self, value: Any, into: dict[Any, Any], mark: Any) -> Any:
        if value is _MERGE:
            return value
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        elif isinstance(value, list | dict):
            self._fail("has a key that is no string", mark)
        elif not isinstance(value, str):
            value = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        if value in into:
            self._fail(f"has the key {value[:80]!r} twice", mark)
        return value

    def _scalar(self, event: Any) -> Any:
        tag, text = event.tag, event.value
        if tag is None:
            if not event.implicit[0]:
                return text
            # Only a key can be a merge: as a value, `<<` is text.
            if text == "<<" and self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is _NO_KEY:
                return _MERGE
            return resolved(text)
        if tag in _TEXT_TAGS:
            return text
        if tag in _BINARY_TAGS:
            try:
                return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
            except (binascii.Error, UnicodeError):
                self._fail("has a !!binary value that is not base64", event.start_mark)
        if tag not in _PLAIN_TAGS:
            self._refuse(tag, event.start_mark)
        return resolved(text)

    def _close(self, frame: _Frame) -> None:
        value: Any = frame.value
        for merged, mark in frame.merges:
            self._merge(value, merged, mark)
        if frame.tag is not None:
            value = self._tagged(frame)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = value, frame.expanded
        self._put(value, frame.expanded, frame.mark)

    def _merge(self, into: dict[Any, Any], merged: Any, mark: Any) -> None:
        for source in merged if isinstance(merged, list) else [merged]:
            if not isinstance(source, dict):
                self._fail("merges (<<) something that is no mapping", mark)
            self._repeat(len(source), mark)
            for key, value in source.items():
                into.setdefault(key, value)

    def _tagged(self, frame: _Frame) -> Any:
        value, tag = frame.value, frame.tag
        if tag in (_LIST_TAGS if isinstance(value, list) else _DICT_TAGS):
            return value
        name = tag.removeprefix(_PREFIX)
        # What a tag would have been called with, as PyYAML writes it: a list, or a mapping of args and state.
        args = value if isinstance(value, list) else value.get("args", [])
        if _ISTR.match(name) and isinstance(args, list) and args and isinstance(args[0], str):
            return args[0]
        if name == _BYTESIO and isinstance(value, dict):
            state = value.get("state") or [b""]
            content = state[0] if isinstance(state, list) else None
            if isinstance(content, str | bytes):
                return content.encode() if isinstance(content, str) else content
        if name != _ITER or not isinstance(args, list) or (args and not isinstance(args[0], list)):
            self._refuse(tag, frame.mark)
        return args[0] if args else []

    def _refuse(self, tag: str, mark: Any) -> NoReturn:
        name = "!!" + tag.removeprefix(_PREFIX) if tag.startswith(_PREFIX) else tag
        self._fail(f"has the tag {name[:120]}, which llmvcr never builds", mark)


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""


class _Dumper(yaml.CSafeDumper):
    """Text of several lines as a block, lists that ask for it on one line, never an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def represent_text(self, data: str) -> yaml.Node:
        # libyaml falls back to a double-quoted scalar by itself where a block would not hold the text exactly.
        return self.represent_scalar(_PREFIX + "str", data, style="|" if "\n" in data else None)

    def represent_flow(self, data: Flow) -> yaml.Node:
        return self.represent_sequence(_PREFIX + "seq", data, flow_style=True)


_Dumper.add_representer(str, _Dumper.represent_text)
_Dumper.add_representer(Flow, _Dumper.represent_flow)


def dump(value: Any, *, path: str) -> bytes:
    """Write a value that `load` reads back the same, as UTF-8: keys in their order, no line folded, no aliases.

    Raises WriteError for text with lone surrogates, which UTF-8 cannot hold, for values that are no plain data, and
    for lists and mappings that nest deeper than `load` takes.
    """
    if any(depth > MAX_DEPTH for depth in _depths(value)):
        raise WriteError(path, f"the data nest deeper than {MAX_DEPTH} levels")
    try:
        text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=-1, default_flow_style=False)
        # libyaml ends a document that had a `|+` block anywhere with a marker that nothing needs.
        return text.removesuffix("...\n").encode("utf-8") if text.endswith("\n...\n") else text.encode("utf-8")
    except (yaml.YAMLError, UnicodeError) as error:
        raise WriteError(path, f"YAML cannot hold it: {str(error).splitlines()[0]}") from None


def _depths(value: Any) -> Iterator[int]:
    stack = [(value, 1)]
    while stack:
        top, depth = stack.pop()
        if isinstance(top, dict | list):
            yield depth
            if depth > MAX_DEPTH:
                return
            stack += [(child, depth + 1) for child in (top.values() if isinstance(top, dict) else top)]
