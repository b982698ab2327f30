"""What may vary between two equal requests to OpenAI's API, row by row, each with its reason.

Ids are renamed, never dropped: which result belongs to which call is part of the request (shared/matching.md, sections
2 and 4). `null` stands only where the API's own types are nullable with a default. Everything else is compared; so are
`seed`, `user`, `metadata` and `safety_identifier`, which vary in some projects but are the caller's own words, and ids
in the path: the replayed answers name the recorded ones, and a call about another is another call. The assistant of a
run is compared as a model is: it says what the model is told, and which tools it has.
"""

from __future__ import annotations

from llmvcr.providers.base import Rule

__all__ = [
    "ASSISTANT",
    "BATCH",
    "BETA",
    "CHAT",
    "COMPLETION",
    "CONVERSATION",
    "IMAGE",
    "MESSAGE",
    "REALTIME_CALL",
    "RESPONSE",
    "RUN",
    "STORE",
    "STORE_FILE",
    "THREAD",
    "TOOL_OUTPUTS",
    "TRACES",
    "TRANSCRIPTION",
    "TUNING",
]


_NULLABLE = "nullable in the API's own types: null asks for the default, as leaving it out does"


def _nulls(*paths: str, why: str = _NULLABLE) -> tuple[Rule, ...]:
    return tuple(Rule(path, "null", why) for path in paths)


def _ids(reason: str, *paths: str) -> tuple[Rule, ...]:
    return tuple(Rule(path, "id", reason) for path in paths)


_CACHE_KEY = (
    Rule(
        "prompt_cache_key",
        "ignore",
        "steers which machine has the prompt cached, never what is answered; drawn anew by some applications",
    ),
)

_FILE = "drawn by the server for an uploaded file"
_STORE = "drawn by the server for a vector store"
_CALL = "drawn by the server for each tool call, and echoed with the call and its result"

BETA = (Rule("query.beta", "ignore", "the SDK's name for the room it calls from; what is asked stands in the body"),)
"""Any call that an SDK also has below `client.beta`."""

# Servers that speak the API and add to it. OpenAI has none of these fields.
_DIALECTS: tuple[Rule, ...] = (
    *_ids(
        "sealed or drawn by the server for a piece of reasoning, and echoed (OpenRouter's reasoning_details)",
        "messages[*].reasoning_details[*].id",
        "messages[*].reasoning_details[*].signature",
        "messages[*].reasoning_details[*].data",
    ),
    *_ids(
        "a seal on the model's thoughts, made anew for each answer and echoed (LiteLLM's thinking_blocks)",
        "messages[*].thinking_blocks[*].signature",
        "messages[*].thinking_blocks[*].data",
    ),
    *_ids(
        "a seal on the model's thoughts, made anew for each answer and echoed (Gemini behind OpenAI's API, LiteLLM)",
        "messages[*].extra_content.google.thought_signature",
        "messages[*].provider_specific_fields.thought_signatures[*]",
        "messages[*].tool_calls[*].extra_content.google.thought_signature",
        "messages[*].tool_calls[*].provider_specific_fields.thought_signature",
    ),
    *_nulls(
        *(
            "messages[*].annotations",
            "messages[*].reasoning",
            "messages[*].reasoning_content",
            "messages[*].tool_calls",
        ),
        why="an echoed answer of vLLM, LiteLLM or DeepSeek brings it along as null where there is none",
    ),
)

_SAMPLING = ("frequency_penalty", "logit_bias", "logprobs", "max_tokens", "n", "presence_penalty", "seed", "stop")
_STREAMING = ("stream", "stream_options", "temperature", "top_p")

CHAT: tuple[Rule, ...] = (
    *_ids(
        _CALL,
        "messages[*].tool_calls[*].id",
        "messages[*].tool_call_id",
    ),
    *_ids("drawn by the server for an answer in audio, and echoed", "messages[*].audio.id"),
    *_ids(_FILE, "messages[*].content[*].file.file_id"),
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
    *_DIALECTS,
)
"""POST /chat/completions, of OpenAI and of everyone who speaks its API."""

COMPLETION: tuple[Rule, ...] = _nulls(*_SAMPLING, *_STREAMING, "best_of", "echo", "suffix")
"""POST /completions."""

