"""Hugging Face: the router, the old inference API, dedicated endpoints, and the two servers that run there.

https://huggingface.co/docs/inference-providers, /docs/text-generation-inference, /docs/text-embeddings-inference.
A model's name is one word of path or two.
"""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider
from llmvcr.providers.openai import OPENAI

__all__ = ["HUGGINGFACE"]

_MODELS = ("/models/{owner}/{model}", "/models/{model}")

HUGGINGFACE = Provider(
    name="huggingface",
    hosts=("router.huggingface.co", "api-inference.huggingface.co", "*.endpoints.huggingface.cloud"),
    endpoints=(
        *(Endpoint("pipeline", "POST", f"{path}/pipeline/{{task}}", body_keys=("inputs",)) for path in _MODELS),
        Endpoint("pipeline.by_task", "POST", "/pipeline/{task}/{owner}/{model}", body_keys=("inputs",)),
        # Sounds and pictures are sent as they are: at home the path is enough.
        *(Endpoint("models", "POST", path, body_keys=("inputs",)) for path in _MODELS),
        *(Endpoint("status", "GET", path.replace("models", "status")) for path in _MODELS),
        # A dedicated endpoint answers at its root, as the servers below do.
        Endpoint("root", "POST", "/"),
        Endpoint("generate", "POST", "/generate", body_keys=("inputs",)),
        Endpoint("generate_stream", "POST", "/generate_stream", body_keys=("inputs",)),
        Endpoint("tokenize", "POST", "/tokenize", body_keys=("inputs",)),
        *(Endpoint(word, "POST", f"/{word}", body_keys=("inputs",)) for word in ("embed", "embed_all", "embed_sparse")),
        Endpoint("predict", "POST", "/predict", body_keys=("inputs",)),
        Endpoint("rerank", "POST", "/rerank", body_keys=("query", "texts")),
        Endpoint("info", "GET", "/info"),
        *OPENAI.endpoints,
    ),
    id_prefixes=OPENAI.id_prefixes,
    # The router puts the name of the provider that it asks before that one's own path (huggingface_hub 2.4).
    bases=(
        *("/baseten", "/cerebras", "/cohere/compatibility", "/deepinfra/openai", "/featherless-ai"),
        *("/fireworks-ai/inference", "/groq/openai", "/hf-inference", "/hyperbolic", "/nebius", "/novita"),
        *("/novita/v3/openai", "/nscale", "/ovhcloud", "/publicai", "/sambanova", "/scaleway", "/together"),
        "/zai-org/api/paas/v4",
    ),
)
"""The provider `huggingface`. A root path counts on its own hosts alone."""
