"""Azure OpenAI and Azure AI Foundry: OpenAI's calls, under a deployment's name and an api-version.

https://learn.microsoft.com/azure/ai-foundry/openai/reference and .../latest: the deployment stands in the path of the
dated API and is the `model` of the v1 API.
"""

from __future__ import annotations

from dataclasses import replace

from llmvcr.providers.base import Endpoint, Provider, Rule
from llmvcr.providers.openai import OPENAI

__all__ = ["AZURE"]

_VERSION = (
    Rule(
        "query.api-version",
        "ignore",
        "which edition of the service answers; comes with the SDK and its settings, while the body says what is asked",
    ),
)
_DEPLOYED = frozenset({"audio", "chat", "completions", "embeddings", "images"})


def _dated(endpoint: Endpoint, before: str = "") -> Endpoint:
    return replace(endpoint, path=before + endpoint.path, rules=(*endpoint.rules, *_VERSION))


_CALLS = tuple(map(_dated, OPENAI.endpoints))

_IN_DEPLOYMENT = tuple(
    replace(endpoint, path="/deployments/{deployment}" + endpoint.path)
    for endpoint in _CALLS
    if endpoint.method == "POST" and endpoint.path.split("/")[1] in _DEPLOYED and "{" not in endpoint.path
    # llama-stack's name for the path of a chat.
    if (endpoint.name, endpoint.path) != ("chat.completions", "/completions")
)

# "On your data", gone from newer api-versions: the chat with `data_sources` in its body.
_EXTENSIONS = tuple(
    replace(endpoint, name=f"extensions.{endpoint.name}", path=endpoint.path.replace("/chat/", "/extensions/chat/"))
    for endpoint in _IN_DEPLOYMENT
    if endpoint.path.endswith("/chat/completions")
)

_FOUNDRY_CALLS = (
    # The Model Inference API; its chat and embeddings are OpenAI's below /models.
    Endpoint("images.embeddings", "POST", "/images/embeddings", _VERSION, body_keys=("input", "model")),
    Endpoint("models.info", "GET", "/info", _VERSION),
    Endpoint("realtimeapi.sessions.create", "POST", "/realtimeapi/sessions", _VERSION, body_keys=("model",)),
)

AZURE = Provider(
    name="azure",
    hosts=(
        *("*.openai.azure.com", "*.openai.azure.us", "*.openai.azure.cn", "*.cognitiveservices.azure.com"),
        *(
            "*.services.ai.azure.com",
            "*.models.ai.azure.com",
            "*.inference.ai.azure.com",
            "models.inference.ai.azure.com",
        ),
        # The gateway that stands before many a deployment.
        "*.azure-api.net",
    ),
    endpoints=(*_EXTENSIONS, *_IN_DEPLOYMENT, *_CALLS, *_FOUNDRY_CALLS),
    id_prefixes=OPENAI.id_prefixes,
    secret_headers=("api-key", "ocp-apim-subscription-key"),
    bases=("/models", "/openai"),
    rules=_VERSION,
)
"""The provider `azure`. A chat is named "chat.completions" as at OpenAI; its path has the parameter "deployment"."""
