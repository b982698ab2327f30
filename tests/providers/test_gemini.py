"""Which requests to the Gemini API and Vertex AI are the same, which are not, and the rows against Google's SDK."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from llmvcr.canonical import canonical
from llmvcr.interaction import Json
from llmvcr.providers import find, type_name
from llmvcr.providers.anthropic import ON_VERTEX
from llmvcr.providers.gemini import GEMINI
from llmvcr.providers.gemini_rules import GENERATE
from providers.pairs import Row, ask, cut, differ, follow, match, names, own_positions, put, respelt

HOST = "https://generativelanguage.googleapis.com"
HOME = f"{HOST}/v1beta"
PRO = f"{HOME}/models/gemini-2.5-pro"
GENERATE_URL = f"{PRO}:generateContent"
STREAM_URL = f"{PRO}:streamGenerateContent"
VERTEX = "https://us-central1-aiplatform.googleapis.com/v1"
PLACE = f"{VERTEX}/projects/made-up/locations/us-central1"
ON_VERTEX_PRO = f"{PLACE}/publishers/google/models/gemini-2.5-pro"
CLAUDE = f"{PLACE}/publishers/anthropic/models/claude-sonnet-4-5@20250929"

A, B = "pyd_ai_a2bb5e2b6b2644d9af30a398b3f3a285", "pyd_ai_dd3a5ea3ba0c4b89934922b4e342731a"
C, D = "pyd_ai_03e2ac968c0a483c8797f5e098887763", "pyd_ai_7c1d9e4f5a6b4c3d8e2f1a0b9c8d7e6f"
SIGNED, SIGNED_URL = "CrUEAdHtim9V/pwVEOMESEcAERsB+QyjqZbOZeu=", "CrUEAdHtim9V_pwVEOMESEcAERsB-QyjqZbOZeu"
OTHER = "CtULAY89a18SoddUm1+Khkc1QOcG3U6tcSLHKts="
PNG, PNG_URL = "iVBORw0KGgo+/+8AAA==", "iVBORw0KGgo-_-8AAA"

TALK: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "You are terse."}], "role": "user"},
    "generationConfig": {"temperature": 0.7, "topP": 0.95, "thinkingConfig": {"includeThoughts": True}},
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "get_weather",
                    "description": "The weather of a city.",
                    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}},
                },
                {"name": "get_user", "description": "A user."},
            ]
        }
    ],
    "contents": [
        {"role": "user", "parts": [{"text": "Is it warmer in Paris or in Rome?"}]},
        {
            "role": "model",
            "parts": [
                {"text": "Two cities.", "thought": True},
                {
                    "functionCall": {"id": A, "name": "get_weather", "args": {"city": "Paris", "id": "p1"}},
                    "thoughtSignature": SIGNED,
                },
                {"functionCall": {"id": B, "name": "get_weather", "args": {"city": "Rome", "id": "r1"}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": A, "name": "get_weather", "response": {"celsius": 21, "id": "x"}}},
                {"functionResponse": {"id": B, "name": "get_weather", "response": {"celsius": 27, "id": None}}},
            ],
        },
    ],
}
SNAKE: dict[str, Any] = respelt(
    TALK,
    ('"functionCall"', '"function_call"'),
    ('"functionResponse"', '"function_response"'),
    ('"thoughtSignature"', '"thought_signature"'),
    ('"systemInstruction"', '"system_instruction"'),
    ('"generationConfig"', '"generation_config"'),
)
RAN: dict[str, Any] = {
    "contents": [
        {"role": "user", "parts": [{"text": "Compute."}]},
        {
            "role": "model",
            "parts": [
                {"executableCode": {"id": "ec-8ci92gmp", "language": "PYTHON", "code": "1+1"}},
                {"codeExecutionResult": {"id": "ec-8ci92gmp", "outcome": "OUTCOME_OK", "output": "2"}},
                {"toolCall": {"id": "tc-4kd81qzw", "toolType": "GOOGLE_SEARCH_WEB", "args": {"query": "x"}}},
                {"toolResponse": {"id": "tc-4kd81qzw", "toolType": "GOOGLE_SEARCH_WEB", "response": {"found": 1}}},
            ],
        },
    ]
}

INTERACTIONS = f"{HOME}/interactions"
INTERACTION: dict[str, Any] = {
    "model": "gemini-2.5-pro",
    "previous_interaction_id": "v1_aA1",
    "input": [
        {"type": "thought", "signature": SIGNED},
        {"type": "function_call", "id": "8ci92gmp", "name": "get_weather", "arguments": {"id": "8c"}},
        {"type": "function_result", "call_id": "8ci92gmp", "result": "27"},
    ],
}
TURNS: dict[str, Any] = {
    **INTERACTION,
    "input": [
        {"role": "model", "content": INTERACTION["input"][:2]},
        {"role": "user", "content": INTERACTION["input"][2:]},
    ],
}


def said(text: str, **more: object) -> dict[str, Any]:
    """A prompt of one sentence."""
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}


def seen(data: str, key: str = "inlineData", kind: str = "image/png") -> dict[str, Any]:
    """A prompt of one picture."""
    kind_key = "mimeType" if key == "inlineData" else "mime_type"
    return {"contents": [{"role": "user", "parts": [{key: {"data": data, kind_key: kind}}, {"text": "What is this?"}]}]}


def batch(body: object) -> dict[str, Any]:
    """A batch of one prompt."""
    return {"batch": {"displayName": "a", "inputConfig": {"requests": {"requests": [{"request": body}]}}}}


def embedded(text: str, **more: object) -> dict[str, Any]:
    """A text to embed."""
    return {"content": {"parts": [{"text": text}]}, **more}


def claude(one: str = "toolu_vrtx_01Pd6eJw9BsVn4XqHk3CzTg7", **more: object) -> dict[str, Any]:
    """A conversation with Claude on Vertex AI, with one tool call."""
    return {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 64,
        "messages": [
            {"role": "user", "content": "How warm is Rome?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": one, "name": "get_weather", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": one, "content": "27"}]},
        ],
        **more,
    }


NEW_IDS = ((A, C), (B, D))
CALLED = ("contents", 1, "parts", 1)
ANSWERED = ("contents", 2, "parts")

SAME: tuple[Row, ...] = (
    ("ids of the client's making, drawn anew", ask(GENERATE_URL, TALK), ask(GENERATE_URL, respelt(TALK, *NEW_IDS))),
    (
        "ids of the server's, drawn anew",
        ask(GENERATE_URL, respelt(TALK, (A, "8ci92gmp"), (B, "k1w0zx7d"))),
        ask(GENERATE_URL, respelt(TALK, (A, "0a9bx2mm"), (B, "q5tt81lo"))),
    ),
    ("ids in each other's place", ask(GENERATE_URL, TALK), ask(GENERATE_URL, respelt(TALK, (A, B), (B, A)))),
    ("ids under snake_case keys", ask(GENERATE_URL, SNAKE), ask(GENERATE_URL, respelt(SNAKE, *NEW_IDS))),
    (
        "a signature drawn anew",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, OTHER, *CALLED, "thoughtSignature")),
    ),
    (
        "a signature in the other alphabet",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, SIGNED_URL, *CALLED, "thoughtSignature")),
    ),
    (
        "a signature drawn anew under a snake_case key",
        ask(GENERATE_URL, SNAKE),
        ask(GENERATE_URL, put(SNAKE, OTHER, *CALLED, "thought_signature")),
    ),
    (
        "one signature twice, once in each alphabet",
        ask(
            GENERATE_URL,
            put(put(TALK, SIGNED, *CALLED, "thoughtSignature"), SIGNED, "contents", 1, "parts", 2, "thoughtSignature"),
        ),
        ask(
            GENERATE_URL,
            put(
                put(TALK, SIGNED, *CALLED, "thoughtSignature"),
                SIGNED_URL,
                "contents",
                1,
                "parts",
                2,
                "thoughtSignature",
            ),
        ),
    ),
    ("ids of code that ran", ask(GENERATE_URL, RAN), ask(GENERATE_URL, respelt(RAN, ("ec-8ci92gmp", "ec-0000aaaa")))),
    (
        "ids of the server's tools",
        ask(GENERATE_URL, RAN),
        ask(GENERATE_URL, respelt(RAN, ("tc-4kd81qzw", "tc-1111bbbb"))),
    ),
    ("a picture in the other alphabet", ask(GENERATE_URL, seen(PNG)), ask(GENERATE_URL, seen(PNG_URL))),
    (
        "a picture in the other alphabet under a snake_case key",
        ask(GENERATE_URL, seen(PNG, "inline_data")),
        ask(GENERATE_URL, seen(PNG_URL, "inline_data")),
    ),
    (
        "a picture in a function's answer",
        ask(GENERATE_URL, put(TALK, [{"inlineData": {"data": PNG}}], *ANSWERED, 0, "functionResponse", "parts")),
        ask(GENERATE_URL, put(TALK, [{"inlineData": {"data": PNG_URL}}], *ANSWERED, 0, "functionResponse", "parts")),
    ),
    (
        "a picture in a function's answer, in two spellings of keys",
        ask(GENERATE_URL, put(SNAKE, [{"inlineData": {"data": PNG}}], *ANSWERED, 0, "function_response", "parts")),
        ask(GENERATE_URL, put(SNAKE, [{"inlineData": {"data": PNG_URL}}], *ANSWERED, 0, "function_response", "parts")),
    ),
    (
        "a cached prompt's name drawn anew",
        ask(GENERATE_URL, said("Go on.", cachedContent="cachedContents/7lf5him5ev4iemi1yjv2gwli5bhpz3yidzejwllo")),
        ask(GENERATE_URL, said("Go on.", cachedContent="cachedContents/0aa1bb2cc3dd4ee5ff6gg7hh8ii9jj0kk1ll2mm3")),
    ),
    (
        "an id quoted in a text",
        ask(GENERATE_URL, put(TALK, {"text": f"See {A}."}, *ANSWERED, 2)),
        ask(GENERATE_URL, respelt(put(TALK, {"text": f"See {A}."}, *ANSWERED, 2), (A, C))),
    ),
    (
        "an id quoted in a function's answer",
        ask(GENERATE_URL, put(TALK, A, *ANSWERED, 0, "functionResponse", "response", "of")),
        ask(GENERATE_URL, respelt(put(TALK, A, *ANSWERED, 0, "functionResponse", "response", "of"), (A, C))),
    ),
    (
        "the key in the URL",
        ask(f"{GENERATE_URL}?key=made-up-key-1", TALK),
        ask(f"{GENERATE_URL}?key=made-up-key-2", TALK),
    ),
    (
        "the key in the URL or in a header",
        ask(f"{GENERATE_URL}?key=made-up-key", TALK),
        ask(GENERATE_URL, TALK, ("x-goog-api-key", "made-up-key")),
    ),
    ("a token in the URL", ask(f"{GENERATE_URL}?access_token=made-up", TALK), ask(GENERATE_URL, TALK)),
    ("the key beside alt", ask(f"{STREAM_URL}?alt=sse&key=made-up", TALK), ask(f"{STREAM_URL}?alt=sse", TALK)),
    ("queries in another order", ask(f"{STREAM_URL}?alt=sse&a=1", TALK), ask(f"{STREAM_URL}?a=1&alt=sse", TALK)),
    (
        "$alt escaped",
        ask(f"{ON_VERTEX_PRO}:generateContent?$alt=json", TALK),
        ask(f"{ON_VERTEX_PRO}:generateContent?%24alt=json", TALK),
    ),
    ("the API's version", ask(GENERATE_URL, TALK), ask(f"{HOST}/v1/models/gemini-2.5-pro:generateContent", TALK)),
    ("an early version", ask(GENERATE_URL, TALK), ask(f"{HOST}/v1alpha/models/gemini-2.5-pro:generateContent", TALK)),
    (
        "the API's version on Vertex AI",
        ask(f"{ON_VERTEX_PRO}:generateContent", TALK),
        ask(f"{ON_VERTEX_PRO}:generateContent".replace("/v1/", "/v1beta1/"), respelt(TALK, *NEW_IDS)),
    ),
    ("a colon that is escaped", ask(GENERATE_URL, TALK), ask(f"{PRO}%3AgenerateContent", TALK)),
    ("the method in small letters", ask(GENERATE_URL, TALK), ask(GENERATE_URL, TALK, method="post")),
    ("a fragment", ask(GENERATE_URL, TALK), ask(f"{GENERATE_URL}#stream", TALK)),
    ("the scheme's own port", ask(GENERATE_URL, TALK), ask(GENERATE_URL.replace(".com", ".com:443"), TALK)),
    ("keys in another order", ask(GENERATE_URL, TALK), ask(GENERATE_URL, json.dumps(TALK, sort_keys=True).encode())),
    ("other blanks", ask(GENERATE_URL, TALK), ask(GENERATE_URL, json.dumps(TALK, separators=(",", ":")).encode())),
    (
        "1 and 1.0",
        ask(GENERATE_URL, said("x", generationConfig={"topK": 40})),
        ask(GENERATE_URL, said("x", generationConfig={"topK": 40.0})),
    ),
    ("no config", ask(GENERATE_URL, said("x")), ask(GENERATE_URL, said("x", generationConfig=None))),
    ("a null in the config", ask(GENERATE_URL, TALK), ask(GENERATE_URL, put(TALK, None, "generationConfig", "seed"))),
    (
        "a null in the config, snake_case",
        ask(GENERATE_URL, SNAKE),
        ask(GENERATE_URL, put(SNAKE, None, "generation_config", "seed")),
    ),
    (
        "no tools",
        ask(GENERATE_URL, said("x")),
        ask(GENERATE_URL, said("x", tools=None, toolConfig=None, safetySettings=None)),
    ),
    (
        "a null in a part",
        ask(GENERATE_URL, said("x")),
        ask(GENERATE_URL, put(said("x"), None, "contents", 0, "parts", 0, "thought")),
    ),
    (
        "another SDK's headers",
        ask(GENERATE_URL, TALK, ("x-goog-api-client", "google-genai-sdk/1.2 gl-python/3.11")),
        ask(GENERATE_URL, TALK, ("x-goog-api-client", "google-genai-sdk/3.4 gl-python/3.13"), ("user-agent", "x")),
    ),
    (
        "ids drawn anew, streamed",
        ask(f"{STREAM_URL}?alt=sse", TALK),
        ask(f"{STREAM_URL}?alt=sse", respelt(TALK, *NEW_IDS)),
    ),
    ("ids drawn anew, streamed as an array", ask(STREAM_URL, TALK), ask(STREAM_URL, respelt(TALK, *NEW_IDS))),
    ("ids drawn anew, counting", ask(f"{PRO}:countTokens", TALK), ask(f"{PRO}:countTokens", respelt(TALK, *NEW_IDS))),
    (
        "ids drawn anew, counting a whole request",
        ask(f"{PRO}:countTokens", {"generateContentRequest": TALK}),
        ask(f"{PRO}:countTokens", {"generateContentRequest": respelt(TALK, *NEW_IDS)}),
    ),
    (
        "ids drawn anew in express mode",
        ask("https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-pro:generateContent", TALK),
        ask(
            "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-pro:generateContent?key=made-up",
            respelt(TALK, *NEW_IDS),
        ),
    ),
    (
        "ids drawn anew of a tuned model",
        ask(f"{PLACE}/endpoints/77:generateContent", TALK),
        ask(f"{PLACE}/endpoints/77:generateContent", respelt(TALK, *NEW_IDS)),
    ),
    (
        "another port of this machine",
        ask("http://localhost:8080/v1beta/models/m:generateContent", TALK),
        ask("http://127.0.0.1:9/v1beta/models/m:generateContent", respelt(TALK, *NEW_IDS)),
    ),
    (
        "a picture to cache",
        ask(f"{HOME}/cachedContents", seen(PNG) | {"model": "models/m"}),
        ask(f"{HOME}/cachedContents", seen(PNG_URL) | {"model": "models/m"}),
    ),
    (
        "a picture to embed",
        ask(f"{PRO}:embedContent", {"content": {"parts": [{"inlineData": {"data": PNG}}]}}),
        ask(f"{PRO}:embedContent", {"content": {"parts": [{"inlineData": {"data": PNG_URL}}]}}),
    ),
    (
        "no task",
        ask(f"{PRO}:embedContent", embedded("x")),
        ask(f"{PRO}:embedContent", embedded("x", taskType=None, title=None)),
    ),
    (
        "no task in a batch",
        ask(f"{PRO}:batchEmbedContents", {"requests": [embedded("x")]}),
        ask(f"{PRO}:batchEmbedContents", {"requests": [embedded("x", task_type=None)]}),
    ),
    (
        "an upload's id",
        ask(f"{HOST}/upload/v1beta/files?upload_id=AAA1", b"x"),
        ask(f"{HOST}/upload/v1beta/files?upload_id=BBB2", b"x"),
    ),
    (
        "an upload's id that its body quotes once",
        ask(
            f"{HOST}/upload/v1beta/files?upload_id=AHVrFxOgd8bQ2K7mPz41",
            {"file": {"displayName": "upload AHVrFxOgd8bQ2K7mPz41"}},
        ),
        ask(
            f"{HOST}/upload/v1beta/files?upload_id=AHVrFxPtx3cW9J5nRv60",
            {"file": {"displayName": "upload AHVrFxPtx3cW9J5nRv60"}},
        ),
    ),
    (
        "ids drawn anew in a batch",
        ask(f"{PRO}:batchGenerateContent", batch(TALK)),
        ask(f"{PRO}:batchGenerateContent", batch(respelt(TALK, *NEW_IDS))),
    ),
    (
        "an earlier interaction drawn anew",
        ask(INTERACTIONS, INTERACTION),
        ask(INTERACTIONS, put(INTERACTION, "v1_zZ9", "previous_interaction_id")),
    ),
    (
        "an interaction's ids drawn anew",
        ask(INTERACTIONS, INTERACTION),
        ask(INTERACTIONS, respelt(INTERACTION, ("8ci92gmp", "0a9bx2mm"))),
    ),
    (
        "the ids of a tool's call and result inside turns, drawn anew",
        ask(INTERACTIONS, TURNS),
        ask(INTERACTIONS, respelt(TURNS, ("8ci92gmp", "0a9bx2mm"))),
    ),
    (
        "an interaction's seal drawn anew",
        ask(INTERACTIONS, INTERACTION),
        ask(INTERACTIONS, put(INTERACTION, OTHER, "input", 0, "signature")),
    ),
    (
        "Claude's tool ids drawn anew",
        ask(f"{CLAUDE}:rawPredict", claude()),
        ask(f"{CLAUDE}:rawPredict", claude("toolu_vrtx_01Xk3vTf9QmZr8LwYc2Hd5Np")),
    ),
    (
        "Claude's tool ids drawn anew, streamed",
        ask(f"{CLAUDE}:streamRawPredict", claude(stream=True)),
        ask(f"{CLAUDE}:streamRawPredict?beta=true", claude("toolu_vrtx_01Xk3vTf9QmZr8LwYc2Hd5Np", stream=True)),
    ),
)

DIFFERENT: tuple[Row, ...] = (
    ("a word", ask(GENERATE_URL, said("Say hello.")), ask(GENERATE_URL, said("Say hallo."))),
    ("a role", ask(GENERATE_URL, TALK), ask(GENERATE_URL, put(TALK, "model", "contents", 0, "role"))),
    (
        "two answers swapped",
        ask(GENERATE_URL, TALK),
        ask(
            GENERATE_URL,
            put(put(TALK, B, *ANSWERED, 0, "functionResponse", "id"), A, *ANSWERED, 1, "functionResponse", "id"),
        ),
    ),
    (
        "an answer to no call",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, C, *ANSWERED, 1, "functionResponse", "id")),
    ),
    (
        "an argument",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, "Lyon", *CALLED, "functionCall", "args", "city")),
    ),
    (
        "an argument that is called id",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, "p2", *CALLED, "functionCall", "args", "id")),
    ),
    (
        "what a function gave",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, 22, *ANSWERED, 0, "functionResponse", "response", "celsius")),
    ),
    (
        "an id that a function gave",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, "y", *ANSWERED, 0, "functionResponse", "response", "id")),
    ),
    (
        "a null that a function gave",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, cut(TALK, *ANSWERED, 1, "functionResponse", "response", "id")),
    ),
    ("a call's id or none", ask(GENERATE_URL, TALK), ask(GENERATE_URL, cut(TALK, *CALLED, "functionCall", "id"))),
    ("a signature or none", ask(GENERATE_URL, TALK), ask(GENERATE_URL, cut(TALK, *CALLED, "thoughtSignature"))),
    (
        "one signature twice, or two",
        ask(GENERATE_URL, put(TALK, SIGNED, "contents", 1, "parts", 2, "thoughtSignature")),
        ask(GENERATE_URL, put(TALK, OTHER, "contents", 1, "parts", 2, "thoughtSignature")),
    ),
    (
        "a function's name",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, "weather", *CALLED, "functionCall", "name")),
    ),
    (
        "a function taken away",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, cut(TALK, "tools", 0, "functionDeclarations", 1)),
    ),
    (
        "a function's description",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, "Weather.", "tools", 0, "functionDeclarations", 0, "description")),
    ),
    (
        "the system's text",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, "Be long.", "systemInstruction", "parts", 0, "text")),
    ),
    ("no system", ask(GENERATE_URL, TALK), ask(GENERATE_URL, cut(TALK, "systemInstruction"))),
    (
        "one ulp of temperature",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, 0.7000000000000001, "generationConfig", "temperature")),
    ),
    ("a seed", ask(GENERATE_URL, TALK), ask(GENERATE_URL, put(TALK, 1, "generationConfig", "seed"))),
    (
        "thoughts or none",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, {}, "generationConfig", "thinkingConfig")),
    ),
    (
        "a thought said aloud",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, cut(TALK, "contents", 1, "parts", 0, "thought")),
    ),
    ("a picture's bytes", ask(GENERATE_URL, seen(PNG)), ask(GENERATE_URL, seen("iVBORw0KGgo+/+9AAA=="))),
    ("a picture's type", ask(GENERATE_URL, seen(PNG)), ask(GENERATE_URL, seen(PNG, kind="image/gif"))),
    ("a text that is base64", ask(GENERATE_URL, said("a+b/")), ask(GENERATE_URL, said("a-b_"))),
    (
        "a file",
        ask(GENERATE_URL, {"contents": [{"parts": [{"fileData": {"fileUri": "gs://made-up/a.png"}}]}]}),
        ask(GENERATE_URL, {"contents": [{"parts": [{"fileData": {"fileUri": "gs://made-up/b.png"}}]}]}),
    ),
    (
        "turns in another order",
        ask(GENERATE_URL, TALK),
        ask(GENERATE_URL, put(TALK, TALK["contents"][::-1], "contents")),
    ),
    ("a turn less", ask(GENERATE_URL, TALK), ask(GENERATE_URL, cut(TALK, "contents", 2))),
    (
        "a safety setting",
        ask(GENERATE_URL, said("x", safetySettings=[{"category": "A", "threshold": "BLOCK_NONE"}])),
        ask(GENERATE_URL, said("x", safetySettings=[{"category": "A", "threshold": "OFF"}])),
    ),
    (
        "which functions may be called",
        ask(GENERATE_URL, put(TALK, {"functionCallingConfig": {"mode": "ANY"}}, "toolConfig")),
        ask(GENERATE_URL, put(TALK, {"functionCallingConfig": {"mode": "AUTO"}}, "toolConfig")),
    ),
    (
        "an answer's schema",
        ask(GENERATE_URL, said("x", generationConfig={"responseSchema": {"type": "STRING"}})),
        ask(GENERATE_URL, said("x", generationConfig={"responseSchema": {"type": "STRING", "default": None}})),
    ),
    (
        "a cached prompt or none",
        ask(GENERATE_URL, said("x", cachedContent="cachedContents/a")),
        ask(GENERATE_URL, said("x")),
    ),
    ("labels", ask(GENERATE_URL, said("x", labels={"team": "a"})), ask(GENERATE_URL, said("x", labels={"team": "b"}))),
    ("a model", ask(GENERATE_URL, TALK), ask(f"{HOME}/models/gemini-2.5-flash:generateContent", TALK)),
    ("a tuned model", ask(GENERATE_URL, TALK), ask(f"{HOME}/tunedModels/gemini-2.5-pro:generateContent", TALK)),
    ("streamed or not", ask(GENERATE_URL, TALK), ask(STREAM_URL, TALK)),
    ("as events or as an array", ask(STREAM_URL, TALK), ask(f"{STREAM_URL}?alt=sse", TALK)),
    (
        "numbers for enums",
        ask(f"{ON_VERTEX_PRO}:generateContent", TALK),
        ask(f"{ON_VERTEX_PRO}:generateContent?$alt=json;enum-encoding=int", TALK),
    ),
    ("counted or answered", ask(GENERATE_URL, TALK), ask(f"{PRO}:countTokens", TALK)),
    ("the Gemini API or Vertex AI", ask(GENERATE_URL, TALK), ask(f"{ON_VERTEX_PRO}:generateContent", TALK)),
    (
        "a project",
        ask(f"{ON_VERTEX_PRO}:generateContent", TALK),
        ask(f"{ON_VERTEX_PRO}:generateContent".replace("made-up", "other"), TALK),
    ),
    (
        "a location in the path",
        ask(f"{ON_VERTEX_PRO}:generateContent", TALK),
        ask(f"{ON_VERTEX_PRO}:generateContent".replace("locations/us-central1", "locations/global"), TALK),
    ),
    (
        "a location in the host",
        ask(f"{ON_VERTEX_PRO}:generateContent", TALK),
        ask(f"{ON_VERTEX_PRO}:generateContent".replace("us-central1-ai", "europe-west4-ai"), TALK),
    ),
    (
        "an endpoint",
        ask(f"{PLACE}/endpoints/77:generateContent", TALK),
        ask(f"{PLACE}/endpoints/78:generateContent", TALK),
    ),
    ("a text to embed", ask(f"{PRO}:embedContent", embedded("x")), ask(f"{PRO}:embedContent", embedded("y"))),
    (
        "what to embed it for",
        ask(f"{PRO}:embedContent", embedded("x", taskType="A")),
        ask(f"{PRO}:embedContent", embedded("x", taskType="B")),
    ),
    (
        "texts in another order",
        ask(f"{PRO}:batchEmbedContents", {"requests": [embedded("x"), embedded("y")]}),
        ask(f"{PRO}:batchEmbedContents", {"requests": [embedded("y"), embedded("x")]}),
    ),
    (
        "another cached prompt",
        ask(f"{HOME}/cachedContents/a", method="GET"),
        ask(f"{HOME}/cachedContents/b", method="GET"),
    ),
    (
        "how long to cache",
        ask(f"{HOME}/cachedContents", {"model": "m", "ttl": "60s"}),
        ask(f"{HOME}/cachedContents", {"model": "m", "ttl": "90s"}),
    ),
    ("another model's card", ask(f"{HOME}/models/a", method="GET"), ask(f"{HOME}/models/b", method="GET")),
    ("another page", ask(f"{HOME}/models?pageToken=a", method="GET"), ask(f"{HOME}/models?pageToken=b", method="GET")),
    ("another file's card", ask(f"{HOME}/files/a", method="GET"), ask(f"{HOME}/files/b", method="GET")),
    (
        "a file's bytes",
        ask(f"{HOST}/upload/v1beta/files?upload_id=A", b"x"),
        ask(f"{HOST}/upload/v1beta/files?upload_id=A", b"y"),
    ),
    (
        "an instance",
        ask(f"{ON_VERTEX_PRO}:predict", {"instances": [{"content": "x"}]}),
        ask(f"{ON_VERTEX_PRO}:predict", {"instances": [{"content": "y"}]}),
    ),
    (
        "a word in a batch",
        ask(f"{PRO}:batchGenerateContent", batch(said("a"))),
        ask(f"{PRO}:batchGenerateContent", batch(said("b"))),
    ),
    (
        "whose result it is, inside turns",
        ask(INTERACTIONS, TURNS),
        ask(INTERACTIONS, put(TURNS, "k1w0zx7d", "input", 1, "content", 0, "call_id")),
    ),
    (
        "what a tool gave an interaction",
        ask(INTERACTIONS, INTERACTION),
        ask(INTERACTIONS, put(INTERACTION, "28", "input", 2, "result")),
    ),
    (
        "an interaction's model",
        ask(INTERACTIONS, INTERACTION),
        ask(INTERACTIONS, put(INTERACTION, "gemini-3-pro", "model")),
    ),
    ("another interaction", ask(f"{INTERACTIONS}/a", method="GET"), ask(f"{INTERACTIONS}/b", method="GET")),
    (
        "another Claude",
        ask(f"{CLAUDE}:rawPredict", claude()),
        ask(f"{CLAUDE.replace('4-5', '4-0')}:rawPredict", claude()),
    ),
    ("Claude streamed or not", ask(f"{CLAUDE}:rawPredict", claude()), ask(f"{CLAUDE}:streamRawPredict", claude())),
    (
        "what Claude's tool gave",
        ask(f"{CLAUDE}:rawPredict", claude()),
        ask(f"{CLAUDE}:rawPredict", respelt(claude(), ('"27"', '"28"'))),
    ),
)


@pytest.mark.parametrize("row", SAME, ids=names)
def test_same(row: Row) -> None:
    """What differs between the two does not change what was asked."""
    match(row, "gemini")


@pytest.mark.parametrize("row", DIFFERENT, ids=names)
def test_different(row: Row) -> None:
    """What differs between the two was asked."""
    differ(row, "gemini")


def test_the_corpus_finds_its_own() -> None:
    """Every recorded request is known, finds its own position in order, and is taken for no other."""
    count, wrong = own_positions("gemini", "generativelanguage.googleapis.com", "aiplatform.googleapis.com")
    assert wrong == []
    assert count > 100


def test_the_rows_keep_the_rules() -> None:
    """Every row has a reason, stands once, and leaves out nothing that was asked."""
    follow(GEMINI)


def test_a_key_of_two_words_stands_in_both_spellings() -> None:
    """Each row whose path has a camelCase key has a sibling with the snake_case one."""
    paths = {rule.path for rule in GENERATE}
    for path in paths:
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in path)
        assert snake in paths


def test_a_signature_is_bytes_and_an_id() -> None:
    """Both rules of a signature apply: one spelling first, then one name."""
    form = canonical(ask(GENERATE_URL, put(TALK, SIGNED_URL, *CALLED, "thoughtSignature")))
    applied = [rule.action for rule in form.rules if rule.path == "contents[*].parts[*].thoughtSignature"]
    assert applied == ["base64", "id"]


@pytest.mark.parametrize(
    ("method", "url", "body", "name"),
    [
        ("POST", f"{PRO}:generateContent", TALK, "generateContent"),
        ("POST", f"{PRO}:streamGenerateContent?alt=sse", TALK, "streamGenerateContent"),
        ("POST", f"{PRO}:countTokens", TALK, "countTokens"),
        ("POST", f"{PRO}:embedContent", embedded("x"), "embedContent"),
        ("POST", f"{PRO}:batchEmbedContents", {"requests": []}, "batchEmbedContents"),
        ("POST", f"{HOST}/v1/models/text-embedding-004:embedContent", embedded("x"), "embedContent"),
        ("POST", f"{HOME}/tunedModels/mine:generateContent", TALK, "generateContent"),
        ("POST", f"{HOME}/cachedContents", {"model": "m"}, "cachedContents.create"),
        ("GET", f"{HOME}/cachedContents", None, "cachedContents.list"),
        ("GET", f"{HOME}/cachedContents/a", None, "cachedContents.get"),
        ("PATCH", f"{HOME}/cachedContents/a?updateMask=ttl", {"ttl": "1s"}, "cachedContents.patch"),
        ("DELETE", f"{HOME}/cachedContents/a", None, "cachedContents.delete"),
        ("POST", f"{PRO}:batchGenerateContent", batch(TALK), "batchGenerateContent"),
        ("POST", f"{HOME}/batches/a:cancel", None, "batches.cancel"),
        ("GET", f"{HOME}/batches/a", None, "batches.get"),
        ("POST", INTERACTIONS, {"agent": "deep-research", "input": "x"}, "interactions.create"),
        ("GET", f"{INTERACTIONS}/a?stream=true", None, "interactions.get"),
        ("POST", f"{INTERACTIONS}/a/cancel", None, "interactions.cancel"),
        ("GET", f"{HOME}/models", None, "models.list"),
        ("GET", f"{HOME}/models/gemini-2.5-pro", None, "models.get"),
        ("POST", f"{HOST}/upload/v1beta/files", {"file": {"display_name": "a"}}, "files.upload"),
        ("GET", f"{HOME}/files/a", None, "files.get"),
        ("DELETE", f"{HOME}/files/a", None, "files.delete"),
        ("GET", f"{HOME}/files/a:download?alt=media", None, "files.download"),
        ("POST", f"{ON_VERTEX_PRO}:generateContent", TALK, "generateContent"),
        ("POST", f"{ON_VERTEX_PRO}:streamGenerateContent", TALK, "streamGenerateContent"),
        ("POST", f"{ON_VERTEX_PRO}:countTokens", TALK, "countTokens"),
        ("POST", f"{ON_VERTEX_PRO}:predict", {"instances": []}, "predict"),
        ("POST", f"{PLACE}/endpoints/77:streamGenerateContent", TALK, "streamGenerateContent"),
        ("POST", f"{PLACE}/cachedContents", {"model": "m"}, "cachedContents.create"),
        ("GET", f"{PLACE}/cachedContents/77", None, "cachedContents.get"),
        ("GET", f"{VERTEX}/publishers/google/models", None, "models.list"),
        ("GET", f"{VERTEX}/publishers/google/models/gemini-2.5-pro", None, "models.get"),
        ("POST", f"{CLAUDE}:rawPredict", claude(), "rawPredict.messages"),
        ("POST", f"{CLAUDE}:streamRawPredict", claude(), "streamRawPredict.messages"),
        (
            "POST",
            f"{PLACE}/publishers/anthropic/models/count-tokens:rawPredict",
            claude(model="claude-sonnet-4-5"),
            "rawPredict.count_tokens",
        ),
        (
            "POST",
            "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/publishers/google/models/m:generateContent",
            TALK,
            "generateContent",
        ),
        ("POST", "http://localhost:9/v1beta/models/m:generateContent", TALK, "generateContent"),
        (
            "POST",
            "https://gateway.example.com/a/google-ai-studio/v1beta/models/m:generateContent",
            TALK,
            "generateContent",
        ),
    ],
)
def test_every_call_is_known(method: str, url: str, body: Json, name: str) -> None:
    """Both families of URLs are known, and what stands on another host by its path and body."""
    found = find(method, url, body)
    assert found is not None
    assert (found[0].name, found[1].name) == ("gemini", name)


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("POST", "https://storage.googleapis.com/v1/models/m:generateContent", {"text": "x"}),
        ("POST", "https://example.com/m:generateContent", None),
        ("GET", f"{PLACE}/models/77", None),
        ("GET", f"{PLACE}/datasets", None),
        ("POST", f"{PRO}:of_tomorrow", TALK),
    ],
)
def test_what_is_no_call_of_ours(method: str, url: str, body: Json) -> None:
    """Another API on Google's hosts, and a path alone on somebody else's, are none."""
    assert find(method, url, body) is None


def test_googles_openai_paths_are_openais() -> None:
    """What Google's hosts answer in OpenAI's words is OpenAI's API."""
    body = {"model": "gemini-2.5-pro", "messages": []}
    for url in (f"{HOME}/openai/chat/completions", f"{PLACE}/endpoints/openapi/chat/completions"):
        found = find("POST", url, body)
        assert found is not None
        assert found[0].name == "openai"


