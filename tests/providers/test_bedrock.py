"""Which requests to Amazon Bedrock are the same, which are not, and the rows against botocore's model of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from llmvcr.canonical import canonical
from llmvcr.interaction import Json
from llmvcr.providers import find
from llmvcr.providers.bedrock import BEDROCK
from llmvcr.providers.bedrock_rules import CONVERSE, COUNT, GUARDRAIL
from providers.pairs import Row, ask, cut, differ, follow, match, names, own_positions, put, respelt

HOST = "https://bedrock-runtime.us-east-1.amazonaws.com"
CLAUDE = f"{HOST}/model/us.anthropic.claude-sonnet-4-20250514-v1:0"
NOVA = f"{HOST}/model/amazon.nova-lite-v1%3A0"
ARN = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2F1arbu5hu2sjr"

A, B = "tooluse_hi2yncmb3TRabw7kPLFJX3", "tooluse_Zsi5nODkqYT50BEZ9GG8ud"
C, D = "tooluse_Qm8VxT4rLz2KcNw9HbJd6p", "tooluse_e7RgY3sWf5UuPo1XiAa0Mv"
PNG, PNG_URL = "iVBORw0KGgo+/+8AAA==", "iVBORw0KGgo-_-8AAA"
PDF, PDF_URL = "JVBERi0xLjcK/+7dAA==", "JVBERi0xLjcK_-7dAA=="

TALK: dict[str, Any] = {
    "system": [{"text": "You are terse."}, {"cachePoint": {"type": "default"}}],
    "inferenceConfig": {"maxTokens": 100, "temperature": 0.7, "stopSequences": ["|"]},
    "toolConfig": {
        "tools": [
            {
                "toolSpec": {
                    "name": "get_weather",
                    "description": "The weather of a city.",
                    "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}}},
                }
            },
            {"toolSpec": {"name": "get_user", "description": "A user.", "inputSchema": {"json": {"type": "object"}}}},
        ]
    },
    "messages": [
        {"role": "user", "content": [{"text": "Is it warmer in Paris or in Rome?"}]},
        {
            "role": "assistant",
            "content": [
                {
                    "reasoningContent": {
                        "reasoningText": {"text": "Two cities.", "signature": "Eu0ECmQIDxABGAIqQPg25pYHV0Nl"}
                    }
                },
                {"reasoningContent": {"redactedContent": "RW1rS0FoZ0I+/+8="}},
                {"toolUse": {"toolUseId": A, "name": "get_weather", "input": {"city": "Paris", "toolUseId": "p1"}}},
                {"toolUse": {"toolUseId": B, "name": "get_weather", "input": {"city": "Rome", "toolUseId": "r1"}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": A, "content": [{"json": {"celsius": 21}}], "status": "success"}},
                {"toolResult": {"toolUseId": B, "content": [{"text": "27"}]}},
            ],
        },
    ],
}

MESSAGES: dict[str, Any] = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 64,
    "messages": [
        {"role": "user", "content": "How warm is Rome?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Rome.", "signature": "EuYhCkYICxgCKkBwU3thXaGZbq6zvmVZl36gpQ=="},
                {"type": "tool_use", "id": "toolu_bdrk_01LZ7hNdG3vQx5TfKc8YwRm2", "name": "get_weather", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_bdrk_01LZ7hNdG3vQx5TfKc8YwRm2", "content": "27"}],
        },
    ],
}
ANEW = ("toolu_bdrk_01LZ7hNdG3vQx5TfKc8YwRm2", "toolu_bdrk_01Pd6eJw9BsVn4XqHk3CzTg7")

GPT: dict[str, Any] = {
    "model": "openai.gpt-oss-120b-1:0",
    "messages": [
        {"role": "user", "content": "How warm is Rome?"},
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "chatcmpl-tool-1a2b3c4d",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": "{}"},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "chatcmpl-tool-1a2b3c4d", "content": "27"},
    ],
}


def seen(kind: str, data: str, **more: object) -> dict[str, Any]:
    """A message of one block of bytes."""
    return {"messages": [{"role": "user", "content": [{kind: {"format": "x", "source": {"bytes": data}, **more}}]}]}


def told(data: str, kind: str = "document") -> dict[str, Any]:
    """A tool's result of bytes."""
    return put(TALK, [{kind: {"format": "x", "source": {"bytes": data}}}], *RESULTS, 1, "toolResult", "content")  # type: ignore[no-any-return]


