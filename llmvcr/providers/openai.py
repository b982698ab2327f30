"""OpenAI's API: its calls, what may vary in them, and the SDK's types for their answers.

Paths and types as in openai 3.54 (its `resources`). The same rows serve every server that speaks this API: Azure,
vLLM, llama.cpp, Ollama, OpenRouter, Groq and so on.
"""

from __future__ import annotations

from llmvcr.providers import openai_rules as rules
from llmvcr.providers.base import Endpoint, Provider
from llmvcr.providers.openai_events import IMAGE_EDIT_EVENTS, IMAGE_EVENTS, RESPONSE_EVENTS, TRANSCRIPTION_EVENTS
from llmvcr.providers.openai_sockets import SOCKET_CALLS
from llmvcr.providers.openai_stores import STORE_CALLS
from llmvcr.providers.openai_threads import THREAD_CALLS

__all__ = ["OPENAI"]

_CHAT = "openai.types.chat.chat_completion.ChatCompletion"
_CHAT_CHUNK = "openai.types.chat.chat_completion_chunk.ChatCompletionChunk"
_COMPLETION = "openai.types.completion.Completion"
_EMBEDDINGS = "openai.types.create_embedding_response.CreateEmbeddingResponse"
_FILE = "openai.types.file_object.FileObject"
_IMAGES = "openai.types.images_response.ImagesResponse"
_MODEL = "openai.types.model.Model"
_RESPONSE = "openai.types.responses.response.Response"
# A union: what the SDK falls back to for an event that is newer than it is.
_RESPONSE_EVENT = "openai.types.responses.response_stream_event.ResponseStreamEvent"

_CHAT_CALLS = (
    Endpoint(
        "chat.completions",
        "POST",
        "/chat/completions",
        rules.CHAT,
        reply=_CHAT,
        chunk=_CHAT_CHUNK,
        body_keys=("messages",),
    ),
    Endpoint("chat.completions.list", "GET", "/chat/completions", items=_CHAT),
    Endpoint("chat.completions.retrieve", "GET", "/chat/completions/{completion_id}", reply=_CHAT),
    Endpoint(
        "chat.completions.update",
        "POST",
        "/chat/completions/{completion_id}",
        reply=_CHAT,
        body_keys=("metadata",),
    ),
    Endpoint(
        "chat.completions.delete",
        "DELETE",
        "/chat/completions/{completion_id}",
        reply="openai.types.chat.chat_completion_deleted.ChatCompletionDeleted",
    ),
    Endpoint(
        "chat.completions.messages",
        "GET",
        "/chat/completions/{completion_id}/messages",
        items="openai.types.chat.chat_completion_store_message.ChatCompletionStoreMessage",
    ),
)

_COMPLETION_CALLS = (
    Endpoint(
        "completions",
        "POST",
        "/completions",
        rules.COMPLETION,
        reply=_COMPLETION,
        chunk=_COMPLETION,
        body_keys=("prompt",),
    ),
    # llama-stack names this path in recordings of chats (shared/formats.md).
    Endpoint(
        "chat.completions", "POST", "/completions", rules.CHAT, reply=_CHAT, chunk=_CHAT_CHUNK, body_keys=("messages",)
    ),
    # The path of the API's first years, when the model stood in it.
    Endpoint(
        "completions",
        "POST",
        "/engines/{engine}/completions",
        rules.COMPLETION,
        reply=_COMPLETION,
        chunk=_COMPLETION,
        body_keys=("prompt",),
    ),
)

_RESPONSE_CALLS = (
    Endpoint(
        "responses",
        "POST",
        "/responses",
        rules.RESPONSE,
        reply=_RESPONSE,
        chunk=_RESPONSE_EVENT,
        events=RESPONSE_EVENTS,
        body_keys=("input", "model"),
    ),
    Endpoint(
        "responses.retrieve",
        "GET",
        "/responses/{response_id}",
        rules.BETA,
        reply=_RESPONSE,
        chunk=_RESPONSE_EVENT,
        events=RESPONSE_EVENTS,
    ),
    Endpoint("responses.cancel", "POST", "/responses/{response_id}/cancel", rules.BETA, reply=_RESPONSE),
    Endpoint("responses.delete", "DELETE", "/responses/{response_id}", rules.BETA),
    Endpoint(
        "responses.input_items",
        "GET",
        "/responses/{response_id}/input_items",
        rules.BETA,
        items="openai.types.responses.response_item.ResponseItem",
    ),
    Endpoint(
        "responses.input_tokens",
        "POST",
        "/responses/input_tokens",
        rules.RESPONSE,
        reply="openai.types.responses.input_token_count_response.InputTokenCountResponse",
        body_keys=("input", "model"),
    ),
    Endpoint(
        "responses.compact",
        "POST",
        "/responses/compact",
        rules.RESPONSE,
        reply="openai.types.responses.compacted_response.CompactedResponse",
        body_keys=("model",),
    ),
)

