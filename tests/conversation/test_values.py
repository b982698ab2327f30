"""What is read of requests and answers written here: parts, tool results, several answers, endings, odd bodies."""

from __future__ import annotations

import copy
import gzip
import json
import random
from typing import Any

import pytest

from llmvcr.conversation import LlmCall, Message, Part, ToolCall, ToolResult, Usage, as_json, read_call
from llmvcr.interaction import Interaction, Json, Request, Response, failure

CHAT = "https://api.openai.com/v1/chat/completions"
MESSAGES = "https://api.anthropic.com/v1/messages"
RESPONSES = "https://api.openai.com/v1/responses"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"
CONVERSE = "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse"
HELLO = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}]}


def read(url: str, body: Json, answer: Json, **response: Any) -> LlmCall:
    """The call of a body and its answer, both given as JSON; an answer of bytes is given as it is."""
    said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    status = response.pop("status", 200)
    return read_call(
        Interaction(Request("POST", url, (), json.dumps(body).encode()), Response(status, chunks=(said,), **response))
    )


def test_a_call() -> None:
    """Parameters, tools, messages and the answer of a plain chat, each in its place."""
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]
    body = {"model": "m", "temperature": 0, "tools": tools, "messages": [{"role": "user", "content": "Hi"}]}
    call = read(CHAT, body, HELLO | {"usage": {"prompt_tokens": 3, "completion_tokens": 2}})
    assert (call.provider, call.endpoint, call.model, call.reading) == (
        "openai",
        "chat.completions",
        "m",
        "conversation",
    )
    assert call.messages == (Message("user", "Hi"),)
    assert call.tools == ("look_up",)
    assert call.parameters == {"temperature": 0}
    assert (call.text, call.finish_reason, call.usage) == ("Hello.", "stop", Usage(3, 2))


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            Part("image", "image/png", 3),
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            Part("image", text="https://example.com/a.png"),
        ),
        ({"type": "input_audio", "input_audio": {"data": "AAAAAA==", "format": "wav"}}, Part("audio", "wav", 4)),
        ({"type": "file", "file": {"file_id": "file-1"}}, Part("file", text="file-1")),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}},
            Part("image", "image/jpeg", 3),
        ),
        ({"type": "thinking", "thinking": "Hm.", "signature": "s"}, Part("thinking", text="Hm.")),
        ({"type": "refusal", "refusal": "No."}, Part("refusal", text="No.")),
        ({"type": "newly_made", "text": "said"}, Part("newly_made", text="said")),
        ({"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}}, Part("audio", "audio/wav", 3)),
        ({"image": {"format": "png", "source": {"bytes": "AAAA"}}}, Part("image", "png", 3)),
    ],
    ids=["data URL", "URL", "audio", "file", "anthropic", "thinking", "refusal", "new", "gemini", "bedrock"],
)
def test_a_part(block: dict[str, Json], part: Part) -> None:
    """What is no text is named by its kind, type, size and what can be read of it."""
    call = read(CHAT, {"messages": [{"role": "user", "content": [{"type": "text", "text": "See"}, block]}]}, HELLO)
    assert call.messages == (Message("user", "See", (part,)),)


