"""Chats of every provider that speaks OpenAI's API or one like it: what may vary, and what never may."""

from __future__ import annotations

from typing import Any

import pytest

from llmvcr.canonical import canonical
from provider_tables import Call, Change, cut, method, put, respelt, said, same, swapped, url

ONE, TWO = "call_319QZhydsGa9KKOaVafYDMO2", "call_BQ5nZrVKvHhXz2nLrQ0dTs8W"


def chat(one: str = ONE, two: str = TWO) -> dict[str, Any]:
    """Two tool calls at once and their results, as OpenAI and its like write them; the model under both its names."""
    return {
        "model": "a-model",
        "model_id": "a-model",
        "n": 1,
        "temperature": 0.7,
        "messages": [
            {"role": "user", "content": "Is it warmer in Paris or in Rome?"},
            {
                "role": "assistant",
                "content": "Let me see.",
                "tool_calls": [
                    {"id": one, "type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}},
                    {"id": two, "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}},
                ],
            },
            {"role": "tool", "tool_call_id": one, "content": "21"},
            {"role": "tool", "tool_call_id": two, "content": "27"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}},
            {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}},
        ],
    }


CHATS = {
    "openai": "https://api.openai.com/v1/chat/completions",
    "azure": "https://made-up.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-06-01",
    "azure v1": "https://made-up.openai.azure.com/openai/v1/chat/completions",
    "azure foundry": "https://made-up.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
    "groq": "https://api.groq.com/openai/v1/chat/completions",
    "together": "https://api.together.xyz/v1/chat/completions",
    "fireworks": "https://api.fireworks.ai/inference/v1/chat/completions",
    "deepseek": "https://api.deepseek.com/chat/completions",
    "openrouter": "https://openrouter.ai/api/v1/chat/completions",
    "xai": "https://api.x.ai/v1/chat/completions",
    "cerebras": "https://api.cerebras.ai/v1/chat/completions",
    "perplexity": "https://api.perplexity.ai/chat/completions",
    "mistral": "https://api.mistral.ai/v1/chat/completions",
    "huggingface": "https://router.huggingface.co/v1/chat/completions",
    "dashscope": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions",
    "watsonx": "https://us-south.ml.cloud.ibm.com/ml/v1/text/chat?version=2024-05-31",
    "cohere v2": "https://api.cohere.com/v2/chat",
    "cohere compatibility": "https://api.cohere.ai/compatibility/v1/chat/completions",
    "cloudflare": "https://api.cloudflare.com/client/v4/accounts/0a1b2c/ai/v1/chat/completions",
    "jina": "https://deepsearch.jina.ai/v1/chat/completions",
    "ollama": "http://localhost:11434/api/chat",
    "vllm": "http://10.0.0.7:8000/v1/chat/completions",
    "lm studio": "http://localhost:1234/api/v0/chat/completions",
    "litellm": "https://llm.example.com/chat/completions",
}

NAMES = {"azure v1": "azure", "azure foundry": "azure", "cohere v2": "cohere"} | dict.fromkeys(
    ("cohere compatibility", "vllm", "lm studio", "litellm"), "openai"
)

SAME: list[tuple[str, Change]] = [
    (
        "the server draws both ids anew",
        said(ONE, "call_0aA9bB8cC7dD6eE5fF4gG3hH", TWO, "call_1zZ2yY3xX4wW5vV6uU7tT8sS"),
    ),
    ("one id is drawn anew, of another shape", said(ONE, "chatcmpl-tool-8a1f0c3de5b74c0aa9c1e6f7d8b92a31")),
    ("Mistral's ids have nine characters", said(ONE, "D681PevKs", TWO, "xK2mQ9aZ1")),
    ("a bare uuid where an id stands", said(ONE, "3f2504e0-4f89-41d3-9a0c-0305e82c3301")),
    ("ids count up from one run to the next", said(ONE, "call_7", TWO, "call_8")),
    ("the order of keys and blanks say nothing", respelt),
    ("aiohttp writes methods as they are given", method("post")),
    ("a fragment never leaves the client", lambda call: Call(f"{call.url}#stream", call.body)),
    ("1.0 and 1 are one number", put(1.0, "n")),
]

