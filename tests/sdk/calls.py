"""The matrix: one row for each call of the openai SDK that must replay as it was recorded."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import openai
from pydantic import BaseModel

__all__ = [
    "CHAT",
    "KEY",
    "ROWS",
    "SOUND",
    "TOOL",
    "How",
    "Place",
    "Row",
    "ask",
    "async_client",
    "chat",
    "client",
    "dumped",
]

How = Literal["sync", "async"]
Kind = Literal["plain", "stream", "helper", "items", "binary", "pieces"]
KEY = "sk-made-up-key"
SOUND = b"RIFF\x00\xff" + bytes(range(256)) + b"\r\n--not-the-boundary\r\n\x00"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
SCHEMA = {
    "type": "object",
    "properties": {"location": {"type": "string", "description": "City and country"}},
    "required": ["location"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA, "strict": True}}
FLAT_TOOL = {"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": True}


class Place(BaseModel):
    """The structured output that some rows ask for."""

    name: str
    people: int
    capital: bool
    rivers: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One call: `method` of the client with `arguments`; `kind` says what comes back.

    plain: one object; stream: its events; helper: the events of the `.stream()` helper and its final object;
    items: the members of a list; binary: all bytes; pieces: bytes read piece by piece.
    `typed` says that llmvcr.objects gives the very objects (no text or bytes, no class of a helper's own).
    """

    name: str
    method: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = "plain"
    typed: bool = True


def chat(words: Any, **more: Any) -> dict[str, Any]:
    """Return the arguments of a chat of one user message."""
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": words}], **more}


CHAT = "chat.completions.create"
_DATA = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
_LOOK = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": _DATA}}]
_LINK = [{"type": "image_url", "image_url": {"url": "https://images.example.invalid/a.png", "detail": "low"}}]
_SEE = [{"type": "input_text", "text": "And this?"}, {"type": "input_image", "image_url": _DATA, "detail": "auto"}]
_FORMAT = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}}
_TWO = [
    {"id": f"call_{n}", "type": "function", "function": {"name": "get_weather", "arguments": f'{{"location":"{n}"}}'}}
    for n in ("Rome", "Oslo")
]
_TURNS = [
    {"role": "user", "content": "Is it warmer in Rome or Oslo?"},
    {"role": "assistant", "content": None, "tool_calls": _TWO},
    {"role": "tool", "tool_call_id": "call_Rome", "content": "31 °C"},
    {"role": "tool", "tool_call_id": "call_Oslo", "content": "12 °C"},
]
_CALL = {"type": "function_call", "call_id": "call_Rome", "name": "get_weather", "arguments": '{"location":"Rome"}'}
_ITEMS = [
    {"role": "user", "content": "How warm is Rome?"},
    _CALL,
    {"type": "function_call_output", "call_id": "call_Rome", "output": "31 °C"},
]
_ODD = "quotes \" ' \\ tabs\t lines\r\n\n U+2028 \u2028 U+0085 \u0085 NUL \u0000 emoji 🦀 data: x\n\nevent: y"

