"""Calls of the corpus as people read them, a row for each provider's way to say one."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest

from llmvcr.conversation import read_call
from llmvcr.interaction import Json
from llmvcr.storage import load, members
from shared import LONG, corpus


class Row(NamedTuple):
    """Where a call stands, and what is read: `text` is how its text begins, `tokens` are in, out, cached, reasoning."""

    path: str
    number: int
    call: str
    model: str
    roles: str
    text: str
    tool_calls: tuple[tuple[str, Json], ...]
    finish_reason: str
    tokens: tuple[int | None, ...]


ROWS = (
    Row(
        "vcrpy/DataDog+dd-apm-test-agent/vcr-cassettes/deepseek/deepseek_chat_completions_post_afb6ccab.yaml",
        0,
        "deepseek chat.completions",
        "deepseek-chat",
        "system user",
        "Hello! How can I assist you today?",
        (),
        "stop",
        (21, 9, 0, 0),
    ),
    Row(
        "vcrpy/DataDog+dd-apm-test-agent/vcr-cassettes/openai/openai_chat_completions_post_172294b4.yaml",
        0,
        "openai chat.completions",
        "gpt-3.5-turbo",
        "system user assistant tool",
        "The weather in Tokyo is nice and sunny.",
        (),
        "stop",
        (None, None, None, None),
    ),
    Row(
        "vcrpy/DataDog+dd-apm-test-agent/vcr-cassettes/openai/openai_completions_post_87f617af.yaml",
        0,
        "openai completions",
        "gpt-3.5-turbo-instruct",
        "user",
        "\n\nHello! How can I assist you?",
        (),
        "stop",
        (None, None, None, None),
    ),
    Row(
        "vcrpy/DataDog+dd-trace-py/tests/contrib/anthropic/cassettes/anthropic_completion_stream.yaml",
        0,
        "anthropic messages",
        "claude-3-opus-20240229",
        "user",
        'The phrase "I think, therefore I am" (originally in Latin as',
        (),
        "max_tokens",
        (27, 15, None, None),
    ),
    Row(
        "vcrpy/DataDog+dd-trace-py/tests/contrib/anthropic/cassettes/anthropic_create_image.yaml",
        0,
        "anthropic messages",
        "claude-3-opus-20240229",
        "user",
        'The image shows the logo for a company or product called "Da',
        (),
        "max_tokens",
        (246, 15, None, None),
    ),
    Row(
        "vcrpy/DataDog+dd-trace-py/tests/contrib/botocore/bedrock_cassettes/ai21_invoke.yaml",
        0,
        "bedrock invoke_model",
        "ai21.j2-mid-v1",
        "user",
        "\nA neural network is like a secret recipe that a computer us",
        (),
        "length",
        (None, None, None, None),
    ),
    Row(
        "vcrpy/DataDog+dd-trace-py/tests/contrib/botocore/bedrock_cassettes/bedrock_converse_stream.yaml",
        0,
        "bedrock converse_stream",
        "anthropic.claude-3-sonnet-20240229-v1:0",
        "system user",
        "Okay, let me use the tool to fetch an expert explanation for",
        (("fetch_concept", {"concept": "distributed tracing"}),),
        "tool_use",
        (259, 64, None, None),
    ),
    Row(
        "vcrpy/DataDog+dd-trace-py/tests/contrib/google_adk/cassettes/agent_error_handling.yaml",
        0,
        "gemini generateContent",
        "gemini-2.5-pro",
        "system user",
        "",
        (("failing_tool", {"query": "test"}),),
        "STOP",
        (209, 177, None, 161),
    ),
    Row(
        "vcrpy/DataDog+dd-trace-py/tests/contrib/litellm/cassettes/completion_openrouter.yaml",
        0,
        "openrouter chat.completions",
        "openai/gpt-oss-120b",
        "user",
        "The capital of France is **Paris**.",
        (),
        "stop",
        (74, 21, 0, 2),
    ),
    Row(
        "vcrpy/DataDog+dd-trace-py/tests/contrib/openai/cassettes/v1/response_function_call.yaml",
        0,
        "openai responses",
        "gpt-4.1",
        "user",
        "",
        (("get_current_weather", {"location": "Boston, MA", "unit": "celsius"}),),
        "completed",
        (75, 23, 0, 0),
    ),
    Row(
        "vcrpy/DataDog+dd-trace-py/tests/contrib/openai/cassettes/v1/response_stream.yaml",
        0,
        "openai responses",
        "gpt-4.1",
        "user",
        "Hello! 🌍 How can I assist you today?",
        (),
        "completed",
        (9, 12, 0, 0),
    ),
    Row(
        "vcrpy/Mirascope+mirascope/python/tests/e2e/input/cassettes/test_ollama_provider/ollama_gemma3_4b.yaml",
        0,
        "ollama chat.completions",
        "gemma3:4b",
        "user",
        "4200 + 42 = 4242\n",
        (),
        "stop",
        (21, 16, None, None),
    ),
    Row(
        "vcrpy/Mirascope+mirascope/python/tests/e2e/input/cassettes/test_structured_output_resume_stream/anthropic_claude_sonnet_4_5.yaml",
        0,
        "anthropic messages",
        "claude-sonnet-4-5",
        "system user",
        "",
        (("__mirascope_formatted_output_tool__", {"output": 7}),),
        "tool_use",
        (727, 24, 0, None),
    ),
    Row(
        "vcrpy/Mirascope+mirascope/python/tests/e2e/output/cassettes/test_structured_output/tool/google_gemini_2_5_flash/async_stream.yaml",
        0,
        "gemini streamGenerateContent",
        "gemini-2.5-flash",
        "system user",
        "",
        (
            (
                "__mirascope_formatted_output_tool__",
                {
                    "title": "THE NAME OF THE WIND",
                    "author": {"last_name": "Rothfuss", "first_name": "Patrick"},
                    "rating": 7,
                },
            ),
        ),
        "STOP",
        (217, 280, None, 231),
    ),
    Row(
        "vcrpy/langchain-ai+langchain-aws/libs/aws/tests/cassettes/test_agent_loop[v0].yaml.gz",
        0,
        "bedrock converse",
        "us.anthropic.claude-sonnet-5",
        "user",
        "",
        (("get_weather", {"location": "San Francisco, CA"}),),
        "tool_use",
        (446, 55, 0, None),
    ),
    Row(
        "vcrpy/open-telemetry+opentelemetry-python-contrib/instrumentation/opentelemetry-instrumentation-botocore/tests/cassettes/test_invoke_model_with_response_stream_with_content[amazon.titan].yaml",
        0,
        "bedrock invoke_model_with_response_stream",
        "amazon.titan-text-lite-v1",
        "user",
        "\nHello! I am a computer program designed to",
        (),
        "LENGTH",
        (5, 10, None, None),
    ),
    Row(
        "vcrpy/open-telemetry+opentelemetry-python-contrib/instrumentation/opentelemetry-instrumentation-botocore/tests/cassettes/test_invoke_model_with_response_stream_with_content[anthropic.claude].yaml",
        0,
        "bedrock invoke_model_with_response_stream.messages",
        "anthropic.claude-v2",
        "user",
        "Okay, I will repeat: This is a test",
        (),
        "max_tokens",
        (14, 10, None, None),
    ),
    Row(
        "vcrpy/pydantic+pydantic-ai/tests/cassettes/test_settings/test_stop_settings[mistral].yaml",
        0,
        "mistral chat.completions",
        "ministral-8b-latest",
        "user",
        "The capital of France is ",
        (),
        "stop",
        (28, 6, None, None),
    ),
    Row(
        "vcrpy/pydantic+pydantic-ai/tests/models/cassettes/test_huggingface/test_request_structured_response.yaml",
        0,
        "huggingface chat.completions",
        "deepseek-ai/DeepSeek-R1",
        "user",
        "",
        (("final_result", {"response": [2, 3, 5]}),),
        "tool_calls",
        (19, 29, None, None),
    ),
    Row(
        "vcrpy/pydantic+pydantic-ai/tests/models/cassettes/test_tool_choice_matrix/test_tool_choice_matrix[auto-cohere].yaml",
        1,
        "cohere v2.chat",
        "command-r7b-12-2024",
        "user assistant tool",
        "The weather in Paris is currently sunny and 22C.",
        (),
        "COMPLETE",
        (1533, 36, None, None),
    ),
    Row(
        "vcrpy/traceloop+openllmetry/packages/opentelemetry-instrumentation-anthropic/tests/cassettes/test_completion/test_anthropic_completion_legacy.yaml",
        0,
        "anthropic completions",
        "claude-instant-1.2",
        "user",
        " Hello!",
        (),
        "stop_sequence",
        (None, None, None, None),
    ),
    Row(
        "vcrpy/traceloop+openllmetry/packages/opentelemetry-instrumentation-llamaindex/tests/cassettes/test_agents/test_agent_with_multiple_tools.yaml",
        2,
        "cohere chat",
        "command-r",
        "user",
        "The most populous city is Tokyo with 13.96 million inhabitan",
        (),
        "COMPLETE",
        (135, 16, None, None),
    ),
    Row(
        "recordings/llamastack+llama-stack/19d25fc3f7/tests/integration/recordings/responses/b374fc18c641.json",
        0,
        "ollama api.generate",
        "llama3.2:3b-instruct-fp16",
        "user",
        "The boiling point of polyjuice is -100°C.",
        (),
        "stop",
        (410, 13, None, None),
    ),
    Row(
        "recordings/llamastack+llama-stack/3e02dc5c2f/tests/integration/recordings/responses/894fdacb1cfa.json",
        0,
        "together chat.completions",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo-Free",
        "user",
        "",
        (("get_weather", {"city": "Tokyo"}),),
        "tool_calls",
        (193, 24, None, None),
    ),
    Row(
        "recordings/llamastack+llama-stack/9143c94be1/tests/integration/interactions/recordings/190a176922b96f8a452160eeee2fde26c1184e0e138693a079e3521c6dd57eba.json",
        0,
        "gemini interactions.create",
        "gemini-2.5-flash-lite",
        "user",
        "",
        (("get_weather", {"location": "Paris"}),),
        "requires_action",
        (58, 15, 0, 0),
    ),
    Row(
        "recordings/llamastack+llama-stack/a5db4a692b/tests/integration/interactions/recordings/72df7be9f414b6d04d00f666847edcac8c98baf7e5c79137285c12d0ae85b809.json",
        0,
        "gemini interactions.create",
        "gemini-2.5-flash-lite",
        "user",
        "Hi there! How can I help you today?",
        (),
        "completed",
        (2, 10, 0, 0),
    ),
    Row(
        "recordings/llamastack+llama-stack/cd36b3c0d9/tests/integration/responses/recordings/c74b1eeda0657d73954876f629f32d9760cad18a6906dd0e62b6e931ccc9b13e.json",
        0,
        "watsonx chat.completions",
        "watsonx/ibm/granite-3-8b-instruct",
        "user",
        "Hello.",
        (),
        "stop",
        (15, 2, None, 0),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.call} {row.path[-24:]}")
def test_a_call_is_read(row: Row) -> None:
    """Provider, endpoint, model, roles, text, tool calls, why it ended, and tokens."""
    folder, _, rest = row.path.partition("/")
    call = read_call(load(corpus(folder) / rest)[row.number])
    assert f"{call.provider} {call.endpoint}" == row.call
    assert call.model == row.model
    assert " ".join(message.role for message in call.messages) == row.roles
    assert call.text.startswith(row.text)
    assert bool(call.text) == bool(row.text)
    assert tuple((one.name, one.arguments) for one in call.tool_calls) == row.tool_calls
    assert call.finish_reason == row.finish_reason
    assert (call.usage.input, call.usage.output, call.usage.cached, call.usage.reasoning) == row.tokens


@pytest.mark.slow
def test_nearly_every_call_is_understood() -> None:
    """Of all LLM calls of the corpus (a fifth in short) fewer than one in a hundred is told raw, and none raises."""
    readings: Counter[str] = Counter()
    paths = (*members(corpus("vcrpy")), *members(corpus("recordings")))
    for path in paths if LONG else paths[::5]:
        readings.update(call.reading for call in map(read_call, load(path)) if call.provider)
    assert readings.total() > (2800 if LONG else 450)
    assert readings["raw"] < readings.total() / 100
    assert readings["conversation"] > (2100 if LONG else 350)
