"""A provider that misbehaves as the prompt says, the openai and the anthropic SDK asking it, and what comes of it."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anthropic
import httpx2
import openai

__all__ = ["CASES", "SDKS", "Case", "Outcome", "Provider", "Sdk", "ask", "ask_async", "misbehaving"]

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading the system's takes most of a client's making
_KEY = "sk-made-up-key"
_WORDS = 10  # of a stream, before its bad end
_PATIENCE = 30.0  # seconds that a client waits where waiting is not the point
_SHORT = 0.3  # seconds that a client waits for what never comes
_LONG_ENOUGH = 2.0  # for a head to arrive on a busy machine, when nothing comes after it


@dataclass(frozen=True, slots=True)
class Case:
    """A way to fail: the prompt that asks for it, at which URL, how patiently, and how often if 2 retries are left."""

    name: str
    url: str = "http://{host}"
    stream: bool = False
    patience: float = _PATIENCE
    attempts: int = 3

    @property
    def prompt(self) -> str:
        """What the provider goes by."""
        return f"Please: {self.name}."


CASES: tuple[Case, ...] = (
    Case("refused", url="http://127.0.0.1:1"),
    Case("unknown host", url="http://llm.invalid"),
    Case("no TLS", url="https://{host}"),
    Case("no connection in time", url="http://{deaf}", patience=_SHORT),
    Case("no answer in time", patience=_SHORT),
    Case("hung up on"),
    Case("reset"),
    Case("cut", stream=True, attempts=1),  # what has begun to stream is not asked for again
    Case("no more in time", stream=True, patience=_LONG_ENOUGH, attempts=1),
    Case("status 400", attempts=1),
    Case("status 401", attempts=1),
    Case("status 404", attempts=1),
    Case("status 429"),
    Case("status 500"),
    Case("status 529", stream=True),
    Case("429 then 200", attempts=2),
    Case("429 then 200, streamed", stream=True, attempts=2),
)


@dataclass(slots=True)
class Provider:
    """Where the provider listens, where one that answers nobody does, and how often it was asked which prompt."""

    host: str = ""
    deaf: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def url(self, case: Case) -> str:
        """Where the case is asked for."""
        return case.url.format(host=self.host, deaf=self.deaf)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Sockets

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""

    def do_POST(self) -> None:
        """Do what the prompt asks for."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = body["messages"][0]["content"].removeprefix("Please: ").removesuffix(".")
        plan = self.server.plan
        plan.asked[name] += 1
        self.close_connection = True
        words = _events(self.path) if body.get("stream") else [_whole(self.path)]
        match name.partition(",")[0].split():
            case ["no", "answer", *_]:
                plan.over.wait(_PATIENCE)
            case ["reset"]:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case ["status", status]:
                self._answer(int(status), [_error(int(status))])
            case ["429", *_] if plan.asked[name] % 2:
                self._answer(429, [_error(429)])
            case ["429", *_]:
                self._answer(200, words)
            case ["cut"]:
                self._answer(200, words[:_WORDS], whole=False)
            case ["no", "more", *_]:
                self._answer(200, words[:_WORDS], whole=False)
                plan.over.wait(_PATIENCE)

    def _answer(self, status: int, pieces: list[bytes], *, whole: bool = True) -> None:
        self.send_response(status)
        streamed = len(pieces) > 1
        self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
        self.send_header("request-id", f"req_{status}")
        if status >= 400:
            self.send_header("retry-after-ms", "20")
        if streamed:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(pieces[0])))
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if streamed else piece)
        if streamed and whole:
            self.wfile.write(b"0\r\n\r\n")


def _error(status: int) -> bytes:
    return json.dumps({"type": "error", "error": {"type": "made_up_error", "message": f"made up {status}"}}).encode()


def _whole(path: str) -> bytes:
    if path.endswith("/messages"):
        answer = {**_MESSAGE, "content": [{"type": "text", "text": "Hello."}], "stop_reason": "end_turn"}
    else:
        choice = {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}
        answer = {**_CHAT, "object": "chat.completion", "choices": [choice]}
    return json.dumps(answer).encode()


_CHAT = {"id": "chatcmpl-made-up", "created": 1, "model": "made-up"}
_USAGE = {"input_tokens": 1, "output_tokens": 1}
_MESSAGE: dict[str, Any] = {
    "id": "msg_made_up",
    "type": "message",
    "role": "assistant",
    "model": "made-up",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": _USAGE,
}


def _events(path: str) -> list[bytes]:
    if not path.endswith("/messages"):
        chunks = [{"index": 0, "delta": {"content": f"{number} "}, "finish_reason": None} for number in range(12)]
        told = [{**_CHAT, "object": "chat.completion.chunk", "choices": [chunk]} for chunk in chunks]
        return [*(f"data: {json.dumps(one)}\n\n".encode() for one in told), b"data: [DONE]\n\n"]
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": _MESSAGE},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": f"{number} "}}
            for number in range(10)
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": _USAGE},
        {"type": "message_stop"},
    ]
    return [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events]


