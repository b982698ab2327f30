"""Google's Gemini API and Vertex AI: their calls, and the SDK's types for their answers.

Paths as in google-genai 3.4 (its `models`, `caches`, `files`, `batches` and `interactions`) and the two REST
references. The same calls stand below `/models/…` (Gemini API), `/projects/…/locations/…/publishers/…/models/…` (Vertex
AI), `/publishers/…` (Vertex in express mode) and `…/endpoints/…` (a tuned model). Project and location are compared;
the version before them (`v1`, `v1beta`) is not. A type is named only where the answer's JSON is that class's own:
google-genai remakes the others by hand.
"""

from __future__ import annotations

from llmvcr.providers import gemini_rules as rules
from llmvcr.providers.anthropic import ON_VERTEX
from llmvcr.providers.base import Endpoint, Provider, Rule

__all__ = ["GEMINI"]

_VERTEX_HOSTS = (
    "aiplatform.googleapis.com",
    "*-aiplatform.googleapis.com",
    "aiplatform.*.rep.googleapis.com",
    "aiplatform.mtls.googleapis.com",
    "*-aiplatform.mtls.googleapis.com",
)
_CACHED = "google.genai.types.CachedContent"
_GENERATED = "google.genai.types.GenerateContentResponse"

_LOCATION = "/projects/{project}/locations/{location}"
_MODELS = (
    f"{_LOCATION}/publishers/{{publisher}}/models/{{model}}",
    f"{_LOCATION}/endpoints/{{model}}",
    "/publishers/{publisher}/models/{model}",
    "/tunedModels/{tuned_model}",
    "/models/{model}",
)


def _verb(
    verb: str, table: tuple[Rule, ...], *body_keys: str, reply: str = "", chunk: str = "", name: str = ""
) -> tuple[Endpoint, ...]:
    return tuple(
        Endpoint(name or verb, "POST", f"{path}:{verb}", table, reply=reply, chunk=chunk, body_keys=body_keys)
        for path in _MODELS
    )


_MODEL_CALLS = (
    *_verb("generateContent", rules.GENERATE, "contents", reply=_GENERATED),
    # With alt=sse events, else one JSON array of them.
    *_verb("streamGenerateContent", rules.GENERATE, "contents", chunk=_GENERATED),
    *_verb("countTokens", rules.COUNT, "contents", reply="google.genai.types.CountTokensResponse"),
    *_verb("countTokens", rules.COUNT, "generateContentRequest", reply="google.genai.types.CountTokensResponse"),
    *_verb("computeTokens", rules.COUNT, "contents", reply="google.genai.types.ComputeTokensResponse"),
    *_verb("embedContent", rules.EMBED, "content"),
    *_verb("batchEmbedContents", rules.BATCH_EMBED, "requests", reply="google.genai.types.EmbedContentResponse"),
    *_verb("batchGenerateContent", rules.BATCH, "batch"),
    *_verb("asyncBatchEmbedContent", rules.CALL, "batch"),
    # Embeddings, Imagen and Veo on Vertex, where every model has a body of its own.
    *_verb("predict", rules.CALL, "instances"),
    *_verb("predictLongRunning", rules.CALL, "instances"),
    *_verb("fetchPredictOperation", rules.CALL, "operationName"),
)

_CACHE_CALLS = tuple(
    call
    for base in (f"{_LOCATION}/cachedContents", "/cachedContents")
    for call in (
        Endpoint("cachedContents.create", "POST", base, rules.CACHE, reply=_CACHED, body_keys=("model",)),
        Endpoint("cachedContents.list", "GET", base, rules.CALL),
        Endpoint("cachedContents.get", "GET", f"{base}/{{cache}}", rules.CALL, reply=_CACHED),
        Endpoint("cachedContents.patch", "PATCH", f"{base}/{{cache}}", rules.CACHE, reply=_CACHED),
        Endpoint("cachedContents.delete", "DELETE", f"{base}/{{cache}}", rules.CALL),
    )
)

_LISTS = (
    Endpoint("models.list", "GET", "/publishers/{publisher}/models", rules.CALL),
    Endpoint("models.get", "GET", "/publishers/{publisher}/models/{model}", rules.CALL),
    Endpoint("models.list", "GET", "/models", rules.CALL),
    Endpoint("models.get", "GET", "/models/{model}", rules.CALL),
    Endpoint("tunedModels.list", "GET", "/tunedModels", rules.CALL),
    Endpoint("tunedModels.get", "GET", "/tunedModels/{tuned_model}", rules.CALL),
)

_FILE_CALLS = (
    # The SDK asks for an upload with a file's name, then sends the bytes to the URL that it was given.
    Endpoint("files.upload", "POST", "/upload/{version}/files", rules.UPLOAD),
    Endpoint("files.upload", "PUT", "/upload/{version}/files", rules.UPLOAD),
    Endpoint("files.list", "GET", "/files", rules.CALL),
    Endpoint("files.download", "GET", "/files/{file}:download", rules.CALL),
    Endpoint("files.get", "GET", "/files/{file}", rules.CALL),
    Endpoint("files.delete", "DELETE", "/files/{file}", rules.CALL),
)

_OTHER_CALLS = (
    Endpoint("interactions.create", "POST", "/interactions", rules.INTERACTION, body_keys=("input", "model")),
    Endpoint("interactions.create", "POST", "/interactions", rules.INTERACTION, body_keys=("agent", "input")),
    Endpoint("interactions.get", "GET", "/interactions/{interaction}", rules.CALL),
    Endpoint("interactions.delete", "DELETE", "/interactions/{interaction}", rules.CALL),
    Endpoint("interactions.cancel", "POST", "/interactions/{interaction}/cancel", rules.CALL),
    Endpoint("batches.list", "GET", "/batches", rules.CALL),
    Endpoint("batches.get", "GET", "/batches/{batch}", rules.CALL),
    Endpoint("batches.cancel", "POST", "/batches/{batch}:cancel", rules.CALL),
    Endpoint("batches.delete", "DELETE", "/batches/{batch}", rules.CALL),
)

GEMINI = Provider(
    name="gemini",
    hosts=("generativelanguage.googleapis.com", "generativelanguage.mtls.googleapis.com", *_VERTEX_HOSTS),
    endpoints=(*ON_VERTEX, *_MODEL_CALLS, *_CACHE_CALLS, *_LISTS, *_FILE_CALLS, *_OTHER_CALLS),
    # Claude's, on Vertex AI. Gemini's own ids have no prefix.
    id_prefixes=("msg_vrtx_", "srvtoolu_vrtx_", "toolu_vrtx_"),
    secret_headers=("x-goog-api-key",),
    account_headers=("x-goog-user-project",),
    bases=("/v1alpha", "/v1beta", "/v1beta1", "/v1beta2", "/v1beta3"),
    rules=rules.CALL,
)
"""The provider `gemini`."""
