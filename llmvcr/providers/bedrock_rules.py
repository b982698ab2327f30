"""What may vary between two equal requests to Amazon Bedrock, row by row, each with its reason.

The paths of blobs are those of botocore's model of the service: it writes them in base64, and a test holds the rows
against it. The request is signed in its headers, which play no part. `document.name` and `requestMetadata` are the
caller's own words, and compared.
"""

from __future__ import annotations

from dataclasses import replace

from llmvcr.providers.base import Rule

__all__ = ["ASYNC", "CONVERSE", "COUNT", "GUARDRAIL", "INVOKE"]

_BLOCK = "messages[*].content[*]"
_CALL = "drawn by the server for each tool call (tooluse_), and echoed with the call and its result"
_BYTES = "bytes, which the SDK spells in base64"


def _ids(reason: str, *paths: str) -> tuple[Rule, ...]:
    return tuple(Rule(path, "id", reason) for path in paths)


def _base64(reason: str, *paths: str) -> tuple[Rule, ...]:
    return tuple(Rule(path, "base64", reason) for path in paths)


CONVERSE: tuple[Rule, ...] = (
    *_ids(_CALL, f"{_BLOCK}.toolUse.toolUseId", f"{_BLOCK}.toolResult.toolUseId"),
    *_ids(
        "a seal under the model's reasoning, computed anew for each answer",
        f"{_BLOCK}.reasoningContent.reasoningText.signature",
    ),
    # Bytes and an id: spelt in one alphabet, then renamed.
    *_base64(_BYTES, f"{_BLOCK}.reasoningContent.redactedContent"),
    *_ids(
        "reasoning that the server has encrypted, anew for each answer", f"{_BLOCK}.reasoningContent.redactedContent"
    ),
    *_base64(
        _BYTES,
        *(f"{_BLOCK}.{kind}.source.bytes" for kind in ("audio", "document", "image", "video")),
        *(f"{_BLOCK}.toolResult.content[*].{kind}.source.bytes" for kind in ("document", "image", "video")),
        f"{_BLOCK}.guardContent.image.source.bytes",
        "system[*].guardContent.image.source.bytes",
    ),
)
"""POST /model/{model}/converse and /converse-stream."""

INVOKE: tuple[Rule, ...] = (
    # Amazon Nova takes a body like Converse's; Mistral's models, gpt-oss and others one like OpenAI's chat.
    *CONVERSE,
    *_ids(
        "drawn by the server for each tool call, and echoed with the call and its result",
        "messages[*].tool_calls[*].id",
        "messages[*].tool_call_id",
    ),
)
"""POST /model/{model}/invoke and /invoke-with-response-stream: each maker's models have a body of their own."""

COUNT: tuple[Rule, ...] = (
    Rule("input.invokeModel.body", "base64", "the body of a call, as bytes, which the SDK spells in base64"),
    *(replace(rule, path=f"input.converse.{rule.path}") for rule in CONVERSE),
)
"""POST /model/{model}/count-tokens."""

GUARDRAIL: tuple[Rule, ...] = _base64(_BYTES, "content[*].image.source.bytes")
"""POST /guardrail/{guardrail}/version/{version}/apply."""

ASYNC: tuple[Rule, ...] = (
    Rule("clientRequestToken", "ignore", "drawn by the SDK for each call, so that a retry is no second job"),
)
"""POST /async-invoke."""
