"""A server that counts: each answer says its own number, so that a replay can never pass for the real thing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

__all__ = ["CHAT", "Counting", "Seen", "chat_body", "counting", "get", "post", "said", "send"]

CHAT = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that arrived."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Sockets

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.server.lock:
            self.server.seen.append(Seen(self.command, self.path, tuple(self.headers.items()), body))
            number = len(self.server.seen)
        told = _parsed(body)
        words = told["messages"][-1]["content"] if "messages" in told else self.path
        if words in self.server.holds:
            self.server.holds[words].wait(10)
        answer = _chat(number, words) if "messages" in told else {"n": number, "body": body.decode("utf-8", "replace")}
        pieces = [json.dumps(answer).encode()]
        kind = "application/json"
        if told.get("stream"):
            pieces, kind = list(_events(number, words)), "text/event-stream"
        try:
            self._send(pieces, kind)
        except ConnectionError:
            self.close_connection = True  # the client went away: its right

    do_GET = do_POST = _handle  # noqa: N815 - the names are the base class's

    def _send(self, pieces: list[bytes], kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Set-Cookie", "one=made-up; path=/")
        self.send_header("X-Between", "yes")
        self.send_header("Set-Cookie", "two=made-up; path=/")
        if len(pieces) == 1:
            self.send_header("Content-Length", str(len(pieces[0])))
            self.end_headers()
            self.wfile.write(pieces[0])
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")


class _Sockets(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: list[Seen] = []
        self.holds: dict[str, threading.Event] = {}
        super().__init__(("127.0.0.1", 0), _Handler)


class Counting:
    """A server that runs in threads of this process."""

    def __init__(self, sockets: _Sockets) -> None:
        """Look at the sockets that serve."""
        self._sockets = sockets
        self.url = f"http://127.0.0.1:{sockets.server_port}"

    @property
    def seen(self) -> list[Seen]:
        """Every request that arrived so far."""
        return self._sockets.seen

    @property
    def words(self) -> list[str]:
        """The last prompt of every chat request that arrived so far."""
        return [told["messages"][-1]["content"] for one in self.seen if "messages" in (told := _parsed(one.body))]

    @property
    def holds(self) -> dict[str, threading.Event]:
        """By prompt or path: what the answer waits for."""
        return self._sockets.holds


@contextmanager
def counting() -> Iterator[Counting]:
    """Give a running server, stopped at the end."""
    sockets = _Sockets()
    thread = threading.Thread(target=sockets.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Counting(sockets)
    finally:
        sockets.shutdown()
        thread.join()
        sockets.server_close()


def chat_body(words: str, **fields: Any) -> dict[str, Any]:
    """Return the JSON of a chat request."""
    return {"model": "made-up-model", "messages": [{"role": "user", "content": words}], **fields}


def send(method: str, url: str, **more: Any) -> httpx2.Response:
    """Send one request by httpx2, by a client that does not read the machine's certificates first (20 ms)."""
    with httpx2.Client(verify=False, trust_env=False) as client:
        return client.request(method, url, **more)


def get(url: str, **more: Any) -> httpx2.Response:
    """Send one GET request."""
    return send("GET", url, **more)


def post(url: str, **more: Any) -> httpx2.Response:
    """Send one POST request."""
    return send("POST", url, **more)


def said(answer: Any) -> str:
    """Return what the model said, from a response with JSON: "<number of the request>: <prompt>"."""
    return str(answer.json()["choices"][0]["message"]["content"])


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _chat(number: int, words: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": f"{number}: {words}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1, "model": "made-up-model"}
    return {**head, "choices": [choice]}


def _events(number: int, words: str) -> Iterator[bytes]:
    for token in (f"{number}:", f" {words}"):
        choice = {"index": 0, "delta": {"role": "assistant", "content": token}, "finish_reason": None}
        head = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1, "model": "made-up-model"}
        yield f"data: {json.dumps({**head, 'choices': [choice]})}\n\n".encode()
    yield b"data: [DONE]\n\n"
