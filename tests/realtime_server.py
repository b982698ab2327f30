"""A real WebSocket server on loopback: a small OpenAI Realtime and Responses, whose ids are drawn anew each time."""

from __future__ import annotations

import base64
import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

__all__ = ["RealtimeServer", "serving"]

Event = dict[str, Any]


@dataclass(slots=True)
class RealtimeServer:
    """Where the server is, and what it has seen."""

    port: int = 0
    paths: list[str] = field(default_factory=list)
    """The path of each handshake."""
    ended: list[int | None] = field(default_factory=list)
    """The close code of each connection that has ended, as the server saw it."""
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when a connection has ended."""

    @property
    def url(self) -> str:
        """The base URL of its WebSockets."""
        return f"ws://127.0.0.1:{self.port}"


def _drawn(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(12)}"


def _said(kind: str, **more: Any) -> str:
    return json.dumps({"type": kind, "event_id": _drawn("event"), **more})


def _answer(text: str) -> Iterator[str]:
    """Yield the events of one response, as text in pieces and as audio."""
    response, item = {"id": _drawn("resp"), "object": "realtime.response", "output": []}, _drawn("item")
    where = {"response_id": response["id"], "item_id": item, "output_index": 0, "content_index": 0}
    yield _said("response.created", response={**response, "status": "in_progress"})
    for word in ("You", " said: ", text):
        yield _said("response.output_text.delta", **where, delta=word)
    yield _said("response.output_audio.delta", **where, delta=base64.b64encode(secrets.token_bytes(24)).decode())
    yield _said("response.output_text.done", **where, text=f"You said: {text}")
    yield _said("response.done", response={**response, "status": "completed"})


def _realtime(socket_: ServerConnection) -> None:
    socket_.send(_said("session.created", session={"id": _drawn("sess"), "type": "realtime", "object": "s"}))
    text = ""
    for message in socket_:
        event = json.loads(message)
        match event["type"]:
            case "session.update":
                socket_.send(_said("session.updated", session={"id": _drawn("sess"), **event["session"]}))
            case "conversation.item.create":
                item = {"id": _drawn("item"), "status": "completed", **event["item"]}
                text = next((part["text"] for part in item.get("content", ()) if "text" in part), text)
                socket_.send(_said("conversation.item.added", item=item, previous_item_id=None))
                if text == "close":
                    socket_.close(4000, "made-up policy")
                if text == "drop":
                    socket_.socket.shutdown(socket.SHUT_RDWR)
            case "conversation.item.delete":
                socket_.send(_said("conversation.item.deleted", item_id=event["item_id"]))
            case "input_audio_buffer.commit":
                socket_.send(_said("input_audio_buffer.committed", item_id=_drawn("item"), previous_item_id=None))
            case "response.create":
                for said in _answer(text):
                    socket_.send(said)


def _responses(socket_: ServerConnection) -> None:
    for message in socket_:
        event = json.loads(message)
        response = {"id": _drawn("resp"), "object": "response", "model": event["model"], "output": []}
        where = {"item_id": _drawn("msg"), "output_index": 0, "content_index": 0, "logprobs": []}
        kinds: list[tuple[str, Event]] = [
            ("response.created", {"response": {**response, "status": "in_progress"}}),
            *(("response.output_text.delta", {**where, "delta": word}) for word in ("Echo: ", event["input"])),
            ("response.completed", {"response": {**response, "status": "completed"}}),
        ]
        for number, (kind, more) in enumerate(kinds):
            socket_.send(json.dumps({"type": kind, "sequence_number": number, **more}))


def _echo(socket_: ServerConnection) -> None:
    for message in socket_:
        if message == "many":
            for number in range(2000):
                socket_.send(f"{number} " + "x" * 200)
        elif message == "pieces":
            socket_.send(iter(["in ", "three ", "pieces"]))
        elif message == "bye":
            socket_.close(1000, "as you wish")
        else:
            socket_.send(message)


_ROOMS: dict[str, Callable[[ServerConnection], None]] = {
    "/v1/realtime": _realtime,
    "/v1/responses": _responses,
    "/echo": _echo,
}


@contextmanager
def serving() -> Iterator[RealtimeServer]:
    """Give a running server, stopped at the end."""
    seen = RealtimeServer()

    def handshake(connection: ServerConnection, request: Request) -> Response | None:
        seen.paths.append(request.path)
        if "refuse" in request.path:
            refusal = connection.respond(401, '{"error": {"message": "made-up refusal"}}')
            refusal.headers["x-request-id"] = "req_made_up"
            return refusal
        if request.path == "/moved":
            moved = connection.respond(302, "")
            moved.headers["Location"] = "/echo"
            return moved
        return None

    def handle(connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        try:
            _ROOMS[request.path.partition("?")[0]](connection)
        except (ConnectionClosed, OSError):
            pass
        finally:
            connection.close()
            seen.ended.append(connection.close_code)
            seen.gone.set()

    with serve(handle, "127.0.0.1", 0, process_request=handshake, select_subprotocol=_chosen) as server:
        seen.port = server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()


def _chosen(_connection: Any, offered: Any) -> Any:
    return offered[-1] if offered else None
