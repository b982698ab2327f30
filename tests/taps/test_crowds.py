"""Crowds of calls through every library, in short; tools/crowd.py runs them at length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.storage import dump
from taps.crowds import LIBRARIES, MODES, Library, Server, crowd, in_file, serving
from tools import crowd as crowd_tool

_CALLS = 32


@pytest.fixture(scope="module")
def busy() -> Iterator[Server]:
    """A server that many ask at once."""
    with serving() as server:
        yield server


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_a_crowd(library: Library, mode: str, busy: Server, tmp_path: Path) -> None:
    """All calls are recorded, none twice, none wrong, in the order of the requests; and so they replay."""
    assert crowd(library, mode, _CALLS, busy, tmp_path) == []


def test_the_tool_prints_a_row_for_each_library_and_mode(capsys: pytest.CaptureFixture[str]) -> None:
    """The table says how many calls were made in how many runs, and how many of them went wrong."""
    assert crowd_tool.main(["--library", "urllib3", "--mode", "threads", "--calls", "8", "--runs", "2"]) == 0
    heads, row = capsys.readouterr().out.splitlines()
    assert heads.split()[:5] == ["library", "mode", "calls", "runs", "wrong"]
    assert row.split()[:5] == ["urllib3", "threads", "8", "2", "0"]


def _one(asked: int, said: int) -> Interaction:
    request = Request("POST", "http://made-up.invalid/", body=b"number %d" % asked)
    return Interaction(request, Response(200, chunks=(b"Number %d" % said,)))


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ([(0, 0), (1, 1), (2, 2)], []),
        ([(0, 0), (2, 2), (1, 1)], ["file: number 2 is out of order"]),
        ([(0, 0), (1, 1)], ["file: number 2 is there 0 times", "file: number 2 is out of order"]),
        ([(0, 0), (1, 1), (1, 1), (2, 2)], ["file: number 1 is there 2 times"]),
        ([(0, 0), (1, 2), (2, 2)], ["file: number 1 holds the answer of 2"]),
        ([(0, 0), (1, 1), (2, 2), (7, 7)], ["file: number 7 was not asked here"]),
    ],
    ids=["right", "order", "missing", "twice", "crossed", "stray"],
)
def test_what_is_wrong_with_a_file_is_found(held: list[tuple[int, int]], found: list[str], tmp_path: Path) -> None:
    """The count of a crowd names what is missing, there twice, beside another question, or out of order."""
    path = tmp_path / "c.yaml"
    dump(Document(tuple(_one(*pair) for pair in held)), path)
    assert in_file(path, range(3), {1: [0, 1, 2]}) == found
