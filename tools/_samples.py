"""What the samples in cassettes/samples/ ask of a model: one script each, for a sync and an async client alike."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import openai
from pydantic import BaseModel

__all__ = ["CASSETTE", "KEY", "MODEL", "SAMPLES", "SERIALIZERS", "Ask", "Place", "Script", "play", "play_async"]

MODEL = "smollm2-135m-instruct"
SERIALIZERS = ("yaml", "json")
KEY = "sk-made-up-key"

CASSETTE: dict[str, Any] = {
    "match_on": ["llm"],
    # What names the machine that recorded is left out, so that recording again elsewhere gives a small difference.
    "filter_headers": [
        "authorization",
        "user-agent",
        *(f"x-stainless-{name}" for name in ("arch", "os", "runtime", "runtime-version", "package-version")),
    ],
}
"""How a sample's cassette is opened, for recording and for replay."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One call of the SDK: the method's path below the client, and its keyword arguments."""

    method: str
    options: dict[str, Any]


Script = Callable[[], Generator[Ask, Any, None]]
"""A sample: yields what to ask and is sent the answer, so that one script serves a sync and an async client."""


class Place(BaseModel):
    """What the structured sample asks for."""

    city: str
    country: str


def _chat(*messages: Any, **options: Any) -> Ask:
    fixed = {"model": MODEL, "temperature": 0, "seed": 7, "max_tokens": 24}
    return Ask("chat.completions.create", {"messages": list(messages), **fixed, **options})


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def chat() -> Generator[Ask, Any, None]:
    """Hold a conversation of two turns: the second request carries the first answer."""
    question = _user("What is the capital of France?")
    first = yield _chat(question)
    answer = {"role": "assistant", "content": first.choices[0].message.content}
    yield _chat(question, answer, _user("And of Italy?"))


def chat_stream() -> Generator[Ask, Any, None]:
    """Stream an answer with its usage in the last event."""
    yield _chat(_user("Name three colours."), stream=True, stream_options={"include_usage": True})


def structured() -> Generator[Ask, Any, None]:
    """Hold an answer to a JSON schema; the SDK's helper parses it into a class."""
    ask = _chat(_user("Paris is in France. Give the city and the country."), max_tokens=48, response_format=Place)
    yield Ask("chat.completions.parse", ask.options)


def tools() -> Generator[Ask, Any, None]:
    """Stream a call of a tool, then ask for the answer made of its result; two made-up rounds show it how."""
    function = {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    offer = [{"type": "function", "function": function}]
    messages: list[dict[str, Any]] = []
    for city, weather in (("Rome", "21 degrees and sunny"), ("Oslo", "4 degrees and rainy")):
        messages += _round(city, f"call_{city.lower()}", weather)
        messages.append({"role": "assistant", "content": f"In {city} it is {weather}."})
    messages.append(_user("What is the weather in Paris?"))
    events = yield _chat(*messages, tools=offer, stream=True)
    started = next(event.choices[0].delta.tool_calls[0] for event in events if event.choices[0].delta.tool_calls)
    last = _round("Paris", started.id, "18 degrees and cloudy")[1:]
    yield _chat(*messages, *last, tools=offer)


def _round(city: str, call_id: str, weather: str) -> list[dict[str, Any]]:
    function = {"name": "get_weather", "arguments": f'{{"city": "{city}"}}'}
    call = {"id": call_id, "type": "function", "function": function}
    return [
        _user(f"What is the weather in {city}?"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": weather},
    ]


def responses() -> Generator[Ask, Any, None]:
    """Ask through the Responses API, whole and streamed."""
    options = {"model": MODEL, "input": "Write one sentence about the sea.", "temperature": 0, "max_output_tokens": 24}
    yield Ask("responses.create", options)
    yield Ask("responses.create", {**options, "stream": True})


def completions() -> Generator[Ask, Any, None]:
    """Ask through the older completions API, whole and streamed."""
    options = {"model": MODEL, "temperature": 0, "seed": 7, "max_tokens": 12}
    yield Ask("completions.create", {**options, "prompt": "The capital of France is"})
    yield Ask("completions.create", {**options, "prompt": "One, two, three,", "stream": True})


def models() -> Generator[Ask, Any, None]:
    """List the models, a GET."""
    yield Ask("models.list", {})


def errors() -> Generator[Ask, Any, None]:
    """Be refused: a 400 for messages that are no list, and a 404."""
    ask = _chat()
    yield Ask(ask.method, {**ask.options, "messages": "hello"})
    yield Ask("models.retrieve", {"model": "no-such-model"})


SAMPLES: tuple[Script, ...] = (chat, chat_stream, structured, tools, responses, completions, models, errors)


def play(client: openai.OpenAI, script: Script) -> list[Any]:
    """Run a script and give its answers: SDK objects, lists of a stream's events, or the SDK's status errors."""
    answers: list[Any] = []
    asking = script()
    with contextlib.suppress(StopIteration):
        ask = next(asking)
        while True:
            try:
                answer = attrgetter(ask.method)(client)(**ask.options)
                answers.append(list(answer) if ask.options.get("stream") else answer)
            except openai.APIStatusError as error:
                answers.append(error)
            ask = asking.send(answers[-1])
    return answers


async def play_async(client: openai.AsyncOpenAI, script: Script) -> list[Any]:
    """Do what `play` does with an async client."""
    answers: list[Any] = []
    asking = script()
    with contextlib.suppress(StopIteration):
        ask = next(asking)
        while True:
            try:
                answer = await attrgetter(ask.method)(client)(**ask.options)
                answers.append([event async for event in answer] if ask.options.get("stream") else answer)
            except openai.APIStatusError as error:
                answers.append(error)
            ask = asking.send(answers[-1])
    return answers
