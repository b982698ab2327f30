"""A first look at a YAML file: the keys that it begins with, found without reading the rest."""

from __future__ import annotations

from typing import Any

import yaml

from llmvcr.formats.yaml_text import MAX_DEPTH

__all__ = ["peek"]

_EVENTS = 20_000
_DEEPEST = 4
_LONGEST = 200
_OPENS = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_CLOSES = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


class _Frame:
    """A list or mapping that is open, where it stands, and the key whose value comes next."""

    __slots__ = ("is_key", "is_list", "key", "members", "place")

    def __init__(self, place: str, *, is_list: bool, is_key: bool) -> None:
        self.place, self.is_list, self.is_key = place, is_list, is_key
        self.key: str | None = None
        self.members = 0

    @property
    def wants_key(self) -> bool:
        return not self.is_list and self.key is None


def peek(data: bytes) -> dict[str, str]:
    """Return {place: text} of the beginning of a YAML file, up to the end of the first member of a top-level list.

    Places are at most four levels deep and look like "interactions[].request.url"; the text of a scalar is cut at 200
    characters, that of a mapping is "{" and of a list "[". Never raises: of a file that is damaged, or no YAML at all,
    it gives what stands before the damage. It builds no values, and looks at 20,000 parser events at most.
    """
    found: dict[str, str] = {}
    stack: list[_Frame] = []
    try:
        for number, event in enumerate(yaml.parse(data, Loader=yaml.CSafeLoader)):
            if number >= _EVENTS or _take(event, stack, found):
                break
    except (yaml.YAMLError, UnicodeError):
        pass
    return found


def _take(event: Any, stack: list[_Frame], found: dict[str, str]) -> bool:
    """Take one event; True when there is nothing more to see."""
    if isinstance(event, _CLOSES):
        frame = stack.pop()
        if not stack:
            return True
        _close(stack[-1], "?" if frame.is_key else None)
        return len(stack) == 2 and stack[-1].is_list
    if isinstance(event, _OPENS):
        is_list = isinstance(event, yaml.SequenceStartEvent)
        is_key = bool(stack) and stack[-1].wants_key
        place = "?" if is_key else _place(stack)
        _note(found, place, "[" if is_list else "{", len(stack))
        stack.append(_Frame(place, is_list=is_list, is_key=is_key))
        return len(stack) > MAX_DEPTH  # libyaml's time is quadratic in the depth
    if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
        text = event.value[:_LONGEST] if isinstance(event, yaml.ScalarEvent) else "*"
        if stack and stack[-1].wants_key:
            _close(stack[-1], text)
        else:
            _note(found, _place(stack), text, len(stack))
            if stack:
                _close(stack[-1], None)
    return False


def _close(parent: _Frame, key: str | None) -> None:
    parent.key = key
    parent.members += 1


def _place(stack: list[_Frame]) -> str:
    # Deeper places are never told, and naming them would take time quadratic in their depth.
    if not stack or len(stack) > _DEEPEST + 1:
        return ""
    top = stack[-1]
    if top.is_list:
        return f"{top.place}[]"
    return f"{top.place}.{top.key}" if top.place else str(top.key)


def _note(found: dict[str, str], place: str, text: str, depth: int) -> None:
    if depth <= _DEEPEST + 1:
        found.setdefault(place, text)
