"""Faults as the real SDKs meet them: each is what the same failure of a live server is."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import ollama
import openai
import pytest

import llmvcr
from llmvcr import Fault
from sdk.calls import How, async_client, client
from taps.paced import CUT, Paced, Step, paced

WORDS: Any = [{"role": "user", "content": "Say hello."}]
KEY = "sk-ant-made-up-key"
# Reading the system's certificates takes most of the time that making a client takes; nobody speaks TLS here.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True, slots=True)
class Asked:
    """How an SDK asks: `patience` is its timeout in seconds."""

    stream: bool
    retries: int = 0
    patience: float = 9.0

    @property
    def streamed(self) -> dict[str, Any]:
        """The argument that asks for a stream; without one a whole answer comes."""
        return {"stream": True} if self.stream else {}


@dataclass(frozen=True, slots=True)
class Sdk:
    """One SDK: the events of a stream and a whole answer of its provider, and how it asks for either."""

    name: str
    events: tuple[bytes, ...]
    whole: bytes
    ask: Callable[[str, Asked], Iterator[Any]]
    ask_async: Callable[[str, Asked], AsyncIterator[Any]]


def _openai(url: str, asked: Asked) -> Iterator[Any]:
    with client(f"{url}v1", max_retries=asked.retries, timeout=asked.patience) as made:
        answer: Any = made.chat.completions.create(model="m", messages=WORDS, **asked.streamed)
        yield from answer if asked.stream else [answer]


async def _openai_async(url: str, asked: Asked) -> AsyncIterator[Any]:
    async with async_client(f"{url}v1", max_retries=asked.retries, timeout=asked.patience) as made:
        answer: Any = await made.chat.completions.create(model="m", messages=WORDS, **asked.streamed)
        if not asked.stream:
            yield answer
            return
        async for event in answer:
            yield event


def _anthropic(url: str, asked: Asked) -> Iterator[Any]:
    transport = anthropic.DefaultHttpxClient(verify=_NO_CERTIFICATES)
    options: Any = {"base_url": url, "api_key": KEY, "http_client": transport, "max_retries": asked.retries}
    with anthropic.Anthropic(timeout=asked.patience, **options) as made:
        answer: Any = made.messages.create(model="m", max_tokens=9, messages=WORDS, **asked.streamed)
        yield from answer if asked.stream else [answer]


async def _anthropic_async(url: str, asked: Asked) -> AsyncIterator[Any]:
    transport = anthropic.DefaultAsyncHttpxClient(verify=_NO_CERTIFICATES)
    options: Any = {"base_url": url, "api_key": KEY, "http_client": transport, "max_retries": asked.retries}
    async with anthropic.AsyncAnthropic(timeout=asked.patience, **options) as made:
        answer: Any = await made.messages.create(model="m", max_tokens=9, messages=WORDS, **asked.streamed)
        if not asked.stream:
            yield answer
            return
        async for event in answer:
            yield event


def _ollama(url: str, asked: Asked) -> Iterator[Any]:
    with ollama.Client(host=url, timeout=asked.patience, verify=_NO_CERTIFICATES) as made:
        answer: Any = made.chat(model="m", messages=WORDS, stream=asked.stream)
        yield from answer if asked.stream else [answer]


async def _ollama_async(url: str, asked: Asked) -> AsyncIterator[Any]:
    async with ollama.AsyncClient(host=url, timeout=asked.patience, verify=_NO_CERTIFICATES) as made:
        answer: Any = await made.chat(model="m", messages=WORDS, stream=asked.stream)
        if not asked.stream:
            yield answer
            return
        async for event in answer:
            yield event


def _sse(*events: Any, named: bool = False) -> tuple[bytes, ...]:
    texts = [json.dumps(event, ensure_ascii=False) for event in events]
    names = [f"event: {event['type']}\n" if named else "" for event in events]
    return tuple(f"{name}data: {text}\n\n".encode() for name, text in zip(names, texts, strict=True))


_CHUNK = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
_PIECES = ("Hello", " ☔", " there", ".")
_CHUNKS = [{**_CHUNK, "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in _PIECES]
_SAID = {"role": "assistant", "content": "Hello."}
_COMPLETION = {
    **_CHUNK,
    "object": "chat.completion",
    "choices": [{"index": 0, "finish_reason": "stop", "message": _SAID}],
}
_MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [],
    "stop_reason": None,
}
_MESSAGE |= {"stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
_MESSAGES = (
    {"type": "message_start", "message": _MESSAGE},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in _PIECES),
    {"type": "content_block_stop", "index": 0},
    {"type": "message_stop"},
)
_LINE = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "done": False}
_LINES = [{**_LINE, "message": {"role": "assistant", "content": piece}} for piece in _PIECES]

SDKS = (
    Sdk("openai", (*_sse(*_CHUNKS), b"data: [DONE]\n\n"), json.dumps(_COMPLETION).encode(), _openai, _openai_async),
    Sdk("anthropic", _sse(*_MESSAGES, named=True), json.dumps(_MESSAGE).encode(), _anthropic, _anthropic_async),
    Sdk(
        "ollama",
        tuple(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in _LINES),
        json.dumps({**_LINES[0], "done": True}).encode(),
        _ollama,
        _ollama_async,
    ),
)
every_sdk = pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)
retrying = pytest.mark.parametrize("sdk", SDKS[:2], ids=lambda sdk: sdk.name)
both_ways = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])

Outcome = tuple[list[Any], BaseException | None]


def outcome(sdk: Sdk, how: How, url: str, asked: Asked) -> Outcome:
    """Ask, and give the events that came (or the one answer), and what was raised then."""
    heard: list[Any] = []

    async def listen() -> None:
        async for event in sdk.ask_async(url, asked):
            heard.append(event)  # noqa: PERF401 - what came before an error counts

    try:
        if how == "async":
            asyncio.run(listen())
        else:
            for event in sdk.ask(url, asked):
                heard.append(event)  # noqa: PERF402 - as above
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is what is looked at
        return heard, error
    return heard, None


def told(found: Outcome) -> tuple[list[Any], list[type[BaseException]]]:
    """What two runs have in common: the events, and the classes of the error and its causes, down to the transport's.

    Live, what the transport itself is made of (httpcore, the socket) stands behind that.
    """
    heard, error = found
    classes: list[type[BaseException]] = []
    while error is not None:
        classes.append(type(error))
        error = None if classes[-1].__module__.startswith("httpx") else error.__cause__
    return heard, classes


@contextmanager
def recorded(sdk: Sdk, how: How, path: Path, *, stream: bool) -> Iterator[tuple[Paced, list[Any]]]:
    """Record a good answer, and give the server, and what the application got."""
    with paced() as server:
        kind = (
            "application/json"
            if not stream
            else "application/x-ndjson"
            if sdk.name == "ollama"
            else "text/event-stream"
        )
        server.headers = [("content-type", kind)]
        server.steps = sdk.events if stream else (sdk.whole,)
        with llmvcr.use_cassette(path, record_mode="once"):
            heard, error = outcome(sdk, how, server.url, Asked(stream=stream))
        assert error is None
        yield server, heard


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cassette of this test goes."""
    return tmp_path / "cassette.yaml"