DIFFERENT: list[tuple[str, Change]] = [
    ("one word of the prompt", said("warmer", "colder")),
    ("one letter's case in the prompt", said("Paris or", "paris or")),
    ("a blank more in the prompt", said("warmer in", "warmer  in")),
    ("what the assistant said", said("Let me see.", "Let me look.")),
    ("the role of a message", put("system", "messages", 0, "role")),
    ("the two results exchanged", swapped("content", 2, 3, "messages")),
    ("the two results under each other's ids", swapped("tool_call_id", 2, 3, "messages")),
    ("the arguments of the two calls exchanged", swapped("function", 0, 1, "messages", 1, "tool_calls")),
    ("a tool's result", said('"27"', '"28"')),
    ("the result as a number in place of a text", put(27, "messages", 3, "content")),
    ("an argument", said("Rome\\", "Oslo\\")),
    ("both results for one call", put(ONE, "messages", 3, "tool_call_id")),
    ("a message less", cut("messages", 3)),
    ("a tool less", cut("tools", 1)),
    ("a tool's name", said("clock", "watch")),
    ("a tool's schema", put({"type": "string"}, "tools", 0, "function", "parameters")),
    ("the model", put("another-model", "model")),
    ("the temperature by one bit", put(0.7000000000000001, "temperature")),
    ("no temperature", cut("temperature")),
    ("a stream in place of a whole answer", put(True, "stream")),  # noqa: FBT003 - JSON
    ("seeds are the caller's own", put(7, "seed")),
    ("another call of the host", lambda call: Call(call.url.partition("?")[0] + "/more", call.body)),
    ("another host", url("://", "://eu.")),
]


@pytest.mark.parametrize("name", CHATS)
def test_each_is_recognised(name: str) -> None:
    """The host, or on a host that nobody knows the path and the body, say which provider's chat it is."""
    form = canonical(Call(CHATS[name], chat()).request)
    assert form.provider == NAMES.get(name, name)
    assert form.endpoint in ("chat.completions", "text.chat", "v2.chat", "api.chat")


@pytest.mark.parametrize("name", CHATS)
@pytest.mark.parametrize(("reason", "change"), SAME, ids=[row[0] for row in SAME])
def test_the_same_chat(name: str, reason: str, change: Change) -> None:
    """What varies from run to run causes no miss."""
    call = Call(CHATS[name], chat())
    assert same(call, change(call)), reason


@pytest.mark.parametrize("name", CHATS)
@pytest.mark.parametrize(("reason", "change"), DIFFERENT, ids=[row[0] for row in DIFFERENT])
def test_a_different_chat(name: str, reason: str, change: Change) -> None:
    """What is asked of the model, and of whom, is compared."""
    call = Call(CHATS[name], chat())
    if name in ("lm studio", "ollama") and reason == "another host":
        return
    assert not same(call, change(call)), reason


DIALECTS = [
    ("openrouter", ("reasoning_details", [{"type": "reasoning.encrypted", "id": "rs_1a2B3c", "data": "gAAAAABo"}])),
    ("openrouter", ("reasoning_details", [{"type": "reasoning.text", "signature": "ErUBCkYICBgCIkD="}])),
    ("litellm", ("thinking_blocks", [{"type": "thinking", "thinking": "Hm.", "signature": "ErUBCkYICBgCIkD="}])),
    ("litellm", ("provider_specific_fields", {"thought_signatures": ["CsUBAVSoXO6f"]})),
    ("litellm", ("extra_content", {"google": {"thought_signature": "CsUBAVSoXO6f"}})),
]


@pytest.mark.parametrize(("name", "field"), DIALECTS)
def test_seals_on_echoed_reasoning_are_drawn_anew(name: str, field: tuple[str, Any]) -> None:
    """A sealed thought is renamed as an id is; the thought itself is compared, and so is whether there is one."""
    call = put(field[1], "messages", 1, field[0])(Call(CHATS[name], chat()))
    seal = next(one for one in ("gAAAAABo", "ErUBCkYICBgCIkD=", "CsUBAVSoXO6f") if one in str(field[1]))
    assert same(call, said(seal, "QW5vdGhlciBzZWFs")(call))
    assert not same(call, Call(CHATS[name], chat()))
    if "Hm." in str(field[1]):
        assert not same(call, said("Hm.", "Ha.")(call))


@pytest.mark.parametrize(
    "field", ["annotations", "audio", "function_call", "reasoning", "reasoning_content", "refusal"]
)
def test_an_echoed_answer_brings_nulls_along(field: str) -> None:
    """Whether the SDK echoes a null that the server wrote depends on the SDK's version alone."""
    call = Call(CHATS["vllm"], chat())
    assert same(call, put(None, "messages", 1, field)(call))
    assert not same(call, put("x", "messages", 1, field)(call))
