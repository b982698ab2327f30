"""SDK by SDK, with the retries that each comes with: what is not in the cassette reaches the person by one attempt."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

import llmvcr

URL = "http://127.0.0.1:9"
"""Where nothing listens: no call is to get there."""

_KEY = "sk-made-up-key"
_ASKED: Any = {"model": "m", "messages": [{"role": "user", "content": "Is this recorded?"}]}
_NOBODY = {"aws_access_key_id": "made-up", "aws_secret_access_key": "made-up", "region_name": "eu-central-1"}

Kind = Literal["abort", "raise"]


@dataclass(frozen=True, slots=True)
class Client:
    """One SDK and how it asks; what `raise` does to it where that is not one attempt and the Miss itself."""

    name: str
    package: str
    ask: Callable[[], Any] | Callable[[], Coroutine[Any, Any, Any]]
    attempts: int = 1
    """By how many attempts it ends with `llmvcr_miss="raise"`."""
    said: str = ""
    """The class of the SDK's own that it ends in then; "" for the Miss."""


def _load(name: str) -> Any:
    return importlib.import_module(name)


def _insecure() -> ssl.SSLContext:
    # Reading the system's certificates takes most of the time that making a client takes.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _openai(name: str = "openai", kind: str = "OpenAI") -> None:
    lib = _load(name)
    with getattr(lib, kind)(base_url=URL, api_key=_KEY) as client:
        client.chat.completions.create(**_ASKED)


async def _openai_async(name: str = "openai", kind: str = "AsyncOpenAI") -> None:
    lib = _load(name)
    async with getattr(lib, kind)(base_url=URL, api_key=_KEY) as client:
        await client.chat.completions.create(**_ASKED)


async def _openai_aiohttp() -> None:
    lib = _load("openai")
    async with lib.AsyncOpenAI(base_url=URL, api_key=_KEY, http_client=lib.DefaultAioHttpClient()) as client:
        await client.chat.completions.create(**_ASKED)


def _anthropic() -> None:
    with _load("anthropic").Anthropic(base_url=URL, api_key=_KEY) as client:
        client.messages.create(**_ASKED, max_tokens=9)


async def _anthropic_async() -> None:
    async with _load("anthropic").AsyncAnthropic(base_url=URL, api_key=_KEY) as client:
        await client.messages.create(**_ASKED, max_tokens=9)


def _gemini() -> None:
    with _load("google.genai").Client(api_key=_KEY, http_options={"base_url": URL}) as client:
        client.models.generate_content(model="m", contents="Is this recorded?")


async def _gemini_async() -> None:
    async with _load("google.genai").Client(api_key=_KEY, http_options={"base_url": URL}).aio as client:
        await client.models.generate_content(model="m", contents="Is this recorded?")


def _ollama() -> None:
    with _load("ollama").Client(URL, verify=_insecure()) as client:
        client.chat(**_ASKED)


async def _ollama_async() -> None:
    async with _load("ollama").AsyncClient(URL, verify=_insecure()) as client:
        await client.chat(**_ASKED)


def _mistral() -> None:
    with _load("mistralai.client").Mistral(server_url=URL, api_key=_KEY) as client:
        client.chat.complete(**_ASKED)


async def _mistral_async() -> None:
    async with _load("mistralai.client").Mistral(server_url=URL, api_key=_KEY) as client:
        await client.chat.complete_async(**_ASKED)


def _cohere() -> None:
    with _load("cohere").ClientV2(base_url=URL, api_key=_KEY) as client:
        client.chat(**_ASKED)


async def _cohere_async() -> None:
    async with _load("cohere").AsyncClientV2(base_url=URL, api_key=_KEY) as client:
        await client.chat(**_ASKED)


def _boto3(mode: str) -> None:
    config = _load("botocore.config").Config(retries={"mode": mode}, proxies={})
    client = _load("boto3").Session(**_NOBODY).client("bedrock-runtime", endpoint_url=URL, config=config)
    try:
        client.converse(modelId="m", messages=[{"role": "user", "content": [{"text": "Is this recorded?"}]}])
    finally:
        client.close()


def _litellm() -> None:
    _load("litellm").completion(model="openai/m", api_base=URL, api_key=_KEY, messages=_ASKED["messages"])


