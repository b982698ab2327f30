"""Hosts that speak OpenAI's API: whose they are, what stands before a call's path there, and what they add.

Each from its own reference (docs.<host>): groq.com, together.ai, fireworks.ai, deepseek.com, openrouter.ai, x.ai,
cerebras.ai, perplexity.ai and so on. What they add to a chat has its rows with OpenAI's, since a proxy on an unknown
host passes it on.
"""

from __future__ import annotations

from llmvcr.providers import openai_rules as rules
from llmvcr.providers.base import Endpoint, Provider
from llmvcr.providers.openai import OPENAI

__all__ = ["COMPATIBLE", "RERANK"]

RERANK = Endpoint("rerank", "POST", "/rerank", body_keys=("documents", "query"))
"""Jina's and Cohere's call, which vLLM, llama.cpp, LiteLLM, Together, Fireworks and Voyage have, too."""

# Through a gateway come the ids of Anthropic's and Bedrock's models, too.
_PREFIXES = (*OPENAI.id_prefixes, "gen-", "tooluse_", "toolu_", "toolu_bdrk_", "toolu_vrtx_")


def _host(
    name: str,
    hosts: tuple[str, ...],
    *more: Endpoint,
    bases: tuple[str, ...] = (),
    aliases: tuple[tuple[str, str], ...] = (),
) -> Provider:
    return Provider(
        name,
        hosts,
        (*more, *OPENAI.endpoints),
        id_prefixes=_PREFIXES,
        bases=bases,
        aliases=aliases,
    )


# The SDK has changed its base URL, and since 3.0 sends chats to a host of their own.
_TOGETHER_HOSTS = ("api.together.xyz", "api.together.ai", "api-inference.together.ai")

_OPENROUTER = (
    Endpoint("models.endpoints", "GET", "/models/{author}/{slug}/endpoints"),
    Endpoint("generation", "GET", "/generation"),
    Endpoint("credits", "GET", "/credits"),
    Endpoint("key", "GET", "/key"),
)

_TOGETHER = (
    RERANK,
    Endpoint("audio.generation", "POST", "/audio/generations", body_keys=("input",)),
    Endpoint("fine_tunes.list", "GET", "/fine-tunes"),
    Endpoint("videos.create", "POST", "/v2/videos", body_keys=("model",)),
    Endpoint("videos.retrieve", "GET", "/v2/videos/{video_id}"),
)

_FIREWORKS = (
    RERANK,
    Endpoint("models.list", "GET", "/accounts/{account}/models"),
    Endpoint("models.retrieve", "GET", "/accounts/{account}/models/{model}"),
    Endpoint(
        "workflows.text_to_image",
        "POST",
        "/workflows/accounts/{account}/models/{model}/text_to_image",
        body_keys=("prompt",),
    ),
)

_XAI = (
    Endpoint("chat.deferred", "GET", "/chat/deferred-completion/{request_id}"),
    Endpoint("tokenize_text", "POST", "/tokenize-text", body_keys=("model", "text")),
    *(Endpoint(f"{kind}_models.list", "GET", f"/{kind}-models") for kind in ("language", "image-generation")),
    *(
        Endpoint(f"{kind}_models.retrieve", "GET", f"/{kind}-models/{{model}}")
        for kind in ("language", "image-generation")
    ),
    Endpoint("api_key", "GET", "/api-key"),
)

_PERPLEXITY = (
    Endpoint("async.chat.completions.create", "POST", "/async/chat/completions", body_keys=("request",)),
    Endpoint("async.chat.completions.list", "GET", "/async/chat/completions"),
    Endpoint("async.chat.completions.retrieve", "GET", "/async/chat/completions/{request_id}"),
    # Without keys to ask for, a call counts on its own hosts alone: other APIs have a /search.
    Endpoint("search", "POST", "/search"),
)

_WRITER_CHAT = Endpoint("chat", "POST", "/v1/chat", rules.CHAT)

_DEEPSEEK = (Endpoint("balance", "GET", "/user/balance"),)

COMPATIBLE: tuple[Provider, ...] = (
    _host("groq", ("api.groq.com",), bases=("/openai",)),
    _host(
        "together",
        _TOGETHER_HOSTS,
        *_TOGETHER,
        aliases=tuple((other, _TOGETHER_HOSTS[0]) for other in _TOGETHER_HOSTS[1:]),
    ),
    _host("fireworks", ("api.fireworks.ai", "*.fireworks.ai"), *_FIREWORKS, bases=("/inference",)),
    _host("deepseek", ("api.deepseek.com",), *_DEEPSEEK, bases=("/beta",)),
    _host("openrouter", ("openrouter.ai",), *_OPENROUTER, bases=("/api",)),
    _host("xai", ("api.x.ai", "*.api.x.ai"), *_XAI),
    _host("cerebras", ("api.cerebras.ai",)),
    _host("perplexity", ("api.perplexity.ai",), *_PERPLEXITY),
    # Smaller ones, or ones that add nothing.
    _host("ai21", ("api.ai21.com",), bases=("/studio",)),
    _host("databricks", ("*.cloud.databricks.com", "*.azuredatabricks.net"), bases=("/serving-endpoints",)),
    _host("deepinfra", ("api.deepinfra.com",), bases=("/openai",)),
    _host("github", ("models.github.ai", "api.githubcopilot.com"), bases=("/inference",)),
    _host(
        "heroku",
        ("us.inference.heroku.com", "eu.inference.heroku.com"),
        Endpoint("available_models.list", "GET", "/available-models"),
    ),
    _host("hyperbolic", ("api.hyperbolic.xyz",)),
    _host("lambda", ("api.lambdalabs.com", "api.lambda.ai")),
    _host("crusoe", ("api.inference.crusoecloud.com",)),
    _host("moonshot", ("api.moonshot.ai", "api.moonshot.cn")),
    _host("nebius", ("api.studio.nebius.ai", "api.studio.nebius.com", "api.tokenfactory.nebius.com")),
    _host("novita", ("api.novita.ai",), RERANK, bases=("/openai", "/v3/openai")),
    _host("nvidia", ("integrate.api.nvidia.com",)),
    _host("sambanova", ("api.sambanova.ai",)),
    _host("siliconflow", ("api.siliconflow.cn", "api.siliconflow.com"), RERANK),
    _host("vercel", ("ai-gateway.vercel.sh",)),
    _host("volcengine", ("ark.cn-beijing.volces.com", "*.bytepluses.com"), bases=("/api/v3",)),
    _host("writer", ("api.writer.com",), _WRITER_CHAT),
    _host("zhipu", ("open.bigmodel.cn", "api.z.ai"), RERANK, bases=("/api/paas/v4", "/api/coding/paas/v4")),
)
"""In the order in which they are listed."""
