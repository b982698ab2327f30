"""What a mutation of a request is, and the request that it starts from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any, NamedTuple

from llmvcr.canonical import Canonical, canonical
from llmvcr.interaction import Request
from llmvcr.providers import Endpoint, Provider, find

__all__ = ["Made", "Mutation", "Subject", "subject"]

Json = Any


class Made(NamedTuple):
    """A mutation that was made: where, the request that came of it, and of which one (None: of the recorded one)."""

    where: str
    request: Request
    base: Request | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """One recorded request of an LLM, read once: `body` is its JSON, None where it has none."""

    request: Request
    form: Canonical
    provider: Provider
    endpoint: Endpoint
    body: Json

    @property
    def kind(self) -> str:
        """The kind of the body, as in `llmvcr.bodies.Body`."""
        return str(self.form.fields["kind"])

    def saying(self, body: Json, **spelling: Any) -> Request:
        """Give the request with another JSON body, spelt as `json.dumps` is told."""
        return replace(self.request, body=json.dumps(body, **spelling).encode("utf-8", "surrogatepass"))

    def asking(self, url: str) -> Request:
        """Give the request with another URL."""
        return replace(self.request, url=url)


@dataclass(frozen=True, slots=True)
class Mutation:
    """One rule by which requests are changed. `make` gives some changed requests, none where it does not apply."""

    kind: str
    make: Callable[[Subject, Random], Iterator[Made]]
    keeps: bool
    """Whether the request is the same afterwards."""
    json: bool = False
    """Whether it is one of JSON bodies."""


def subject(request: Request) -> Subject | None:
    """Read a recorded request; None where it is no call of an LLM."""
    form = canonical(request)
    body = json.loads(request.body or b"") if form.provider and form.fields["kind"] == "json" else None
    found = find(request.method, request.url, body) if form.provider else None
    if found is None and form.provider:
        # Multipart and the like: only the rules are wanted, and those of the plain reading will do.
        found = next(iter(_guessed(request)), None)
    return Subject(request, form, *found, body) if found else None


def _guessed(request: Request) -> Iterator[tuple[Provider, Endpoint]]:
    for keys in ({"file": "", "purpose": "", "model": ""}, {}):
        if found := find(request.method, request.url, keys):
            yield found