def counted(body: object) -> dict[str, Any]:
    """What counting asks of a body for `invoke`: its bytes in base64."""
    return {"input": {"invokeModel": {"body": base64.b64encode(json.dumps(body).encode()).decode()}}}


NEW_IDS = ((A, C), (B, D))
CALLED = ("messages", 1, "content")
RESULTS = ("messages", 2, "content")
CONVERSE_URL, STREAM_URL = f"{CLAUDE}/converse", f"{CLAUDE}/converse-stream"
INVOKE_URL, INVOKE_STREAM_URL = f"{CLAUDE}/invoke", f"{CLAUDE}/invoke-with-response-stream"
GUARD_URL = f"{HOST}/guardrail/gr-1/version/1/apply"
JOB = {"modelId": "amazon.nova-reel-v1:0", "modelInput": {"taskType": "TEXT_VIDEO"}}

SAME: tuple[Row, ...] = (
    ("tool ids drawn anew", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, respelt(TALK, *NEW_IDS))),
    ("tool ids in each other's place", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, respelt(TALK, (A, B), (B, A)))),
    ("tool ids drawn anew, streamed", ask(STREAM_URL, TALK), ask(STREAM_URL, respelt(TALK, *NEW_IDS))),
    (
        "tool ids of Claude's own kind",
        ask(CONVERSE_URL, respelt(TALK, (A, "toolu_bdrk_01LZ7hNdG3vQx5TfKc8YwRm2"))),
        ask(CONVERSE_URL, respelt(TALK, (A, "toolu_bdrk_01Pd6eJw9BsVn4XqHk3CzTg7"))),
    ),
    (
        "tool ids of the application's making",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, respelt(TALK, (A, "one"), (B, "two"))),
    ),
    (
        "a signature drawn anew",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, "EqYG", *CALLED, 0, "reasoningContent", "reasoningText", "signature")),
    ),
    (
        "redacted reasoning encrypted anew",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, "T3RoZXI=", *CALLED, 1, "reasoningContent", "redactedContent")),
    ),
    (
        "redacted reasoning in the other alphabet",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, "RW1rS0FoZ0I-_-8", *CALLED, 1, "reasoningContent", "redactedContent")),
    ),
    (
        "a picture in the other alphabet",
        ask(CONVERSE_URL, seen("image", PNG)),
        ask(CONVERSE_URL, seen("image", PNG_URL)),
    ),
    (
        "a document in the other alphabet",
        ask(CONVERSE_URL, seen("document", PDF)),
        ask(CONVERSE_URL, seen("document", PDF_URL)),
    ),
    ("a film in the other alphabet", ask(CONVERSE_URL, seen("video", PNG)), ask(CONVERSE_URL, seen("video", PNG_URL))),
    ("a sound in the other alphabet", ask(CONVERSE_URL, seen("audio", PNG)), ask(CONVERSE_URL, seen("audio", PNG_URL))),
    ("a document that a tool gave", ask(CONVERSE_URL, told(PDF)), ask(CONVERSE_URL, told(PDF_URL))),
    ("a picture that a tool gave", ask(CONVERSE_URL, told(PNG, "image")), ask(CONVERSE_URL, told(PNG_URL, "image"))),
    (
        "a picture that is guarded",
        ask(
            CONVERSE_URL,
            put(TALK, {"guardContent": {"image": {"source": {"bytes": PNG}}}}, "messages", 0, "content", 1),
        ),
        ask(
            CONVERSE_URL,
            put(TALK, {"guardContent": {"image": {"source": {"bytes": PNG_URL}}}}, "messages", 0, "content", 1),
        ),
    ),
    (
        "an id quoted in a text",
        ask(CONVERSE_URL, put(TALK, {"text": f"See {A}."}, *RESULTS, 2)),
        ask(CONVERSE_URL, respelt(put(TALK, {"text": f"See {A}."}, *RESULTS, 2), (A, C))),
    ),
    (
        "an id quoted in a tool's result",
        ask(CONVERSE_URL, put(TALK, f"27, see {A}", *RESULTS, 1, "toolResult", "content", 0, "text")),
        ask(CONVERSE_URL, respelt(put(TALK, f"27, see {A}", *RESULTS, 1, "toolResult", "content", 0, "text"), (A, C))),
    ),
    (
        "an id behind the server's prefix, in a text alone",
        ask(CONVERSE_URL, put(TALK, f"What was {A}?", "messages", 0, "content", 0, "text")),
        ask(CONVERSE_URL, put(respelt(TALK, *NEW_IDS), f"What was {C}?", "messages", 0, "content", 0, "text")),
    ),
    (":0 and %3A0", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL.replace("v1:0", "v1%3A0"), TALK)),
    (":0 and %3a0", ask(INVOKE_URL, MESSAGES), ask(INVOKE_URL.replace("v1:0", "v1%3a0"), respelt(MESSAGES, ANEW))),
    (
        "a colon of an ARN",
        ask(f"{HOST}/model/{ARN}/converse", TALK),
        ask(f"{HOST}/model/{ARN.replace('%3A', ':')}/converse", TALK),
    ),
    ("the method in small letters", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, TALK, method="post")),
    (
        "another signature of the request",
        ask(CONVERSE_URL, TALK, ("X-Amz-Date", "20260101T000000Z"), ("amz-sdk-invocation-id", "1")),
        ask(CONVERSE_URL, TALK, ("X-Amz-Date", "20260202T000000Z"), ("amz-sdk-invocation-id", "2")),
    ),
    ("the scheme's own port", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL.replace(".com", ".com:443"), TALK)),
    ("keys in another order", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, json.dumps(TALK, sort_keys=True).encode())),
    ("other blanks", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, json.dumps(TALK, indent=1).encode())),
    (
        "1 and 1.0",
        ask(CONVERSE_URL, put(TALK, 1, "inferenceConfig", "topP")),
        ask(CONVERSE_URL, put(TALK, 1.0, "inferenceConfig", "topP")),
    ),
    (
        "behind a proxy on another port",
        ask("http://localhost:4000/bedrock/model/m/converse", TALK),
        ask("http://127.0.0.1:5000/bedrock/model/m/converse", respelt(TALK, *NEW_IDS)),
    ),
    ("Claude's tool ids drawn anew", ask(INVOKE_URL, MESSAGES), ask(INVOKE_URL, respelt(MESSAGES, ANEW))),
    (
        "Claude's tool ids drawn anew, streamed",
        ask(INVOKE_STREAM_URL, MESSAGES),
        ask(INVOKE_STREAM_URL, respelt(MESSAGES, ANEW)),
    ),
    (
        "Claude's signature drawn anew",
        ask(INVOKE_URL, MESSAGES),
        ask(INVOKE_URL, put(MESSAGES, "EqwC", *CALLED, 0, "signature")),
    ),
    (
        "Claude's cache_control null",
        ask(INVOKE_URL, MESSAGES),
        ask(INVOKE_URL, put(MESSAGES, None, *CALLED, 1, "cache_control")),
    ),
    ("Nova's tool ids drawn anew", ask(f"{NOVA}/invoke", TALK), ask(f"{NOVA}/invoke", respelt(TALK, *NEW_IDS))),
    (
        "Nova's picture in the other alphabet",
        ask(f"{NOVA}/invoke", seen("image", PNG)),
        ask(f"{NOVA}/invoke", seen("image", PNG_URL)),
    ),
    (
        "chat's tool ids drawn anew",
        ask(f"{HOST}/model/openai.gpt-oss-120b-1:0/invoke", GPT),
        ask(
            f"{HOST}/model/openai.gpt-oss-120b-1:0/invoke",
            respelt(GPT, ("chatcmpl-tool-1a2b3c4d", "chatcmpl-tool-9f8e7d6c")),
        ),
    ),
    (
        "ids drawn anew, counting",
        ask(f"{CLAUDE}/count-tokens", {"input": {"converse": TALK}}),
        ask(f"{CLAUDE}/count-tokens", {"input": {"converse": respelt(TALK, *NEW_IDS)}}),
    ),
    (
        "a counted body without its padding",
        ask(f"{CLAUDE}/count-tokens", {"input": {"invokeModel": {"body": "eyJhIjogIngifQ=="}}}),
        ask(f"{CLAUDE}/count-tokens", {"input": {"invokeModel": {"body": "eyJhIjogIngifQ"}}}),
    ),
    (
        "a guarded picture in the other alphabet",
        ask(GUARD_URL, {"source": "INPUT", "content": [{"image": {"format": "png", "source": {"bytes": PNG}}}]}),
        ask(GUARD_URL, {"source": "INPUT", "content": [{"image": {"format": "png", "source": {"bytes": PNG_URL}}}]}),
    ),
    (
        "the SDK's own token of a job",
        ask(f"{HOST}/async-invoke", JOB | {"clientRequestToken": "0b51a2c4-6f3e-4d1b-9c7a-5e2f8d904b13"}),
        ask(f"{HOST}/async-invoke", JOB | {"clientRequestToken": "7d9e3f10-2a4b-4c6d-8e5f-1b0c9a8d7e62"}),
    ),
)

