"""What may vary between two equal requests to Anthropic's API, row by row, each with its reason.

Ids and seals are renamed, never dropped: which result answers which call is part of the request (shared/matching.md,
sections 2 and 4). `null` stands only where the parameter types of anthropic 2.12 are nullable. Everything else is
compared; so are `metadata.user_id`, `custom_id` of a batch and skill ids, which are the caller's own words, and the
arguments of a call (`input`), whatever keys they have.
"""

from __future__ import annotations

from dataclasses import replace

from llmvcr.providers.base import Rule

__all__ = ["BATCH", "CALL", "COMPLETION", "COUNT", "MESSAGE"]

_BLOCK = "messages[*].content[*]"
# Of a picture or a document: in a message, in a tool's result, fetched from the web.
_SOURCES = (_BLOCK, f"{_BLOCK}.content[*]", f"{_BLOCK}.content.content")


def _ids(reason: str, *paths: str) -> tuple[Rule, ...]:
    return tuple(Rule(path, "id", reason) for path in paths)


def _nulls(*paths: str) -> tuple[Rule, ...]:
    reason = "optional and nullable in the API's own types: null asks for the default, as leaving it out does"
    return tuple(Rule(path, "null", reason) for path in paths)


CALL: tuple[Rule, ...] = (
    Rule("query.beta", "ignore", "comes and goes with the SDK's version and namespace; what is beta is in the body"),
)
"""Every call of the API."""

_BODY: tuple[Rule, ...] = (
    *_ids(
        "drawn by the server for each tool call (toolu_, srvtoolu_, mcptoolu_), echoed with the call and its result",
        f"{_BLOCK}.id",
        f"{_BLOCK}.tool_use_id",
        f"{_BLOCK}.caller.tool_id",
    ),
    *_ids(
        "a seal under the model's reasoning, computed anew for each answer",
        f"{_BLOCK}.signature",
        f"{_BLOCK}.data",
    ),
    *_ids(
        "what a server tool found, encrypted anew for each answer",
        f"{_BLOCK}.encrypted_content",
        f"{_BLOCK}.content.encrypted_content",
        f"{_BLOCK}.content.encrypted_stdout",
        f"{_BLOCK}.content[*].encrypted_content",
        f"{_BLOCK}.citations[*].encrypted_index",
        f"{_BLOCK}.content[*].citations[*].encrypted_index",
        f"{_BLOCK}.content[*].content[*].citations[*].encrypted_index",
        *(f"{place}.source.content[*].citations[*].encrypted_index" for place in _SOURCES),
        "system[*].citations[*].encrypted_index",
    ),
    *_ids(
        "drawn by the server for an uploaded or generated file",
        f"{_BLOCK}.file_id",
        *(f"{place}.source.file_id" for place in _SOURCES),
        *(f"{place}.source.content[*].source.file_id" for place in _SOURCES),
        f"{_BLOCK}.content.content[*].file_id",
    ),
    *_ids("drawn by the server for a container", "container", "container.id"),
    *_ids("drawn by the server for an earlier answer", "diagnostics.previous_message_id", "thread.previous_message_id"),
    *_ids("drawn by the server for an earlier refusal", "fallback_credit_token"),
    *_nulls(
        *("cache_control", "container", "container.id", "container.skills", "context_management", "diagnostics"),
        *("diagnostics.previous_message_id", "fallback_credit_token", "fallbacks", "inference_geo"),
        *("mcp_servers[*].authorization_token", "mcp_servers[*].tool_configuration", "metadata.user_id"),
        *("output_config.effort", "output_config.format", "speed", "system[*].cache_control", "system[*].citations"),
        *("thinking.display", "thread", "tools[*].allowed_domains", "tools[*].blocked_domains"),
        *("tools[*].cache_control", "tools[*].citations", "tools[*].configs", "tools[*].eager_input_streaming"),
        *("tools[*].max_characters", "tools[*].max_content_tokens", "tools[*].max_uses", "tools[*].type"),
        *("tools[*].user_location", "tools[*].user_location.city", "tools[*].user_location.country"),
        *("tools[*].user_location.region", "tools[*].user_location.timezone"),
        *(f"{_BLOCK}.cache_control", f"{_BLOCK}.citations", f"{_BLOCK}.context", f"{_BLOCK}.title"),
        *(f"{_BLOCK}.content[*].cache_control", f"{_BLOCK}.content[*].citations", f"{_BLOCK}.content[*].context"),
        *(f"{_BLOCK}.content[*].title", f"{_BLOCK}.content[*].page_age", f"{_BLOCK}.content.retrieved_at"),
        # Of an echoed citation, and of an echoed result of a server tool.
        *(f"{_BLOCK}.citations[*].document_title", f"{_BLOCK}.citations[*].title", f"{_BLOCK}.content.error_message"),
    ),
)

MESSAGE: tuple[Rule, ...] = (*CALL, *_BODY)
"""POST /messages."""

COUNT: tuple[Rule, ...] = MESSAGE
"""POST /messages/count_tokens: the same body, without what steers sampling."""

BATCH: tuple[Rule, ...] = (
    *CALL,
    *(replace(rule, path=f"requests[*].params.{rule.path}") for rule in _BODY),
)
"""POST /messages/batches: a message's body in each request."""

COMPLETION: tuple[Rule, ...] = CALL
"""POST /complete, the API's first call."""
