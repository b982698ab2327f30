"""Which requests to Anthropic's API are the same, which are not, and the rows against the SDK that is installed."""

from __future__ import annotations

import gzip
import importlib
import json
import typing
from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints

import pytest
from anthropic.types import RawMessageStreamEvent
from anthropic.types import message_create_params as plain
from anthropic.types.beta import message_create_params as beta
from typing_extensions import is_typeddict

from llmvcr.providers import find, type_name
from llmvcr.providers.anthropic import ANTHROPIC, MESSAGE_EVENTS, ON_BEDROCK, ON_VERTEX
from llmvcr.providers.anthropic_rules import BATCH, MESSAGE
from llmvcr.providers.base import Endpoint
from providers.pairs import Row, ask, cut, differ, follow, form, match, names, own_positions, put, respelt

HOME = "https://api.anthropic.com/v1"
MESSAGES = f"{HOME}/messages"
COUNT = f"{MESSAGES}/count_tokens"
BATCHES = f"{MESSAGES}/batches"
FILES = f"{HOME}/files"

A, B = "toolu_01J6o2qkSSqoxU6ag4DziCKf", "toolu_01NPuqyp5xW4LakGXWKD7XFR"
C, D = "toolu_01Xk3vTf9QmZr8LwYc2Hd5Np", "toolu_01Bq7sVn4JxKe6RtMu9Wg3Fz"
S, S2 = "srvtoolu_01A3QvXzgCJ1GVxcqPRWwUt3", "srvtoolu_01F9GUNLCL8F2quc5N9HwdST"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"
EPHEMERAL = {"type": "ephemeral"}

