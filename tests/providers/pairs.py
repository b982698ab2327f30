"""Pairs of requests for the tables SAME and DIFFERENT, and what is asked of every provider's rows."""

from __future__ import annotations

import copy
import json
import re
from functools import lru_cache
from typing import Any

from llmvcr.canonical import Canonical, canonical
from llmvcr.diff import changes
from llmvcr.errors import LlmvcrError
from llmvcr.index import Index
from llmvcr.interaction import Request
from llmvcr.providers import Provider
from llmvcr.storage import load
from shared import corpus

__all__ = [
    "Row",
    "ask",
    "cut",
    "differ",
    "follow",
    "form",
    "match",
    "names",
    "own_positions",
    "put",
    "respelt",
]

Row = tuple[str, Request, Request]
"""The reason, and two requests."""


def ask(url: str, body: object = None, *headers: tuple[str, str], method: str = "POST") -> Request:
    """A request: bytes and None as they are, anything else as JSON."""
    raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    return Request(method, url, headers, raw)


def put(body: Any, value: object, *path: str | int) -> Any:
    """A copy of a body with `value` at a path; a place past the end of a list is made."""
    made = copy.deepcopy(body)
    at = made
    for step in path[:-1]:
        at = at[step]
    if isinstance(at, list) and path[-1] == len(at):
        at.append(value)
    else:
        at[path[-1]] = value
    return made


def cut(body: Any, *path: str | int) -> Any:
    """A copy of a body without what stands at a path."""
    made = copy.deepcopy(body)
    at = made
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return made


def respelt(body: Any, *pairs: tuple[str, str]) -> Any:
    """A copy of a body in whose JSON text each first stands as each second, all at once."""
    text = json.dumps(body)
    for number, (old, _) in enumerate(pairs):
        assert old in text, old
        text = text.replace(old, f"\x00{number}\x00")
    for number, (_, new) in enumerate(pairs):
        text = text.replace(f"\x00{number}\x00", new)
    return json.loads(text)


def form(boundary: str, *parts: tuple[str, bytes]) -> bytes:
    """A multipart body of parts, each with its Content-Disposition parameters and whatever follows them."""
    lines = [
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (boundary.encode(), about.encode(), data)
        for about, data in parts
    ]
    return b"".join(lines) + b"--%b--\r\n" % boundary.encode()


def names(row: Row) -> str:
    """The name of a row: its reason."""
    return row[0]


def match(row: Row, *providers: str) -> None:
    """The two requests are one call of a provider, and the same."""
    one, other = _both(row, *providers)
    assert changes(one.fields, other.fields) == ()
    assert one.key == other.key


def differ(row: Row, *providers: str) -> None:
    """The two requests are calls of a provider, and not the same; the diff says so."""
    one, other = _both(row, *providers)
    assert one.key != other.key
    assert changes(one.fields, other.fields)


def _both(row: Row, *providers: str) -> tuple[Canonical, Canonical]:
    _, one, other = row
    assert (one.method, one.url, one.headers, one.body) != (other.method, other.url, other.headers, other.body)
    found = canonical(one), canonical(other)
    assert {form.provider for form in found} <= set(providers)
    return found


def follow(provider: Provider) -> None:
    """A provider's rows keep the rules for rows: a reason, no path twice for one action, nothing asked left out."""
    paths: dict[tuple[str, str, tuple[str, ...]], str] = {}
    for endpoint in provider.endpoints:
        # Of the path only name and parameters are compared: two paths may not have them in common.
        call = endpoint.name, endpoint.method, tuple(re.findall(r"{(\w+)}", endpoint.path))
        assert paths.setdefault(call, endpoint.path) == endpoint.path
        pairs = [(rule.path, rule.action) for rule in endpoint.rules]
        assert len(pairs) == len(set(pairs)), endpoint.path
        for rule in endpoint.rules:
            assert rule.reason, rule.path
            if rule.path.startswith("path."):
                assert "{" + rule.path.removeprefix("path.") + "}" in endpoint.path
            if rule.action == "ignore":
                assert rule.path.startswith("query.") or rule.path == "clientRequestToken"
            assert rule.path.rpartition(".")[2] not in ("args", "arguments", "input", "name", "text"), rule.path


@lru_cache(maxsize=1)
def _cassettes() -> tuple[tuple[Request, ...], ...]:
    found = []
    for path in sorted(corpus("vcrpy").rglob("*")):
        if path.is_file():
            try:
                found.append(tuple(one.request for one in load(path).interactions))
            except (LlmvcrError, UnicodeDecodeError):
                continue  # what is no cassette is another test's matter
    return tuple(found)


def own_positions(provider: str, *hosts: str) -> tuple[int, list[str]]:
    """Of the corpus, how many requests a provider has, and those that are misplaced.

    Misplaced is a request to one of `hosts` (parts of their names) that no provider knows, one that does not find its
    own position when the cassette is played in order, and one whose canonical form is that of another body or URL.
    """
    count, wrong = 0, []
    for requests in _cassettes():
        forms = [canonical(request) for request in requests]
        if not any(form.provider == provider for form in forms) and not any(
            host in request.url for request in requests for host in hosts
        ):
            continue
        index = Index(requests)
        for position, (request, made) in enumerate(zip(requests, forms, strict=True)):
            if not made.provider and any(host in request.url.split("?")[0].split("/")[2] for host in hosts):
                wrong.append(f"unknown: {request.method} {request.url}")
            if index.take(request) != position:
                wrong.append(f"out of order: {request.method} {request.url}")
            if made.provider != provider:
                continue
            count += 1
            alike = [requests[same] for same in index.positions(request)]
            if any((one.url, one.body) != (request.url, request.body) for one in alike):
                wrong.append(f"taken for another: {request.method} {request.url}")
    return count, wrong
