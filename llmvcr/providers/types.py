"""Every `__type__` that is known by name: those of our own tables, and those seen in recordings of other tools."""

from __future__ import annotations

from llmvcr.providers.openai import OPENAI
from llmvcr.providers.openai_events import REPLY_SHAPES

__all__ = ["KNOWN_TYPES", "SDKS"]

SDKS: tuple[tuple[str, str], ...] = (
    ("anthropic", "anthropic"),
    ("google", "google-genai"),
    ("litellm", "litellm"),
    ("ollama", "ollama"),
    ("openai", "openai"),
)
"""The SDKs that may be imported to build objects: (top package, distribution that brings it)."""

# Seen in recordings of llama-stack (shared/formats.md, "Types"), and the siblings they will meet next.
_FOREIGN = (
    "anthropic.types.message.Message",
    "anthropic.types.message_tokens_count.MessageTokensCount",
    "anthropic.types.model_info.ModelInfo",
    "anthropic.types.raw_content_block_delta_event.RawContentBlockDeltaEvent",
    "anthropic.types.raw_content_block_start_event.RawContentBlockStartEvent",
    "anthropic.types.raw_content_block_stop_event.RawContentBlockStopEvent",
    "anthropic.types.raw_message_delta_event.RawMessageDeltaEvent",
    "anthropic.types.raw_message_start_event.RawMessageStartEvent",
    "anthropic.types.raw_message_stop_event.RawMessageStopEvent",
    "google.genai.types.EmbedContentResponse",
    "google.genai.types.GenerateContentResponse",
    "litellm.types.utils.ModelResponseStream",
    "ollama._types.ChatResponse",
    "ollama._types.EmbedResponse",
    "ollama._types.EmbeddingsResponse",
    "ollama._types.GenerateResponse",
    "ollama._types.ListResponse",
    "ollama._types.ProcessResponse",
    "ollama._types.ProgressResponse",
    # Named, never imported: these belong to an application, not to an SDK.
    "llama_stack.apis.tools.tools.ToolInvocationResult",
    "llama_stack_api.apis.tools.tools.ToolInvocationResult",
    "llama_stack_api.file_processors.models.ProcessFileResponse",
    "llama_stack_api.tools.ToolInvocationResult",
    "llama_stack_api.tools.models.ToolInvocationResult",
    "ogx_api.file_processors.models.ProcessFileResponse",
    "ogx_api.tools.ToolInvocationResult",
    "ogx_api.tools.models.ToolInvocationResult",
)

KNOWN_TYPES: frozenset[str] = frozenset(
    {
        *_FOREIGN,
        *(
            name
            for endpoint in OPENAI.endpoints
            for name in (endpoint.reply, endpoint.chunk, endpoint.items, *endpoint.events.values())
            if name
        ),
        *(name for shapes in REPLY_SHAPES.values() for _, name in shapes),
    }
)
"""Full dotted names. Any other name is kept as text; one whose top package is not in SDKS is never imported."""