TALK: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 1024,
    "temperature": 0.7,
    "system": [{"type": "text", "text": "You are terse.", "cache_control": EPHEMERAL}],
    "tools": [
        {
            "name": "get_weather",
            "description": "The weather of a city.",
            "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
        {"name": "get_user", "description": "A user.", "input_schema": {"type": "object", "properties": {}}},
    ],
    "messages": [
        {"role": "user", "content": "Is it warmer in Paris or in Rome?"},
        {
            "role": "assistant",
            "content": [
                {
                    "type": "thinking",
                    "thinking": "Two cities.",
                    "signature": "EuYhCkYICxgCKkBwU3thXaGZbq6zvmVZl36gpQ==",
                },
                {"type": "text", "text": "I look at both."},
                {"type": "tool_use", "id": A, "name": "get_weather", "input": {"city": "Paris", "id": "p1"}},
                {"type": "tool_use", "id": B, "name": "get_weather", "input": {"city": "Rome", "id": "r1"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": A, "content": '{"celsius": 21}'},
                {"type": "tool_result", "tool_use_id": B, "content": [{"type": "text", "text": "27"}]},
            ],
        },
    ],
}

FOUND: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 4096,
    "container": "container_011CVwfKJZEi4JGBpL5TvMbY",
    "tools": [
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
        {"type": "code_execution_20250825", "name": "code_execution"},
    ],
    "mcp_servers": [{"type": "url", "url": "https://mcp.example.com/mcp", "name": "wiki"}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Find and compute."}]},
        {
            "role": "assistant",
            "content": [
                {
                    "type": "redacted_thinking",
                    "data": "EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpPkNR",
                },
                {"type": "server_tool_use", "id": S, "name": "web_search", "input": {"query": "angular"}},
                {
                    "type": "web_search_tool_result",
                    "tool_use_id": S,
                    "content": [
                        {
                            "type": "web_search_result",
                            "url": "https://angular.example.com/a",
                            "title": "Angular",
                            "encrypted_content": "EvEHCioIDRgCIiQzOTYzNWQzYi1lYmZkLTQ5ODctOWE0",
                            "page_age": None,
                        }
                    ],
                },
                {
                    "type": "text",
                    "text": "It says so.",
                    "citations": [
                        {
                            "type": "web_search_result_location",
                            "url": "https://angular.example.com/a",
                            "title": "Angular",
                            "cited_text": "so",
                            "encrypted_index": "EpABCioIDRgCIiQzOTYzNWQzYi1lYmZkLTQ5ODct",
                        }
                    ],
                },
                {"type": "server_tool_use", "id": S2, "name": "bash_code_execution", "input": {"command": "ls"}},
                {
                    "type": "bash_code_execution_tool_result",
                    "tool_use_id": S2,
                    "content": {
                        "type": "bash_code_execution_result",
                        "stdout": "a.csv",
                        "stderr": "",
                        "return_code": 0,
                        "content": [{"type": "bash_code_execution_output", "file_id": "file_011CcaGqp49CHWC9QwfT9KUR"}],
                    },
                },
                {
                    "type": "tool_use",
                    "id": A,
                    "name": "get_user",
                    "input": {},
                    "caller": {"type": "code_execution_20250825", "tool_id": S2},
                },
                {
                    "type": "mcp_tool_use",
                    "id": "mcptoolu_01H3fXhEc4sYqTnVbGdPzLw8",
                    "name": "read",
                    "server_name": "wiki",
                },
                {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_01H3fXhEc4sYqTnVbGdPzLw8", "content": "x"},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": A, "content": "Ada"},
                {"type": "container_upload", "file_id": "file_011CXPoRmVQC8wQiCnmgu2M7"},
                {"type": "image", "source": {"type": "file", "file_id": "file_011CXQt8tedAbHa2D3yxVXm9"}},
            ],
        },
    ],
}


def said(text: str | list[dict[str, Any]], **more: object) -> dict[str, Any]:
    """A message of one sentence, or of blocks."""
    return {"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": [{"role": "user", "content": text}], **more}


def seen(**source: object) -> dict[str, Any]:
    """A message of one picture."""
    return said([{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}])


def batch(body: object, custom_id: str = "first") -> dict[str, Any]:
    """A batch of two messages."""
    return {"requests": [{"custom_id": custom_id, "params": body}, {"custom_id": "second", "params": said("Hi.")}]}


def upload(boundary: str = "aaa", data: bytes = b"%PDF-1.7\n\xff", name: str = "a.pdf") -> bytes:
    """The body of an upload."""
    return form(boundary, (f'name="file"; filename="{name}"\r\nContent-Type: application/pdf', data))


LAST = ("messages", 2, "content")
NEW_IDS = ((A, C), (B, D))


def quoting(one: str, text: str) -> Any:
    """The conversation, its first call named `one`, with a text of the user at its end."""
    return put(respelt(TALK, (A, one)), {"type": "text", "text": text.format(one)}, *LAST, 2)


SAME: tuple[Row, ...] = (
    ("tool ids drawn anew", ask(MESSAGES, TALK), ask(MESSAGES, respelt(TALK, *NEW_IDS))),
    ("tool ids that stand in each other's place", ask(MESSAGES, TALK), ask(MESSAGES, respelt(TALK, (A, B), (B, A)))),
    (
        "tool ids of the application's making",
        ask(MESSAGES, TALK),
        ask(MESSAGES, respelt(TALK, (A, "call-1"), (B, "call-2"))),
    ),
    (
        "tool ids that are uuids",
        ask(MESSAGES, respelt(TALK, (A, "0b51a2c4-6f3e-4d1b-9c7a-5e2f8d904b13"))),
        ask(MESSAGES, respelt(TALK, (A, "7d9e3f10-2a4b-4c6d-8e5f-1b0c9a8d7e62"))),
    ),
    (
        "tool ids of Bedrock and of Vertex",
        ask(MESSAGES, respelt(TALK, (A, "toolu_bdrk_01LZ7hNdG3vQx5TfKc8YwRm2"))),
        ask(MESSAGES, respelt(TALK, (A, "toolu_vrtx_01Pd6eJw9BsVn4XqHk3CzTg7"))),
    ),
    (
        "a signature drawn anew",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(TALK, "EqwCCmMIDxgCKkAqDq8szuZd3fCFfIa5z+xGqvc=", "messages", 1, "content", 0, "signature")),
    ),
    (
        "redacted thinking encrypted anew",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, "EroBCkgIARABGAIiQJ8vyPhBbGvVdW4r7tXe", "messages", 1, "content", 0, "data")),
    ),
    (
        "ids of server tools drawn anew",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, respelt(FOUND, (S, "srvtoolu_01" + "Ab3" * 7))),
    ),
    (
        "the id of the tool that called, drawn anew with it",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, respelt(FOUND, (S2, "srvtoolu_01" + "Zy9" * 7))),
    ),
    (
        "ids of MCP tools drawn anew",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, respelt(FOUND, ("mcptoolu_01H3fXhEc4sYqTnVbGdPzLw8", "mcptoolu_01Xx7Rr2Qq9Vv4Tt8Bb3Nn"))),
    ),
    (
        "what a search found, encrypted anew",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, "Eq0eCioIDRgCIiQ", "messages", 1, "content", 2, "content", 0, "encrypted_content")),
    ),
    (
        "the place of a citation, encrypted anew",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, "EpMBCioIDRgCIiQ", "messages", 1, "content", 3, "citations", 0, "encrypted_index")),
    ),
    (
        "a container drawn anew",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, "container_018t3shgKLWFUp5P77cqGq3D", "container")),
    ),
    (
        "a container with skills drawn anew",
        ask(MESSAGES, put(FOUND, {"id": "container_011CVwfKJZEi4JGBpL5TvMbY", "skills": []}, "container")),
        ask(MESSAGES, put(FOUND, {"id": "container_018t3shgKLWFUp5P77cqGq3D", "skills": []}, "container")),
    ),
    (
        "a generated file's id drawn anew",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, respelt(FOUND, ("file_011CcaGqp49CHWC9QwfT9KUR", "file_011CZzYyXxWwVvUuTtSsRrQq"))),
    ),
    (
        "an uploaded file's id drawn anew",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, respelt(FOUND, ("file_011CXPoRmVQC8wQiCnmgu2M7", "file_011CAaBbCcDdEeFfGgHhJjKk"))),
    ),
    (
        "a picture's file id drawn anew",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, respelt(FOUND, ("file_011CXQt8tedAbHa2D3yxVXm9", "file_011CLlMmNnPpQqRrSsTtUuVv"))),
    ),
    (
        "a picture's file id inside a tool's result",
        ask(
            MESSAGES,
            put(TALK, [{"type": "image", "source": {"type": "file", "file_id": "file_1"}}], *LAST, 0, "content"),
        ),
        ask(
            MESSAGES,
            put(TALK, [{"type": "image", "source": {"type": "file", "file_id": "file_2"}}], *LAST, 0, "content"),
        ),
    ),
    (
        "a compaction encrypted anew",
        ask(MESSAGES, said([{"type": "compaction", "content": "So far.", "encrypted_content": "Eo8B"}])),
        ask(MESSAGES, said([{"type": "compaction", "content": "So far.", "encrypted_content": "Ep4C"}])),
    ),
    (
        "an earlier message's id drawn anew",
        ask(MESSAGES, said("Hi.", diagnostics={"previous_message_id": "msg_01HQ2xY7vKc9Lm4TnRp8SdWe"})),
        ask(MESSAGES, said("Hi.", diagnostics={"previous_message_id": "msg_01ZbN5fGj3Vt6XqPw8KhCs2A"})),
    ),
    (
        "a thread's last message drawn anew",
        ask(MESSAGES, said("Hi.", thread={"type": "continue", "previous_message_id": "msg_01HQ2xY7vKc9Lm4TnRp8SdWe"})),
        ask(MESSAGES, said("Hi.", thread={"type": "continue", "previous_message_id": "msg_01ZbN5fGj3Vt6XqPw8KhCs2A"})),
    ),
    (
        "a tool id quoted in a text",
        ask(MESSAGES, quoting(A, "What did {} say?")),
        ask(MESSAGES, quoting(C, "What did {} say?")),
    ),
    (
        "a tool id quoted in JSON that a text holds",
        ask(MESSAGES, quoting(A, '[{{"id": "{}", "ok": true}}]')),
        ask(MESSAGES, quoting(C, '[{{"id": "{}", "ok": true}}]')),
    ),
    (
        "a tool id quoted in a tool's result",
        ask(MESSAGES, put(TALK, f"27 after {A}", *LAST, 1, "content", 0, "text")),
        ask(MESSAGES, respelt(put(TALK, f"27 after {A}", *LAST, 1, "content", 0, "text"), (A, C))),
    ),
    (
        "an id behind a prefix of the server's, in a text alone",
        ask(MESSAGES, said("Explain toolu_01HgrXCddLEPg6Gqrd9BD6cH.")),
        ask(MESSAGES, said("Explain toolu_01Zs8KvNw3YxLq7TcMf4RbPd.")),
    ),
    ("beta came", ask(MESSAGES, TALK), ask(f"{MESSAGES}?beta=true", TALK)),
    ("beta went, and the ids are new", ask(f"{MESSAGES}?beta=true", TALK), ask(MESSAGES, respelt(TALK, *NEW_IDS))),
    ("beta came, counting", ask(COUNT, TALK), ask(f"{COUNT}?beta=true", TALK)),
    ("beta came, of a file", ask(f"{FILES}/f", method="GET"), ask(f"{FILES}/f?beta=true", method="GET")),
    ("beta came, of a batch", ask(BATCHES, batch(TALK)), ask(f"{BATCHES}?beta=true", batch(TALK))),
    (
        "cache_control null",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(TALK, None, "messages", 1, "content", 1, "cache_control")),
    ),
    (
        "cache_control null inside a tool's result",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(TALK, None, *LAST, 1, "content", 0, "cache_control")),
    ),
    ("cache_control null at the top", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, None, "cache_control"))),
    ("citations null", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, None, "messages", 1, "content", 1, "citations"))),
    ("a system block's citations null", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, None, "system", 0, "citations"))),
    (
        "page_age null",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, cut(FOUND, "messages", 1, "content", 2, "content", 0, "page_age")),
    ),
    ("no container", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, None, "container"))),
    ("no user", ask(MESSAGES, said("Hi.", metadata={})), ask(MESSAGES, said("Hi.", metadata={"user_id": None}))),
    ("a tool's limits null", ask(MESSAGES, FOUND), ask(MESSAGES, put(FOUND, None, "tools", 0, "allowed_domains"))),
    ("a tool's place null", ask(MESSAGES, FOUND), ask(MESSAGES, put(FOUND, None, "tools", 0, "user_location"))),
    (
        "a tool's uses null",
        ask(MESSAGES, cut(FOUND, "tools", 0, "max_uses")),
        ask(MESSAGES, put(FOUND, None, "tools", 0, "max_uses")),
    ),
    ("a tool's type null", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, None, "tools", 0, "type"))),
    ("keys in another order", ask(MESSAGES, TALK), ask(MESSAGES, json.dumps(TALK, sort_keys=True).encode())),
    ("other blanks", ask(MESSAGES, TALK), ask(MESSAGES, json.dumps(TALK, indent=2).encode())),
    (
        "escapes",
        ask(MESSAGES, json.dumps(said("Grüße 🦀")).encode()),
        ask(MESSAGES, json.dumps(said("Grüße 🦀"), ensure_ascii=False).encode()),
    ),
    ("1 and 1.0", ask(MESSAGES, said("Hi.", temperature=1)), ask(MESSAGES, said("Hi.", temperature=1.0))),
    ("a body that is gzipped", ask(MESSAGES, TALK), ask(MESSAGES, gzip.compress(json.dumps(TALK).encode(), mtime=0))),
    (
        "headers of another SDK",
        ask(MESSAGES, TALK, ("x-api-key", "sk-made-up-key"), ("x-stainless-package-version", "0.39.0")),
        ask(MESSAGES, TALK, ("anthropic-version", "2023-06-01"), ("user-agent", "curl/8")),
    ),
    ("the method in small letters", ask(MESSAGES, TALK), ask(MESSAGES, TALK, method="post")),
    ("the scheme's own port", ask(MESSAGES, TALK), ask("https://api.anthropic.com:443/v1/messages", TALK)),
    ("/v1 twice", ask(MESSAGES, TALK), ask("https://api.anthropic.com/v1/v1/messages", TALK)),
    ("a fragment", ask(MESSAGES, TALK), ask(f"{MESSAGES}#stream", TALK)),
    (
        "another port of this machine",
        ask("http://localhost:8080/v1/messages", TALK),
        ask("http://127.0.0.1:9999/v1/messages", respelt(TALK, *NEW_IDS)),
    ),
    (
        "another SDK on Azure",
        ask("https://made-up.services.ai.azure.com/anthropic/v1/messages", TALK),
        ask("https://made-up.services.ai.azure.com/anthropic/v1/messages?beta=true", respelt(TALK, *NEW_IDS)),
    ),
    ("ids drawn anew, counting", ask(COUNT, TALK), ask(COUNT, respelt(TALK, *NEW_IDS))),
    ("ids drawn anew in a batch", ask(BATCHES, batch(TALK)), ask(BATCHES, batch(respelt(TALK, *NEW_IDS)))),
    (
        "nulls in a batch",
        ask(BATCHES, batch(TALK)),
        ask(BATCHES, batch(put(TALK, None, "messages", 1, "content", 1, "citations"))),
    ),
    ("another boundary", ask(FILES, upload("aaa")), ask(FILES, upload("zzz"))),
)

