"""Crowds of calls at once, from every library, where each answer says which question it belongs to."""

from __future__ import annotations

import asyncio
import json
import random
import re
import ssl
import threading
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import requests
import urllib3

import llmvcr
from llmvcr.storage import load
from taps.bedrock import bedrock

__all__ = ["LIBRARIES", "MODES", "Asked", "Library", "Server", "crowd", "in_file", "serving"]

THREADS = 8
_WORKERS = 32  # threads for the tasks of a library that has no async
SIDE_BY_SIDE = 4
_PATIENCE = 120  # seconds; a crowd waits for connections
_CONNECTIONS = 64
_CLIENTS = 8  # of httpx, whose pool takes half a minute to serve a crowd of a thousand, with us or without
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading the system's takes most of a client's making
_NUMBER = re.compile(rb"[Nn]umber (\d+)")


@dataclass(slots=True)
class Server:
    """Where the server listens, and how often it was asked which question."""

    url: str = ""
    asked: Counter[int] = field(default_factory=Counter)


def _answer(number: int, path: bytes, body: bytes) -> Iterator[bytes]:
    """Give the pieces of the answer to a question: chunks of an event stream, or one whole body."""
    text = f"Number {number}"
    if path.endswith(b"/converse"):
        message = {"role": "assistant", "content": [{"text": text}]}
        usage = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}
        yield json.dumps({"output": {"message": message}, "stopReason": "end_turn", "usage": usage}).encode()
    elif b'"stream": true' in body:
        for word in ("You ", "asked: ", text):
            yield f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': word}}]})}\n\n".encode()
        yield b"data: [DONE]\n\n"
    else:
        yield json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}).encode()


async def _talk(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            found = _NUMBER.search(body)
            number = int(found[1]) if found else -1
            server.asked[number] += 1
            pieces = tuple(_answer(number, head.split(b" ", 2)[1], body))
            await asyncio.sleep(number * 7919 % 13 / 1000)  # answers end in another order than they were asked for
            if len(pieces) == 1:
                size = len(pieces[0])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size)
                writer.write(pieces[0])
                continue
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for piece in pieces:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await asyncio.sleep(0)
            writer.write(b"0\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
        writer.close()  # the client went away, or the server is stopped


@contextmanager
def serving() -> Iterator[Server]:
    """Give a running server that can be asked by a thousand clients at once; it is stopped at the end."""
    server = Server()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        talks: set[asyncio.Task[None]] = set()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            talks.add(task)
            task.add_done_callback(talks.discard)
            await _talk(server, reader, writer)

        listening = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=2048)
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        ready.set()
        await over.wait()
        listening.close()
        for task in tuple(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def _question(number: int) -> bytes:
    """Give the body of a chat; every second one is streamed."""
    messages = [{"role": "user", "content": f"Which one is this? It is number {number}."}]
    return json.dumps({"model": "made-up", "messages": messages, "stream": number % 2 == 1}).encode()


def _number(said: bytes | str) -> int:
    found = _NUMBER.search(said.encode() if isinstance(said, str) else said)
    return int(found[1]) if found else -1


_JSON = {"Content-Type": "application/json"}
_PATH = "/v1/chat/completions"

Ask = Callable[[int], int]
AsyncAsk = Callable[[int], Awaitable[int]]


@contextmanager
def _httpx(lib: Any, url: str) -> Iterator[Ask]:
    with lib.Client(base_url=url, trust_env=False, verify=_NO_CERTIFICATES, timeout=_PATIENCE) as client:

        def ask(number: int) -> int:
            with client.stream("POST", _PATH, content=_question(number), headers=_JSON) as answer:
                return _number(b"".join(answer.iter_bytes()))

        yield ask


@asynccontextmanager
async def _httpx_async(lib: Any, url: str) -> AsyncIterator[AsyncAsk]:
    async with AsyncExitStack() as stack:
        clients = [
            lib.AsyncClient(base_url=url, trust_env=False, verify=_NO_CERTIFICATES, timeout=_PATIENCE)
            for _ in range(_CLIENTS)
        ]
        for client in clients:
            await stack.enter_async_context(client)

        async def ask(number: int) -> int:
            client = clients[number % _CLIENTS]
            async with client.stream("POST", _PATH, content=_question(number), headers=_JSON) as answer:
                return _number(b"".join([piece async for piece in answer.aiter_bytes()]))

        yield ask


@contextmanager
def _requests(url: str) -> Iterator[Ask]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=_CONNECTIONS))

        def ask(number: int) -> int:
            with session.post(url + _PATH, data=_question(number), headers=_JSON, stream=number % 2 == 1) as answer:
                return _number(b"".join(answer.iter_content(None)))

        yield ask