async def _litellm_async() -> None:
    await _load("litellm").acompletion(model="openai/m", api_base=URL, api_key=_KEY, messages=_ASKED["messages"])


def _langchain() -> None:
    _load("langchain_openai").ChatOpenAI(base_url=URL, api_key=_KEY, model="m").invoke("Is this recorded?")


def _langchain_stream() -> None:
    list(_load("langchain_openai").ChatOpenAI(base_url=URL, api_key=_KEY, model="m").stream("Is this recorded?"))


async def _langchain_async() -> None:
    await _load("langchain_openai").ChatOpenAI(base_url=URL, api_key=_KEY, model="m").ainvoke("Is this recorded?")


_groq = partial(_openai, "groq", "Groq")
_groq_async = partial(_openai_async, "groq", "AsyncGroq")

CLIENTS = (
    Client("openai", "openai", _openai),
    Client("openai-async", "openai", _openai_async),
    Client("openai-aiohttp", "aiohttp", _openai_aiohttp),
    Client("anthropic", "anthropic", _anthropic),
    Client("anthropic-async", "anthropic", _anthropic_async),
    Client("google-genai", "google.genai", _gemini),
    Client("google-genai-async", "google.genai", _gemini_async),
    Client("ollama", "ollama", _ollama),
    Client("ollama-async", "ollama", _ollama_async),
    Client("mistralai", "mistralai", _mistral),
    Client("mistralai-async", "mistralai", _mistral_async),
    Client("cohere", "cohere", _cohere),
    Client("cohere-async", "cohere", _cohere_async),
    Client("groq", "groq", _groq, attempts=3, said="APIConnectionError"),
    Client("groq-async", "groq", _groq_async, attempts=3, said="APIConnectionError"),
    Client("boto3-legacy", "boto3", partial(_boto3, "legacy")),
    Client("boto3-standard", "boto3", partial(_boto3, "standard")),
    Client("litellm", "litellm", _litellm, said="InternalServerError"),
    Client("litellm-async", "litellm", _litellm_async, said="InternalServerError"),
    Client("langchain-openai", "langchain_openai", _langchain),
    Client("langchain-openai-stream", "langchain_openai", _langchain_stream),
    Client("langchain-openai-async", "langchain_openai", _langchain_async),
)


def attempt(client: Client, kind: Kind, path: Path) -> tuple[BaseException, int]:
    """Ask once with an empty cassette, and give what came out, and how often the recorder was asked."""
    asked: list[str] = []

    def count(request: Any) -> Any:
        asked.append(request.uri)
        return request

    options = {"record_mode": "none", "llmvcr_miss": kind, "before_record_request": count}
    anything = (Exception, llmvcr.MissAbort)  # whatever an SDK makes of it
    with llmvcr.use_cassette(path, **options), pytest.raises(anything) as caught:
        _run(client)
    return caught.value, len(asked)


def _run(client: Client) -> None:
    made = client.ask()
    if made is not None:
        asyncio.run(made)


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # the parent of a dotted name
        return False


pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between attempts are noted, and not made."""
    slept: list[float] = []
    here = threading.get_ident()

    def sleep(seconds: float) -> None:
        if threading.get_ident() == here:
            slept.append(seconds)

    async def sleep_async(seconds: float, *_: Any) -> None:
        slept.append(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr("anyio.sleep", sleep_async)
    return slept


@pytest.mark.parametrize("kind", ["abort", "raise"])
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_miss(client: Client, kind: Kind, tmp_path: Path, no_sleep: list[float]) -> None:
    """With abort one attempt, no pause, and the miss as it is; with raise what the row says."""
    if not _installed(client.package):
        pytest.skip(f"{client.package} is not installed")
    error, attempts = attempt(client, kind, tmp_path / "none.yaml")
    wrapped = kind == "raise" and client.said
    assert type(error).__name__ == (client.said if wrapped else {"abort": "MissAbort", "raise": "Miss"}[kind])
    assert attempts == (client.attempts if kind == "raise" else 1)
    if wrapped:
        assert isinstance(error.__cause__, llmvcr.Miss) or "Can't play back this request" in str(error)
    else:
        assert str(error).startswith("Can't play back this request: the cassette doesn't exist.\n\n")
        assert '"Is this recorded?"' in str(error)
        assert no_sleep == []
