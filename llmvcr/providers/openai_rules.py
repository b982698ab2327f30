"""What may vary between two equal requests to OpenAI's API, row by row, each with its reason.

Ids are renamed, never dropped: which result belongs to which call is part of the request (shared/matching.md, sections
2 and 4). `null` stands only where the API's own types are nullable with a default. Everything else is compared; so are
`seed`, `user`, `metadata` and `safety_identifier`, which vary in some projects but are the caller's own words, and ids in
the path: the replayed answers name the recorded ones, and a call for another file is another call.
"""

from __future__ import annotations

from llmvcr.providers.base import Rule

__all__ = ["CHAT", "COMPLETION", "IMAGE", "RESPONSE", "TRANSCRIPTION"]


def _nulls(*paths: str) -> tuple[Rule, ...]:
    reason = "nullable in the API's own types: null asks for the default, as leaving it out does"
    return tuple(Rule(path, "null", reason) for path in paths)


def _ids(reason: str, *paths: str) -> tuple[Rule, ...]:
    return tuple(Rule(path, "id", reason) for path in paths)


_CACHE_KEY = (
    Rule(
        "prompt_cache_key",
        "ignore",
        "steers which machine has the prompt cached, never what is answered; drawn anew by some applications",
    ),
)

_SAMPLING = ("frequency_penalty", "logit_bias", "logprobs", "max_tokens", "n", "presence_penalty", "seed", "stop")
_STREAMING = ("stream", "stream_options", "temperature", "top_p")

CHAT: tuple[Rule, ...] = (
    *_ids(
        "drawn by the server for each tool call, and echoed with the call and its result",
        "messages[*].tool_calls[*].id",
        "messages[*].tool_call_id",
    ),
    *_ids("drawn by the server for an answer in audio, and echoed", "messages[*].audio.id"),
    *_ids("drawn by the server for an uploaded file", "messages[*].content[*].file.file_id"),
    Rule("messages[*].content[*].file.file_data", "base64", "the bytes of a file"),
    Rule("messages[*].content[*].input_audio.data", "base64", "the bytes of a sound"),
    *_CACHE_KEY,
    *_nulls(
        *_SAMPLING,
        *_STREAMING,
        *("audio", "max_completion_tokens", "metadata", "modalities", "moderation", "prediction"),
        *("prompt_cache_retention", "reasoning_effort", "safety_identifier", "service_tier", "store", "top_logprobs"),
        *("verbosity", "response_format.json_schema.strict", "tools[*].function.strict"),
        # An echoed answer brings them along as null from one SDK version and not from the next.
        *("messages[*].audio", "messages[*].content", "messages[*].function_call", "messages[*].refusal"),
    ),
)
"""POST /chat/completions."""

COMPLETION: tuple[Rule, ...] = _nulls(*_SAMPLING, *_STREAMING, "best_of", "echo", "suffix")
"""POST /completions."""

RESPONSE: tuple[Rule, ...] = (
    *_ids("drawn by the server for an earlier response", "previous_response_id"),
    *_ids("drawn by the server for a conversation", "conversation", "conversation.id"),
    *_ids(
        "drawn by the server for each output item, and echoed with the item and what answers it",
        "input[*].id",
        "input[*].call_id",
        "input[*].caller.caller_id",
        "input[*].approval_request_id",
        "input[*].acknowledged_safety_checks[*].id",
        "input[*].pending_safety_checks[*].id",
    ),
    *_ids("a sealed copy of the model's reasoning, encrypted anew for each answer", "input[*].encrypted_content"),
    *_ids(
        "drawn by the server for an uploaded file",
        "input[*].content[*].file_id",
        "input[*].content[*].annotations[*].file_id",
        "input[*].output[*].file_id",
        "input[*].output.file_id",
        "input[*].results[*].file_id",
        "tools[*].container.file_ids[*]",
        "tools[*].input_image_mask.file_id",
    ),
    *_ids("drawn by the server for a vector store", "tools[*].vector_store_ids[*]"),
    *_ids(
        "drawn by the server for a container",
        "input[*].container_id",
        "input[*].content[*].annotations[*].container_id",
        "tools[*].container",
    ),
    Rule("input[*].content[*].file_data", "base64", "the bytes of a file"),
    Rule("input[*].content[*].input_audio.data", "base64", "the bytes of a sound"),
    *_CACHE_KEY,
    *_nulls(
        *("background", "context_management", "include", "instructions", "max_output_tokens"),
        *("max_tool_calls", "metadata", "moderation", "parallel_tool_calls", "prompt", "prompt_cache_retention"),
        *("reasoning", "reasoning.effort", "reasoning.summary", "safety_identifier", "service_tier", "store"),
        *("stream", "stream_options", "temperature", "text.format.strict", "text.verbosity", "tools[*].description"),
        *("top_logprobs", "top_p", "truncation"),
        # As above: of an echoed item.
        *("input[*].error", "input[*].output", "input[*].phase", "input[*].status"),
    ),
)
"""POST /responses, /responses/compact and /responses/input_tokens."""

IMAGE: tuple[Rule, ...] = _nulls(
    *("background", "model", "moderation", "n", "output_compression", "output_format", "partial_images", "quality"),
    *("response_format", "size", "stream", "style"),
)
"""POST /images/generations, /images/edits and /images/variations."""

TRANSCRIPTION: tuple[Rule, ...] = _nulls("chunking_strategy", "stream")
"""POST /audio/transcriptions."""