def test_every_class_named_in_a_row_is_there() -> None:
    """Each reply and chunk is a class of the installed SDK."""
    types = pytest.importorskip("google.genai.types", reason="google-genai is not installed here")
    own = [one for one in GEMINI.endpoints if one not in ON_VERTEX]
    for name in {name for one in own for name in (one.reply, one.chunk, one.items)} - {""}:
        module, _, attribute = name.rpartition(".")
        assert importlib.import_module(module) is types
        assert isinstance(getattr(types, attribute), type)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("generateContent", {"candidates": [{"content": {"parts": [{"text": "x"}], "role": "model"}}]}),
        ("countTokens", {"totalTokens": 7, "cachedContentTokenCount": 1}),
        ("batchEmbedContents", {"embeddings": [{"values": [0.5, 0.25]}]}),
        (
            "cachedContents.get",
            {"name": "cachedContents/a", "model": "models/m", "usageMetadata": {"totalTokenCount": 9}},
        ),
    ],
)
def test_an_answer_is_its_class(call: str, answer: Json) -> None:
    """What the API documents as an answer is, as it stands, that class of the SDK."""
    types = pytest.importorskip("google.genai.types", reason="google-genai is not installed here")
    endpoint = next(one for one in GEMINI.endpoints if one.name == call)
    kind = getattr(types, type_name(endpoint, answer).rpartition(".")[2])
    assert kind.model_validate(answer)
