"""Every `__type__` that is known by name: those of our own tables, and those seen in recordings of other tools."""

from __future__ import annotations

from collections.abc import Iterable

from llmvcr.providers.base import Provider
from llmvcr.providers.openai_events import REPLY_SHAPES

__all__ = ["FOREIGN", "SDKS", "named"]

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

FOREIGN: frozenset[str] = frozenset(_FOREIGN)
"""Names that stand in no table. One whose top package is not in SDKS is never imported."""


def named(providers: Iterable[Provider]) -> frozenset[str]:
    """Give every name that the tables of some providers hold."""
    rows = [endpoint for provider in providers for endpoint in provider.endpoints]
    in_rows = (name for row in rows for name in (row.reply, row.chunk, row.items, *row.events.values()))
    return frozenset(filter(None, in_rows)) | {name for shapes in REPLY_SHAPES.values() for _, name in shapes}
