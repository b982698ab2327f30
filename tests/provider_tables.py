"""Requests written short, and short words for what is changed in one, for the tables SAME and DIFFERENT."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from llmvcr.canonical import canonical
from llmvcr.diff import changes
from llmvcr.interaction import Request

__all__ = ["Call", "Change", "cut", "headers", "method", "put", "respelt", "said", "same", "swapped", "url"]


@dataclass(frozen=True)
class Call:
    """A request: `body` is its JSON; None for none; bytes are sent as they are."""

    url: str
    body: Any = None
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def request(self) -> Request:
        """What is sent."""
        plain = self.body is None or isinstance(self.body, bytes)
        return Request(self.method, self.url, self.headers, self.body if plain else json.dumps(self.body).encode())


Change = Callable[[Call], Call]


def same(one: Call, other: Call) -> bool:
    """Say whether two calls are the same request; what matches and what is explained have to agree on it."""
    first, second = canonical(one.request), canonical(other.request)
    assert (first.key == second.key) == (not changes(first.fields, second.fields))
    return first.key == second.key


def url(old: str, new: str) -> Change:
    """The URL with a part of it changed."""

    def change(call: Call) -> Call:
        assert old in call.url
        return replace(call, url=call.url.replace(old, new))

    return change


def method(name: str) -> Change:
    """Another method, or the same in another case."""
    return lambda call: replace(call, method=name)


def headers(*lines: tuple[str, str]) -> Change:
    """Other headers."""
    return lambda call: replace(call, headers=lines)


def put(value: Any, *path: str | int) -> Change:
    """The body with `value` at a path."""

    def change(call: Call) -> Call:
        body = inner = copy.deepcopy(call.body)
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        return replace(call, body=body)

    return change


def cut(*path: str | int) -> Change:
    """The body without what stands at a path."""

    def change(call: Call) -> Call:
        body = inner = copy.deepcopy(call.body)
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        return replace(call, body=body)

    return change


def swapped(key: str, one: int, other: int, *path: str | int) -> Change:
    """The body with what two members of a list hold at `key` exchanged."""

    def change(call: Call) -> Call:
        body = inner = copy.deepcopy(call.body)
        for step in path:
            inner = inner[step]
        inner[one][key], inner[other][key] = inner[other][key], inner[one][key]
        return replace(call, body=body)

    return change


def said(*pairs: str) -> Change:
    """The body with texts exchanged everywhere, a pair after the other."""

    def change(call: Call) -> Call:
        text = json.dumps(call.body)
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        return replace(call, body=json.loads(text))

    return change


def respelt(call: Call) -> Call:
    """The same JSON with its keys sorted and blanks around."""
    return replace(call, body=json.dumps(call.body, sort_keys=True, indent=3, ensure_ascii=False).encode())