DIFFERENT: tuple[Row, ...] = (
    (
        "a word",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, "In Paris or Rome?", "messages", 0, "content", 0, "text")),
    ),
    ("a role", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, put(TALK, "assistant", "messages", 0, "role"))),
    (
        "two results swapped",
        ask(CONVERSE_URL, TALK),
        ask(
            CONVERSE_URL,
            put(put(TALK, B, *RESULTS, 0, "toolResult", "toolUseId"), A, *RESULTS, 1, "toolResult", "toolUseId"),
        ),
    ),
    (
        "a result of no call",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, C, *RESULTS, 1, "toolResult", "toolUseId")),
    ),
    (
        "an argument",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, "Lyon", *CALLED, 2, "toolUse", "input", "city")),
    ),
    (
        "an argument that is called toolUseId",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, "p2", *CALLED, 2, "toolUse", "input", "toolUseId")),
    ),
    ("a tool's name", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, put(TALK, "weather", *CALLED, 2, "toolUse", "name"))),
    (
        "a tool's result",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, 22, *RESULTS, 0, "toolResult", "content", 0, "json", "celsius")),
    ),
    (
        "a result's status",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, "error", *RESULTS, 0, "toolResult", "status")),
    ),
    (
        "the reasoning",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, "Three.", *CALLED, 0, "reasoningContent", "reasoningText", "text")),
    ),
    ("no reasoning", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, cut(TALK, *CALLED, 0))),
    (
        "a signature or none",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, cut(TALK, *CALLED, 0, "reasoningContent", "reasoningText", "signature")),
    ),
    ("a tool taken away", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, cut(TALK, "toolConfig", "tools", 1))),
    (
        "a tool's description",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, "W.", "toolConfig", "tools", 0, "toolSpec", "description")),
    ),
    (
        "a null in a tool's schema",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, None, "toolConfig", "tools", 0, "toolSpec", "inputSchema", "json", "default")),
    ),
    ("the system's text", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, put(TALK, "Be long.", "system", 0, "text"))),
    ("where the cache ends", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, cut(TALK, "system", 1))),
    ("max_tokens", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, put(TALK, 101, "inferenceConfig", "maxTokens"))),
    (
        "one ulp of temperature",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, 0.7000000000000001, "inferenceConfig", "temperature")),
    ),
    (
        "a stop sequence",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, ["#"], "inferenceConfig", "stopSequences")),
    ),
    (
        "a null that no row names",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, None, "inferenceConfig", "topP")),
    ),
    (
        "a field of the model's own",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, {"top_k": 5}, "additionalModelRequestFields")),
    ),
    ("metadata", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, put(TALK, {"team": "a"}, "requestMetadata"))),
    (
        "a guardrail",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, {"guardrailIdentifier": "g"}, "guardrailConfig")),
    ),
    (
        "turns in another order",
        ask(CONVERSE_URL, TALK),
        ask(CONVERSE_URL, put(TALK, TALK["messages"][::-1], "messages")),
    ),
    ("a turn less", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL, cut(TALK, "messages", 2))),
    (
        "a picture's bytes",
        ask(CONVERSE_URL, seen("image", PNG)),
        ask(CONVERSE_URL, seen("image", "iVBORw0KGgo+/+9AAA==")),
    ),
    ("a picture or a film", ask(CONVERSE_URL, seen("image", PNG)), ask(CONVERSE_URL, seen("video", PNG))),
    (
        "a document's name",
        ask(CONVERSE_URL, seen("document", PDF, name="a")),
        ask(CONVERSE_URL, seen("document", PDF, name="b")),
    ),
    ("a document that a tool gave", ask(CONVERSE_URL, told(PDF)), ask(CONVERSE_URL, told("JVBERi0xLjcK/+7eAA=="))),
    (
        "a document's text",
        ask(CONVERSE_URL, {"messages": [{"role": "user", "content": [{"document": {"source": {"text": "a+b/"}}}]}]}),
        ask(CONVERSE_URL, {"messages": [{"role": "user", "content": [{"document": {"source": {"text": "a-b_"}}}]}]}),
    ),
    ("a model", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL.replace("sonnet", "haiku"), TALK)),
    ("a model's version", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL.replace("v1:0", "v1:1"), TALK)),
    ("a model's geography", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL.replace("/us.", "/eu."), TALK)),
    ("an inference profile", ask(f"{HOST}/model/{ARN}/converse", TALK), ask(f"{HOST}/model/{ARN}0/converse", TALK)),
    ("a region", ask(CONVERSE_URL, TALK), ask(CONVERSE_URL.replace("us-east-1", "us-west-2"), TALK)),
    ("streamed or not", ask(CONVERSE_URL, TALK), ask(STREAM_URL, TALK)),
    ("counted or answered", ask(CONVERSE_URL, TALK), ask(f"{CLAUDE}/count-tokens", {"input": {"converse": TALK}})),
    ("invoked or conversed", ask(f"{NOVA}/invoke", TALK), ask(f"{NOVA}/converse", TALK)),
    ("invoked, streamed or not", ask(INVOKE_URL, MESSAGES), ask(INVOKE_STREAM_URL, MESSAGES)),
    ("what Claude's tool gave", ask(INVOKE_URL, MESSAGES), ask(INVOKE_URL, respelt(MESSAGES, ('"27"', '"28"')))),
    ("Claude's max_tokens", ask(INVOKE_URL, MESSAGES), ask(INVOKE_URL, put(MESSAGES, 65, "max_tokens"))),
    (
        "a beta of Claude's",
        ask(INVOKE_URL, MESSAGES),
        ask(INVOKE_URL, put(MESSAGES, ["computer-use"], "anthropic_beta")),
    ),
    (
        "a prompt",
        ask(INVOKE_URL, {"prompt": "a", "max_gen_len": 5}),
        ask(INVOKE_URL, {"prompt": "b", "max_gen_len": 5}),
    ),
    (
        "a Titan prompt",
        ask(f"{HOST}/model/amazon.titan-text-lite-v1/invoke", {"inputText": "a"}),
        ask(f"{HOST}/model/amazon.titan-text-lite-v1/invoke", {"inputText": "b"}),
    ),
    (
        "a text to embed",
        ask(f"{HOST}/model/cohere.embed-v4:0/invoke", {"texts": ["a"], "input_type": "search_query"}),
        ask(f"{HOST}/model/cohere.embed-v4:0/invoke", {"texts": ["b"], "input_type": "search_query"}),
    ),
    ("a body that is cut", ask(CONVERSE_URL, b'{"messages": ['), ask(CONVERSE_URL, b'{"messages": [[')),
    (
        "what is counted",
        ask(f"{CLAUDE}/count-tokens", counted({"a": 1})),
        ask(f"{CLAUDE}/count-tokens", counted({"a": 2})),
    ),
    ("a job", ask(f"{HOST}/async-invoke", JOB), ask(f"{HOST}/async-invoke", JOB | {"modelInput": {"taskType": "X"}})),
    (
        "what is guarded",
        ask(GUARD_URL, {"source": "INPUT", "content": [{"text": {"text": "a"}}]}),
        ask(GUARD_URL, {"source": "OUTPUT", "content": [{"text": {"text": "a"}}]}),
    ),
    (
        "another profile",
        ask(f"https://bedrock.us-east-1.amazonaws.com/inference-profiles/{ARN}", method="GET"),
        ask(f"https://bedrock.us-east-1.amazonaws.com/inference-profiles/{ARN}0", method="GET"),
    ),
)


