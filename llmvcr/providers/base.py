"""What is known of a provider, as values: hosts, endpoints, volatile fields, types of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

__all__ = ["Endpoint", "Provider", "Rule"]

Action = Literal["ignore", "id", "base64", "null", "pattern"]
"""What a rule does with the leaf it names:
ignore  it is left out of the canonical form (with everything below it);
id      it is renamed by order of first appearance, the same id by the same name everywhere in the request;
base64  base64 and base64url spellings of the same bytes are equal;
null    absent and null are the same;
pattern what a user's regular expression finds in the string is left out (in rules of users alone)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the leaf at `path` is treated by `action`, because of `reason`.

    `path` is written in the field's words: "messages[*].tool_calls[*].id"; "*" stands for any key or index,
    "**" for any number of them. "query.NAME" and "path.NAME" name parts of the URL.
    """

    path: str
    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of an API.

    `method` is upper case; `path` a template without the base path ("/chat/completions", "/models/{model}",
    "/models/{model}:generateContent"), matched against the end of the URL's path; `reply` the `__type__` of a whole
    answer and `chunk` that of an event of a streamed one ("" where there is none); `events` the `__type__` by the
    event's own `type` field, where a stream mixes several; `items` the `__type__` of the members of a list answer
    ({"object": "list", "data": [...]}) that llama-stack writes as a list.
    """

    name: str
    method: str
    path: str
    rules: tuple[Rule, ...] = ()
    reply: str = ""
    chunk: str = ""
    items: str = ""
    events: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body_keys: tuple[str, ...] = ()
    """Keys that a JSON body must have for a request to an unknown host to count as this call."""
    headers: tuple[str, ...] = ()
    """Headers, in lower case, that say what is asked as the body does, and are compared."""
    is_telemetry: bool = False
    """Whether it is what an SDK tells of itself: compared as traffic of nobody, without its body."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: `hosts` are exact names, have one "*" for any text, or are "*:port"; `id_prefixes` are of its ids.

    On its hosts the path alone says which call it is, where nothing stands before it but "/v1" or one of `bases`
    ("/openai", "/api"); elsewhere, and behind any other base, the body must have the endpoint's `body_keys`, too.
    """

    name: str
    hosts: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    id_prefixes: tuple[str, ...] = ()
    secret_headers: tuple[str, ...] = ()
    """Its own headers that hold a key, in lower case; those that many have (Authorization) are in `llmvcr.secrets`."""
    account_headers: tuple[str, ...] = ()
    """Headers of its requests and answers that name the account, in lower case."""
    bases: tuple[str, ...] = ()
    """What may stand before a call's path, without any "/v1"."""
    aliases: tuple[tuple[str, str], ...] = ()
    """(host, host): the first is another name of the second's servers, so that it plays no part which was called."""
    rules: tuple[Rule, ...] = ()
    """Rules of the calls on its hosts that no row names: those that hold for any call."""
