"""A server that speaks HTTP/2 without TLS, as a client with prior knowledge takes it, and answers in pieces."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, StreamEnded

__all__ = ["PIECES", "http2"]

PIECES = (b"data: 1\n\n", b"data: 2\n\ndata: 3\n\n", b"data: [DONE]\n\n")
"""The answer, a DATA frame each."""


def _talk(sock: socket.socket, paths: list[str]) -> None:
    connection = H2Connection(H2Configuration(client_side=False))
    connection.initiate_connection()
    sock.sendall(connection.data_to_send())
    while data := sock.recv(65536):
        for event in connection.receive_data(data):
            if isinstance(event, RequestReceived):
                paths.append(dict(event.headers)[b":path"].decode())
            elif isinstance(event, StreamEnded):
                head = [(":status", "200"), ("content-type", "text/event-stream")]
                connection.send_headers(event.stream_id, head)
                for piece in PIECES:
                    connection.send_data(event.stream_id, piece)
                connection.end_stream(event.stream_id)
        sock.sendall(connection.data_to_send())


@contextmanager
def http2() -> Iterator[tuple[str, list[str]]]:
    """Give the URL of a running server, and the paths that it was asked for."""
    paths: list[str] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                with contextlib.suppress(OSError), sock:
                    _talk(sock, paths)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", paths
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