ROWS = (
    Row("chat", CHAT, chat("Say hello.")),
    Row("chat_odd_characters", CHAT, chat(_ODD)),
    Row("chat_streamed", CHAT, chat("Say hello.", stream=True), "stream"),
    Row("chat_streamed_odd_characters", CHAT, chat(_ODD, stream=True), "stream"),
    Row("chat_streamed_usage", CHAT, chat("Count.", stream=True, stream_options={"include_usage": True}), "stream"),
    Row("chat_two_choices", CHAT, chat("Twice.", n=2, seed=1, temperature=0.5)),
    Row("chat_two_choices_streamed", CHAT, chat("Twice.", n=2, stream=True), "stream"),
    Row("chat_logprobs", CHAT, chat("How sure?", logprobs=True)),
    Row("chat_logprobs_streamed", CHAT, chat("How sure?", logprobs=True, stream=True), "stream"),
    Row("chat_tool", CHAT, chat("Weather in Rome?", tools=[TOOL], parallel_tool_calls=False)),
    Row("chat_tool_streamed", CHAT, chat("Weather in Rome?", tools=[TOOL], stream=True), "stream"),
    Row("chat_parallel_tools", CHAT, chat("Weather in Rome and Oslo?", tools=[TOOL])),
    Row("chat_parallel_tools_streamed", CHAT, chat("Is Rome or Oslo warmer?", tools=[TOOL], stream=True), "stream"),
    Row("chat_tool_results", CHAT, {"model": "gpt-4o", "messages": _TURNS, "tools": [TOOL]}),
    Row("chat_image", CHAT, chat(_LOOK)),
    Row("chat_image_streamed", CHAT, chat(_LOOK, stream=True), "stream"),
    Row("chat_image_link", CHAT, chat(_LINK)),
    Row("chat_schema", CHAT, chat("Where?", response_format=_FORMAT)),
    Row("chat_parsed", "chat.completions.parse", chat("Which place?", response_format=Place), typed=False),
    Row("chat_helper", "chat.completions.stream", chat("Say hello."), "helper", typed=False),
    Row("chat_helper_parsed", "chat.completions.stream", chat("Where?", response_format=Place), "helper", typed=False),
    Row("chat_helper_tools", "chat.completions.stream", chat("Rome or Oslo?", tools=[TOOL]), "helper", typed=False),
    Row("completion", "completions.create", {"model": "gpt-3.5-turbo-instruct", "prompt": "Say hello."}),
    Row("completion_of_two", "completions.create", {"model": "gpt-3.5-turbo-instruct", "prompt": ["One.", "Two."]}),
    Row("completion_streamed", "completions.create", {"model": "m", "prompt": "Say hello.", "stream": True}, "stream"),
    Row("response", "responses.create", {"model": "gpt-4o", "input": "Say hello."}),
    Row("response_streamed", "responses.create", {"model": "gpt-4o", "input": "Hello.", "stream": True}, "stream"),
    Row("response_image", "responses.create", {"model": "gpt-4o", "input": [{"role": "user", "content": _SEE}]}),
    Row("response_tools", "responses.create", {"model": "gpt-4o", "input": "In Rome or Oslo?", "tools": [FLAT_TOOL]}),
    Row(
        "response_tools_streamed",
        "responses.create",
        {"model": "gpt-4o", "input": "In Rome or Oslo?", "tools": [FLAT_TOOL], "stream": True},
        "stream",
    ),
    Row("response_tool_results", "responses.create", {"model": "gpt-4o", "input": _ITEMS, "tools": [FLAT_TOOL]}),
    Row("response_helper", "responses.stream", {"model": "gpt-4o", "input": "Hello."}, "helper", typed=False),
    Row(
        "response_parsed",
        "responses.parse",
        {"model": "gpt-4o", "input": "Where?", "text_format": Place},
        typed=False,
    ),
    Row("embedding_float", "embeddings.create", {"model": "e", "input": "one", "encoding_format": "float"}),
    Row("embedding_base64", "embeddings.create", {"model": "e", "input": ["one", "two"]}, typed=False),
    Row("embedding_tokens", "embeddings.create", {"model": "e", "input": [[1, 2], [3]], "dimensions": 4}, typed=False),
    Row("models", "models.list", {}, "items"),
    Row("model", "models.retrieve", {"model": "gpt-4o"}),
    Row("image_base64", "images.generate", {"prompt": "A crab.", "response_format": "b64_json", "n": 2}),
    Row("image_url", "images.generate", {"prompt": "A crab."}),
    Row(
        "speech", "audio.speech.create", {"model": "tts-1", "voice": "alloy", "input": "Hello."}, "binary", typed=False
    ),
    Row(
        "speech_piecewise",
        "audio.speech.with_streaming_response.create",
        {"model": "tts-1", "voice": "alloy", "input": "Hello."},
        "pieces",
        typed=False,
    ),
    Row("transcription", "audio.transcriptions.create", {"model": "whisper-1", "file": ("a.wav", SOUND, "audio/wav")}),
    Row(
        "transcription_text",
        "audio.transcriptions.create",
        {"model": "whisper-1", "file": ("a.wav", SOUND, "audio/wav"), "response_format": "text"},
        typed=False,
    ),
    Row("file_upload", "files.create", {"file": ("notes.bin", SOUND), "purpose": "user_data"}),
    Row("moderation", "moderations.create", {"model": "omni-moderation-latest", "input": ["I like it.", "I kill it."]}),
)


# Reading the system's certificates takes most of the time that making a client takes. A context without any does here:
# the server speaks plain HTTP, and nobody who speaks TLS would be believed.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client(base_url: str, **options: Any) -> openai.OpenAI:
    """Return a client as users make it, with a made-up key."""
    transport = openai.DefaultHttpxClient(verify=_NO_CERTIFICATES)
    return openai.OpenAI(base_url=base_url, api_key=KEY, http_client=transport, **options)


def async_client(base_url: str, **options: Any) -> openai.AsyncOpenAI:
    """Return an async client as users make it, with a made-up key."""
    transport = openai.DefaultAsyncHttpxClient(verify=_NO_CERTIFICATES)
    return openai.AsyncOpenAI(base_url=base_url, api_key=KEY, http_client=transport, **options)


def ask(how: How, base_url: str, row: Row) -> list[Any]:
    """Make the call of a row through a fresh client, and return every object that the application got."""
    if how == "async":
        return asyncio.run(_ask_async(base_url, row))
    with client(base_url) as made:
        call = _method(made, row)
        if row.kind in ("helper", "pieces"):
            with call as opened:
                if row.kind == "pieces":
                    return list(opened.iter_bytes())
                return [*opened, _final(opened)]
        return list(call) if row.kind in ("stream", "items") else [call.read() if row.kind == "binary" else call]


async def _ask_async(base_url: str, row: Row) -> list[Any]:
    async with async_client(base_url) as made:
        call = _method(made, row)
        if row.kind in ("helper", "pieces"):
            async with call as opened:
                if row.kind == "pieces":
                    return [piece async for piece in opened.iter_bytes()]
                events = [event async for event in opened]
                return [*events, await _final(opened)]
        answer = await call
        if row.kind in ("stream", "items"):
            return [item async for item in answer]
        return [answer.read() if row.kind == "binary" else answer]


def _method(made: openai.OpenAI | openai.AsyncOpenAI, row: Row) -> Any:
    method: Any = made
    for name in row.method.split("."):
        method = getattr(method, name)
    return method(**row.arguments)


def _final(opened: Any) -> Any:
    return opened.get_final_response() if hasattr(opened, "get_final_response") else opened.get_final_completion()


def dumped(objects: list[Any]) -> list[Any]:
    """Return the full dump of each object; parsed answers of helpers dump with warnings of the SDK's own making."""
    return [one.model_dump(warnings=False) if isinstance(one, BaseModel) else one for one in objects]
