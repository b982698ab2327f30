"""A real server on loopback that speaks Anthropic's API: every answer has ids, seals and times of its own."""

from __future__ import annotations

import json
import random
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Server", "drawn", "serve"]

_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PIECE = 7


def drawn(prefix: str) -> str:
    """An id as Anthropic's servers draw it."""
    return f"{prefix}01{''.join(secrets.choice(_LETTERS) for _ in range(22))}"


class Server(ThreadingHTTPServer):
    """Listens on a free port of loopback; `seen` is every request that arrived: (path, body)."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen; `serve` does the rest."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, bytes]] = []

    @property
    def base_url(self) -> str:
        """What the client is told."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""

    def _handle(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.seen.append((self.path, raw))
        body = json.loads(raw) if raw else {}
        path = self.path.partition("?")[0]
        if path == "/v1/models":
            self._send(200, {"data": [_model("claude-a"), _model("claude-b")], "has_more": False})
        elif path.startswith("/v1/models/"):
            self._send(200, _model(path.rpartition("/")[2]))
        elif path == "/v1/messages/count_tokens":
            self._send(200, {"input_tokens": len(raw) // 4})
        elif path != "/v1/messages" or not body.get("messages"):
            self._send(400, {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}})
        elif body.get("stream"):
            self._stream(_message(body))
        else:
            self._send(200, _message(body))

    do_GET = do_POST = _handle  # noqa: N815 - the names are the base class's

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self._habits()
        self.wfile.write(data)

    def _stream(self, message: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self._habits()
        for event in _events(message):
            data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")

    def _habits(self) -> None:
        self.send_header("request-id", drawn("req_"))
        self.send_header("anthropic-organization-id", "made-up-organization")
        self.end_headers()


def _model(name: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": name.title(), "created_at": "2026-01-01T00:00:00Z"}


def _message(body: dict[str, Any]) -> dict[str, Any]:
    last = body["messages"][-1]["content"]
    results = [one for one in last if one["type"] == "tool_result"] if isinstance(last, list) else []
    content: list[dict[str, Any]] = []
    if body.get("thinking"):
        content.append({"type": "thinking", "thinking": "Let me see.", "signature": secrets.token_hex(40)})
    if body.get("tools") and not results:
        content.append({"type": "text", "text": "I look at both: ☔ 🦀."})
        content += [
            {"type": "tool_use", "id": drawn("toolu_"), "name": "get_weather", "input": {"city": city}}
            for city in ("Rome", "Oslo")
        ]
    else:
        said = " and ".join(str(one["content"]) for one in results) or f"You said {last!r}."
        content.append({"type": "text", "text": f"{said} {random.random()}"})  # noqa: S311 - any number
    return {
        "id": drawn("msg_"),
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if body.get("tools") and not results else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 5},
    }


def _events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    start = message | {"content": [], "stop_reason": None}
    yield {"type": "message_start", "message": start}
    yield {"type": "ping"}
    for index, block in enumerate(message["content"]):
        empty, deltas = _deltas(block)
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None},
        "usage": {"output_tokens": 5},
    }
    yield {"type": "message_stop"}


def _deltas(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if block["type"] == "tool_use":
        text = json.dumps(block["input"])
        return block | {"input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in _cut(text)]
    if block["type"] == "thinking":
        told = [{"type": "thinking_delta", "thinking": piece} for piece in _cut(block["thinking"])]
        signed = {"type": "signature_delta", "signature": block["signature"]}
        return block | {"thinking": "", "signature": ""}, [*told, signed]
    return block | {"text": ""}, [{"type": "text_delta", "text": piece} for piece in _cut(block["text"])]


def _cut(text: str) -> Iterator[str]:
    return (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))


@contextmanager
def serve() -> Iterator[Server]:
    """Give a running server, and stop it at the end."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
