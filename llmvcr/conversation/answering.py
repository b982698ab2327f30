"""What was answered: messages, why they ended, tokens, errors, as rows of where each provider's JSON says them."""

from __future__ import annotations

from llmvcr.conversation.asking import one_message
from llmvcr.conversation.content import content, message
from llmvcr.conversation.looking import Path, at, first, number, objects, spelt, string
from llmvcr.conversation.values import Answer, Usage
from llmvcr.interaction import Json

__all__ = ["answers", "error", "model_of", "usage"]

_REASONS: tuple[Path, ...] = (
    ("finish_reason",),
    ("finishReason",),
    ("stop_reason",),
    ("stopReason",),
    ("done_reason",),
    ("completionReason",),
    ("details", "finish_reason"),
    ("finishReason", "reason"),
    ("incomplete_details", "reason"),
    ("status",),
)
_TEXTS: tuple[Path, ...] = (
    ("response",),
    ("completion",),
    ("generation",),
    ("generated_text",),
    ("outputText",),
    ("text",),
    ("data", "text"),
    ("content",),
    ("output",),
)
_LISTS = ("completions", "generations", "results", "outputs")
_ERRORS: tuple[Path, ...] = (
    ("error", "message"),
    ("error", "error", "message"),
    ("error", "metadata", "raw"),
    ("error",),
    ("errors", 0, "message"),
    ("message",),
    ("Message",),
    ("detail", 0, "msg"),
    ("detail",),
)
_MODELS: tuple[Path, ...] = (("model",), ("modelVersion",), ("model_version",), ("model_id",))

_USAGES: tuple[Path, ...] = (
    ("usage",),
    ("usageMetadata",),
    ("usage_metadata",),
    ("x_groq", "usage"),
    ("meta", "tokens"),
    ("meta", "billed_units"),
    ("amazon-bedrock-invocationMetrics",),
    ("results", 0),
    (),
)
_INPUT: tuple[Path, ...] = (
    ("prompt_tokens",),
    ("input_tokens",),
    ("inputTokens",),
    ("tokens", "input_tokens"),
    ("promptTokenCount",),
    ("prompt_token_count",),
    ("prompt_eval_count",),
    ("inputTokenCount",),
    ("inputTextTokenCount",),
    ("total_input_tokens",),
    ("num_tokens_prompt_total",),
    ("input_token_count",),
)
_OUTPUT: tuple[Path, ...] = (
    ("completion_tokens",),
    ("output_tokens",),
    ("outputTokens",),
    ("tokens", "output_tokens"),
    ("candidatesTokenCount",),
    ("candidates_token_count",),
    ("eval_count",),
    ("outputTokenCount",),
    ("generation_token_count",),
    ("tokenCount",),
    ("total_output_tokens",),
    ("num_tokens_generated",),
    ("generated_token_count",),
)
_CACHED_IN: tuple[Path, ...] = (
    ("prompt_tokens_details", "cached_tokens"),
    ("input_tokens_details", "cached_tokens"),
    ("prompt_cache_hit_tokens",),
    ("cachedContentTokenCount",),
    ("cached_content_token_count",),
    ("total_cached_tokens",),
)
"""Read from a cache, and counted in the input already."""
_CACHED_BESIDE: tuple[Path, ...] = (("cache_read_input_tokens",), ("cacheReadInputTokens",))
_WRITTEN_BESIDE: tuple[Path, ...] = (("cache_creation_input_tokens",), ("cacheWriteInputTokens",))
"""Read from, and written to, a cache, and not counted in the input (Anthropic, Bedrock)."""
_REASONING_IN: tuple[Path, ...] = (
    ("completion_tokens_details", "reasoning_tokens"),
    ("output_tokens_details", "reasoning_tokens"),
)
_REASONING_BESIDE: tuple[Path, ...] = (("thoughtsTokenCount",), ("thoughts_token_count",), ("total_thought_tokens",))