_IMAGE_CALLS = (
    Endpoint(
        "images.generate",
        "POST",
        "/images/generations",
        rules.IMAGE,
        reply=_IMAGES,
        chunk="openai.types.image_gen_stream_event.ImageGenStreamEvent",
        events=IMAGE_EVENTS,
        body_keys=("prompt",),
    ),
    Endpoint(
        "images.edit",
        "POST",
        "/images/edits",
        rules.IMAGE,
        reply=_IMAGES,
        chunk="openai.types.image_edit_stream_event.ImageEditStreamEvent",
        events=IMAGE_EDIT_EVENTS,
        body_keys=("prompt",),
    ),
    Endpoint("images.variation", "POST", "/images/variations", rules.IMAGE, reply=_IMAGES, body_keys=("image",)),
)

_AUDIO_CALLS = (
    Endpoint("audio.speech", "POST", "/audio/speech", body_keys=("input",)),
    Endpoint(
        "audio.transcriptions",
        "POST",
        "/audio/transcriptions",
        rules.TRANSCRIPTION,
        reply="openai.types.audio.transcription.Transcription",
        chunk="openai.types.audio.transcription_stream_event.TranscriptionStreamEvent",
        events=TRANSCRIPTION_EVENTS,
        body_keys=("file",),
    ),
    Endpoint(
        "audio.translations",
        "POST",
        "/audio/translations",
        reply="openai.types.audio.translation.Translation",
        body_keys=("file",),
    ),
)

_FILE_CALLS = (
    Endpoint("files.create", "POST", "/files", reply=_FILE, body_keys=("file", "purpose")),
    Endpoint("files.list", "GET", "/files", items=_FILE),
    Endpoint("files.retrieve", "GET", "/files/{file_id}", reply=_FILE),
    Endpoint(
        "files.delete",
        "DELETE",
        "/files/{file_id}",
        reply="openai.types.file_deleted.FileDeleted",
    ),
    Endpoint("files.content", "GET", "/files/{file_id}/content"),
)

_OTHER_CALLS = (
    # The second is the path of the API's first years.
    *(
        Endpoint("embeddings", "POST", path, reply=_EMBEDDINGS, body_keys=("input",))
        for path in ("/embeddings", "/engines/{engine}/embeddings")
    ),
    Endpoint(
        "moderations",
        "POST",
        "/moderations",
        reply="openai.types.moderation_create_response.ModerationCreateResponse",
        body_keys=("input",),
    ),
    Endpoint("models.list", "GET", "/models", items=_MODEL),
    Endpoint("models.retrieve", "GET", "/models/{model}", reply=_MODEL),
    Endpoint("models.delete", "DELETE", "/models/{model}", reply="openai.types.model_deleted.ModelDeleted"),
    # The agents SDK tells what it did, from a thread of its own, in batches that are cut by the clock.
    Endpoint("traces.ingest", "POST", "/traces/ingest", rules.TRACES, is_telemetry=True),
)

OPENAI = Provider(
    name="openai",
    hosts=("api.openai.com", "*.api.openai.com"),
    endpoints=(
        *_CHAT_CALLS,
        *_COMPLETION_CALLS,
        *_RESPONSE_CALLS,
        *_IMAGE_CALLS,
        *_AUDIO_CALLS,
        *_FILE_CALLS,
        *_OTHER_CALLS,
        *STORE_CALLS,
        *THREAD_CALLS,
        *SOCKET_CALLS,
    ),
    # In free text an id is one only with a drawn tail behind the prefix: "run_tests" is none.
    id_prefixes=(
        *("batch_", "call_", "chatcmpl-", "chatcmpl-tool-", "ci_", "cntr_", "conv_", "ctc_", "fc_", "file-"),
        *("fs_", "ig_", "mcp_", "mcpl_", "mcpr_", "msg_", "resp_", "rs_", "run_", "thread_", "vs_", "ws_"),
    ),
    account_headers=("chatgpt-account-id", "openai-organization", "openai-project"),
)
"""The provider `openai`."""
