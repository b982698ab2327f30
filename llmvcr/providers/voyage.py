"""Voyage AI: embeddings and reranking, at home and at MongoDB (https://docs.voyageai.com/reference)."""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider, Rule
from llmvcr.providers.compatible import RERANK

__all__ = ["VOYAGE"]


def _nulls(*paths: str) -> tuple[Rule, ...]:
    return tuple(Rule(path, "null", "documented as null by default") for path in paths)


_EMBED = _nulls("encoding_format", "input_type", "output_dimension")

VOYAGE = Provider(
    name="voyage",
    hosts=("api.voyageai.com", "ai.mongodb.com"),
    endpoints=(
        Endpoint("embeddings", "POST", "/embeddings", _EMBED, body_keys=("input", "model")),
        Endpoint(
            "multimodal_embeddings",
            "POST",
            "/multimodalembeddings",
            _nulls("input_type", "output_encoding"),
            body_keys=("inputs", "model"),
        ),
        Endpoint(
            "contextualized_embeddings", "POST", "/contextualizedembeddings", _EMBED, body_keys=("inputs", "model")
        ),
        Endpoint(RERANK.name, RERANK.method, RERANK.path, _nulls("top_k"), body_keys=RERANK.body_keys),
    ),
)
"""The provider `voyage`."""
