"""Mistral's API: OpenAI's chat with ids of nine characters, and calls of its own.

https://docs.mistral.ai/api, paths and nullable fields as in mistralai 3.7. The `#stream` that its SDK writes behind
a path is a fragment, which no server sees and no rule compares.
"""

from __future__ import annotations

from llmvcr.providers import openai_rules
from llmvcr.providers.base import Endpoint, Provider, Rule
from llmvcr.providers.openai import OPENAI

__all__ = ["MISTRAL"]


def _nulls(*paths: str) -> tuple[Rule, ...]:
    reason = "nullable in the API's own types: null asks for the default, as leaving it out does"
    return tuple(Rule(path, "null", reason) for path in paths)


_NULLS = _nulls(
    *("frequency_penalty", "guardrails", "logprobs", "max_tokens", "metadata", "min_tokens", "n", "presence_penalty"),
    *(
        "prompt_logprobs",
        "prompt_mode",
        "random_seed",
        "reasoning_effort",
        "repetition_penalty",
        "service_tier",
        "stop",
    ),
    *("temperature", "tools", "top_k", "top_logprobs", "top_p", "top_prompt_logprobs", "messages[*].name"),
)

# OpenAI's rows of what Mistral does not have, or does not take null for, do no harm.
_HERE = frozenset(rule.path for rule in _NULLS)
_SEAL = "a seal on the model's thoughts, made anew for each answer and echoed"
_CHAT = (
    *_NULLS,
    Rule("messages[*].content[*].signature", "id", _SEAL),
    *(rule for rule in openai_rules.CHAT if rule.path not in _HERE),
)

_FIM = (
    *(rule for rule in openai_rules.CHAT if rule.path == "prompt_cache_key"),
    *_nulls("max_tokens", "metadata", "min_tokens", "random_seed", "stop", "suffix", "temperature", "top_p"),
)

_CONVERSATION = (
    *(
        Rule(path, "id", "drawn by the server for each entry of a conversation, and echoed with what answers it")
        for path in ("inputs[*].id", "inputs[*].tool_call_id", "tool_confirmations[*].tool_call_id")
    ),
    Rule("inputs[*].content[*].signature", "id", _SEAL),
    *(
        Rule(path, "ignore", "when the server or the SDK made the entry, which is sent along and says nothing more")
        for path in ("inputs[*].created_at", "inputs[*].completed_at")
    ),
    *_nulls(
        *("agent_id", "agent_version", "completion_args", "description", "guardrails", "handoff_execution"),
        *("instructions", "metadata", "model", "name", "store", "tool_confirmations", "tools"),
    ),
)

_OCR = _nulls(
    *("bbox_annotation_format", "confidence_scores_granularity", "document_annotation_format"),
    *("document_annotation_prompt", "image_limit", "image_min_size", "include_image_base64", "pages", "table_format"),
)

_KIND = "openai.types.chat.chat_completion.ChatCompletion"
_CHUNK = "openai.types.chat.chat_completion_chunk.ChatCompletionChunk"

_CALLS = (
    Endpoint(
        "chat.completions",
        "POST",
        "/chat/completions",
        _CHAT,
        reply=_KIND,
        chunk=_CHUNK,
        body_keys=("messages",),
    ),
    Endpoint("fim.completions", "POST", "/fim/completions", _FIM, body_keys=("model", "prompt")),
    Endpoint("agents.completions", "POST", "/agents/completions", _CHAT, body_keys=("agent_id", "messages")),
    # `inputs` is Mistral's, `input` what it takes for OpenAI's sake.
    Endpoint(
        "embeddings", "POST", "/embeddings", _nulls("metadata", "output_dimension"), body_keys=("inputs", "model")
    ),
    Endpoint("ocr", "POST", "/ocr", _OCR, body_keys=("document", "model")),
    Endpoint("chat.moderations", "POST", "/chat/moderations", body_keys=("input", "model")),
    Endpoint("classifications", "POST", "/classifications", body_keys=("input", "model")),
    Endpoint("chat.classifications", "POST", "/chat/classifications", body_keys=("input", "model")),
    Endpoint("agents.create", "POST", "/agents", body_keys=("model", "name")),
    Endpoint("agents.list", "GET", "/agents"),
    Endpoint("agents.retrieve", "GET", "/agents/{agent_id}"),
    Endpoint("agents.update", "PATCH", "/agents/{agent_id}"),
    Endpoint("agents.update_version", "PATCH", "/agents/{agent_id}/version"),
    Endpoint("agents.delete", "DELETE", "/agents/{agent_id}"),
    Endpoint("conversations.start", "POST", "/conversations", _CONVERSATION, body_keys=("inputs",)),
    Endpoint("conversations.list", "GET", "/conversations"),
    Endpoint("conversations.retrieve", "GET", "/conversations/{conversation_id}"),
    Endpoint("conversations.delete", "DELETE", "/conversations/{conversation_id}"),
    Endpoint("conversations.append", "POST", "/conversations/{conversation_id}", _CONVERSATION, body_keys=("inputs",)),
    Endpoint("conversations.history", "GET", "/conversations/{conversation_id}/history"),
    Endpoint("conversations.messages", "GET", "/conversations/{conversation_id}/messages"),
    Endpoint(
        "conversations.restart",
        "POST",
        "/conversations/{conversation_id}/restart",
        _CONVERSATION,
        body_keys=("from_entry_id",),
    ),
    Endpoint("batch.jobs.create", "POST", "/batch/jobs", body_keys=("endpoint", "input_files")),
    Endpoint("batch.jobs.list", "GET", "/batch/jobs"),
    Endpoint("batch.jobs.retrieve", "GET", "/batch/jobs/{job_id}"),
    Endpoint("batch.jobs.cancel", "POST", "/batch/jobs/{job_id}/cancel"),
    Endpoint("files.signed_url", "GET", "/files/{file_id}/url"),
)

_OPENAI_CALLS = tuple(
    endpoint
    for endpoint in OPENAI.endpoints
    if endpoint.path.startswith(("/audio", "/embeddings", "/files", "/fine_tuning", "/models", "/moderations", "/resp"))
)

MISTRAL = Provider(
    name="mistral",
    hosts=("api.mistral.ai", "codestral.mistral.ai"),
    endpoints=(*_CALLS, *_OPENAI_CALLS),
    # Ids of tool calls are nine letters and digits without a prefix: in texts they are known by their id fields alone.
    id_prefixes=("conv_", "msg_", "chatcmpl-tool-"),
)
"""The provider `mistral`."""
