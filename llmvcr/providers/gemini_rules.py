"""What may vary between two equal requests to the Gemini API and Vertex AI, row by row, each with its reason.

Both read JSON as protocol buffers do (protobuf.dev, "ProtoJSON format"): each key in lowerCamelCase or as the proto
spells it, bytes in either base64 alphabet, null as absent. So every row with a key of two words stands in both
spellings; that one request spells a key so and another so is a difference all the same. `fileUri` is compared: often it
is the caller's own URL.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from llmvcr.providers.base import Action, Rule

__all__ = ["BATCH", "BATCH_EMBED", "CACHE", "CALL", "COUNT", "EMBED", "GENERATE", "INTERACTION", "UPLOAD"]


def _spellings(word: str) -> tuple[str, ...]:
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in word)
    return tuple(dict.fromkeys((word, snake)))


def _rows(action: Action, reason: str, *paths: str) -> tuple[Rule, ...]:
    spelt: Iterable[tuple[str, ...]] = (
        one for path in paths for one in product(*(_spellings(word) for word in path.split(".")))
    )
    return tuple(Rule(".".join(words), action, reason) for words in spelt)


CALL: tuple[Rule, ...] = (
    Rule("query.key", "ignore", "the caller's API key, a secret, in the URL"),
    Rule("query.access_token", "ignore", "the caller's access token, a secret, in the URL"),
)
"""Every call of the two APIs. `alt` and `$alt` are compared: they decide which shape the answer has."""

_PART = "contents[*].parts[*]"

_CONTENTS: tuple[Rule, ...] = (
    *_rows(
        "id",
        "drawn by the server for each call of a function or tool, or by the client where the server drew none",
        *(f"{_PART}.{kind}.id" for kind in ("functionCall", "functionResponse", "toolCall", "toolResponse")),
        *(f"{_PART}.{kind}.id" for kind in ("executableCode", "codeExecutionResult")),
    ),
    # Bytes and an id: the server spells it in base64url, the SDK in base64; spelt in one alphabet, then renamed.
    *_rows("base64", "bytes, in either base64 alphabet", f"{_PART}.thoughtSignature"),
    *_rows("id", "a seal under the model's reasoning, computed anew for each answer", f"{_PART}.thoughtSignature"),
    *_rows(
        "base64",
        "bytes, in either base64 alphabet",
        f"{_PART}.inlineData.data",
        f"{_PART}.functionResponse.parts[*].inlineData.data",
    ),
)


def _nulls(*paths: str) -> tuple[Rule, ...]:
    return _rows("null", "protocol buffers read null as absent", *paths)


GENERATE: tuple[Rule, ...] = (
    *CALL,
    *_CONTENTS,
    *_rows("id", "drawn by the server for a cached prompt", "cachedContent"),
    *_nulls(
        *("cachedContent", "generationConfig", "generationConfig.*", "labels", "model", "modelArmorConfig"),
        *("safetySettings", "serviceTier", "store", "systemInstruction", "toolConfig", "tools"),
        *("systemInstruction.role", "contents[*].role", f"{_PART}.*"),
    ),
)
"""generateContent and streamGenerateContent."""


def _inside(*paths: str) -> tuple[Rule, ...]:
    return tuple(replace(rule, path=f"{path}.{rule.path}") for path in paths for rule in GENERATE[len(CALL) :])


COUNT: tuple[Rule, ...] = (*GENERATE, *_inside(*_spellings("generateContentRequest")))
"""countTokens and computeTokens."""

BATCH: tuple[Rule, ...] = (
    *CALL,
    *_inside(*(f"batch.{word}.requests.requests[*].request" for word in _spellings("inputConfig"))),
)
"""batchGenerateContent, its requests in its body."""

CACHE: tuple[Rule, ...] = (
    *CALL,
    *_CONTENTS,
    *_nulls("displayName", "expireTime", "systemInstruction", "toolConfig", "tools", "ttl", "contents[*].role"),
)
"""POST /cachedContents and PATCH /cachedContents/{cache}."""

_EMBEDDED = _rows("base64", "bytes, in either base64 alphabet", "content.parts[*].inlineData.data")
_EMBED_NULLS = _nulls("outputDimensionality", "taskType", "title", "content.role")

EMBED: tuple[Rule, ...] = (*CALL, *_EMBEDDED, *_EMBED_NULLS)
"""embedContent."""

BATCH_EMBED: tuple[Rule, ...] = (
    *CALL,
    *(replace(rule, path=f"requests[*].{rule.path}") for rule in (*_EMBEDDED, *_EMBED_NULLS)),
)
"""batchEmbedContents."""

UPLOAD: tuple[Rule, ...] = (
    *CALL,
    Rule("query.upload_id", "id", "drawn by the server for one upload, and it lets anybody who has it write there"),
)
"""The two halves of an upload: the one that asks for it, and those that bring the bytes."""

INTERACTION: tuple[Rule, ...] = (
    *CALL,
    *_rows("id", "drawn by the server for an earlier interaction", "previous_interaction_id"),
    # The steps of a conversation stand in `input`, or in the `content` of its turns.
    *_rows(
        "id",
        "drawn by the server for each call of a tool, echoed with its result",
        *(f"{step}.{word}" for step in ("input[*]", "input[*].content[*]") for word in ("id", "call_id")),
    ),
    *_rows("base64", "bytes, in either base64 alphabet", "input[*].signature", "input[*].content[*].signature"),
    *_rows(
        "id",
        "a seal under the model's reasoning, computed anew for each answer",
        "input[*].signature",
        "input[*].content[*].signature",
    ),
    *_rows(
        "base64",
        "bytes, in either base64 alphabet",
        *("input.data", "input[*].data", "input[*].content[*].data", "input[*].result[*].data"),
    ),
)
"""POST /interactions; its keys are in snake_case as they are."""
