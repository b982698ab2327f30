"""What llama-stack's lookup would miss: calls that it never looks up, or looks up under another name than ours.

llama-stack names a recording by the keyword arguments of the SDK's call; HTTP tells the JSON that the SDK made of them.
The two are the same but for what a caller hands through `extra_body` and `extra_query`, which HTTP cannot tell apart
from the rest, and what the SDK adds by itself (formats.md, "Rebuilding HTTP").
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from llmvcr.formats import typed
from llmvcr.interaction import Interaction

__all__ = ["ASKED", "missed"]

_CHAT = """
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages
    metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key
    prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier
    stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity
    web_search_options
"""
_COMPLETION = """
    best_of echo frequency_penalty logit_bias logprobs max_tokens model n presence_penalty prompt seed stop stream
    stream_options suffix temperature top_p user
"""

ASKED: Mapping[str, frozenset[str]] = {
    "chat.completions": frozenset(_CHAT.split()),
    "completions": frozenset(_COMPLETION.split()),
    "embeddings": frozenset({"dimensions", "encoding_format", "input", "model", "user"}),
    "models.list": frozenset(),
}
"""The calls of openai's SDK that llama-stack records, each with the keyword arguments that go into the JSON."""

_OTHERS = ("anthropic", "gemini", "ollama")
"""Providers whose calls llama-stack records too: in another shape, or by arguments that the JSON does not tell."""


def missed(interaction: Interaction) -> tuple[str, ...]:
    """Say, in words without values, why llama-stack would not find this call in a recording of ours; () if it would.

    A call that was read from a recording is written with the arguments that stood there, and is found.
    """
    note = interaction.notes.get("recording")
    if isinstance(note, Mapping) and note.keys() & {"url", "kind", "document"}:
        return ()
    known = typed.found(interaction.request)
    if known is not None and known[0].name in _OTHERS:
        return ("llama-stack's lookup, as the JSON of this call is not what it goes by",)
    if known is None or known[1].name not in ASKED:
        return ("llama-stack never looks up this call",)
    arguments = ASKED[known[1].name]
    body = typed.lenient(interaction.request.body)
    reasons = []
    if arguments and not isinstance(body, dict):
        reasons.append("its body is no JSON object")
    elif isinstance(body, dict):
        strange = sorted(set(body) - arguments)
        reasons += [f"{key} went through extra_body" for key in strange]
        if known[1].name == "embeddings" and body.get("encoding_format") == "base64":
            reasons.append("encoding_format was added by the SDK, if the caller did not name it")
    query = parse_qsl(urlsplit(interaction.request.url).query) if "?" in interaction.request.url else []
    reasons += [f"{name} went through extra_query, if not through the client" for name in sorted({n for n, _ in query})]
    return tuple(f"llama-stack's lookup, as {reason}" for reason in reasons)