DIFFERENT: tuple[Row, ...] = (
    ("a word", ask(MESSAGES, said("Say hello.")), ask(MESSAGES, said("Say hallo."))),
    ("a role", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, "assistant", "messages", 0, "role"))),
    (
        "two results swapped",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(put(TALK, B, *LAST, 0, "tool_use_id"), A, *LAST, 1, "tool_use_id")),
    ),
    ("a result of a call that was not made", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, C, *LAST, 1, "tool_use_id"))),
    ("both results of one call", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, A, *LAST, 1, "tool_use_id"))),
    (
        "an argument",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(TALK, "Lyon", "messages", 1, "content", 2, "input", "city")),
    ),
    (
        "an argument that is called id",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(TALK, "p2", "messages", 1, "content", 2, "input", "id")),
    ),
    ("a tool taken away", ask(MESSAGES, TALK), ask(MESSAGES, cut(TALK, "tools", 1))),
    ("a tool's description", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, "Weather.", "tools", 0, "description"))),
    (
        "a type in a tool's schema",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(TALK, "number", "tools", 0, "input_schema", "properties", "city", "type")),
    ),
    (
        "tools in another order",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(TALK, [TALK["tools"][1], TALK["tools"][0]], "tools")),
    ),
    ("a null in a tool's schema", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, None, "tools", 0, "input_schema", "x"))),
    ("a tool's name", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, "weather", "messages", 1, "content", 2, "name"))),
    ("a model", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, "claude-sonnet-4-0", "model"))),
    (
        "a model of another day",
        ask(MESSAGES, said("Hi.", model="m-20250514")),
        ask(MESSAGES, said("Hi.", model="m-20250515")),
    ),
    ("max_tokens", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, 1025, "max_tokens"))),
    ("one ulp of temperature", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, 0.7000000000000001, "temperature"))),
    ("no temperature", ask(MESSAGES, TALK), ask(MESSAGES, cut(TALK, "temperature"))),
    ("top_k", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, 5, "top_k"))),
    ("the system's text", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, "You are tense.", "system", 0, "text"))),
    (
        "a stop sequence",
        ask(MESSAGES, said("Hi.", stop_sequences=["a"])),
        ask(MESSAGES, said("Hi.", stop_sequences=["b"])),
    ),
    ("streamed or not", ask(MESSAGES, TALK), ask(MESSAGES, TALK | {"stream": True})),
    ("stream false and absent", ask(MESSAGES, TALK), ask(MESSAGES, TALK | {"stream": False})),
    ("the thinking", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, "Three.", "messages", 1, "content", 0, "thinking"))),
    ("no thinking block", ask(MESSAGES, TALK), ask(MESSAGES, cut(TALK, "messages", 1, "content", 0))),
    ("no signature", ask(MESSAGES, TALK), ask(MESSAGES, cut(TALK, "messages", 1, "content", 0, "signature"))),
    (
        "how long to think",
        ask(MESSAGES, said("Hi.", thinking={"type": "enabled", "budget_tokens": 1024})),
        ask(MESSAGES, said("Hi.", thinking={"type": "enabled", "budget_tokens": 2048})),
    ),
    (
        "a picture's bytes",
        ask(MESSAGES, seen(type="base64", media_type="image/png", data=PNG)),
        ask(MESSAGES, seen(type="base64", media_type="image/png", data=PNG[:-1] + "C")),
    ),
    (
        "a picture's type",
        ask(MESSAGES, seen(type="base64", media_type="image/png", data=PNG)),
        ask(MESSAGES, seen(type="base64", media_type="image/gif", data=PNG)),
    ),
    (
        "a picture's address",
        ask(MESSAGES, seen(type="url", url="https://example.com/a.png")),
        ask(MESSAGES, seen(type="url", url="https://example.com/b.png")),
    ),
    (
        "a text in a document's source",
        ask(MESSAGES, seen(type="text", media_type="text/plain", data="a-b")),
        ask(MESSAGES, seen(type="text", media_type="text/plain", data="a+b")),
    ),
    ("a tool's result", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, '{"celsius": 22}', *LAST, 0, "content"))),
    ("a result that is an error", ask(MESSAGES, TALK), ask(MESSAGES, put(TALK, True, *LAST, 0, "is_error"))),  # noqa: FBT003
    (
        "which tool to take",
        ask(MESSAGES, put(TALK, {"type": "any"}, "tool_choice")),
        ask(MESSAGES, put(TALK, {"type": "tool", "name": "get_user"}, "tool_choice")),
    ),
    (
        "a cache kept longer",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(TALK, {"type": "ephemeral", "ttl": "1h"}, "system", 0, "cache_control")),
    ),
    ("no cache", ask(MESSAGES, TALK), ask(MESSAGES, cut(TALK, "system", 0, "cache_control"))),
    (
        "the caller's user",
        ask(MESSAGES, said("Hi.", metadata={"user_id": "ada"})),
        ask(MESSAGES, said("Hi.", metadata={"user_id": "bob"})),
    ),
    (
        "messages in another order",
        ask(MESSAGES, TALK),
        ask(MESSAGES, put(TALK, [TALK["messages"][i] for i in (0, 2, 1)], "messages")),
    ),
    ("a turn less", ask(MESSAGES, TALK), ask(MESSAGES, cut(TALK, "messages", 2))),
    (
        "where a search found it",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, "https://b.example.com", "messages", 1, "content", 2, "content", 0, "url")),
    ),
    (
        "what was cited",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, "thus", "messages", 1, "content", 3, "citations", 0, "cited_text")),
    ),
    (
        "what a server tool was asked",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, "react", "messages", 1, "content", 1, "input", "query")),
    ),
    (
        "what a server tool printed",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, "b.csv", "messages", 1, "content", 5, "content", "stdout")),
    ),
    (
        "which server tool called",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, S, "messages", 1, "content", 6, "caller", "tool_id")),
    ),
    ("how often to search", ask(MESSAGES, FOUND), ask(MESSAGES, put(FOUND, 3, "tools", 0, "max_uses"))),
    (
        "an MCP server",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, put(FOUND, "https://mcp.example.org/mcp", "mcp_servers", 0, "url")),
    ),
    ("no container", ask(MESSAGES, FOUND), ask(MESSAGES, cut(FOUND, "container"))),
    (
        "a skill",
        ask(MESSAGES, put(FOUND, {"skills": [{"type": "anthropic", "skill_id": "pptx"}]}, "container")),
        ask(MESSAGES, put(FOUND, {"skills": [{"type": "anthropic", "skill_id": "xlsx"}]}, "container")),
    ),
    (
        "a file twice, and two files",
        ask(MESSAGES, FOUND),
        ask(MESSAGES, respelt(FOUND, ("file_011CXQt8tedAbHa2D3yxVXm9", "file_011CXPoRmVQC8wQiCnmgu2M7"))),
    ),
    (
        "effort",
        ask(MESSAGES, said("Hi.", output_config={"effort": "low"})),
        ask(MESSAGES, said("Hi.", output_config={"effort": "high"})),
    ),
    ("service_tier", ask(MESSAGES, said("Hi.")), ask(MESSAGES, said("Hi.", service_tier="auto"))),
    (
        "a name in a text that looks like an id",
        ask(MESSAGES, said("Call toolu_get_the_weather now.")),
        ask(MESSAGES, said("Call toolu_get_the_climate now.")),
    ),
    (
        "a uuid in a text",
        ask(MESSAGES, said("User 0b51a2c4-6f3e-4d1b-9c7a-5e2f8d904b13.")),
        ask(MESSAGES, said("User 7d9e3f10-2a4b-4c6d-8e5f-1b0c9a8d7e62.")),
    ),
    ("counted or answered", ask(MESSAGES, TALK), ask(COUNT, TALK)),
    ("another query", ask(f"{BATCHES}?limit=2", method="GET"), ask(f"{BATCHES}?limit=3", method="GET")),
    ("a page", ask(f"{FILES}?limit=2", method="GET"), ask(f"{FILES}?limit=2&after_id=file_1", method="GET")),
    ("another batch", ask(f"{BATCHES}/msgbatch_1", method="GET"), ask(f"{BATCHES}/msgbatch_2", method="GET")),
    (
        "a batch or its results",
        ask(f"{BATCHES}/msgbatch_1", method="GET"),
        ask(f"{BATCHES}/msgbatch_1/results", method="GET"),
    ),
    ("another file", ask(f"{FILES}/file_1", method="GET"), ask(f"{FILES}/file_2", method="GET")),
    ("read or deleted", ask(f"{FILES}/file_1", method="GET"), ask(f"{FILES}/file_1", method="DELETE")),
    ("another model's card", ask(f"{HOME}/models/a", method="GET"), ask(f"{HOME}/models/b", method="GET")),
    ("the caller's id in a batch", ask(BATCHES, batch(TALK)), ask(BATCHES, batch(TALK, "other"))),
    (
        "two results swapped in a batch",
        ask(BATCHES, batch(TALK)),
        ask(BATCHES, batch(put(put(TALK, B, *LAST, 0, "tool_use_id"), A, *LAST, 1, "tool_use_id"))),
    ),
    ("a file's bytes", ask(FILES, upload()), ask(FILES, upload(data=b"%PDF-1.7\n\xfe"))),
    ("a file's name", ask(FILES, upload()), ask(FILES, upload(name="b.pdf"))),
    ("another server", ask(MESSAGES, TALK), ask("https://gateway.example.com/v1/messages", TALK)),
    (
        "another gateway",
        ask("https://gateway.example.com/a/v1/messages", TALK),
        ask("https://gateway.example.com/b/v1/messages", TALK),
    ),
)