def answers(whole: Json) -> tuple[Answer, ...]:
    """Read the answers of a whole answer, or of a stream that was joined; () where it has none. Never raises."""
    if isinstance(whole, list):
        return tuple(answer for one in objects(whole) for answer in answers(one)[:1])
    if not isinstance(whole, dict):
        return ()
    for key, read in (("choices", _choice), ("candidates", _candidate)):
        if isinstance(whole.get(key), list):
            return tuple(read(one) for one in objects(whole[key]))
    return _message(whole) or _below(whole) or _plain(whole)


def _message(whole: dict[str, Json]) -> tuple[Answer, ...]:
    for key in ("output", "outputs"):  # Responses; Gemini's interactions
        if at(whole, key, 0, "type"):
            return (Answer(message("assistant", content(whole[key])), _reason(whole)),)
    for path in (("output", "message"), ("message",)):  # Bedrock, Nova; Ollama, Cohere
        if isinstance(said := at(whole, *path), dict):
            return (Answer(one_message({"role": "assistant", **said}), _reason(whole)),)
    return ()


def _below(whole: dict[str, Json]) -> tuple[Answer, ...]:
    if isinstance(whole.get("output"), dict):  # DashScope
        return answers(whole["output"])
    found = (tuple(answer for one in objects(whole.get(key)) for answer in answers(one)) for key in _LISTS)
    return next(filter(None, found), ())


def usage(whole: Json) -> Usage:
    """Read the tokens of an answer, each figure where the provider says it."""
    for path in _USAGES:
        told = at(whole, *path) if path else whole
        if isinstance(told, dict) and (found := _usage(told)):
            return found
    return Usage()


def error(whole: Json) -> str:
    """Give the message of an error; "" where the JSON has none."""
    found = first(whole[0] if isinstance(whole, list) and whole else whole, _ERRORS)
    return spelt(found)


def model_of(whole: Json) -> str:
    """Give the model that an answer says it is of; "" where it says none."""
    return string(first(whole, _MODELS))


def _choice(choice: dict[str, Json]) -> Answer:
    said = choice.get("message")
    if isinstance(said, dict):
        return Answer(one_message({**said, "role": string(said.get("role")) or "assistant"}), _reason(choice))
    return Answer(message("assistant", content(string(choice.get("text")))), _reason(choice))


def _candidate(candidate: dict[str, Json]) -> Answer:
    said = candidate.get("content")
    parts = at(said, "parts")
    return Answer(message(string(at(said, "role")) or "model", content(parts)), _reason(candidate))


def _plain(whole: dict[str, Json]) -> tuple[Answer, ...]:
    for path in _TEXTS:
        said = at(whole, *path)
        if isinstance(said, str) or (isinstance(said, list) and (not said or isinstance(said[0], str | dict))):
            others = {key: whole[key] for key in ("tool_calls", "thinking") if whole.get(key)}
            return (Answer(one_message({"role": "assistant", **others, "content": said}), _reason(whole)),)
    return ()


def _reason(holder: Json) -> str:
    found = (at(holder, *path) for path in _REASONS)
    return next((one for one in found if isinstance(one, str) and one), "")


def _usage(told: dict[str, Json]) -> Usage:
    cached, beside, written = _count(told, _CACHED_IN), _count(told, _CACHED_BESIDE), _count(told, _WRITTEN_BESIDE)
    # A gateway that speaks OpenAI's words has added them up already.
    added = () if "prompt_tokens" in told else (beside, written)
    reasoning, thoughts = _count(told, _REASONING_IN), _count(told, _REASONING_BESIDE)
    return Usage(
        _sum(_count(told, _INPUT), *added),
        _sum(_count(told, _OUTPUT), thoughts),
        cached if beside is None else beside,
        written,
        reasoning if thoughts is None else thoughts,
    )


def _count(told: dict[str, Json], paths: tuple[Path, ...]) -> int | None:
    return next((found for path in paths if (found := number(at(told, *path))) is not None), None)


def _sum(count: int | None, *beside: int | None) -> int | None:
    return None if count is None else count + sum(one or 0 for one in beside)
