"""`llmvcr merge`: what it writes, what it says, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import llmvcr
from cli.schemas import fitting
from llmvcr.cli import main
from llmvcr.interaction import Interaction, Request, Response


def _one(asked: str, said: str) -> Interaction:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": asked}]}).encode()
    request = Request("POST", "https://api.openai.com/v1/chat/completions", (), body)
    return Interaction(request, Response(200, "OK", (), (said.encode(),)))


A, B, C, D = (_one(name, name) for name in "abcd")
AGAIN, ONCE_MORE = _one("b", "another answer"), _one("b", "a third answer")


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Interaction]]:
    """A base of two and two sides that each added one, in yaml and json; the names are those of the command."""
    monkeypatch.chdir(tmp_path)
    held = {"base.yaml": [A, B], "ours.yaml": [A, B, C], "theirs.json": [A, B, D]}
    for name, interactions in held.items():
        llmvcr.dump(interactions, name)
    return held


def test_both_sides_added(sides: dict[str, list[Interaction]], capsys: pytest.CaptureFixture[str]) -> None:
    """Theirs come after ours, in our format, and the other files stay as they were."""
    assert main(["merge", *sides]) == 0
    assert capsys.readouterr() == ("ours.yaml: 4 interactions, 1 added, 0 removed\n", "")
    assert list(llmvcr.load("ours.yaml")) == [A, B, C, D]
    assert Path("ours.yaml").read_text().startswith("interactions:")
    assert list(llmvcr.load("theirs.json")) == sides["theirs.json"]


def test_into_a_file(sides: dict[str, list[Interaction]], capsys: pytest.CaptureFixture[str]) -> None:
    """With -o ours stays as it is; --json says the same."""
    assert main(["merge", *sides, "-o", "new.yaml", "--json"]) == 0
    told = {"version": 1, "path": "new.yaml", "interactions": 4, "added": 1, "removed": 0, "torn": []}
    assert fitting("merge", capsys.readouterr().out) == told
    assert list(llmvcr.load("new.yaml")) == [A, B, C, D]
    assert list(llmvcr.load("ours.yaml")) == sides["ours.yaml"]


def test_answered_anew_on_both_sides(sides: dict[str, list[Interaction]], capsys: pytest.CaptureFixture[str]) -> None:
    """Both answers stay, ours first, the request is named, and the exit code is 1."""
    llmvcr.dump([A, AGAIN], "ours.yaml")
    llmvcr.dump([A, ONCE_MORE], "theirs.json")
    assert main(["merge", *sides]) == 1
    assert capsys.readouterr().out == (
        "ours.yaml: 3 interactions, 1 added, 0 removed\n"
        "answered anew on both sides, and both answers stay: POST https://api.openai.com/v1/chat/completions\n"
    )
    assert list(llmvcr.load("ours.yaml")) == [A, AGAIN, ONCE_MORE]


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "both"),
    [
        ([A, B], [A, B], [A], [A]),
        ([A, B], [B], [A, B, C], [B, C]),
        ([A], [A, AGAIN], [A, AGAIN], [A, AGAIN]),
        ([A], [A, C], [A, C, D], [A, C, D]),
        ([A, A], [A, A], [A], [A]),
        ([A], [A, A], [A, A, A], [A, A, A]),
        ([], [A], [A, B], [A, B]),
    ],
    ids=["they removed", "we removed", "added alike", "added in part alike", "one of two", "repeats", "no base"],
)
@pytest.mark.usefixtures("sides")
def test_every_way(
    base: list[Interaction], ours: list[Interaction], theirs: list[Interaction], both: list[Interaction]
) -> None:
    """What a side removed is gone, what a side added is there, what both added alike is there once."""
    if base:
        llmvcr.dump(base, "base.yaml")
    else:
        Path("base.yaml").write_bytes(b"")  # as git gives it where both branches began the file
    llmvcr.dump(ours, "ours.yaml")
    llmvcr.dump(theirs, "theirs.json")
    assert main(["merge", "base.yaml", "ours.yaml", "theirs.json"]) == 0
    assert list(llmvcr.load("ours.yaml")) == both


def test_what_cannot_be_read(sides: dict[str, list[Interaction]], capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there or is damaged is named, and ours stays as it is."""
    Path("theirs.json").write_text('{"interactions": [')
    before = Path("ours.yaml").read_bytes()
    for names, named in ((list(sides), "theirs.json"), (["base.yaml", "ours.yaml", "gone.yaml"], "gone.yaml")):
        assert main(["merge", *names]) == 1
        assert named in capsys.readouterr().err
    assert Path("ours.yaml").read_bytes() == before
