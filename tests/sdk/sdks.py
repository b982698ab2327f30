"""The SDKs and HTTP libraries whose streams are tried, as rows: what each goes through, and how it is asked."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from sdk import paced_apis
from sdk.paced_apis import Api

__all__ = ["READY", "SDKS", "Sdk"]

READY = ""
"""What every row yields first, when its client is made and is about to ask: no word, and a time to start a clock."""

KEY = "sk-made-up-key"
_ASKED: Any = {"model": "m", "messages": [{"role": "user", "content": "Count."}]}
_NOBODY = {"aws_access_key_id": "made-up", "aws_secret_access_key": "made-up", "region_name": "eu-central-1"}


@dataclass(frozen=True, slots=True)
class Sdk:
    """One client: its package, what carries its calls, and how it asks, sync or async: READY, then words one by one."""

    name: str
    package: str
    library: str
    """The HTTP library that carries its calls, as it is imported."""
    api: Api
    ask: Callable[[str], Iterator[str]] | Callable[[str], AsyncIterator[str]]
    needs: str = ""
    """Another package without which the SDK takes another way."""

    @property
    def distribution(self) -> str:
        """What a user installs."""
        return self.name.partition(" ")[0]

    @property
    def asynchronous(self) -> bool:
        """Whether its words come through an async iterator."""
        return inspect.isasyncgenfunction(self.ask)

    @property
    def missing(self) -> str:
        """The package that is not installed, if one is not."""
        for package in filter(None, (self.package, self.needs)):
            if not _installed(package):
                return package
        return ""


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # the parent of a dotted name
        return False


def _load(name: str) -> Any:
    # By name, at the call: these SDKs are large, and whoever lacks one runs the other rows.
    return importlib.import_module(name)


def _insecure() -> ssl.SSLContext:
    # Reading the system's certificates takes most of the time that making a client takes; the servers speak plain HTTP.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _openai(url: str) -> Iterator[str]:
    lib = _load("openai")
    transport = lib.DefaultHttpxClient(verify=_insecure())
    with lib.OpenAI(base_url=url, api_key=KEY, max_retries=0, http_client=transport) as client:
        yield READY
        for chunk in client.chat.completions.create(**_ASKED, stream=True):
            yield chunk.choices[0].delta.content


async def _openai_async(url: str) -> AsyncIterator[str]:
    async for word in _openai_through(url, _load("openai").DefaultAsyncHttpxClient(verify=_insecure())):
        yield word


async def _openai_aiohttp(url: str) -> AsyncIterator[str]:
    async for word in _openai_through(url, _load("openai").DefaultAioHttpClient()):
        yield word


async def _openai_through(url: str, transport: Any) -> AsyncIterator[str]:
    made = _load("openai").AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0, http_client=transport)
    async with made as client:
        yield READY
        async for chunk in await client.chat.completions.create(**_ASKED, stream=True):
            yield chunk.choices[0].delta.content


def _anthropic(url: str) -> Iterator[str]:
    lib = _load("anthropic")
    transport = lib.DefaultHttpxClient(verify=_insecure())
    with lib.Anthropic(base_url=url, api_key=KEY, max_retries=0, http_client=transport) as client:
        yield READY
        for event in client.messages.create(**_ASKED, max_tokens=9, stream=True):
            if event.type == "content_block_delta":
                yield event.delta.text


async def _anthropic_async(url: str) -> AsyncIterator[str]:
    async for word in _anthropic_through(url, _load("anthropic").DefaultAsyncHttpxClient(verify=_insecure())):
        yield word


async def _anthropic_aiohttp(url: str) -> AsyncIterator[str]:
    async for word in _anthropic_through(url, _load("anthropic").DefaultAioHttpClient()):
        yield word


async def _anthropic_through(url: str, transport: Any) -> AsyncIterator[str]:
    made = _load("anthropic").AsyncAnthropic(base_url=url, api_key=KEY, max_retries=0, http_client=transport)
    async with made as client:
        yield READY
        async for event in await client.messages.create(**_ASKED, max_tokens=9, stream=True):
            if event.type == "content_block_delta":
                yield event.delta.text


def _groq(url: str) -> Iterator[str]:
    with _load("groq").Groq(base_url=url, api_key=KEY, max_retries=0) as client:
        yield READY
        for chunk in client.chat.completions.create(**_ASKED, stream=True):
            yield chunk.choices[0].delta.content


async def _groq_async(url: str) -> AsyncIterator[str]:
    async with _load("groq").AsyncGroq(base_url=url, api_key=KEY, max_retries=0) as client:
        yield READY
        async for chunk in await client.chat.completions.create(**_ASKED, stream=True):
            yield chunk.choices[0].delta.content


def _mistral(url: str) -> Iterator[str]:
    made = _load("mistralai.client").Mistral(server_url=url, api_key=KEY)
    yield READY
    with made as client, client.chat.stream(**_ASKED) as got:
        for event in got:
            yield event.data.choices[0].delta.content


async def _mistral_async(url: str) -> AsyncIterator[str]:
    made = _load("mistralai.client").Mistral(server_url=url, api_key=KEY)
    yield READY
    async with made as client, await client.chat.stream_async(**_ASKED) as got:
        async for event in got:
            yield event.data.choices[0].delta.content


def _cohere(url: str) -> Iterator[str]:
    with _load("cohere").ClientV2(base_url=url, api_key=KEY) as client:
        yield READY
        for event in client.chat_stream(**_ASKED):
            if event.type == "content-delta":
                yield event.delta.message.content.text


async def _cohere_async(url: str) -> AsyncIterator[str]:
    async with _load("cohere").AsyncClientV2(base_url=url, api_key=KEY) as client:
        yield READY
        async for event in client.chat_stream(**_ASKED):
            if event.type == "content-delta":
                yield event.delta.message.content.text


def _gemini(url: str) -> Iterator[str]:
    lib = _load("google.genai")
    with lib.Client(api_key=KEY, http_options={"base_url": url}) as client:
        yield READY
        for chunk in client.models.generate_content_stream(model="m", contents="Count."):
            yield chunk.text


async def _gemini_async(url: str, **options: Any) -> AsyncIterator[str]:
    lib = _load("google.genai")
    async with lib.Client(api_key=KEY, http_options={"base_url": url, **options}).aio as client:
        yield READY
        async for chunk in await client.models.generate_content_stream(model="m", contents="Count."):
            yield chunk.text


async def _gemini_httpx2(url: str) -> AsyncIterator[str]:
    async with _load("httpx2").AsyncClient(verify=_insecure()) as transport:
        async for word in _gemini_async(url, httpx_async_client=transport):
            yield word


def _ollama(url: str) -> Iterator[str]:
    with _load("ollama").Client(url, verify=_insecure()) as client:
        yield READY
        for part in client.chat(**_ASKED, stream=True):
            yield part.message.content


async def _ollama_async(url: str) -> AsyncIterator[str]:
    async with _load("ollama").AsyncClient(url, verify=_insecure()) as client:
        yield READY
        async for part in await client.chat(**_ASKED, stream=True):
            yield part.message.content


@lru_cache
def _session() -> Any:
    return _load("boto3").Session(**_NOBODY)  # once: it reads the descriptions of all of Amazon's services


def _bedrock(url: str) -> Any:
    config = _load("botocore.config").Config(retries={"total_max_attempts": 1}, proxies={})
    return _session().client("bedrock-runtime", endpoint_url=url, config=config)


def _converse(url: str) -> Iterator[str]:
    with contextlib.closing(_bedrock(url)) as client:
        yield READY
        answer = client.converse_stream(modelId="m", messages=[{"role": "user", "content": [{"text": "Count."}]}])
        for event in answer["stream"]:
            if "contentBlockDelta" in event:
                yield event["contentBlockDelta"]["delta"]["text"]


def _invoke(url: str) -> Iterator[str]:
    with contextlib.closing(_bedrock(url)) as client:
        yield READY
        for event in client.invoke_model_with_response_stream(modelId="m", body=b'{"prompt": "Count."}')["body"]:
            yield event["chunk"]["bytes"].decode()


def _httpx(url: str, name: str = "httpx") -> Iterator[str]:
    made = _load(name).Client(verify=False)
    yield READY
    with made as client, client.stream("POST", url, content=b"Count.") as answer:
        for piece in answer.iter_raw():
            yield piece.decode()


async def _httpx_async(url: str, name: str = "httpx") -> AsyncIterator[str]:
    made = _load(name).AsyncClient(verify=False)
    yield READY
    async with made as client, client.stream("POST", url, content=b"Count.") as answer:
        async for piece in answer.aiter_raw():
            yield piece.decode()


async def _aiohttp(url: str) -> AsyncIterator[str]:
    made = _load("aiohttp").ClientSession()
    yield READY
    async with made as session, session.post(url, data=b"Count.") as answer:
        async for piece in answer.content.iter_any():
            yield piece.decode()


def _requests(url: str) -> Iterator[str]:
    made = _load("requests").Session()
    yield READY
    with made as session, session.post(url, data=b"Count.", stream=True) as answer:
        for piece in answer.iter_content(None):
            yield piece.decode()


def _urllib3(url: str) -> Iterator[str]:
    with _load("urllib3").PoolManager() as pool:
        yield READY
        answer = pool.request("POST", url, body=b"Count.", preload_content=False, retries=False)
        for piece in answer.stream():
            yield piece.decode()
        answer.release_conn()


SDKS = (
    Sdk("openai", "openai", "httpx2", paced_apis.OPENAI, _openai),
    Sdk("openai async", "openai", "httpx2", paced_apis.OPENAI, _openai_async),
    Sdk("openai aiohttp", "openai", "aiohttp", paced_apis.OPENAI, _openai_aiohttp, needs="aiohttp"),
    Sdk("anthropic", "anthropic", "httpx2", paced_apis.ANTHROPIC, _anthropic),
    Sdk("anthropic async", "anthropic", "httpx2", paced_apis.ANTHROPIC, _anthropic_async),
    Sdk("anthropic aiohttp", "anthropic", "aiohttp", paced_apis.ANTHROPIC, _anthropic_aiohttp, needs="aiohttp"),
    Sdk("google-genai", "google.genai", "httpx2", paced_apis.GEMINI, _gemini),
    Sdk("google-genai async", "google.genai", "aiohttp", paced_apis.GEMINI, _gemini_async, needs="aiohttp"),
    Sdk("google-genai async httpx2", "google.genai", "httpx2", paced_apis.GEMINI, _gemini_httpx2, needs="httpx2"),
    Sdk("mistralai", "mistralai", "httpx2", paced_apis.OPENAI, _mistral),
    Sdk("mistralai async", "mistralai", "httpx2", paced_apis.OPENAI, _mistral_async),
    Sdk("cohere", "cohere", "httpx", paced_apis.COHERE, _cohere),
    Sdk("cohere async", "cohere", "httpx", paced_apis.COHERE, _cohere_async),
    Sdk("groq", "groq", "httpx", paced_apis.OPENAI, _groq),
    Sdk("groq async", "groq", "httpx", paced_apis.OPENAI, _groq_async),
    Sdk("ollama", "ollama", "httpx", paced_apis.OLLAMA, _ollama),
    Sdk("ollama async", "ollama", "httpx", paced_apis.OLLAMA, _ollama_async),
    Sdk("boto3 converse_stream", "boto3", "urllib3", paced_apis.BEDROCK, _converse),
    Sdk("boto3 invoke_model_with_response_stream", "boto3", "urllib3", paced_apis.BEDROCK_INVOKE, _invoke),
    Sdk("httpx", "httpx", "httpx", paced_apis.LINES, _httpx),
    Sdk("httpx async", "httpx", "httpx", paced_apis.LINES, _httpx_async),
    Sdk("httpx2", "httpx2", "httpx2", paced_apis.LINES, partial(_httpx, name="httpx2")),
    Sdk("httpx2 async", "httpx2", "httpx2", paced_apis.LINES, partial(_httpx_async, name="httpx2")),
    Sdk("aiohttp", "aiohttp", "aiohttp", paced_apis.LINES, _aiohttp),
    Sdk("requests", "requests", "urllib3", paced_apis.LINES, _requests),
    Sdk("urllib3", "urllib3", "urllib3", paced_apis.LINES, _urllib3),
)
"""Every client that llmvcr says it hears, with the way that its calls take."""