@contextmanager
def _urllib3(url: str) -> Iterator[Ask]:
    with urllib3.PoolManager(maxsize=_CONNECTIONS) as pool:

        def ask(number: int) -> int:
            body, streamed = _question(number), number % 2 == 1
            answer = pool.request("POST", url + _PATH, body=body, headers=_JSON, preload_content=not streamed)
            said = b"".join(answer.stream()) if streamed else answer.data
            answer.release_conn()
            return _number(said)

        yield ask


@contextmanager
def _boto3(url: str) -> Iterator[Ask]:
    with closing(bedrock(url, max_pool_connections=_CONNECTIONS)) as client:

        def ask(number: int) -> int:
            messages = [{"role": "user", "content": [{"text": f"Which one is this? It is number {number}."}]}]
            answer = client.converse(modelId="anthropic.made-up-v1:0", messages=messages)
            return _number(answer["output"]["message"]["content"][0]["text"])

        yield ask


@asynccontextmanager
async def _aiohttp(url: str) -> AsyncIterator[AsyncAsk]:
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(_PATIENCE)) as session:

        async def ask(number: int) -> int:
            async with session.post(_PATH, data=_question(number), headers=_JSON) as answer:
                return _number(b"".join([piece async for piece in answer.content.iter_any()]))

        yield ask


@dataclass(frozen=True, slots=True)
class Library:
    """A client library: how clients that all share ask a question, and give the number of the answer."""

    name: str
    sync: Callable[[str], Any] | None = None
    asynchronous: Callable[[str], Any] | None = None


LIBRARIES: tuple[Library, ...] = (
    Library("httpx", lambda url: _httpx(httpx, url), lambda url: _httpx_async(httpx, url)),
    Library("httpx2", lambda url: _httpx(httpx2, url), lambda url: _httpx_async(httpx2, url)),
    Library("aiohttp", asynchronous=_aiohttp),
    Library("urllib3", _urllib3),
    Library("requests", _requests),
    Library("boto3", _boto3),
)

Asked = dict[int, list[int]]
"""The numbers that each thread asked for, in its order."""


class _Crowd:
    """Questions asked at once; what was asked in which order, and which answers were not those of their questions."""

    def __init__(self, library: Library, url: str) -> None:
        self._library, self._url = library, url
        self.asked: Asked = defaultdict(list)
        self.wrong: list[int] = []

    def from_threads(self, numbers: Sequence[int]) -> None:
        """Ask from 8 threads; a library that is only asynchronous has a loop and a client in each."""
        if self._library.sync is None:
            with ThreadPoolExecutor(THREADS) as pool:
                parts = [numbers[first::THREADS] for first in range(THREADS)]
                list(pool.map(lambda part: asyncio.run(self._gathered(part)), parts))
            return
        with self._library.sync(self._url) as ask, ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda number: self._one(ask, number), numbers))

    def from_tasks(self, numbers: Sequence[int]) -> None:
        """Ask from one task for each number; a library that is not asynchronous in a thread of the task."""
        asyncio.run(self._gathered(numbers))

    async def _gathered(self, numbers: Sequence[int]) -> None:
        async with AsyncExitStack() as stack:
            if self._library.asynchronous is not None:
                ask = await stack.enter_async_context(self._library.asynchronous(self._url))
                await asyncio.gather(*(self._one_async(ask, number) for number in numbers))
                return
            assert self._library.sync is not None
            sync = stack.enter_context(self._library.sync(self._url))
            pool = stack.enter_context(ThreadPoolExecutor(_WORKERS))
            run, one = asyncio.get_running_loop().run_in_executor, partial(self._one, sync)
            await asyncio.gather(*(run(pool, copy_context().run, one, number) for number in numbers))

    async def in_its_cassette(self, numbers: Sequence[int], path: Path, mode: str) -> int:
        """Ask from one task for each number, all under a cassette that is opened here; give how many were played."""
        with llmvcr.use_cassette(path, record_mode=mode, serializer=path.suffix[1:]) as cassette:
            await self._gathered(numbers if mode == "once" else _shuffled(numbers))
            played: int = cassette.play_count
            return played

    def _one(self, ask: Ask, number: int) -> None:
        self.asked[threading.get_ident()].append(number)
        if ask(number) != number:
            self.wrong.append(number)

    async def _one_async(self, ask: AsyncAsk, number: int) -> None:
        self.asked[threading.get_ident()].append(number)
        if await ask(number) != number:
            self.wrong.append(number)


