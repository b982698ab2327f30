"""Aleph Alpha: completions, chats and embeddings (https://docs.aleph-alpha.com/api)."""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider
from llmvcr.providers.openai import OPENAI

__all__ = ["ALEPH_ALPHA"]

ALEPH_ALPHA = Provider(
    name="aleph_alpha",
    hosts=("api.aleph-alpha.com",),
    endpoints=(
        Endpoint("complete", "POST", "/complete", body_keys=("maximum_tokens", "prompt")),
        Endpoint("embed", "POST", "/embed", body_keys=("layers", "pooling", "prompt")),
        Endpoint("semantic_embed", "POST", "/semantic_embed", body_keys=("prompt", "representation")),
        Endpoint("explain", "POST", "/explain", body_keys=("prompt", "target")),
        Endpoint("tokenize", "POST", "/tokenize", body_keys=("prompt", "tokens")),
        *(endpoint for endpoint in OPENAI.endpoints if endpoint.name == "chat.completions"),
    ),
)
"""The provider `aleph_alpha`."""
