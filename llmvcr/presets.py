"""The presets of `llmvcr_match`, as data: what each leaves out or renames beyond the rows of the provider."""

from __future__ import annotations

from dataclasses import dataclass

from llmvcr.providers.base import Rule

__all__ = ["PRESETS", "UUID", "Preset"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset by its name; `about` says what it does in one line."""

    name: str
    about: str
    rules: tuple[Rule, ...] = ()
    """Their paths are JSONPaths into the body."""
    texts_only: frozenset[str] = frozenset()
    """Paths of `rules` at which only a string is left out; a list there has rules of its own."""
    everywhere: tuple[Rule, ...] = ()
    """Rules that are no place of the body, done by code."""
    is_base: bool = True
    """Whether it is chosen in place of `llm`, and not added to another."""
    strict: bool = False
    """Whether JSON is compared as text, and no row of the provider applies."""


UUID = Rule("**", "id", "a uuid in a text, wherever it stands (decision 18)")
"""Applies in every string of the body."""


def _left_out(reason: str, *paths: str) -> tuple[Rule, ...]:
    return tuple(Rule(path, "ignore", reason) for path in paths)


_SAID, _FOUND = "what the model said before, echoed", "what a tool gave, echoed"
_ASSISTANT = "$.messages[?@.role=='assistant']"
_ANSWERED = "$.input[?@.role=='assistant']"
_OUTPUTS = (
    *("apply_patch_call_output", "computer_call_output", "custom_tool_call_output"),
    *("function_call_output", "local_shell_call_output", "mcp_call", "shell_call_output"),
)
_TEXTS = (f"{_ASSISTANT}.content", f"{_ANSWERED}.content")

_ECHO: tuple[Rule, ...] = (
    # Chats of OpenAI and all who speak its API, Anthropic, Bedrock's Converse, Ollama, Mistral, Cohere.
    *_left_out(
        _SAID,
        *(f"{_ASSISTANT}.{name}" for name in ("content", "reasoning", "reasoning_content", "refusal", "thinking")),
        *(f"{_ASSISTANT}.{name}" for name in ("annotations", "tool_plan", "citations")),
        *(f"{_ASSISTANT}.content[*].{name}" for name in ("citations", "refusal", "text", "thinking")),
        *(f"{_ASSISTANT}.reasoning_details[*].{name}" for name in ("summary", "text")),
        f"{_ASSISTANT}.thinking_blocks[*].thinking",
        f"{_ASSISTANT}.content[*].reasoningContent.reasoningText.text",
    ),
    *_left_out(
        _FOUND,
        "$.messages[?@.role=='tool'].content",
        "$.messages[?@.role=='function'].content",
        "$.messages[*].content[?@.type=='tool_result'].content",
        "$.messages[*].content[*].toolResult.content",
        # Of Anthropic's server tools, whose results stand in the model's own turn.
        f"{_ASSISTANT}.content[*].content",
    ),
    # OpenAI's responses and conversations.
    *_left_out(
        _SAID,
        f"{_ANSWERED}.content",
        *(f"{_ANSWERED}.content[*].{name}" for name in ("annotations", "logprobs", "refusal", "text")),
        "$.input[?@.type=='reasoning'].content[*].text",
        "$.input[?@.type=='reasoning'].summary[*].text",
    ),
    *_left_out(_FOUND, *(f"$.input[?@.type=='{kind}'].output" for kind in _OUTPUTS)),
    *_left_out(_FOUND, "$.input[?@.type=='code_interpreter_call'].outputs"),
    # Gemini's contents, in both spellings.
    *_left_out(_SAID, "$.contents[?@.role=='model'].parts[*].text"),
    *_left_out(
        _FOUND,
        *(f"$.contents[*].parts[*].{name}.response" for name in ("functionResponse", "function_response")),
        *(f"$.contents[*].parts[*].{name}.output" for name in ("codeExecutionResult", "code_execution_result")),
    ),
    # Cohere's chat, version 1.
    *_left_out(_SAID, "$.chat_history[?@.role=='CHATBOT'].message"),
    *_left_out(_FOUND, "$.tool_results[*].outputs", "$.chat_history[*].tool_results[*].outputs"),
)

PRESETS: tuple[Preset, ...] = (
    Preset("llm", "the default: the rows of the provider, everything else is compared"),
    Preset("llm_strict", "JSON as the text that it is, no id renamed, nothing left out", strict=True),
    Preset(
        "llm_echo",
        "what the model and the tools said in earlier turns is left out; ids, calls and their arguments are compared",
        _ECHO,
        frozenset(_TEXTS),
    ),
    Preset("llm_uuid", "added to another: bare uuids in texts are renamed", everywhere=(UUID,), is_base=False),
)
"""Every preset; the first is the default."""