@pytest.mark.parametrize("row", SAME, ids=names)
def test_same(row: Row) -> None:
    """What differs between the two does not change what was asked."""
    match(row, "anthropic")


@pytest.mark.parametrize("row", DIFFERENT, ids=names)
def test_different(row: Row) -> None:
    """What differs between the two was asked."""
    differ(row, "anthropic")


def test_the_corpus_finds_its_own() -> None:
    """Every recorded request is known, finds its own position in order, and is taken for no other."""
    count, wrong = own_positions("anthropic", "anthropic.com")
    assert wrong == []
    assert count > 300


def test_the_rows_keep_the_rules() -> None:
    """Every row has a reason, stands once, and leaves out nothing that was asked."""
    follow(ANTHROPIC)


def _leaves(kind: Any, path: str, above: tuple[str, ...] = ()) -> Iterator[tuple[str, bool]]:
    # Every path below the SDK's own types, and whether null may stand there.
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Annotated, typing.Required, typing.NotRequired):
        yield from _leaves(arguments[0], path, above)
    elif origin is typing.Union:
        yield path, type(None) in arguments
        for one in arguments:
            yield from _leaves(one, path, above)
    elif is_typeddict(kind):
        if kind.__name__ not in above and len(above) < 8:
            for name, inner in get_type_hints(kind).items():
                yield from _leaves(inner, f"{path}.{name}" if path else name, (*above, kind.__name__))
    elif arguments and origin not in (dict, Mapping, typing.Literal) and not str(origin).endswith("Mapping'>"):
        yield from _leaves(arguments[0], f"{path}[*]", above)
    else:
        yield path, kind is type(None)


