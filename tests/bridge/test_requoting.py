"""A cassette that records on: what a server drew anew stands where the recorded requests have the recorded ids."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

import llmvcr

THREADS, HI = "/v1/threads", {"role": "user", "content": "hi"}


class _Threads(BaseHTTPRequestHandler):
    """Makes a thread, or whatever else is asked for, with an id that nobody had before."""

    drawn = itertools.count(1)
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""

    def do_POST(self) -> None:
        """Answer with a new id."""
        self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append(self.path)
        answer = json.dumps({"id": f"thread_aB3cD{next(self.drawn):04d}eF7gH9jK1mN3"}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Threads)
        self.seen: list[str] = []


@pytest.fixture(name="threads")
def _threads() -> Iterator[_Server]:
    with _Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(server: _Server, path: str, body: Any) -> str:
    """Post a body; the id of the answer."""
    url = f"http://127.0.0.1:{server.server_port}{path}"
    return str(httpx.post(url, json=body, trust_env=False).json()["id"])


def test_a_thread_that_was_made_once_more(threads: _Server, tmp_path: Path) -> None:
    """The second thread is made by the same request, live: what is said in it is answered from the first one's."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        recorded = ask(threads, THREADS, {})
        message = ask(threads, f"{THREADS}/{recorded}/messages", HI)
    with llmvcr.use_cassette(path, record_mode="new_episodes") as cassette:
        assert ask(threads, THREADS, {}) == recorded
        fresh = ask(threads, THREADS, {})
        assert fresh != recorded
        assert ask(threads, f"{THREADS}/{fresh}/messages", HI) == message
        assert ask(threads, f"{THREADS}/{fresh}/messages", HI) != message
    assert cassette.play_count == 2
    assert len(threads.seen) == 4


def test_another_thread_is_another_one(threads: _Server, tmp_path: Path) -> None:
    """A thread that no answer named stays a miss in its path."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        recorded = ask(threads, THREADS, {})
        ask(threads, f"{THREADS}/{recorded}/messages", HI)
    with llmvcr.use_cassette(path, record_mode="none"), pytest.raises(llmvcr.Miss, match="thread_id"):
        ask(threads, f"{THREADS}/thread_of_yesterday/messages", HI)