@pytest.mark.parametrize("row", SAME, ids=names)
def test_same(row: Row) -> None:
    """What differs between the two does not change what was asked."""
    match(row, "bedrock")


@pytest.mark.parametrize("row", DIFFERENT, ids=names)
def test_different(row: Row) -> None:
    """What differs between the two was asked."""
    differ(row, "bedrock")


def test_the_corpus_finds_its_own() -> None:
    """Every recorded request is known, finds its own position in order, and is taken for no other."""
    count, wrong = own_positions("bedrock", "bedrock-runtime.", "bedrock.us-")
    assert wrong == []
    assert count > 50


def test_the_rows_keep_the_rules() -> None:
    """Every row has a reason, stands once, and leaves out nothing that was asked."""
    follow(BEDROCK)


def test_the_rules_of_claude_apply_to_its_bodies_alone() -> None:
    """Which row `invoke` is goes by the body: Claude's has its version in it."""
    assert canonical(ask(INVOKE_URL, MESSAGES)).endpoint == "invoke_model.messages"
    assert canonical(ask(INVOKE_URL, {"prompt": "x", "max_tokens_to_sample": 5})).endpoint == "invoke_model"
    assert canonical(ask(INVOKE_URL, b"")).endpoint == "invoke_model"


@pytest.mark.parametrize(
    ("method", "url", "body", "name"),
    [
        ("POST", CONVERSE_URL, TALK, "converse"),
        ("POST", STREAM_URL, None, "converse_stream"),
        ("POST", f"{HOST}/model/{ARN}/converse", TALK, "converse"),
        ("POST", "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com/model/m/converse", None, "converse"),
        ("POST", "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/m/converse", None, "converse"),
        ("POST", "https://vpce-1a2b.bedrock-runtime.us-east-1.vpce.amazonaws.com/model/m/converse", TALK, "converse"),
        ("POST", "http://localhost:4000/bedrock/model/m/converse", TALK, "converse"),
        ("POST", f"{NOVA}/invoke", TALK, "invoke_model"),
        ("POST", f"{NOVA}/invoke", None, "invoke_model"),
        ("POST", "http://localhost:4000/model/m/invoke", {"inputText": "x"}, "invoke_model"),
        ("POST", "http://localhost:4000/model/m/invoke", MESSAGES, "invoke_model.messages"),
        ("POST", INVOKE_STREAM_URL, MESSAGES, "invoke_model_with_response_stream.messages"),
        ("POST", f"{NOVA}/invoke-with-response-stream", {"prompt": "x"}, "invoke_model_with_response_stream"),
        ("POST", f"{CLAUDE}/count-tokens", counted({}), "count_tokens"),
        ("POST", GUARD_URL, {"source": "INPUT", "content": []}, "apply_guardrail"),
        ("POST", f"{HOST}/async-invoke", JOB, "start_async_invoke"),
        ("GET", f"{HOST}/async-invoke/{ARN}", None, "get_async_invoke"),
        ("GET", f"{HOST}/async-invoke?maxResults=1", None, "list_async_invokes"),
        ("GET", "https://bedrock.us-east-1.amazonaws.com/foundation-models", None, "list_foundation_models"),
        ("GET", f"https://bedrock.us-east-1.amazonaws.com/inference-profiles/{ARN}", None, "get_inference_profile"),
    ],
)
def test_every_call_is_known(method: str, url: str, body: Json, name: str) -> None:
    """Every region and partition is Bedrock's; what stands on another host goes by its path and body."""
    found = find(method, url, body)
    assert found is not None
    assert (found[0].name, found[1].name) == ("bedrock", name)


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("PUT", "https://bucket.s3.us-east-1.amazonaws.com/model/m/converse", None),
        ("POST", "https://example.com/model/m/converse", {"text": "x"}),
        ("POST", "https://example.com/model/m/invoke", {"x": 1}),
        ("POST", f"{HOST}/model/m/of-tomorrow", TALK),
    ],
)
def test_what_is_no_call_of_ours(method: str, url: str, body: Json) -> None:
    """Another of Amazon's services, and a path alone on somebody else's host, are none."""
    assert find(method, url, body) is None


