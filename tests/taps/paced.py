"""A server that answers step by step as a test has written it down: a piece, a wait for the test, a cut."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["CUT", "PATIENCE", "Paced", "Step", "paced"]

CUT = None
"""The step that ends the connection in the middle of the answer."""

PATIENCE = 5.0
"""Seconds that the server waits for a test before it cuts the answer: the deadlock of a recorder that holds back."""

Step = bytes | threading.Event | None


@dataclass(slots=True)
class Paced:
    """What the server does next, and what it has seen."""

    url: str = ""
    steps: Sequence[Step] = ()
    headers: Sequence[tuple[str, str]] = ()
    status: int = 200
    held: threading.Event | None = None
    """What the server waits for before the head of its answer."""
    bodies: list[bytes] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when the client went away before the answer was over."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Sockets

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""

    def _handle(self) -> None:
        plan = self.server.plan
        plan.bodies.append(b"".join(self._body()))
        if plan.held is not None:
            plan.held.wait(PATIENCE)
        self.send_response(plan.status)
        for name, value in plan.headers:
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for step in plan.steps:
                if isinstance(step, bytes):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(step), step))
                elif step is CUT or not step.wait(PATIENCE):
                    self.close_connection = True
                    return
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            plan.gone.set()
            self.close_connection = True

    do_GET = do_POST = _handle  # noqa: N815 - the names are the base class's

    def _body(self) -> Iterator[bytes]:
        if self.headers.get("transfer-encoding") != "chunked":
            yield self.rfile.read(int(self.headers.get("content-length") or 0))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()


class _Sockets(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, plan: Paced) -> None:
        self.plan = plan
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hangs up between two requests: its right."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def paced() -> Iterator[Paced]:
    """Give a running server, stopped at the end; the test sets its `steps`."""
    plan = Paced()
    sockets = _Sockets(plan)
    plan.url = f"http://127.0.0.1:{sockets.server_port}/"
    thread = threading.Thread(target=sockets.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield plan
    finally:
        sockets.shutdown()
        thread.join()
        sockets.server_close()
