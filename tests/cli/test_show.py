"""`llmvcr show`: its exact words for the seeds and samples, raw and as JSON, on a terminal and in a pipe."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cli.schemas import fitting
from llmvcr.cli import main
from llmvcr.cli.paper import Paper
from llmvcr.cli.progress import visible
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.storage import dump, load
from shared import CASSETTES, corpus

WEATHER = CASSETTES / "seeds" / "weather.json"
TOLD = """\
: 1 interaction

#0 openai chat.completions, gpt-4o: 200, streamed
POST https://api.openai.com/v1/chat/completions
response_format: {"type": "text"}
tools: get_weather

user:
  Is the weather better in San Francisco or Los Angeles?

answer (tool_calls):
  -> get_weather({"location": "San Francisco, USA"})  [call_kErWvJer6QCWVob8g1QyrJw1]
  -> get_weather({"location": "Los Angeles, USA"})  [call_luCJXv7NoR73lVYKKvgETic8]
"""
STREAM = """\
: 1 interaction

#0 openai chat.completions, smollm2-135m-instruct: 200, streamed
POST http://127.0.0.1:38017/v1/chat/completions, recorded 2026-11-22T09:12:23Z
max_tokens: 24
seed: 7
stream_options: {"include_usage": true}
temperature: 0

user:
  Name three colours.

answer (stop):
  1. Red
  2. Blue
  3. Green

tokens: 13 in, 12 out
"""
ERRORS = """\
: 2 interactions

#0 openai chat.completions, smollm2-135m-instruct: 400
POST http://127.0.0.1:38017/v1/chat/completions, recorded 2026-11-22T09:12:45Z
max_tokens: 24
seed: 7
temperature: 0

user:
  hello

error:
  Expected 'messages' to be an array

#1 openai models.retrieve, no-such-model: 404
GET http://127.0.0.1:38017/v1/models/no-such-model, recorded 2026-11-22T09:12:45Z

error:
  File Not Found
"""
RAW = """\
: 2 interactions

#1
GET http://127.0.0.1:38017/v1/models/no-such-model
"""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (WEATHER, TOLD),
        (CASSETTES / "samples" / "chat_stream.yaml", STREAM),
        (CASSETTES / "samples" / "errors.yaml", ERRORS),
    ],
    ids=["seed", "stream", "errors"],
)
def test_a_cassette_is_told(path: Path, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The conversation, plain and whole where the output is no terminal."""
    assert main(["show", str(path)]) == 0
    assert capsys.readouterr() == (f"{path}{words}", "")


def test_the_same_from_either_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is told does not depend on the format of the file."""
    printed = []
    for suffix in ("yaml", "json"):
        path = tmp_path / f"tools.{suffix}"
        dump(load(CASSETTES / "samples" / "tools.yaml"), path)
        assert main(["show", str(path)]) == 0
        printed.append(capsys.readouterr().out.replace(str(path), ""))
    assert printed[0] == printed[1]


def test_one_interaction_raw(capsys: pytest.CaptureFixture[str]) -> None:
    """One interaction, as HTTP said it."""
    path = CASSETTES / "samples" / "errors.yaml"
    assert main(["show", str(path), "--interaction", "1", "--raw"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{path}{RAW}")
    assert "\n404 Not Found\n" in out
    assert out.endswith('{"error":{"message":"File Not Found","type":"not_found_error","code":404}}\n')


def test_for_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For git's textconv: nothing that changes when the same is recorded again; what is no recording as it is."""
    call = load(CASSETTES / "samples" / "chat_stream.yaml")[0]
    told = []
    for number in range(2):
        times = tuple(float(number + place) for place in range(len(call.response.chunks) + 1))
        again = replace(call, response=replace(call.response, times=times), recorded_at=f"2026-11-2{number}T00:00:00Z")
        dump([again], tmp_path / f"{number}.yaml")
        assert main(["show", str(tmp_path / f"{number}.yaml"), "--for-diff"]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1] == STREAM.partition("\n")[2].replace(", recorded 2026-11-22T09:12:23Z", "")
    for text in ("# Cassettes\n\nOf ours.\n", "<<<<<<< ours\ninteractions:\n"):
        (tmp_path / "other").write_text(text)
        assert main(["show", str(tmp_path / "other"), "--for-diff"]) == 0
        assert capsys.readouterr() == (text, "")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Every call, by the schema."""
    assert main(["show", str(CASSETTES / "samples"), "--json"]) == 0
    value = fitting("show", capsys.readouterr().out)
    assert len(value["files"]) == 16


def test_a_folder_with_a_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be read is named, the others are told, exit 1."""
    (tmp_path / "a.yaml").write_text("interactions: [")
    (tmp_path / "b.json").write_bytes(WEATHER.read_bytes())
    assert main(["show", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out.strip() == f"{tmp_path / 'b.json'}{TOLD}".strip()
    assert err.startswith(f"failed: {tmp_path / 'a.yaml'}, line 2, column 1: ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("no-such.yaml",), "no-such.yaml is not there"),
        ((str(WEATHER), "--interaction", "1"), f"--interaction 1: {WEATHER} has 0 to 0"),
        ((str(CASSETTES), "--interaction", "0"), "--interaction names one of a file; PATH is a folder"),
    ],
    ids=["absent", "number", "folder"],
)
def test_wrong_usage(arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence that says what is wrong, exit 2."""
    assert main(["show", *arguments]) == 2
    assert capsys.readouterr() == ("", f"llmvcr: {reason}\n")


def test_a_terminal_gets_colours_and_lines_of_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours and wrapping are for a terminal, and NO_COLOR takes the colours away."""
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain = Terminal(), io.StringIO()
    Paper(coloured).line("one two three four five six seven", "red", indent=2)
    assert coloured.getvalue() == "\x1b[31m  one two three four five six\x1b[0m\n\x1b[31m  seven\x1b[0m\n"
    Paper(plain).line("one two three four five six seven", "red", indent=2)
    assert plain.getvalue() == "  one two three four five six seven\n"
    monkeypatch.setenv("NO_COLOR", "1")
    without = Terminal()
    Paper(without).line("one", "red")
    assert without.getvalue() == "one\n"


def test_a_text_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences and letters that turn the direction of others are spelt, not sent."""
    body = {"model": "m", "messages": [{"role": "user", "content": "\x1b]0;title\x07 \u202egnp.exe \x1b[2J"}]}
    request = Request("POST", "https://api.openai.com/v1/chat/completions", (), json.dumps(body).encode())
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "ok\ttab"}}]}
    dump([Interaction(request, Response(200, chunks=(json.dumps(answer).encode(),)))], tmp_path / "c.yaml")
    assert main(["show", str(tmp_path / "c.yaml")]) == 0
    out = capsys.readouterr().out
    assert "\\x1b]0;title\\x07 \\u202egnp.exe \\x1b[2J" in out
    assert "ok\ttab" in out
    assert visible("a\r\nb\x00") == "a\nb\\x00"


def test_a_pipe_that_closes_is_no_traceback() -> None:
    """`llmvcr show … | head` ends without a word."""
    command = [sys.executable, "-m", "llmvcr", "show", str(CASSETTES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)) as shown:
        assert shown.stdout is not None
        assert shown.stderr is not None
        shown.stdout.readline()
        shown.stdout.close()
        assert shown.stderr.read() == b""


@pytest.mark.slow
def test_every_file_of_the_corpus_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing in the cassettes of other projects stops the command."""
    assert main(["show", str(corpus("vcrpy"))]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n#0 ") > 600
    assert err == ""