@pytest.mark.parametrize(
    ("url", "body", "messages"),
    [
        (
            CHAT,
            {
                "messages": [
                    {
                        "role": "assistant",
                        "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": '{"x":1}'}}],
                    },
                    {"role": "tool", "tool_call_id": "c", "content": "one"},
                ]
            },
            (
                Message("assistant", tool_calls=(ToolCall("f", {"x": 1}, "c", '{"x":1}'),)),
                Message("tool", "one", tool_results=(ToolResult("c", "one"),)),
            ),
        ),
        (
            RESPONSES,
            {
                "instructions": "Be brief.",
                "input": [
                    {"type": "function_call", "call_id": "c", "name": "f", "arguments": "not JSON"},
                    {"type": "function_call_output", "call_id": "c", "output": "one"},
                    {"role": "user", "content": [{"type": "input_text", "text": "And?"}]},
                ],
            },
            (
                Message("system", "Be brief."),
                Message("assistant", tool_calls=(ToolCall("f", "not JSON", "c", "not JSON"),)),
                Message("tool", "one", tool_results=(ToolResult("c", "one"),)),
                Message("user", "And?"),
            ),
        ),
        (
            MESSAGES,
            {
                "max_tokens": 9,
                "system": [{"type": "text", "text": "Be brief."}],
                "messages": [
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {"x": 1}}]},
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "c", "is_error": True, "content": "bad"}],
                    },
                ],
            },
            (
                Message("system", "Be brief."),
                Message("assistant", tool_calls=(ToolCall("f", {"x": 1}, "c", '{"x": 1}'),)),
                Message("user", tool_results=(ToolResult("c", "bad", is_error=True),)),
            ),
        ),
        (
            GEMINI,
            {
                "contents": [
                    {"role": "user", "parts": [{"text": "Go"}]},
                    {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"x": 1}}}]},
                    {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"y": 2}}}]},
                ]
            },
            (
                Message("user", "Go"),
                Message("model", tool_calls=(ToolCall("f", {"x": 1}, "", '{"x": 1}'),)),
                Message("user", tool_results=(ToolResult("f", '{"y": 2}'),)),
            ),
        ),
        (
            CONVERSE,
            {
                "messages": [
                    {"role": "assistant", "content": [{"toolUse": {"toolUseId": "c", "name": "f", "input": {}}}]},
                    {"role": "user", "content": [{"toolResult": {"toolUseId": "c", "content": [{"json": {"y": 2}}]}}]},
                ]
            },
            (
                Message("assistant", tool_calls=(ToolCall("f", {}, "c", "{}"),)),
                Message("user", tool_results=(ToolResult("c", '{"y": 2}'),)),
            ),
        ),
    ],
    ids=["chat", "responses", "anthropic", "gemini", "bedrock"],
)
def test_tool_calls_and_their_results(url: str, body: Json, messages: tuple[Message, ...]) -> None:
    """A tool's call and its result, in each provider's words, are the same values."""
    assert read(url, {"model": "m", **body}, HELLO).messages == messages


def test_several_answers() -> None:
    """With `n` there are several answers, and what is asked of the call is the first one's."""
    choices = [{"index": n, "message": {"role": "assistant", "content": text}} for n, text in enumerate(("a", "b"))]
    call = read(CHAT, {"messages": [{"role": "user", "content": "Hi"}], "n": 2}, {"choices": choices})
    assert [answer.message.text for answer in call.answers] == ["a", "b"]
    assert call.text == "a"


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(9, 2, 4)),
        (
            {"input_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 1, "output_tokens": 2},
            Usage(9, 2, 3, 1),
        ),
        ({"prompt_tokens": 9, "completion_tokens": 2, "cache_read_input_tokens": 4}, Usage(9, 2, 4)),
        ({"inputTokens": 5, "cacheReadInputTokens": 4, "outputTokens": 2}, Usage(9, 2, 4)),
        (
            {"promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 7, "cachedContentTokenCount": 4},
            Usage(9, 9, 4, reasoning=7),
        ),
        ({"input_tokens": True, "output_tokens": "2"}, Usage()),
    ],
    ids=["openai", "anthropic", "gateway", "bedrock", "gemini", "odd"],
)
def test_tokens_mean_the_same_everywhere(told: Json, usage: Usage) -> None:
    """Input counts what came from a cache, output what was thought, whichever way the provider adds them up."""
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    assert read(CHAT, body, HELLO | {"usage": told}).usage == usage


