"""Servers that anyone runs on any host: what vLLM, llama.cpp, LM Studio and LiteLLM have besides OpenAI's calls.

docs.vllm.ai (OpenAI-compatible server), llama.cpp's tools/server/README.md, lmstudio.ai/docs, docs.litellm.ai.
"""

from __future__ import annotations

from llmvcr.providers import openai_rules as rules
from llmvcr.providers.base import Endpoint, Provider
from llmvcr.providers.compatible import RERANK

__all__ = ["SERVERS"]

_VLLM = (
    RERANK,
    Endpoint("score", "POST", "/score", body_keys=("model", "text_1", "text_2")),
    Endpoint("pooling", "POST", "/pooling", body_keys=("input", "model")),
    Endpoint("tokenize", "POST", "/tokenize", body_keys=("model", "prompt")),
    Endpoint("tokenize", "POST", "/tokenize", rules.CHAT, body_keys=("messages",)),
    Endpoint("detokenize", "POST", "/detokenize", body_keys=("tokens",)),
)

_LLAMA_CPP = (
    Endpoint("completion", "POST", "/completion", body_keys=("prompt",)),
    Endpoint("embedding", "POST", "/embedding", body_keys=("content",)),
    Endpoint("tokenize", "POST", "/tokenize", body_keys=("content",)),
    Endpoint("infill", "POST", "/infill", body_keys=("input_prefix", "input_suffix")),
    Endpoint("apply_template", "POST", "/apply-template", rules.CHAT, body_keys=("messages",)),
    Endpoint("reranking", "POST", "/reranking", body_keys=("documents", "query")),
)

_LM_STUDIO = (
    Endpoint("api.v0.models.list", "GET", "/api/v0/models"),
    Endpoint("api.v0.models.retrieve", "GET", "/api/v0/models/{model}"),
    Endpoint("api.v1.chat", "POST", "/api/v1/chat", body_keys=("input", "model")),
)

SERVERS = Provider(
    name="servers",
    hosts=(),
    endpoints=(*_VLLM, *_LLAMA_CPP, *_LM_STUDIO),
    id_prefixes=("call_", "chatcmpl-tool-"),
)
"""The provider `servers`: it has no host of its own."""
