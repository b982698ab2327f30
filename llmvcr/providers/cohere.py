"""Cohere's API, versions 1 and 2; its OpenAI-compatible one has OpenAI's rows.

https://docs.cohere.com/reference, paths as in cohere 7.3. A citation's source holds a tool call's id inside its own
("get_weather_1byjy32y4hvq:0"), which is renamed as an id in a text is. A call without keys
is one that other APIs have, too: it counts on these hosts alone.
"""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider, Rule

__all__ = ["COHERE"]

_CHAT = tuple(
    Rule(path, "id", "drawn by the server for each tool call, and echoed with the call and its result")
    for path in ("messages[*].tool_calls[*].id", "messages[*].tool_call_id")
)

_CHAT_1 = tuple(
    Rule(path, "id", "drawn by the server for the answer that called the tool, and echoed by older SDKs")
    for path in ("tool_results[*].call.generation_id", "chat_history[*].tool_results[*].call.generation_id")
)

COHERE = Provider(
    name="cohere",
    hosts=("api.cohere.com", "api.cohere.ai", "production.api.cohere.com", "production.api.cohere.ai"),
    endpoints=(
        Endpoint("v2.chat", "POST", "/v2/chat", _CHAT, body_keys=("messages", "model")),
        Endpoint("v2.embed", "POST", "/v2/embed", body_keys=("input_type", "model")),
        Endpoint("v2.rerank", "POST", "/v2/rerank", body_keys=("documents", "model", "query")),
        Endpoint("v2.parse", "POST", "/v2/parse"),
        Endpoint("v2.audio.transcriptions", "POST", "/v2/audio/transcriptions", body_keys=("file", "model")),
        Endpoint("v2.batches.create", "POST", "/v2/batches", body_keys=("input_dataset_id",)),
        Endpoint("v2.batches.list", "GET", "/v2/batches"),
        Endpoint("v2.batches.retrieve", "GET", "/v2/batches/{id}"),
        Endpoint("v2.batches.cancel", "POST", "/v2/batches/{id}:cancel"),
        Endpoint("chat", "POST", "/v1/chat", _CHAT_1, body_keys=("message",)),
        Endpoint("generate", "POST", "/v1/generate", body_keys=("prompt",)),
        Endpoint("embed", "POST", "/v1/embed", body_keys=("texts",)),
        # Pictures instead of texts.
        Endpoint("embed", "POST", "/v1/embed", body_keys=("images",)),
        Endpoint("rerank", "POST", "/v1/rerank", body_keys=("documents", "query")),
        Endpoint("classify", "POST", "/v1/classify"),
        Endpoint("summarize", "POST", "/v1/summarize"),
        Endpoint("tokenize", "POST", "/v1/tokenize", body_keys=("model", "text")),
        Endpoint("detokenize", "POST", "/v1/detokenize", body_keys=("model", "tokens")),
        Endpoint("check_api_key", "POST", "/v1/check-api-key"),
        Endpoint("models.list", "GET", "/v1/models"),
        Endpoint("models.retrieve", "GET", "/v1/models/{model}"),
        Endpoint("embed_jobs.create", "POST", "/v1/embed-jobs", body_keys=("dataset_id", "model")),
        Endpoint("embed_jobs.list", "GET", "/v1/embed-jobs"),
        Endpoint("embed_jobs.retrieve", "GET", "/v1/embed-jobs/{id}"),
        Endpoint("embed_jobs.cancel", "POST", "/v1/embed-jobs/{id}/cancel"),
        Endpoint("datasets.create", "POST", "/v1/datasets"),
        Endpoint("datasets.list", "GET", "/v1/datasets"),
        Endpoint("datasets.retrieve", "GET", "/v1/datasets/{id}"),
        Endpoint("datasets.delete", "DELETE", "/v1/datasets/{id}"),
    ),
    aliases=(("api.cohere.ai", "api.cohere.com"), ("production.api.cohere.ai", "production.api.cohere.com")),
)
"""The provider `cohere`. Calls of version 2 are named "v2.…", those of version 1 plainly."""
