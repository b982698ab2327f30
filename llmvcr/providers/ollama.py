"""Ollama's own API, on any host and port; its OpenAI-compatible one has OpenAI's rows.

https://docs.ollama.com/api; types as in ollama 0.6 (its `_client`). The server is written in Go, whose JSON decoder
takes null for absent; a row says so wherever the SDK or LangChain sends nulls.
"""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider, Rule
from llmvcr.providers.openai import OPENAI

__all__ = ["OLLAMA"]

_TYPES = "ollama._types"


def _nulls(*paths: str) -> tuple[Rule, ...]:
    reason = "optional in the API: the server's decoder takes null for absent"
    return tuple(Rule(path, "null", reason) for path in paths)


_COMMON = _nulls("format", "keep_alive", "logprobs", "options", "stream", "think", "top_logprobs", "truncate")

_CHAT = (
    *(
        Rule(path, "id", "drawn by the server for each tool call, and echoed with the call and its result")
        for path in ("messages[*].tool_calls[*].id", "messages[*].tool_call_id")
    ),
    Rule("messages[*].images[*]", "base64", "the bytes of an image"),
    *_COMMON,
    *_nulls(
        *("tools", "messages[*].content", "messages[*].images", "messages[*].thinking", "messages[*].tool_calls"),
        "messages[*].tool_name",
    ),
)

_GENERATE = (
    Rule("images[*]", "base64", "the bytes of an image"),
    *_COMMON,
    *_nulls("context", "images", "raw", "suffix", "system", "template"),
)


def _call(
    name: str, method: str, path: str, answer: str = "", keys: tuple[str, ...] = (), rules: tuple[Rule, ...] = ()
) -> Endpoint:
    # Ollama gives the class of a whole answer to each line of a streamed one.
    kind = f"{_TYPES}.{answer}" if answer else ""
    return Endpoint(f"api.{name}", method, path, rules, reply=kind, chunk=kind, body_keys=keys)


OLLAMA = Provider(
    name="ollama",
    hosts=("*:11434", "ollama.com", "api.ollama.com"),
    endpoints=(
        _call("chat", "POST", "/api/chat", "ChatResponse", ("messages", "model"), _CHAT),
        _call("generate", "POST", "/api/generate", "GenerateResponse", ("model", "prompt"), _GENERATE),
        _call("embed", "POST", "/api/embed", "EmbedResponse", ("input", "model"), _COMMON),
        _call("embeddings", "POST", "/api/embeddings", "EmbeddingsResponse", ("model", "prompt"), _COMMON),
        _call("tags", "GET", "/api/tags", "ListResponse"),
        _call("ps", "GET", "/api/ps", "ProcessResponse"),
        _call("version", "GET", "/api/version"),
        # The older name of the same key is `name`.
        *(_call("show", "POST", "/api/show", "ShowResponse", (key,), _COMMON) for key in ("model", "name")),
        *(_call("pull", "POST", "/api/pull", "ProgressResponse", (key,), _COMMON) for key in ("model", "name")),
        *(_call("push", "POST", "/api/push", "ProgressResponse", (key,), _COMMON) for key in ("model", "name")),
        _call("create", "POST", "/api/create", "ProgressResponse", ("from", "model"), _COMMON),
        _call("copy", "POST", "/api/copy", "", ("destination", "source")),
        _call("delete", "DELETE", "/api/delete", "", ("model",)),
        _call("blobs.exists", "HEAD", "/api/blobs/{digest}"),
        _call("blobs.create", "POST", "/api/blobs/{digest}"),
        _call("web_search", "POST", "/api/web_search", "WebSearchResponse", ("max_results", "query")),
        _call("web_fetch", "POST", "/api/web_fetch", "WebFetchResponse", ("url",)),
        *OPENAI.endpoints,
    ),
    id_prefixes=OPENAI.id_prefixes,
)
"""The provider `ollama`. Its own calls are named "api.…", apart from OpenAI's."""