RESPONSE: tuple[Rule, ...] = (
    *BETA,
    *_ids("drawn by the server for an earlier response", "previous_response_id"),
    *_ids("drawn by the server for a conversation", "conversation", "conversation.id"),
    *_nulls("previous_response_id", "conversation"),
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
        _FILE,
        "input[*].content[*].file_id",
        "input[*].content[*].annotations[*].file_id",
        "input[*].output[*].file_id",
        "input[*].output.file_id",
        "input[*].results[*].file_id",
        "tools[*].container.file_ids[*]",
        "tools[*].input_image_mask.file_id",
    ),
    *_ids(_STORE, "tools[*].vector_store_ids[*]"),
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

STORE: tuple[Rule, ...] = (*_ids(_FILE, "file_ids[*]"), *_nulls("metadata"))
"""POST /vector_stores."""

STORE_FILE: tuple[Rule, ...] = (*_ids(_FILE, "file_id", "file_ids[*]", "files[*].file_id"), *_nulls("attributes"))
"""POST /vector_stores/{vector_store_id}/files and /file_batches."""

BATCH: tuple[Rule, ...] = (*_ids(_FILE, "input_file_id"), *_nulls("metadata"))
"""POST /batches."""

TUNING: tuple[Rule, ...] = (
    *_ids(_FILE, "training_file", "validation_file"),
    *_nulls("integrations", "metadata", "seed", "suffix"),
)
"""POST /fine_tuning/jobs."""


def _kept(before: str = "") -> tuple[Rule, ...]:
    return (
        *_ids(_FILE, f"{before}tool_resources.code_interpreter.file_ids[*]"),
        *_ids(_STORE, f"{before}tool_resources.file_search.vector_store_ids[*]"),
    )


def _said(before: str) -> tuple[Rule, ...]:
    return (
        *_ids(_FILE, f"{before}attachments[*].file_id", f"{before}content[*].image_file.file_id"),
        *_nulls(f"{before}attachments", f"{before}metadata"),
    )


ASSISTANT: tuple[Rule, ...] = (
    *_kept(),
    *_nulls("description", "instructions", "metadata", "name", "reasoning_effort", "response_format", "temperature"),
    *_nulls("tool_resources", "top_p"),
)
"""POST /assistants."""

MESSAGE: tuple[Rule, ...] = _said("")
"""POST /threads/{thread_id}/messages."""

THREAD: tuple[Rule, ...] = (*_kept(), *_said("messages[*]."), *_nulls("metadata", "tool_resources"))
"""POST /threads."""

RUN: tuple[Rule, ...] = (
    *_kept(),
    *_kept("thread."),
    *_said("additional_messages[*]."),
    *_said("thread.messages[*]."),
    *_nulls(
        *("additional_instructions", "additional_messages", "instructions", "max_completion_tokens"),
        *("max_prompt_tokens", "metadata", "model", "reasoning_effort", "response_format", "stream", "temperature"),
        *("thread.metadata", "thread.tool_resources", "tool_choice", "tool_resources", "tools", "top_p"),
        "truncation_strategy",
    ),
)
"""POST /threads/{thread_id}/runs and /threads/runs."""

TOOL_OUTPUTS: tuple[Rule, ...] = (*_ids(_CALL, "tool_outputs[*].tool_call_id"), *_nulls("stream"))
"""POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs."""

CONVERSATION: tuple[Rule, ...] = (
    *(
        Rule(rule.path.replace("input[*]", "items[*]"), rule.action, rule.reason)
        for rule in RESPONSE
        if rule.path.startswith("input[*]")
    ),
    *_nulls("items", "metadata"),
)
"""POST /conversations and /conversations/{conversation_id}/items."""

REALTIME_CALL: tuple[Rule, ...] = (
    Rule("sdp", "ignore", "one side's offer of a connection: addresses, ports and keys drawn anew for each"),
)
"""POST /realtime/calls as a form; with the bare offer as its body (SDP, not JSON) it is compared whole."""

TRACES: tuple[Rule, ...] = (
    Rule("**", "ignore", "telemetry, which asks nothing of a model: times, trace ids and batches are new in each run"),
)
"""POST /traces/ingest."""
