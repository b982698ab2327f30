"""The shelf of providers, and the one place that says which call of which provider a request is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from llmvcr.interaction import Json
from llmvcr.providers.base import Endpoint, Provider, Rule
from llmvcr.providers.openai import OPENAI
from llmvcr.providers.openai_events import REPLY_SHAPES
from llmvcr.providers.types import KNOWN_TYPES

__all__ = [
    "KNOWN_TYPES",
    "PROVIDERS",
    "Endpoint",
    "Provider",
    "Rule",
    "find",
    "is_loopback",
    "split_path",
    "type_name",
]

PROVIDERS: tuple[Provider, ...] = (OPENAI,)
"""Every provider, in the order in which an unknown host is tried."""

# Behind these base paths the calls of this first word are no other API's, body or none.
_BASES = frozenset({"openai", "v1"})
_UNMISTAKABLE = frozenset({"audio", "chat", "images", "models"})

# Hosts with a /v1/models or /v1/files of their own, whose answers are not OpenAI's.
_OTHER_APIS = ("*.googleapis.com", "*.stripe.com", "api.anthropic.com", "api.cohere.ai", "api.cohere.com")


@dataclass(frozen=True, slots=True)
class _Route:
    provider: Provider
    endpoint: Endpoint
    segments: tuple[str, ...]
    """The words of the path; "" stands for a parameter."""


def find(method: str, url: str, body: Json | None) -> tuple[Provider, Endpoint] | None:
    """Say which call of which provider a request is, or None when it is no LLM call that we know. Never raises.

    `body` is the request's JSON; for a multipart form an object by field name; None where it is neither. On a
    provider's own host the path decides. On any other host, loopback included, the path and the endpoint's `body_keys`
    do; where a call has no such keys, or `body` is None, only a path that is unmistakable counts ("/v1/models").
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    words = _words(parts.path)
    if not words:
        return None
    method = method.upper()
    fallback: tuple[Provider, Endpoint] | None = None
    for route in (*_ROUTES.get((method, words[-1]), ()), *_ROUTES.get((method, ""), ())):
        if not _ends_with(words, route.segments):
            continue
        base = words[: len(words) - len(route.segments)]
        keys = route.endpoint.body_keys
        fits = isinstance(body, Mapping) and all(key in body for key in keys)
        if _is_host(host, route.provider.hosts):
            if any(word != "v1" for word in base):
                continue
            if fits or not keys:
                return route.provider, route.endpoint
            fallback = fallback or (route.provider, route.endpoint)
        elif (keys and fits and not _is_others(host, words)) or (
            (not keys or body is None) and _is_unmistakable(host, base, words[-len(route.segments) :], route.provider)
        ):
            return route.provider, route.endpoint
    return fallback


def split_path(endpoint: Endpoint, path: str) -> tuple[str, dict[str, str]]:
    """Split the path of a URL that `find` gave `endpoint` for: what stands before the call, and its parameters.

    The base comes without its final "/v1", doubled or not: "" for "/v1/v1/chat/completions" and "/chat/completions",
    "/openai/deployments/gpt-4" for Azure (the model stands there, so it is part of the request). Parameters are
    percent-decoded.
    """
    words = _words(path)
    names = _words(endpoint.path)
    cut = max(len(words) - len(names), 0)
    base = words[:cut]
    while base and base[-1] == "v1":
        base = base[:-1]
    given = {
        name[1:-1]: unquote(word)
        for name, word in zip(names, words[cut:], strict=False)
        if name.startswith("{") and name.endswith("}")
    }
    return "".join(f"/{word}" for word in base), given


def type_name(endpoint: Endpoint, data: Json, *, streamed: bool = False) -> str:
    """Name the class that the SDK makes of one whole answer, or of one event of a stream; "" where there is none.

    An event goes by its own `type` field, else by the endpoint's `chunk`. Members of a list answer have
    `endpoint.items`, which is not looked at here.
    """
    if streamed:
        kind = data.get("type") if isinstance(data, Mapping) else None
        return endpoint.events.get(kind, endpoint.chunk) if isinstance(kind, str) else endpoint.chunk
    if isinstance(data, Mapping):
        for keys, name in REPLY_SHAPES.get(endpoint.name, ()):
            if all(key in data for key in keys):
                return name
    return endpoint.reply


def is_loopback(host: str) -> bool:
    """Say whether a host name (lower case, no port, no brackets) is this machine."""
    return host in {"localhost", "::1", "0.0.0.0"} or host.startswith("127.")  # noqa: S104 - compared, never bound


def _words(path: str) -> tuple[str, ...]:
    return tuple(word for word in path.split("/") if word)


def _ends_with(words: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    if len(words) < len(segments):
        return False
    return all(want in ("", word) for want, word in zip(segments, words[-len(segments) :], strict=True))


def _is_host(host: str, patterns: tuple[str, ...]) -> bool:
    return any(host.endswith(one[1:]) if one.startswith("*") else host == one for one in patterns)


def _is_others(host: str, words: tuple[str, ...]) -> bool:
    # Their chat endpoints that speak OpenAI's API do count; the calls that merely look alike do not.
    return words[-1] == "files" and _is_host(host, _OTHER_APIS)


def _is_unmistakable(host: str, base: tuple[str, ...], call: tuple[str, ...], provider: Provider) -> bool:
    if not base or base[-1] not in _BASES:
        return False
    if is_loopback(host):
        return True
    if _is_host(host, _OTHER_APIS):
        return False
    return call[0] in _UNMISTAKABLE or (len(call) > 1 and call[1].startswith(provider.id_prefixes))


def _routes() -> Mapping[tuple[str, str], tuple[_Route, ...]]:
    table: dict[tuple[str, str], list[_Route]] = {}
    for provider in PROVIDERS:
        for endpoint in provider.endpoints:
            segments = tuple("" if word.startswith("{") else word for word in _words(endpoint.path))
            table.setdefault((endpoint.method, segments[-1]), []).append(_Route(provider, endpoint, segments))
    # The longest first: "/chat/completions" also ends as "/completions" does.
    return MappingProxyType(
        {key: tuple(sorted(routes, key=lambda route: -len(route.segments))) for key, routes in table.items()}
    )


_ROUTES = _routes()