def _blobs(shape: Any, path: str, above: tuple[str, ...] = ()) -> Iterator[str]:
    if shape.type_name == "blob":
        yield path
    elif shape.type_name == "list":
        yield from _blobs(shape.member, f"{path}[*]", above)
    elif shape.type_name == "structure" and shape.name not in above:
        for name, member in shape.members.items():
            if member.serialization.get("location") is None:
                yield from _blobs(member, f"{path}.{name}" if path else name, (*above, shape.name))


@pytest.mark.parametrize(
    ("operation", "table"),
    [("Converse", CONVERSE), ("ConverseStream", CONVERSE), ("CountTokens", COUNT), ("ApplyGuardrail", GUARDRAIL)],
)
def test_every_blob_of_the_service_has_a_row(operation: str, table: tuple[Any, ...]) -> None:
    """The leaves that botocore spells in base64 are exactly those that a row marks as base64."""
    session = pytest.importorskip("botocore.session", reason="botocore is not installed here")
    model = session.get_session().get_service_model("bedrock-runtime").operation_model(operation)
    assert {rule.path for rule in table if rule.action == "base64"} == set(_blobs(model.input_shape, ""))


def test_every_operation_has_its_path() -> None:
    """The paths of the rows are those of botocore's model, but for the two-way stream, which is no request."""
    session = pytest.importorskip("botocore.session", reason="botocore is not installed here")
    service = session.get_session().get_service_model("bedrock-runtime")
    paths = {service.operation_model(name).http["requestUri"] for name in service.operation_names}
    known = {
        "/".join("{}" if word.startswith("{") else word for word in one.path.split("/")) for one in BEDROCK.endpoints
    }
    there = {"/".join("{}" if word.startswith("{") else word for word in path.split("/")) for path in paths}
    assert there - known == {"/model/{}/invoke-with-bidirectional-stream", "/guardrail-checks/invoke"}
