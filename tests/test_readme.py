"""The README's examples, run as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import llmvcr
from made_up_keys import drawn
from readme import README, blocks
from realtime_server import serving

KEY = f"sk-proj-{drawn('README', 48)}"
FIRST, ASKED, DATED, TALK, BUSY, PLAIN = blocks("python")[:6]  # all are run; the last two by test_readme_moving.py
RULES, REDACTED = blocks("ini")
(KEPT,) = blocks("yaml")
STOPPED = blocks("text")[1]


class _Paris(BaseHTTPRequestHandler):
    """Answers a chat with Paris, and lists one model."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        message = {"role": "assistant", "content": "Paris."}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self._send({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})

    def do_GET(self) -> None:
        self._send({"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "nobody"}]})

    def _send(self, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def environment() -> Iterator[tuple[dict[str, str], ThreadingHTTPServer]]:
    """Give the environment of a user whose OpenAI is a server on loopback, and that server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Paris)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    base_url = f"http://127.0.0.1:{server.server_port}/v1"
    yield {**os.environ, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": base_url}, server
    server.shutdown()
    thread.join()
    server.server_close()


# Plugins of this environment that a user need not have: hypothesis alone takes a second of each run.
_BARE = {"PYTEST_ADDOPTS": " ".join(f"-p no:{name}" for name in ("hypothesispytest", "pytest_httpserver", "timeout"))}


def _run(folder: Path, env: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**env, **_BARE},
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_marked_examples_record_once_and_replay_without_a_server(
    tmp_path: Path, environment: tuple[dict[str, str], ThreadingHTTPServer]
) -> None:
    """They pass while recorded and on replay; the first one's file is as the README says, of faults nothing is kept."""
    env, server = environment
    for name, example in (("test_capital", FIRST), ("test_question", ASKED), ("test_busy", BUSY)):
        (tmp_path / f"{name}.py").write_text(example)
    assert "4 passed" in _run(tmp_path, env, "-m", "pytest", "-q", "--record-mode=once")
    cassettes = tmp_path / "cassettes"
    first = cassettes / "test_capital" / "test_capital.yaml"
    assert str(first.relative_to(tmp_path)) in README
    assert KEY.encode() not in first.read_bytes()
    assert [path.name for path in (cassettes / "test_busy").iterdir()] == ["test_a_busy_provider_is_asked_again.yaml"]
    server.shutdown()
    server.server_close()
    assert "4 passed" in _run(tmp_path, env, "-m", "pytest", "-q")


def test_the_example_without_pytest_runs(
    tmp_path: Path, environment: tuple[dict[str, str], ThreadingHTTPServer]
) -> None:
    """The example with use_cassette records a cassette and replays it, as it stands."""
    env, server = environment
    _run(tmp_path, env, "-c", PLAIN)
    assert (tmp_path / "cassettes" / "capital.yaml").exists()
    server.shutdown()
    server.server_close()
    _run(tmp_path, env, "-c", PLAIN)


def test_the_example_with_a_pattern_records_once(
    tmp_path: Path, environment: tuple[dict[str, str], ThreadingHTTPServer]
) -> None:
    """The example of a rule records one request, and replays it for a prompt of another day."""
    env, _ = environment
    _run(tmp_path, env, "-c", DATED)
    assert len(llmvcr.load(tmp_path / "cassettes" / "dated.yaml").interactions) == 1


def test_the_example_of_a_websocket_replays(tmp_path: Path) -> None:
    """What the example records, asking a server, it replays as it stands without one, down to what it prints."""
    env = {**os.environ, "OPENAI_API_KEY": KEY}
    with serving() as server:
        there = TALK.replace("openai.OpenAI()", f'openai.OpenAI(websocket_base_url="{server.url}/v1")')
        live = _run(tmp_path, env, "-c", there)
    cassette = tmp_path / "cassettes" / "talk.yaml"
    recorded = cassette.read_bytes()
    replayed = _run(tmp_path, {**env, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "-c", TALK)
    assert replayed == live == "You said: Capital of France?"
    assert cassette.read_bytes() == recorded
    assert KEY.encode() not in recorded


_NAMED = """
import openai, pytest

@pytest.mark.vcr
def test_named():
    said = [{"role": "user", "content": "SAID"}]
    more = {"x-tenant": "NAME", "x-session": "as it is"}
    openai.OpenAI().chat.completions.create(model="m", messages=said, extra_headers=more)
"""


def test_the_example_of_redaction(tmp_path: Path, environment: tuple[dict[str, str], ThreadingHTTPServer]) -> None:
    """Each thing that the example names is not recorded, what it keeps is, and other values of the same replay."""
    env, server = environment
    (tmp_path / "pytest.ini").write_text(REDACTED)
    test = tmp_path / "test_named.py"
    test.write_text(_NAMED.replace("NAME", "tenant 17").replace("SAID", "acct_17 of Ms Made-Up"))
    assert "1 passed" in _run(tmp_path, env, "-m", "pytest", "-q", "--record-mode=once")
    recorded = (tmp_path / "cassettes" / "test_named" / "test_named.yaml").read_text(encoding="utf-8")
    assert not re.search("tenant 17|acct_17|Ms Made-Up", recorded)
    assert "as it is" in recorded
    server.shutdown()
    server.server_close()
    test.write_text(_NAMED.replace("NAME", "tenant 23").replace("SAID", "acct_23 of Ms Made-Up"))
    assert "1 passed" in _run(tmp_path, {**env, "OPENAI_API_KEY": "another"}, "-m", "pytest", "-q")


_RAW = """
import socket

import llmvcr
import pytest

@pytest.mark.vcr
def test_raw():
    with pytest.raises(llmvcr.NetworkBlockedAbort) as stopped:
        socket.create_connection(("api.openai.com", 443))
    print(stopped.value)
"""


def test_what_a_wall_says(tmp_path: Path) -> None:
    """A marked test that reaches for a provider through a socket of its own is told what the README quotes."""
    (tmp_path / "test_raw.py").write_text(_RAW)
    told = _run(tmp_path, {**os.environ}, "-m", "pytest", "-q", "-s")
    quoted = re.escape(" ".join(STOPPED.split())).replace("…", r"\S+")
    assert re.search(quoted, " ".join(told.split()))


_STREAM = """
interactions:
- request: {{method: GET, uri: "http://127.0.0.1/", body: null, headers: {{}}}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{}}
    body: {{string: {body}}}
{kept}version: 1
"""


def test_what_is_said_of_a_stream_can_be_read(tmp_path: Path) -> None:
    """The README's picture of what is kept of a stream is one that a cassette can have."""
    cassette = tmp_path / "cassette.yaml"
    cassette.write_text(_STREAM.format(body="x" * (352 + 1180), kept=KEPT))
    (interaction,) = llmvcr.load(cassette).interactions
    response = interaction.response
    assert list(map(len, response.chunks)) == [352, 1180]
    assert (response.times, response.ended) == ((6.1, 6.8, 24.9), "closed")


_RULED = """
import pytest, openai

@pytest.mark.vcr
def test_ruled():
    said = [{"role": "user", "name": "NAME", "content": "On DAY see UUID."}, {"role": "assistant", "content": "DAY"}]
    more = {"extra_query": {"trace": "DAY"}, "metadata": {"run": "DAY"}}
    openai.OpenAI().chat.completions.create(model="m", messages=said, **more)
"""


def test_the_rules_of_the_ini_hold(tmp_path: Path, environment: tuple[dict[str, str], ThreadingHTTPServer]) -> None:
    """Under the ini example a request that differs in each thing that it names is replayed, with the server gone."""
    env, server = environment
    (tmp_path / "pytest.ini").write_text(RULES)
    test = tmp_path / "test_ruled.py"
    test.write_text(_RULED.replace("UUID", str(uuid.uuid4())).replace("NAME", "one").replace("DAY", "2026-11-22"))
    assert "1 passed" in _run(tmp_path, env, "-m", "pytest", "-q", "--record-mode=once")
    server.shutdown()
    server.server_close()
    test.write_text(_RULED.replace("UUID", str(uuid.uuid4())).replace("NAME", "two").replace("DAY", "2027-01-31"))
    told = _run(tmp_path, env, "-m", "pytest", "-q", "--llmvcr-unused-rules")
    assert "1 passed" in told
    assert "none of 4" in told
