"""Cloudflare: Workers AI, and the AI Gateway before other providers (https://developers.cloudflare.com/workers-ai).

The account stands in the path and is compared. A model is named "@cf/meta/llama-3.1-8b-instruct": three words of path.
"""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider
from llmvcr.providers.openai import OPENAI

__all__ = ["CLOUDFLARE"]

_AI = "/accounts/{account}/ai"

CLOUDFLARE = Provider(
    name="cloudflare",
    hosts=("api.cloudflare.com", "gateway.ai.cloudflare.com"),
    endpoints=(
        # Some models take bytes, some a prompt, some messages: the path says enough.
        Endpoint("run", "POST", f"{_AI}/run/{{namespace}}/{{author}}/{{model}}"),
        Endpoint("run", "POST", f"{_AI}/run/{{model}}"),
        Endpoint("ai.models.list", "GET", f"{_AI}/models/search"),
        Endpoint("ai.models.schema", "GET", f"{_AI}/models/schema"),
        *(
            Endpoint(e.name, e.method, f"{_AI}/v1{e.path}", e.rules, e.reply, e.chunk, e.items, e.events, e.body_keys)
            for e in OPENAI.endpoints
            if (e.method, e.path.strip("/").replace("/", ".")) == ("POST", e.name)
            and e.name in ("chat.completions", "completions", "embeddings", "responses")
        ),
        # The gateway: /v1/{account}/{gateway}/{provider} before that provider's own path.
        Endpoint("run", "POST", "/{account}/{gateway}/workers-ai/{namespace}/{author}/{model}"),
    ),
    secret_headers=("cf-aig-authorization", "x-auth-key"),
    account_headers=("x-auth-email",),
    bases=("/client/v4",),
)
"""The provider `cloudflare`."""
