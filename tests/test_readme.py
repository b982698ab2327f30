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
from llmvcr import formats, pytest_plugin
from llmvcr.cli import main
from llmvcr.presets import PRESETS
from shared import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def _block(kind: str) -> str:
    (found,) = re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)
    return str(found)


PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


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
    yield {**os.environ, "OPENAI_API_KEY": "sk-made-up-key", "OPENAI_BASE_URL": base_url}, server
    server.shutdown()
    thread.join()
    server.server_close()


def _run(folder: Path, env: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_test_records_once_and_replays_without_a_server(
    tmp_path: Path, environment: tuple[dict[str, str], ThreadingHTTPServer]
) -> None:
    """The first example records into the file that the README names, without the key, and replays without a server."""
    env, server = environment
    first, config = PYTHON[0], PYTHON[1]
    (tmp_path / "test_capital.py").write_text(first)
    (tmp_path / "conftest.py").write_text(config)
    assert "1 passed" in _run(tmp_path, env, "-m", "pytest", "-q", "--record-mode=once")
    cassette = tmp_path / "cassettes" / "test_capital" / "test_capital.yaml"
    assert str(cassette.relative_to(tmp_path)) in README
    assert b"sk-made-up-key" not in cassette.read_bytes()
    server.shutdown()
    server.server_close()
    assert "1 passed" in _run(tmp_path, env, "-m", "pytest", "-q")


def test_the_example_without_pytest_runs(
    tmp_path: Path, environment: tuple[dict[str, str], ThreadingHTTPServer]
) -> None:
    """The example with use_cassette records a cassette and replays it, as it stands."""
    env, server = environment
    _run(tmp_path, env, "-c", PYTHON[3])
    assert (tmp_path / "cassettes" / "capital.yaml").exists()
    server.shutdown()
    server.server_close()
    _run(tmp_path, env, "-c", PYTHON[3])


def test_every_python_block_is_run_here() -> None:
    """The README has no Python block that no test runs."""
    assert len(PYTHON) == 4


def test_the_example_with_a_pattern_records_once(
    tmp_path: Path, environment: tuple[dict[str, str], ThreadingHTTPServer]
) -> None:
    """The example of a rule records one request, and replays it for a prompt of another day."""
    env, _ = environment
    _run(tmp_path, env, "-c", PYTHON[2])
    assert len(llmvcr.load(tmp_path / "cassettes" / "dated.yaml").interactions) == 1


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
    (tmp_path / "pytest.ini").write_text(_block("ini"))
    test = tmp_path / "test_ruled.py"
    test.write_text(_RULED.replace("UUID", str(uuid.uuid4())).replace("NAME", "one").replace("DAY", "2026-11-22"))
    assert "1 passed" in _run(tmp_path, env, "-m", "pytest", "-q", "--record-mode=once")
    server.shutdown()
    server.server_close()
    test.write_text(_RULED.replace("UUID", str(uuid.uuid4())).replace("NAME", "two").replace("DAY", "2027-01-31"))
    told = _run(tmp_path, env, "-m", "pytest", "-q", "--llmvcr-unused-rules")
    assert "1 passed" in told
    assert "none of 4" in told


def test_the_table_of_presets_is_whole() -> None:
    """The table of presets has each preset, in order."""
    table = README[README.index("| preset |") :].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [preset.name for preset in PRESETS]


def test_the_rules_command_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The command that prints the rules takes the arguments that the README names."""
    assert "`llmvcr rules [--provider NAME] [--endpoint NAME]`" in README
    assert main(["rules", "--provider", "openai", "--endpoint", "chat.completions"]) == 0
    assert "messages[*].tool_call_id" in capsys.readouterr()[0]


def test_the_table_of_names_is_the_public_api() -> None:
    """Every function or class that the README names exists."""
    names = set(re.findall(r"`llmvcr\.(\w+)", README)) - {"yaml", "json"}
    assert names
    assert names <= set(llmvcr.__all__)


def test_the_ini_table_has_every_option() -> None:
    """The table of ini options has each option of the plugin, with its default, and no other."""
    table = README[README.index("| ini option |") :].split("\n\n")[0]
    rows = [row.split("|")[1:-1] for row in table.splitlines()[2:]]
    said = {row[0].strip(" `"): row[2].strip(" `") for row in rows}
    words: dict[object, object] = {True: "on", False: "off", (): ""}
    assert said == {name: words.get(default, default) for name, (_, default, _) in pytest_plugin.INI_OPTIONS.items()}


def test_the_formats_table_has_every_format() -> None:
    """The table of formats names the formats that can be written."""
    table = README[README.index("| `--to`") :].split("\n\n")[0]
    said = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    assert sorted(said) == sorted(known.name for known in formats.FORMATS)


def test_the_convert_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The convert command of the README converts a folder."""
    command = re.search(r"\$ python tools/convert\.py (\S+) (\S+) --to (\w+)", README)
    assert command is not None
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "one.yaml").write_bytes((PROJECT / "cassettes/samples/models.yaml").read_bytes())
    assert main(["convert", command[1], command[2], "--to", command[3]]) == 0
    assert (tmp_path / command[2] / "one.json").exists()


def test_every_file_that_is_linked_exists() -> None:
    """The README's links to files of the project lead somewhere."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    headings = [f"#{heading.lower().replace(' ', '-')}" for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)]
    assert links
    assert all(link in headings or (PROJECT / link).exists() for link in links)
