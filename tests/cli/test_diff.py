"""`llmvcr diff`: what it says of two recordings, and its exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.schemas import fitting
from llmvcr.cli import main
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.storage import dump, load
from shared import CASSETTES

SAMPLES = CASSETTES / "samples"
CHAT = """\
--- {path}#0
+++ {path}#1

#0 and #1 openai chat.completions, smollm2-135m-instruct
  request messages[1]
    + {{"role": "assistant", "content": "The capital of France is Paris."}}
  request messages[2]
    + {{"role": "user", "content": "And of Italy?"}}
  answer text
    - "The capital of France is Paris."
    + "The capital of Italy is Rome."
"""
LONE = """\
--- {a}
+++ {b}

- #0 openai chat.completions, smollm2-135m-instruct: "Name three colours."
+ #0 openai models.list
"""


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.yaml")))
def test_two_formats_of_one_recording_are_the_same(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed, exit 0."""
    assert main(["diff", str(SAMPLES / f"{name}.yaml"), str(SAMPLES / f"{name}.json")]) == 0
    assert capsys.readouterr() == ("", "")


def test_two_interactions(capsys: pytest.CaptureFixture[str]) -> None:
    """What is asked differently by its path, what is answered differently as a conversation, exit 1."""
    path = SAMPLES / "chat.yaml"
    assert main(["diff", f"{path}#0", f"{path}#1"]) == 1
    assert capsys.readouterr() == (CHAT.format(path=path), "")


def test_what_one_side_has_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Calls of endpoints that the other side has none of are named."""
    a, b = SAMPLES / "chat_stream.yaml", SAMPLES / "models.yaml"
    assert main(["diff", str(a), str(b)]) == 1
    assert capsys.readouterr() == (LONE.format(a=a, b=b), "")


def test_what_is_no_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Order, times, headers and how a stream was cut into chunks are none."""
    document = load(SAMPLES / "chat.yaml")
    other = [
        replace(
            one,
            recorded_at=None,
            response=replace(one.response, headers=(), chunks=tuple(bytes([byte]) for byte in one.response.body)),
        )
        for one in reversed(document.interactions)
    ]
    dump(other, tmp_path / "b.json")
    assert main(["diff", str(SAMPLES / "chat.yaml"), str(tmp_path / "b.json")]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_long_text_is_shown_around_its_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a long text only what stands around the change is printed."""
    for name, word in (("a", "cat"), ("b", "dog")):
        body = {"model": "m", "messages": [{"role": "user", "content": f"{'x ' * 400}the {word} sat{' y' * 400}"}]}
        request = Request("POST", "https://api.openai.com/v1/chat/completions", (), json.dumps(body).encode())
        dump(
            [Interaction(request, Response(500, chunks=(b'{"error": {"message": "No."}}',)))], tmp_path / f"{name}.yaml"
        )
    assert main(["diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[4] == "  request messages[0].content"
    assert [line[:7] for line in lines[5:]] == ["    - …", "    + …"]
    assert "the cat sat" in lines[5]
    assert "the dog sat" in lines[6]
    assert max(map(len, lines[5:])) < 200


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Each change with its place and both values; a value that one side lacks has no key."""
    path = SAMPLES / "chat.yaml"
    assert main(["diff", f"{path}#0", f"{path}#1", "--json"]) == 1
    value = fitting("diff", capsys.readouterr().out)
    assert value["pairs"][0]["changes"][1:] == [
        {"in": "request", "path": "messages[2]", "b": {"role": "user", "content": "And of Italy?"}},
        {
            "in": "answer",
            "path": "text",
            "a": "The capital of France is Paris.",
            "b": "The capital of Italy is Rome.",
        },
    ]
    assert main(["diff", str(path), str(path), "--json"]) == 0
    assert fitting("diff", capsys.readouterr().out)["same"] is True


def test_trouble(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there, that cannot be read, or a number that it has not: one sentence, exit 2."""
    path, bad = SAMPLES / "chat.yaml", tmp_path / "bad.yaml"
    bad.write_text("interactions: [")
    for a, b, reason in (
        ("no.yaml", path, "llmvcr: no.yaml is not there\n"),
        (f"{path}#7", f"{path}#0", f"llmvcr: {path}#7: {path} has interactions 0 to 1\n"),
        (f"{path}#0", path, "llmvcr: an interaction (FILE#N) is compared with another one, not with a whole file\n"),
        (path, bad, f"llmvcr: {bad}"),
    ):
        assert main(["diff", str(a), str(b)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(reason)
