"""The shelf of providers, and the one place that says which call of which provider a request is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from llmvcr.interaction import Json
from llmvcr.providers.aleph_alpha import ALEPH_ALPHA
from llmvcr.providers.anthropic import ANTHROPIC
from llmvcr.providers.azure import AZURE
from llmvcr.providers.base import Endpoint, Provider, Rule
from llmvcr.providers.bedrock import BEDROCK
from llmvcr.providers.cloudflare import CLOUDFLARE
from llmvcr.providers.cohere import COHERE
from llmvcr.providers.compatible import COMPATIBLE
from llmvcr.providers.dashscope import DASHSCOPE
from llmvcr.providers.gemini import GEMINI
from llmvcr.providers.huggingface import HUGGINGFACE
from llmvcr.providers.jina import JINA
from llmvcr.providers.mistral import MISTRAL
from llmvcr.providers.nomic import NOMIC
from llmvcr.providers.ollama import OLLAMA
from llmvcr.providers.openai import OPENAI
from llmvcr.providers.openai_events import REPLY_SHAPES
from llmvcr.providers.replicate import REPLICATE
from llmvcr.providers.routing import Candidate, Router, is_loopback, split_path
from llmvcr.providers.servers import SERVERS
from llmvcr.providers.types import FOREIGN, named
from llmvcr.providers.voyage import VOYAGE
from llmvcr.providers.watsonx import WATSONX

__all__ = [
    "KNOWN_TYPES",
    "OTHER",
    "PROVIDERS",
    "Endpoint",
    "Provider",
    "Rule",
    "find",
    "goes_by_headers",
    "is_loopback",
    "other",
    "split_path",
    "type_name",
]

PROVIDERS: tuple[Provider, ...] = (
    OPENAI,
    SERVERS,
    ANTHROPIC,
    BEDROCK,
    GEMINI,
    AZURE,
    OLLAMA,
    COHERE,
    MISTRAL,
    *COMPATIBLE,
    DASHSCOPE,
    WATSONX,
    VOYAGE,
    JINA,
    REPLICATE,
    CLOUDFLARE,
    HUGGINGFACE,
    NOMIC,
    ALEPH_ALPHA,
)
"""Every provider, in the order in which an unknown host is tried."""

KNOWN_TYPES: frozenset[str] = FOREIGN | named(PROVIDERS)
"""Every `__type__` that is known by name, in full and dotted. Any other name is kept as text."""

OTHER = "other"
"""The endpoint of a call on a provider's own host that no row names: it is compared whole, its body too."""

_ROUTER = Router(PROVIDERS)
_CHANGING = frozenset({"DELETE", "PATCH", "POST", "PUT"})


def find(method: str, url: str, body: Json | None) -> tuple[Provider, Endpoint] | None:
    """Say which call of which provider a request is, or None when it is no LLM call that we know. Never raises.

    `body` is the request's JSON; for a multipart form an object by field name; None where it is neither. On a
    provider's own host the path decides. On any other host, loopback included, the path and the endpoint's `body_keys`
    do; where a call has no such keys, or `body` is None, only a path that is unmistakable counts ("/v1/models").
    """
    keys = body if isinstance(body, dict | Mapping) else ()
    fallback: tuple[Provider, Endpoint] | None = None
    for candidate in _candidates(method, url):
        for key in candidate.keys:
            if key not in keys:
                break
        else:
            return candidate.found
        if candidate.at_home:
            fallback = fallback or candidate.found
        elif candidate.sure and body is None:
            return candidate.found
    return fallback


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


@lru_cache(maxsize=1024)
def other(method: str, url: str) -> tuple[Provider, Endpoint] | None:
    """Give the provider whose own host a URL names, and the endpoint `OTHER`; None for what only reads (GET, HEAD).

    It is what a request is that `find` finds nothing for. Never raises.
    """
    owner = _ROUTER.owner(url) if method.upper() in _CHANGING else None
    return (owner, Endpoint(OTHER, method.upper(), "/", owner.rules)) if owner else None


@lru_cache(maxsize=1024)
def goes_by_headers(method: str, url: str) -> bool:
    """Say whether a request may be one of those whose headers say what is asked, too (`Endpoint.headers`)."""
    return any(candidate.found[1].headers for candidate in _candidates(method, url))


@lru_cache(maxsize=1024)
def _candidates(method: str, url: str) -> tuple[Candidate, ...]:
    # A pure cache: what a URL may be never changes, and the same few are called again and again.
    return _ROUTER.candidates(method, url)
