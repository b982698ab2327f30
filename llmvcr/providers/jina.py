"""Jina AI: embeddings, reranking, classification, segmentation, and the chat of DeepSearch (https://api.jina.ai/docs)."""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider
from llmvcr.providers.compatible import RERANK
from llmvcr.providers.openai import OPENAI

__all__ = ["JINA"]

JINA = Provider(
    name="jina",
    hosts=("api.jina.ai", "deepsearch.jina.ai", "segment.jina.ai"),
    endpoints=(
        RERANK,
        Endpoint("classify", "POST", "/classify", body_keys=("input", "labels")),
        Endpoint("train", "POST", "/train"),
        Endpoint("segment", "POST", "/segment"),
        *(e for e in OPENAI.endpoints if e.name in ("chat.completions", "embeddings", "models.list")),
    ),
)
"""The provider `jina`."""
