"""Nomic Atlas: embeddings of texts and pictures (https://docs.nomic.ai/atlas/api/embeddings)."""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider

__all__ = ["NOMIC"]

NOMIC = Provider(
    name="nomic",
    hosts=("api-atlas.nomic.ai",),
    endpoints=(
        Endpoint("embedding.text", "POST", "/embedding/text", body_keys=("model", "texts")),
        # A form: the pictures as they are.
        Endpoint("embedding.image", "POST", "/embedding/image", body_keys=("images", "model")),
    ),
)
"""The provider `nomic`."""
