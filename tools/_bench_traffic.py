"""Traffic of the size that real cassettes have (shared/matching.md, section 7), and clients to send it with."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from openai import OpenAI

from llmvcr.interaction import Interaction, Request, Response

__all__ = ["BIG", "SMALL", "Floor", "Memory", "Size", "ask", "asked", "client", "drawn", "interactions"]

_KEY = "sk-made-up-for-the-bench"
_URL = "https://api.openai.com/v1/chat/completions"
_TEXT = "the weather in Oslo and Rome is a tool call that returns a list of cities with their coordinates"
_WORDS = _TEXT.split()
_JSON, _STREAM = "application/json", "text/event-stream"


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of a request, and of its answer: of a plain one, and of each event of a streamed one."""

    request: int
    plain: int
    event: int = 220
    events: int = 60


BIG = Size(request=9_400, plain=4_000)
"""A chat with tools, as agents send it."""

SMALL = Size(request=294, plain=1_200, events=12)
"""The median of 7,000 recorded calls."""


class Floor(httpx2.MockTransport):
    """A transport that answers from memory, and that no tap takes for httpx2's own."""

    handle_request = httpx2.MockTransport.handle_request


def drawn(seed: int) -> random.Random:
    """Give random numbers that are the same in every run."""
    return random.Random(seed)  # noqa: S311 - made-up traffic, no secrets


def client(transport: httpx2.BaseTransport | None = None) -> OpenAI:
    """Build the SDK's client over a transport: httpx2's own, unless another one is given."""
    http = httpx2.Client(transport=transport or httpx2.HTTPTransport(), trust_env=False)
    return OpenAI(api_key=_KEY, http_client=http, max_retries=0)


class Memory:
    """The same client over a transport that gives recorded answers from memory: `number` says which comes next."""

    def __init__(self, recorded: Sequence[Interaction]) -> None:
        """Take what was recorded."""
        self._answers = [one.response for one in recorded]
        self.number = 0
        self.client = client(Floor(self._answered))

    def _answered(self, _request: httpx2.Request) -> httpx2.Response:
        said = self._answers[self.number]
        return httpx2.Response(said.status, headers=list(said.headers), stream=_Pieces(said.chunks))


class _Pieces(httpx2.SyncByteStream):
    def __init__(self, pieces: tuple[bytes, ...]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces


def asked(size: Size, number: int, *, respelt: bool = False, run: int | None = None) -> dict[str, Any]:
    """Give what the SDK is asked; `respelt` is the same request in other bytes.

    With a `run` it is an agent's, which has called tools before: in another run its ids are others, as servers draw
    them, and everything else is the same.
    """
    rnd = drawn(number)
    turns = [] if run is None else _turns(drawn(number * 1000 + run))
    room = max(size.request - 180 - sum(len(json.dumps(turn)) for turn in turns), 0)
    filler = " ".join(rnd.choices(_WORDS, k=room // 5))[:room]
    user = {"role": "user", "content": f"Question {number}: is it warmer in Rome or in Oslo?"}
    if respelt:
        user = dict(reversed(user.items()))
    return {"model": "gpt-4o", "messages": [{"role": "system", "content": filler}, user, *turns]}


def _turns(rnd: random.Random) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for city in ("Oslo", "Rome", "Pisa", "Bergen"):
        call = f"call_{''.join(rnd.choices(string.ascii_letters + string.digits, k=24))}"
        function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
        found.append({"role": "assistant", "tool_calls": [{"id": call, "type": "function", "function": function}]})
        found.append({"role": "tool", "tool_call_id": call, "content": f"It is 17 degrees in {city}, with some wind."})
    return found


def ask(openai: OpenAI, wanted: dict[str, Any], *, streamed: bool) -> None:
    """Send a request, and take the whole answer."""
    if streamed:
        for _ in openai.chat.completions.create(**wanted, stream=True):
            pass
    else:
        openai.chat.completions.create(**wanted)


def interactions(size: Size, count: int, *, streamed: bool, run: int | None = None) -> tuple[Interaction, ...]:
    """Give recorded calls, as different from each other as real ones: the requests are those that the SDK sends."""
    sent: list[Request] = []

    def taken(request: httpx2.Request) -> httpx2.Response:
        lines = tuple(request.headers.multi_items())
        sent.append(Request(request.method, _URL, lines, bytes(request.content)))
        body = _answer(size, 0, streamed=streamed)
        return httpx2.Response(200, headers=[("content-type", _STREAM if streamed else _JSON)], content=body)

    openai = client(Floor(taken))
    ask(openai, asked(size, 0, run=run), streamed=streamed)
    order = list(json.loads(sent[0].body or b""))
    spelt = {"stream": True} if streamed else {}
    lines = sent[0].headers
    found = []
    for number in range(count):
        wanted = asked(size, number, run=run) | spelt
        body = json.dumps({key: wanted[key] for key in order}, separators=(",", ":"), ensure_ascii=False).encode()
        if number == 0 and body != sent[0].body:
            raise AssertionError("the SDK sends other bytes than those that are generated")
        said = _answer(size, number, streamed=streamed)
        chunks = _events(said) if streamed else (said,)
        headers = (("content-type", _STREAM if streamed else _JSON), ("x-request-id", f"req_{number}"))
        response = Response(200, "OK", headers, chunks)
        length = (*(line for line in lines if line[0] != "content-length"), ("content-length", str(len(body))))
        found.append(Interaction(Request("POST", _URL, length, body), response, "2026-11-22T09:00:00Z"))
    return tuple(found)


def _answer(size: Size, number: int, *, streamed: bool) -> bytes:
    rnd = drawn(-number)
    if not streamed:
        text = " ".join(rnd.choices(_WORDS, k=max(size.plain - 400, 0) // 5))
        message = {"role": "assistant", "content": text}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return json.dumps(_head(number, "chat.completion") | {"choices": choices, "usage": usage}).encode()
    deltas = rnd.choices(_WORDS, k=size.events)
    filler = "x" * max(size.event - 180, 0)
    parts = [
        {"choices": [{"index": 0, "delta": {"content": f"{word} {filler}"}, "finish_reason": None}]} for word in deltas
    ]
    events = [b"data: %b\n\n" % json.dumps(_head(number, "chat.completion.chunk") | part).encode() for part in parts]
    return b"".join((*events, b"data: [DONE]\n\n"))


def _head(number: int, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{number:08}", "object": kind, "created": 1763800000, "model": "gpt-4o-2024-08-06"}


def _events(body: bytes) -> tuple[bytes, ...]:
    return tuple(part + b"\n\n" for part in body.split(b"\n\n") if part)