@pytest.fixture(scope="module")
def sdk() -> dict[str, bool]:
    """Every path of the parameters of a message, plain and beta, and whether null may stand there."""
    found: dict[str, bool] = {}
    for params in (plain.MessageCreateParamsNonStreaming, beta.MessageCreateParamsNonStreaming):
        for path, nullable in _leaves(params, ""):
            found[path] = found.get(path, False) or nullable
    return found


def test_nulls_are_nullable_in_the_sdk(sdk: dict[str, bool]) -> None:
    """A leaf may be null exactly where the SDK's own parameter types let it be."""
    assert {rule.path for rule in MESSAGE if rule.action == "null"} <= {
        path for path, nullable in sdk.items() if nullable
    }


def test_every_id_and_seal_of_the_sdk_has_a_row(sdk: dict[str, bool]) -> None:
    """What the SDK calls an id, a signature or encrypted is renamed, the caller's own words aside."""
    own = {"metadata.user_id", "user_profile_id", "workspace_id"}
    words = ("id", "file_id", "tool_id", "tool_use_id", "signature", "previous_message_id")
    there = {
        path for path in sdk if path.rpartition(".")[2].startswith("encrypted_") or path.rpartition(".")[2] in words
    }
    renamed = {rule.path for rule in MESSAGE if rule.action == "id"}
    assert len(there) > 15
    assert there - own - renamed == set()
    assert renamed - there <= {"container", "fallback_credit_token", "messages[*].content[*].data"}