def crowd(library: Library, mode: str, count: int, server: Server, folder: Path, suffix: str = "yaml") -> list[str]:
    """Ask `count` questions at once, record them, and ask them again in another order from the cassette.

    Gives what was wrong, a line each: all recorded, none twice, none wrong, in the order of the requests of each
    thread, and the server asked once for each. `mode` is one of MODES.
    """
    return MODES[mode](library, count, server, folder, suffix)


def _in_one_cassette(
    asking: Callable[[_Crowd], Callable[[Sequence[int]], None]],
    library: Library,
    count: int,
    server: Server,
    folder: Path,
    suffix: str,
) -> list[str]:
    path, numbers = folder / f"crowd.{suffix}", list(range(count))
    server.asked.clear()
    first, second = _Crowd(library, server.url), _Crowd(library, server.url)
    with llmvcr.use_cassette(path, serializer=suffix):
        asking(first)(numbers)
    problems = [*_said_wrong("recording", first), *in_file(path, numbers, first.asked)]
    written = path.read_bytes()
    with llmvcr.use_cassette(path, record_mode="none", serializer=suffix) as cassette:
        asking(second)(_shuffled(numbers))
    problems += _said_wrong("replay", second)
    if cassette.play_count != count:
        problems.append(f"replay: {cassette.play_count} of {count} were played")
    if path.read_bytes() != written:
        problems.append("replay: the cassette was written anew")
    return [*problems, *_at_server(server, numbers)]


def _side_by_side(library: Library, count: int, server: Server, folder: Path, suffix: str) -> list[str]:
    server.asked.clear()
    parts = [range(first, count, SIDE_BY_SIDE) for first in range(SIDE_BY_SIDE)]
    paths = [folder / f"side{number}.{suffix}" for number in range(SIDE_BY_SIDE)]
    crowds = [_Crowd(library, server.url) for _ in parts]

    async def all_at_once(mode: str) -> list[int]:
        together = zip(crowds, parts, paths, strict=True)
        return await asyncio.gather(*(one.in_its_cassette(part, path, mode) for one, part, path in together))

    asyncio.run(all_at_once("once"))
    problems: list[str] = []
    for one, part, path in zip(crowds, parts, paths, strict=True):
        problems += [f"{path.name}: {line}" for line in in_file(path, part, one.asked)]
    played = asyncio.run(all_at_once("none"))
    if played != [len(part) for part in parts]:
        problems.append(f"replay: {played} were played")
    for one in crowds:
        problems += _said_wrong("recording or replay", one)
    return [*problems, *_at_server(server, range(count))]


MODES: dict[str, Callable[[Library, int, Server, Path, str], list[str]]] = {
    "threads": lambda *rest: _in_one_cassette(lambda made: made.from_threads, *rest),
    "gather": lambda *rest: _in_one_cassette(lambda made: made.from_tasks, *rest),
    "side by side": _side_by_side,
}
"""How a crowd asks: from 8 threads or one task a call, both into one cassette; from tasks into 4 cassettes at once."""


def _shuffled(numbers: Sequence[int]) -> list[int]:
    return random.Random(7).sample(numbers, len(numbers))  # noqa: S311 - an order, not a secret


def _said_wrong(when: str, crowd: _Crowd) -> list[str]:
    return [f"{when}: number {number} got the answer of another" for number in crowd.wrong]


def _at_server(server: Server, numbers: Sequence[int]) -> list[str]:
    wanted = Counter(numbers)
    return [
        f"server: number {number} was asked for {server.asked[number]} times"
        for number in wanted | server.asked
        if wanted[number] != server.asked[number]
    ]


def in_file(path: Path, numbers: Sequence[int], asked: Asked) -> list[str]:
    """Say what is wrong with the cassette by its file: what is not there, or twice, or crossed, or out of order."""
    pairs = [(_number(one.request.body or b""), _number(one.response.body)) for one in load(path).interactions]
    held = Counter(number for number, _ in pairs)
    problems = [f"file: number {number} is there {held[number]} times" for number in numbers if held[number] != 1]
    problems += [f"file: number {number} was not asked here" for number in held if number not in set(numbers)]
    problems += [f"file: number {asked} holds the answer of {said}" for asked, said in pairs if asked != said]
    place = {number: at for at, (number, _) in enumerate(pairs)}
    for order in asked.values():
        places = [place.get(number, -1) for number in order]
        problems += [
            f"file: number {order[at]} is out of order" for at in range(1, len(places)) if places[at] < places[at - 1]
        ]
    return problems
