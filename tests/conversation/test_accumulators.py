"""Streams of the corpus, joined by us and by the SDKs' own accumulators: the same texts, the same tool calls."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from anthropic._models import construct_type as construct_anthropic
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent
from openai._models import construct_type
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from llmvcr.conversation import LlmCall, opened, read_call
from llmvcr.conversation.answering import answers
from llmvcr.conversation.joining import joined
from llmvcr.interaction import Interaction, Json
from llmvcr.storage import load, members
from shared import LONG, corpus

pytestmark = pytest.mark.slow

BLOCKS = {"tool_use", "server_tool_use"}  # of mcp_tool_use the accumulator drops the input
KINDS = {
    *("message_start", "message_delta", "message_stop"),
    *("content_block_start", "content_block_delta", "content_block_stop"),
}


@lru_cache(maxsize=1)
def streams() -> tuple[tuple[str, Interaction, LlmCall], ...]:
    """Each conversation of the corpus that was streamed and answered, named by file and number; a sixth in short."""
    return tuple(_streams())


def _streams() -> Iterator[tuple[str, Interaction, LlmCall]]:
    paths = (*members(corpus("vcrpy")), *members(corpus("recordings")))
    for path in paths if LONG else paths[::6]:
        for number, interaction in enumerate(load(path)):
            call = read_call(interaction)
            if call.streamed and call.reading == "conversation" and call.status == 200:
                yield f"{path.name}#{number}", interaction, call


def values(interaction: Interaction) -> list[dict[str, Json]]:
    """The events of a stream that are JSON objects."""
    return [value for _, value in opened(interaction.response).events if isinstance(value, dict)]


def test_openai_chat() -> None:
    """Every chat stream of an API in OpenAI's words: what ChatCompletionStreamState makes of the chunks."""
    compared = 0
    for name, interaction, call in streams():
        if call.endpoint != "chat.completions" or call.error:
            continue
        state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
        for value in values(interaction):
            # The SDK itself stumbles over the choice without a delta that one server sends.
            if "choices" in value and all(choice.get("delta") for choice in value["choices"]):
                chunk: Any = construct_type(type_=ChatCompletionChunk, value=value)
                state.handle_chunk(chunk)
        choices = sorted(state.current_completion_snapshot.choices, key=lambda choice: choice.index)
        texts = [choice.message.content or "" for choice in choices]
        calls = [
            [(one.function.name, one.function.arguments or "") for one in choice.message.tool_calls or ()]
            for choice in choices
        ]
        ours = [answer.message for answer in call.answers]
        assert [message.text for message in ours] == texts, name
        assert [[(one.name, one.text) for one in message.tool_calls] for message in ours] == calls, name
        compared += 1
    assert compared > (400 if LONG else 60)


def test_anthropic_messages() -> None:
    """Every stream of Anthropic's messages: what the SDK's accumulate_event makes of the events."""
    compared = 0
    for name, interaction, call in streams():
        if call.provider != "anthropic" or call.endpoint != "messages" or call.error:
            continue
        message: Any = None
        buffers: dict[int, bytes] = {}
        for value in values(interaction):
            if value.get("type") in KINDS:
                event: Any = construct_anthropic(type_=RawMessageStreamEvent, value=value)
                message = accumulate_event(event=event, current_snapshot=message, json_bufs=buffers)
        assert call.text == "".join(block.text for block in message.content if block.type == "text"), name
        calls = [(block.name, block.input) for block in message.content if block.type in BLOCKS]
        assert [(one.name, one.arguments) for one in call.tool_calls if not one.id.startswith("mcp")] == calls, name
        compared += 1
    assert compared > (80 if LONG else 10)


def test_openai_responses_say_the_same_in_pieces() -> None:
    """Every stream of the Responses API: its pieces alone spell what its last event says whole."""
    compared = 0
    for name, interaction, call in streams():
        last = [value for value in values(interaction) if value.get("type") == "response.completed"]
        if call.endpoint != "responses" or not last:
            continue
        events = [(value["type"], value) for value in values(interaction) if value not in last and "type" in value]
        pieces = [event for event in events if event[0] != "response.output_item.done"]
        (answer,) = answers(joined(pieces))
        assert answer.message.text == call.text, name
        ours = [(one.name, one.text) for one in answer.message.tool_calls]
        assert ours == [(one.name, one.text) for one in call.tool_calls], name
        compared += 1
    assert compared > (30 if LONG else 3)