STALL = threading.Event()
"""What a live server waits for that stalls: nobody sets it, and the client goes away first."""

LIVE: dict[str, tuple[Fault, Callable[[Sequence[bytes]], list[Step]]]] = {
    "cut at once": (Fault(cut_after=0), lambda _: [CUT]),
    "cut": (Fault(cut_after=3), lambda events: [*events[:3], CUT]),
    "cut after one": (Fault(cut_after=1), lambda events: [events[0], CUT]),
    "stalled": (Fault(stall_after=2), lambda events: [*events[:2], STALL]),
    "malformed": (
        Fault(malformed=2),
        lambda events: [events[0], events[1].rstrip()[:-4] + b"\n" * (len(events[1]) - len(events[1].rstrip()))],
    ),
}


@every_sdk
@pytest.mark.parametrize("name", LIVE)
def test_a_stream_breaks_as_it_does_live(name: str, sdk: Sdk, how: How, path: Path) -> None:
    """A cut, stalled or malformed stream gives the events before it, and then the error that a live one raises."""
    fault, steps = LIVE[name]
    with recorded(sdk, how, path, stream=True) as (server, good):
        server.steps = steps(sdk.events)
        live = outcome(sdk, how, server.url, Asked(stream=True, patience=0.15))
        with llmvcr.use_cassette(path, record_mode="none", llmvcr_faults=fault):
            faulted = outcome(sdk, how, server.url, Asked(stream=True))
            again = outcome(sdk, how, server.url, Asked(stream=True))
    assert told(faulted) == told(live)
    assert faulted[1] is not None
    assert again == (good, None)


@every_sdk
@both_ways
def test_a_split_event_is_not_noticed(sdk: Sdk, how: How, path: Path, *, stream: bool) -> None:
    """An event that comes byte by byte, and a whole answer that does, are what they were."""
    with recorded(sdk, how, path, stream=stream) as (server, good):
        server.steps = ()
        with llmvcr.use_cassette(path, record_mode="none", llmvcr_faults=Fault(split=2 if stream else 1)) as cassette:
            assert outcome(sdk, how, server.url, Asked(stream=stream)) == (good, None)
    assert cassette.all_played


@contextmanager
def _nobody_there() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as freed:
        port = freed.getsockname()[1]
    yield f"http://127.0.0.1:{port}/"


@contextmanager
def _nobody_answers() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}/"


@contextmanager
def _no_such_host() -> Iterator[str]:
    yield "http://made-up.invalid/"


