"""A request in its one canonical form: equal forms, equal keys, the same request."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlparse

from llmvcr import bodies, plans, renaming
from llmvcr.errors import OptionError
from llmvcr.interaction import Json, Request, header
from llmvcr.loosening import Loosening
from llmvcr.providers import Endpoint, Rule, find, is_loopback, other, split_path
from llmvcr.rulesets import DEFAULT, RuleSet

__all__ = ["Canonical", "canonical", "ids_of", "same", "text"]

_PORTS = {"http": 80, "https": 443}
# Sorted keys, no blanks, ASCII alone: one text for each value, whatever is in it (lone surrogates included).
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)
_PLAIN = frozenset({int, bool, type(None), bodies.Mark})
"""Types beside str of which equal values have one text; a tuple of a user's function may hold 1 or true."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """What of a request is compared; two requests are the same exactly when their `key` is.

    `fields` of an LLM call: "method", "host" ("loopback" for this machine on any port, else with the port where it is
    not the scheme's own), "endpoint", "path" (its parameters, and as "base" what stands before the call), "query",
    "kind" and "body" (see `llmvcr.bodies.Body`). A value that rules put in place of another stands between U+27E8 and
    U+27E9, which no text of a request can forge. Headers play no part, but for those that the endpoint's row names
    (then there is "headers"). Of any other request (`provider` and `endpoint` are ""), an SDK's telemetry among them:
    what vcrpy's default matchers compare. `rules` are the rules that found something, `ids` what was renamed, in the
    order of the names: equal requests may differ in them. Not to be changed.
    """

    provider: str
    endpoint: str
    fields: Json
    rules: tuple[Rule, ...] = ()
    ids: tuple[str, ...] = ()

    @property
    def key(self) -> bytes:
        """16 bytes, the same for equal fields on every machine and in every run; computed at each call."""
        from llmvcr.quick_json import one_text  # noqa: PLC0415 - replay by bytes needs no key

        # What the one does not write, a lone surrogate, say, the other does; no two values have one text in either.
        return blake2b(one_text(self.fields) or text(self.fields).encode("ascii"), digest_size=16).digest()


def canonical(request: Request, ruleset: RuleSet = DEFAULT, known: AbstractSet[str] = frozenset()) -> Canonical:
    """Give the canonical form of a request (shared/matching.md, section 4). Pure; never raises, whatever the bytes.

    `ruleset` says what beside the rows of the provider is left out or renamed; of requests that are no LLM call
    nothing is. `known` are ids that earlier answers brought (`llmvcr.answers.drawn`): they are renamed wherever they
    stand whole, in texts and in the URL. A function of the user's may raise what it likes, and OptionError says that
    it gave no fields.
    """
    address = _address(request.url)
    if address is None:
        return Canonical("", "", {"method": request.method, "url": request.url})
    body = _read(request)
    found = find(request.method, request.url, body.keys) or other(request.method, request.url)
    if found is None:
        return Canonical("", "", _plain(request.method, address))
    provider, endpoint = found
    if endpoint.is_telemetry:
        return Canonical("", "", _plain(request.method, address), endpoint.rules)
    fields = _call(request.method, address, endpoint, body)
    if endpoint.headers:
        lines = [(name, header(request.headers, name)) for name in endpoint.headers]
        fields["headers"] = {name: value.lower() for name, value in lines if value is not None}
    if provider.aliases:
        fields["host"] = dict(provider.aliases).get(fields["host"], fields["host"])
    plan = plans.plan(endpoint.rules, provider.id_prefixes)
    if ruleset is DEFAULT:
        used, ids = renaming.apply(plan, fields, body.text, known=known)
        return Canonical(provider.name, endpoint.name, fields, used, ids)
    if ruleset.strict and body.text:
        fields["body"] = {"text": body.text.replace(bodies.OPEN, bodies.OPEN * 2)}
    loosening = Loosening(ruleset, fields)
    loosening.begin()
    used, ids = ((), ()) if ruleset.strict else renaming.apply(plan, fields, body.text, loosening.draw, known)
    loosening.end()
    if ruleset.function is not None:
        fields = _checked(ruleset.function(fields))
    return Canonical(provider.name, endpoint.name, fields, (*used, *loosening.used), ids)


def ids_of(request: Request, value: Json) -> dict[str, int]:
    """Give what stands in the id fields of a request whose body says this JSON, each with how often it stands there.

    Those of the rows of the provider, and of the body alone; `value` is changed. {} for calls that go by headers, too.
    """
    found = find(request.method, request.url, value) or other(request.method, request.url)
    if found is None or found[1].is_telemetry or found[1].headers or _address(request.url) is None:
        return {}
    return renaming.id_fields(plans.plan(found[1].rules, found[0].id_prefixes), value)


def same(one: Canonical, other: Canonical, *, ids: bool = True) -> bool:
    """Say whether two forms are equal, ids and all, or but for these; it takes a fraction of what their keys take."""
    return (not ids or one.ids == other.ids) and one.fields == other.fields and _strictly(one.fields, other.fields)


def _strictly(one: Json, other: Json) -> bool:
    """Tell apart what Python takes for equal, and JSON does not: true and 1, 1 and 1.0, 0.0 and -0.0."""
    for key in one if isinstance(one, dict) else range(len(one)):
        a, b = one[key], other[key]
        kind = type(a)
        if kind is dict or kind is list:
            if not _strictly(a, b):
                return False
        elif kind is not str and (kind not in _PLAIN or kind is not type(b)) and text(a) != text(b):
            return False
    return True


def text(value: Json) -> str:
    """Write a canonical value as the one ASCII text that its key is made of."""
    return _ENCODER.encode(value)


def _read(request: Request) -> bodies.Body:
    from llmvcr import quick_json  # noqa: PLC0415 - replay by bytes reads no body

    found = quick_json.body(request.body) if request.body else None
    return found or bodies.read(request.body, header(request.headers, "content-type"))


def _checked(fields: Json) -> dict[str, Json]:
    if not isinstance(fields, dict):
        raise OptionError(f"llmvcr_canonical gave {fields!r}, not the fields to compare")
    try:
        told = text(fields)
        if "NaN" not in told and "Infinity" not in told:
            return fields
        # These are no JSON, and not every writer has a text for them; a body that holds one is read so, too.
        return dict(json.loads(told, parse_constant=lambda name: f"{bodies.OPEN}{name}{bodies.CLOSE}"))
    except (TypeError, ValueError, RecursionError) as error:
        raise OptionError(f"llmvcr_canonical gave fields that are no JSON: {error}") from None


@dataclass(frozen=True, slots=True)
class _Address:
    """A URL in its parts."""

    scheme: str
    host: str | None
    port: int | None
    path: str
    query: str
    place: str
    """Host and port as calls have them."""


@lru_cache(maxsize=1024)
def _address(text: str) -> _Address | None:
    # A pure cache: the same few URLs are called again and again.
    try:
        url = urlparse(text)
        port = url.port
    except ValueError:
        return None
    host = url.hostname or ""
    if is_loopback(host):
        host = "loopback"
    elif port not in (None, _PORTS.get(url.scheme)):
        host = f"{host}:{port}"
    return _Address(url.scheme, url.hostname, port, url.path, url.query, host)


def _plain(method: str, url: _Address) -> dict[str, Json]:
    # What vcrpy 9.4.2 compares by default (its `matchers` and `request`): nothing of headers and body.
    return {
        "method": method,
        "scheme": url.scheme,
        "host": url.host,
        "port": _PORTS.get(url.scheme) if url.port is None else url.port,
        "path": url.path or "/",
        "query": [list(pair) for pair in sorted(parse_qsl(url.query))],
    }


def _call(method: str, url: _Address, endpoint: Endpoint, body: bodies.Body) -> dict[str, Json]:
    base, parameters = split_path(endpoint, url.path)
    # Bytes that are no UTF-8 stay apart from each other as lone surrogates.
    query = parse_qsl(url.query, keep_blank_values=True, errors="surrogateescape") if url.query else []
    return {
        "method": method.upper(),
        "host": url.place,
        "endpoint": endpoint.name,
        "path": {"base": "/".join(map(_requoted, base.split("/"))), **parameters},
        "query": bodies.repeated(query),
        "kind": body.kind,
        "body": body.value,
    }


def _requoted(segment: str) -> str:
    if not segment:
        return ""
    return quote(unquote_to_bytes(segment.encode("utf-8", "surrogatepass")), safe="")