def test_endings_and_times() -> None:
    """Times are those of the first chunk and the last; what was cut says what cut it."""
    body = {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
    data = b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'
    call = read(CHAT, body, data, ended="RemoteProtocolError", error="peer closed", times=(5.0, 7.5))
    assert (call.text, call.ended, call.error) == ("Hel", "RemoteProtocolError", "peer closed")
    assert (call.first_chunk, call.duration, call.streamed) == (7.5, 7.5, True)


def test_an_error_and_a_failure() -> None:
    """A refusal says its message; an attempt without an answer says the exception."""
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    refused = read(CHAT, body, {"error": {"message": "Slow down."}}, status=429)
    assert (refused.status, refused.error, refused.answers, refused.reading) == (429, "Slow down.", (), "conversation")
    request = Request("POST", CHAT, (), json.dumps(body).encode())
    failed = read_call(Interaction(request, failure("ConnectError", "refused")))
    assert (failed.error, failed.ended, failed.reading) == ("ConnectError: refused", "ConnectError", "conversation")


@pytest.mark.parametrize(
    ("path", "body", "answer", "summary"),
    [
        ("embeddings", {"input": ["a", "b"]}, {"data": [{"embedding": [0.1, 0.2]}] * 2}, "2 inputs: 2 vectors of 2"),
        ("embeddings", {"input": "a"}, {"data": [{"embedding": "AACAPwAAAEA="}]}, "1 input: 1 vector of 2"),
        ("images/generations", {"prompt": "a cat"}, {"data": [{"url": "u"}]}, '"a cat": 1 image'),
        ("moderations", {"input": "a"}, {"results": [{"categories": {"hate": True}}]}, "1 input: flagged: hate"),
        ("audio/speech", {"input": "Hi", "voice": "v"}, b"\xff\xfb\x90\x00", '"Hi": 4 bytes of audio'),
    ],
    ids=["embeddings", "base64", "images", "moderations", "speech"],
)
def test_no_conversation_is_a_line(path: str, body: Json, answer: Json, summary: str) -> None:
    """What is no conversation is said in a line."""
    call = read(f"https://api.openai.com/v1/{path}", {"model": "m", **body}, answer)
    assert (call.reading, call.summary, call.messages) == ("line", summary, ())


def test_what_is_no_llm_call() -> None:
    """Other traffic has no provider, and its answer stands as it is."""
    call = read("https://example.com/weather", {"city": "Rome"}, {"degrees": 21})
    assert (call.provider, call.reading, call.raw) == ("", "raw", '{"degrees": 21}')


def test_a_compressed_answer_is_read() -> None:
    """An answer that is stored in gzip is opened, also one that was cut."""
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    assert read(CHAT, body, gzip.compress(json.dumps(HELLO).encode())).text == "Hello."


def odd(value: Json, chance: random.Random) -> Json:
    """The same JSON with one of its values, somewhere, replaced by one of another kind."""
    changed = copy.deepcopy(value)
    places: list[tuple[Any, Any]] = []
    left = [changed]
    while left:
        one = left.pop()
        items = list(one.items()) if isinstance(one, dict) else list(enumerate(one)) if isinstance(one, list) else []
        places += [(one, key) for key, _ in items]
        left += [inner for _, inner in items]
    holder, key = chance.choice(places)
    holder[key] = chance.choice([None, 0, 1.5, True, "", "x", [], {}, [None], [[]], ["x"], {"type": 3}, {"x": None}])
    return changed


@pytest.mark.parametrize("url", [CHAT, MESSAGES, RESPONSES, GEMINI, CONVERSE], ids=lambda url: url.split("/")[2])
def test_nothing_raises(url: str) -> None:
    """Whatever stands where something else should, in a request, an answer or an event, a call is read and told."""
    chance = random.Random(20261122)  # noqa: S311 - odd bodies are drawn, no secrets
    body: Json = {
        "model": "m",
        "system": [{"type": "text", "text": "s"}],
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}],
        "contents": [{"role": "user", "parts": [{"text": "x"}, {"functionCall": {"name": "f", "args": {"x": 1}}}]}],
        "messages": [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]},
            {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "one"},
        ],
        "tools": [{"type": "function", "function": {"name": "f"}}, {"functionDeclarations": [{"name": "g"}]}],
    }
    delta = {"content": "a", "tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]}
    events: list[Json] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}},
        {"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "name": "f", "input": {}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
        {"type": "response.created", "response": {"output": [], "usage": {"input_tokens": 1}}},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "a"},
        {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "a"}]}}], "usageMetadata": {}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"toolUse": {"input": "{}"}}}},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "a"}}}},
        {"event_type": "text-generation", "text": "a"},
        {"message": {"role": "assistant", "content": "a"}, "done": False, "created_at": "t"},
        {"outputs": [{"text": "a"}], "generation": "b"},
        {"event_type": "content.delta", "index": 0, "delta": {"type": "text", "text": "a"}},
    ]
    for _ in range(150):
        some = [odd(event, chance) for event in chance.sample(events, chance.randint(1, 4))]
        stream = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in some)
        for answer in (stream, some[0]):
            call = read(url, odd(body, chance), answer, status=chance.choice((200, 200, 400)))
            assert json.loads(json.dumps(as_json(call)))["reading"] == call.reading
    for answer in (b"", b"\x00\xff", b"{", b"data: {", b"[" * 100_000):
        assert read(url, [], answer).reading == "raw"


def test_nothing_is_too_deep() -> None:
    """JSON that is nested deeper than anybody reads is no conversation, in an answer, in an event or as arguments."""
    deep = '{"content": [' * 400 + "1" + "]}" * 400
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    for answer in (f'{{"choices": [{{"message": {deep}}}]}}', f'data: {{"choices": [{{"delta": {deep}}}]}}\n\n'):
        call = read(CHAT, body, answer.encode())
        assert json.loads(json.dumps(as_json(call)))["reading"] == "raw"
    calls = [{"id": "c", "function": {"name": "f", "arguments": deep}}]
    call = read(CHAT, body, {"choices": [{"message": {"role": "assistant", "tool_calls": calls}}]})
    assert call.tool_calls[0].arguments == deep