@every_sdk
@both_ways
@pytest.mark.parametrize(
    ("fault", "live"),
    [(Fault(refuse=True), _nobody_there), (Fault(timeout=True), _nobody_answers), (Fault(dns=True), _no_such_host)],
    ids=["refused", "timeout", "dns"],
)
def test_a_call_fails_as_it_does_live(
    fault: Fault, live: Callable[[], Any], sdk: Sdk, how: How, path: Path, *, stream: bool
) -> None:
    """A refused connection, a host without a name and an answer that does not begin raise what they raise live."""
    with live() as url:
        expected = outcome(sdk, how, url, Asked(stream=stream, patience=0.15))
    with (
        recorded(sdk, how, path, stream=stream) as (server, good),
        llmvcr.use_cassette(path, record_mode="none", llmvcr_faults=fault),
    ):
        faulted = outcome(sdk, how, server.url, Asked(stream=stream))
        again = outcome(sdk, how, server.url, Asked(stream=stream))
    assert told(faulted) == told(expected)
    assert faulted[1] is not None
    assert again == (good, None)


@retrying
@both_ways
@pytest.mark.parametrize("status", [429, 500, 529])
def test_the_sdk_retries_and_gets_the_recording(status: int, sdk: Sdk, how: How, path: Path, *, stream: bool) -> None:
    """A refusal is retried by the SDK, which then gets the recorded answer, with the server never asked."""
    with recorded(sdk, how, path, stream=stream) as (server, good):
        fault = Fault(status=status, retry_after=60, times=2)
        with llmvcr.use_cassette(path, record_mode="none", llmvcr_faults=fault) as cassette:
            assert outcome(sdk, how, server.url, Asked(stream=stream, retries=2)) == (good, None)
    assert cassette.play_count == len(server.bodies) == 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status, the class of the SDK for it, and a word that the provider says with it."""

    sdk: Sdk
    status: int
    error: type[Exception]
    word: str


REFUSALS = (
    Refusal(SDKS[0], 429, openai.RateLimitError, "rate_limit_exceeded"),
    Refusal(SDKS[0], 500, openai.InternalServerError, "server_error"),
    Refusal(SDKS[0], 401, openai.AuthenticationError, "invalid_api_key"),
    Refusal(SDKS[1], 429, anthropic.RateLimitError, "rate_limit_error"),
    Refusal(SDKS[1], 500, anthropic.InternalServerError, "api_error"),
    Refusal(SDKS[1], 529, anthropic.OverloadedError, "overloaded_error"),
    Refusal(SDKS[2], 500, ollama.ResponseError, "Internal server error"),
)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: f"{one.sdk.name}-{one.status}")
@both_ways
def test_a_refusal_is_the_sdks_own_error(refusal: Refusal, how: How, path: Path, *, stream: bool) -> None:
    """Without retries a refusal is the SDK's class for it, with the status and the body of the provider."""
    with (
        recorded(refusal.sdk, how, path, stream=stream) as (server, good),
        llmvcr.use_cassette(path, record_mode="none", llmvcr_faults=Fault(status=refusal.status)),
    ):
        heard, raised = outcome(refusal.sdk, how, server.url, Asked(stream=stream))
        again = outcome(refusal.sdk, how, server.url, Asked(stream=stream))
    assert heard == []
    assert type(raised) is refusal.error
    assert raised.status_code == refusal.status  # type: ignore[attr-defined]
    assert refusal.word in (raised.error if refusal.sdk.name == "ollama" else json.dumps(raised.body))  # type: ignore[attr-defined]
    assert again == (good, None)


@retrying
def test_the_wait_that_is_asked_for_is_there_to_be_read(sdk: Sdk, how: How, path: Path) -> None:
    """An application that reads `retry-after` finds what the fault was given."""
    with llmvcr.use_cassette(path, record_mode="none", llmvcr_faults=Fault(status=429, retry_after=7)):
        _, raised = outcome(sdk, how, "http://127.0.0.1:9/", Asked(stream=False))
    assert raised.response.headers["retry-after"] == "7"  # type: ignore[union-attr]


@every_sdk
def test_a_stall_that_is_waited_for_ends_in_the_clients_timeout(sdk: Sdk, how: How, path: Path) -> None:
    """With `wait` the client's own read timeout ends a stall, as it does live."""
    with recorded(sdk, how, path, stream=True) as (server, _):
        server.steps = [*sdk.events[:2], STALL]
        live = outcome(sdk, how, server.url, Asked(stream=True, patience=0.15))
        with llmvcr.use_cassette(path, record_mode="none", llmvcr_faults=Fault(stall_after=2, wait=True)):
            faulted = outcome(sdk, how, server.url, Asked(stream=True, patience=0.15))
    assert told(faulted) == told(live)


def test_a_deadline_of_the_applications_own(path: Path) -> None:
    """A stall that is waited for can be left by a deadline, which is what the application has it for."""
    heard: list[Any] = []

    async def hurry(url: str) -> None:
        async with asyncio.timeout(0.1):
            async for event in _openai_async(url, Asked(stream=True)):
                heard.append(event)  # noqa: PERF401 - what came before the deadline counts

    with (
        recorded(SDKS[0], "async", path, stream=True) as (server, _),
        llmvcr.use_cassette(path, record_mode="none", llmvcr_faults=Fault(stall_after=2, wait=True)),
        pytest.raises(TimeoutError),
    ):
        asyncio.run(hurry(server.url))
    assert len(heard) == 2