class _Sockets(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, plan: Provider) -> None:
        self.plan = plan
        super().__init__(("127.0.0.1", 0), _Handler)

    def shutdown_request(self, request: Any) -> None:
        with contextlib.suppress(OSError):  # it was reset
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away, or of a connection that was reset on purpose."""
        if not isinstance(sys.exception(), OSError | ValueError):
            super().handle_error(request, client_address)


@contextmanager
def misbehaving() -> Iterator[Provider]:
    """Give a running provider, stopped at the end."""
    plan = Provider()
    sockets = _Sockets(plan)
    plan.host = f"127.0.0.1:{sockets.server_port}"
    thread = threading.Thread(target=sockets.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with _deaf() as plan.deaf:
            yield plan
    finally:
        plan.over.set()
        sockets.shutdown()
        thread.join()
        sockets.server_close()


@contextmanager
def _deaf() -> Iterator[str]:
    """Give the address of a listener whose queue is full: the kernel answers nobody there."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)  # noqa: FBT003 - socket's own signature
            caller.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@dataclass(frozen=True, slots=True)
class Sdk:
    """An SDK: how its two clients are made, and how one is asked for an answer to a prompt."""

    name: str
    sync: Callable[..., Any]
    asynchronous: Callable[..., Any]
    create: Callable[[Any, str, bool], Any]


def _made(lib: Any, kind: str, path: str) -> Callable[..., Any]:
    def make(url: str, **options: Any) -> Any:
        transport = getattr(lib, f"Default{kind}HttpxClient")(verify=_NO_CERTIFICATES, trust_env=False)
        client = getattr(lib, f"{kind}{lib.__name__.replace('openai', 'OpenAI').replace('anthropic', 'Anthropic')}")
        return client(base_url=f"{url}{path}", api_key=_KEY, http_client=transport, **options)

    return make


def _chat(client: Any, prompt: str, stream: bool) -> Any:  # noqa: FBT001 - the SDK's own option
    messages = [{"role": "user", "content": prompt}]
    return client.chat.completions.create(model="made-up", messages=messages, stream=stream)


def _message(client: Any, prompt: str, stream: bool) -> Any:  # noqa: FBT001 - the SDK's own option
    messages = [{"role": "user", "content": prompt}]
    return client.messages.create(model="made-up", max_tokens=9, messages=messages, stream=stream)


SDKS: tuple[Sdk, ...] = (
    Sdk("openai", _made(openai, "", "/v1"), _made(openai, "Async", "/v1"), _chat),
    Sdk("anthropic", _made(anthropic, "", ""), _made(anthropic, "Async", ""), _message),
)


_RAISED = (openai.OpenAIError, anthropic.AnthropicError, httpx2.HTTPError)  # anthropic does not wrap what cuts a stream


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the application sees of a call: what it got, and the classes and texts of the error and of its causes."""

    got: tuple[str, ...]
    errors: tuple[tuple[str, str], ...] = ()


def _outcome(got: list[Any], error: BaseException | None) -> Outcome:
    errors = []
    while error is not None:
        errors.append((f"{type(error).__module__}.{type(error).__name__}", str(error)))
        error = error.__cause__
        if error is not None and type(error).__module__.startswith(("httpcore", "builtins", "ssl", "socket")):
            break  # what lies below the client library is not ours to replay
    return Outcome(tuple(one.model_dump_json() for one in got), tuple(errors))


def ask(sdk: Sdk, case: Case, url: str, retries: int) -> Outcome:
    """Ask by the sync client."""
    got: list[Any] = []
    with sdk.sync(url, timeout=case.patience, max_retries=retries) as client:
        try:
            answer = sdk.create(client, case.prompt, case.stream)
            if not case.stream:
                return _outcome([answer], None)
            for event in answer:
                got.append(event)  # noqa: PERF402 - what came before the error counts
        except _RAISED as error:
            return _outcome(got, error)
    return _outcome(got, None)


async def ask_async(sdk: Sdk, case: Case, url: str, retries: int) -> Outcome:
    """Ask by the async client."""
    got: list[Any] = []
    async with sdk.asynchronous(url, timeout=case.patience, max_retries=retries) as client:
        try:
            answer = await sdk.create(client, case.prompt, case.stream)
            if not case.stream:
                return _outcome([answer], None)
            async for event in answer:
                got.append(event)  # noqa: PERF401 - what came before the error counts
        except _RAISED as error:
            return _outcome(got, error)
    return _outcome(got, None)
