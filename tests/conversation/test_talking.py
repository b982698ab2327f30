"""Conversations over a WebSocket are read as any other: messages, tools, the answer, tokens."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from llmvcr.conversation import LlmCall, Message, Part, Usage, read_call
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.sockets import Close, Event, Frame, to_json

REALTIME = "wss://api.openai.com/v1/realtime?model=gpt-realtime"
TOOL = {"type": "function", "name": "weather", "parameters": {}}
CALL = {"type": "function_call", "name": "weather", "call_id": "call_1", "arguments": '{"city": "Paris"}'}


def _sent(kind: str, **more: Any) -> Frame:
    return Frame(json.dumps({"type": kind, **more}), 10.0, sent=True)


def _received(kind: str, ms: float = 20.0, **more: Any) -> Frame:
    return Frame(json.dumps({"type": kind, "event_id": "event_1", **more}), ms, sent=False)


def _item(text: str) -> Frame:
    content = [{"type": "input_text", "text": text}]
    return _sent("conversation.item.create", item={"type": "message", "role": "user", "content": content})


def _said(*events: Event, url: str = REALTIME) -> LlmCall:
    answer = Response(101, "Switching Protocols", times=(5.0,))
    return read_call(Interaction(Request("GET", url), answer, notes={"frames": to_json(events)}))


def _done(*output: Any, tokens: int = 0, **more: Any) -> Frame:
    usage = {"input_tokens": tokens, "output_tokens": 2 * tokens}
    return _received("response.done", 90.0, response={"status": "completed", "output": output, "usage": usage, **more})


def test_a_conversation_of_two_answers() -> None:
    """The last one is the answer, what was before it are messages, in their order; tokens are those of both."""
    call = _said(
        _sent("session.update", session={"instructions": "Be brief.", "tools": [TOOL], "temperature": 0.5}),
        _received("session.created", session={"model": "gpt-realtime-mini"}),
        _item("Is it warm in Paris?"),
        _sent("response.create"),
        _received("response.created", response={"status": "in_progress", "output": []}),
        _received("response.function_call_arguments.delta", 40.0, output_index=0, delta='{"city"'),
        _done(CALL, tokens=3),
        _sent("conversation.item.create", item={"type": "function_call_output", "call_id": "call_1", "output": "21"}),
        _sent("response.create"),
        _received("response.created", 60.0, response={"status": "in_progress", "output": []}),
        _done({"type": "message", "content": [{"type": "output_text", "text": "Yes."}]}, tokens=4),
        Close(1000, "", 99.0, sent=True),
    )
    assert (call.provider, call.endpoint, call.model) == ("openai", "realtime.connect", "gpt-realtime")
    assert (call.reading, call.streamed, call.text, call.finish_reason) == ("conversation", True, "Yes.", "completed")
    assert [(one.role, one.text) for one in call.messages] == [
        ("system", "Be brief."),
        ("user", "Is it warm in Paris?"),
        ("assistant", ""),
        ("tool", "21"),
    ]
    assert call.messages[2].tool_calls[0].arguments == {"city": "Paris"}
    assert (call.tools, dict(call.parameters)) == (("weather",), {"temperature": 0.5})
    assert call.usage == Usage(7, 14)
    assert (call.first_chunk, call.duration) == (40.0, 90.0)


def test_sound_is_told_by_its_size() -> None:
    """What was spoken is no text, but what is known of its words is."""
    sound = b64encode(bytes(300)).decode()
    call = _said(
        *(_sent("input_audio_buffer.append", audio=sound),) * 2,
        _received("response.created", response={}),
        _done({"type": "message", "content": [{"type": "output_audio", "transcript": "Hello."}]}),
    )
    assert call.messages == (Message("user", parts=(Part("audio", size=600),)),)
    assert call.answer.parts == (Part("audio", text="Hello."),)


def test_an_answer_that_was_cut_is_what_came_of_it() -> None:
    """The pieces up to the end of the frames, spoken ones too; an error is told."""
    call = _said(
        _item("Count."),
        _received("response.created", response={}),
        _received("response.output_text.delta", output_index=0, content_index=0, delta="One, "),
        _received("response.output_text.delta", output_index=0, content_index=0, delta="two"),
        _received("error", error={"message": "The session is over."}),
    )
    assert (call.text, call.error) == ("One, two", "The session is over.")
    call = _said(_received("response.output_audio_transcript.delta", output_index=0, content_index=0, delta="Hel"))
    assert call.text == "Hel"


def test_responses_over_a_socket() -> None:
    """What is asked stands beside the type, as in a POST."""
    call = _said(
        _sent("response.create", model="gpt-5", input="Hi", instructions="Be kind.", store=False),
        _received("response.created", response={"model": "gpt-5-1", "output": []}),
        _received("response.output_text.delta", output_index=0, content_index=0, delta="Hel"),
        _received("response.completed", response={"output": [{"type": "message", "content": "Hello"}], "model": "g"}),
        url="wss://api.openai.com/v1/responses",
    )
    assert [(one.role, one.text) for one in call.messages] == [("system", "Be kind."), ("user", "Hi")]
    assert (call.endpoint, call.text, dict(call.parameters)) == ("responses.connect", "Hello", {"store": False})


def test_frames_that_say_nothing_are_no_conversation() -> None:
    """Nor are those that nobody can read; nothing raises."""
    for frames in ([], [{"sent": "hello"}], [{"sent": '{"type": "ping"}'}], [{"sent": 7}], 7):
        call = read_call(Interaction(Request("GET", REALTIME), Response(101), notes={"frames": frames}))
        assert (call.reading == "conversation", call.messages, call.answers) == (False, (), ())


def test_an_address_that_cannot_be() -> None:
    """The model is read from an address that no client could call, too."""
    url = REALTIME.replace("api.openai.com", "[api.openai.com")
    said = _said(_sent("response.create"), _done(), url=url)
    assert (said.reading, said.model) == ("conversation", "gpt-realtime")