def test_a_batch_has_the_rows_of_its_messages() -> None:
    """Each row of a message's body stands for each message of a batch."""
    assert [rule.path.removeprefix("requests[*].params.") for rule in BATCH] == [rule.path for rule in MESSAGE]


def test_every_class_named_in_a_row_is_there() -> None:
    """Each reply, chunk, item and event is a class of the installed SDK, under its full name."""
    for one in (*ANTHROPIC.endpoints, *ON_BEDROCK, *ON_VERTEX):
        for name in {one.reply, one.chunk, one.items, *one.events.values()} - {""}:
            module, _, attribute = name.rpartition(".")
            kind = getattr(importlib.import_module(module), attribute)
            assert f"{kind.__module__}.{kind.__qualname__}" == name


def test_the_event_table_is_the_union_of_the_sdk() -> None:
    """Every event that the SDK knows is in the table, under the class that the SDK makes of it."""
    members = typing.get_args(typing.get_args(RawMessageStreamEvent)[0])
    assert dict(MESSAGE_EVENTS) == {
        kind: f"{member.__module__}.{member.__qualname__}"
        for member in members
        for kind in typing.get_args(member.model_fields["type"].annotation)
    }


@pytest.mark.parametrize("base", [HOME, f"{HOME}/v1", "https://api.anthropic.com"])
@pytest.mark.parametrize("call", ANTHROPIC.endpoints, ids=lambda call: f"{call.method} {call.path}")
def test_every_call_is_known_at_home(base: str, call: Endpoint) -> None:
    """Each row is reached on Anthropic's own host, whatever the body."""
    for body in (dict.fromkeys(call.body_keys), None):
        found = find(call.method, base + call.path.replace("{", "x-").replace("}", ""), body)
        assert found is not None
        assert (found[0].name, found[1].name) == ("anthropic", call.name)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://localhost:4000/v1/messages", "messages"),
        ("http://localhost:4000/anthropic/v1/messages", "messages"),
        ("https://gateway.example.com/account/anthropic/v1/messages?beta=true", "messages"),
        ("https://bedrock-mantle.us-east-1.api.aws/anthropic/v1/messages", "messages"),
        ("https://made-up.services.ai.azure.com/anthropic/v1/messages/count_tokens", "messages.count_tokens"),
        ("https://claude.googleapis.com/v1/messages", "messages"),
    ],
)
def test_on_another_host_path_and_body_decide(url: str, name: str) -> None:
    """Whoever speaks the API is known by the path and the keys of the body."""
    found = find("POST", url, TALK)
    assert found is not None
    assert (found[0].name, found[1].name) == ("anthropic", name)
    assert find("POST", url, {"text": "x"}) is None


def test_ping_and_error_have_no_class() -> None:
    """An event that the SDK does not hand on has no class; the others go by their type."""
    messages = ANTHROPIC.endpoints[0]
    assert type_name(messages, {"type": "ping"}, streamed=True) == ""
    assert type_name(messages, {"type": "error", "error": {}}, streamed=True) == ""
    assert type_name(messages, {"type": "message_stop"}, streamed=True).endswith(".RawMessageStopEvent")
    assert type_name(messages, {"type": "message"}).endswith(".Message")
