"""A real OpenAI-compatible server on loopback, over real sockets: what the tests and the demo record from.

with serve() as server: OpenAI(base_url=server.base_url, api_key="sk-made-up-key")
python tests/openai_server.py --port 0 --delay 0.02        # prints its base URL, serves until it is killed
"""

from __future__ import annotations

import argparse
import gzip
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from openai_api import Answer, State, answer

__all__ = ["Server", "main", "serve"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a paced piece must leave at once
    server: _Sockets

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""

    def _handle(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.seen.append((self.command, self.path, raw))
        try:
            self._send(answer(self.command, self.path, self.headers, raw, self.server.state))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client went away: its right

    do_GET = do_POST = do_DELETE = _handle  # noqa: N815 - the names are the base class's

    def _send(self, made: Answer) -> None:
        packed = self.server.compress and not made.paced
        pieces = tuple(gzip.compress(piece, mtime=0) for piece in made.pieces) if packed else made.pieces
        self.send_response(made.status)
        for name, value in (("Content-Type", made.content_type), *made.headers, *_habits()):
            self.send_header(name, value)
        if packed:
            self.send_header("Content-Encoding", "gzip")
        if not made.paced:
            self.send_header("Content-Length", str(len(pieces[0])))
            self.end_headers()
            self.wfile.write(pieces[0])
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            time.sleep(self.server.delay)
            if self.server.gate:
                self.server.gate.acquire()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")


def _habits() -> Iterator[tuple[str, str]]:
    """Yield the headers that OpenAI sends with every answer, all made up."""
    yield "x-request-id", "req_" + secrets.token_hex(16)
    yield "openai-organization", "made-up-organization"
    yield "openai-processing-ms", str(secrets.randbelow(900))
    yield "openai-version", "2020-10-01"
    yield "x-ratelimit-remaining-requests", str(secrets.randbelow(10000))
    yield "Set-Cookie", f"__cf_bm=made-up-{secrets.token_hex(8)}; path=/; HttpOnly; Secure; SameSite=None"
    yield "Set-Cookie", f"_cfuvid=made-up-{secrets.token_hex(8)}; path=/; HttpOnly; Secure; SameSite=None"
    yield "CF-RAY", secrets.token_hex(8) + "-ZRH"


class _Sockets(ThreadingHTTPServer):
    """The sockets of one server; stopping it also ends the connections that clients keep alive."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, port: int, delay: float, gate: threading.Semaphore | None, *, compress: bool) -> None:
        self.delay, self.gate, self.compress, self.state = delay, gate, compress, State()
        self.seen: list[tuple[str, str, bytes]] = []
        self.alive: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.alive.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.alive.discard(request)
        super().shutdown_request(request)


class Server:
    """A server that runs in threads of this process until `stop()`."""

    def __init__(
        self,
        *,
        port: int = 0,
        delay: float = 0.0,
        gate: threading.Semaphore | None = None,
        compress: bool = False,
    ) -> None:
        """Listen on loopback.

        `delay` is in seconds before each piece of a stream; with a `gate`, each piece waits until the gate lets it
        pass; `compress` gzips whole answers.
        """
        self._sockets = _Sockets(port, delay, gate, compress=compress)
        self._thread = threading.Thread(target=self._sockets.serve_forever, kwargs={"poll_interval": 0.005})
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{self._sockets.server_port}/v1"

    @property
    def requests(self) -> list[tuple[str, str, bytes]]:
        """(method, path with query, body) of every request that arrived so far."""
        return self._sockets.seen

    def stop(self) -> None:
        """Listen no more and end every open connection; a second call does nothing."""
        if not self._thread.is_alive():
            return
        self._sockets.shutdown()
        self._thread.join()
        for connection in tuple(self._sockets.alive):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended by itself in this moment
        self._sockets.server_close()


@contextmanager
def serve(**options: Any) -> Iterator[Server]:
    """Give a running server, made with the options of `Server`, and stop it at the end."""
    server = Server(**options)
    try:
        yield server
    finally:
        server.stop()


def main() -> None:
    """Serve until the process is ended."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--delay", type=float, default=0.0, help="seconds before each piece of a stream")
    chosen = options.parse_args()
    with serve(port=chosen.port, delay=chosen.delay) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
