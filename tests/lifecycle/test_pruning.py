"""Interactions taken out of cassettes, and cassettes taken away: whole or not at all, and nothing else."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

import llmvcr
from llmvcr import lifecycle
from llmvcr.errors import WriteError
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Request, Response


def _interactions(*words: str) -> list[Interaction]:
    return [
        Interaction(Request("POST", "https://api.example.com/v1", (), word.encode()), Response(200, "OK", (), (b"{}",)))
        for word in words
    ]


def _words(path: Path) -> list[str]:
    return [(one.request.body or b"").decode() for one in llmvcr.load(path).interactions]


@pytest.mark.parametrize("name", ["it.yaml", "it.json", "it.yaml.gz"])
def test_positions_are_taken_out(name: str, tmp_path: Path) -> None:
    """Interactions are taken out by position, in the format of the file; what is not there is passed over."""
    path = tmp_path / name
    llmvcr.dump(_interactions("a", "b", "c"), path)
    assert lifecycle.without(path, [0, 2, 7], dry=True) == 2
    assert _words(path) == ["a", "b", "c"]
    assert lifecycle.without(path, [0, 2, 7]) == 2
    assert _words(path) == ["b"]
    assert name.endswith(".gz") == path.read_bytes().startswith(gzip.compress(b"")[:2])
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_what_else_stands_in_the_file_stays(tmp_path: Path) -> None:
    """Metadata beside the interactions stays."""
    path = tmp_path / "it.yaml"
    llmvcr.dump(Document(tuple(_interactions("a", "b")), {"metadata": {"seed": 7}}), path)
    lifecycle.without(path, [0])
    assert llmvcr.load(path).extra == {"metadata": {"seed": 7}}


def test_fingerprints_are_taken_out(tmp_path: Path) -> None:
    """Of equal interactions the last are taken out, as many as are named."""
    path = tmp_path / "it.yaml"
    a, b, *_ = found = _interactions("a", "b", "a", "a")
    llmvcr.dump(found, path)
    unwanted = Counter({lifecycle.fingerprint(a): 2, lifecycle.fingerprint(b): 0, "0" * 32: 1})
    assert lifecycle.alike(found, unwanted) == (2, 3)
    assert lifecycle.without(path, unwanted) == 2
    assert _words(path) == ["a", "b"]


def test_a_fingerprint_is_of_all_that_matters() -> None:
    """Request, answer and time make the fingerprint; headers and boundaries, which formats spell anew, do not."""
    (one,) = _interactions("a")
    asked, answered = one.request, one.response
    same = replace(one, request=replace(asked, headers=(("A", "b"),)), response=replace(answered, chunks=(b"{", b"}")))
    others = [
        replace(one, request=replace(asked, method="GET")),
        replace(one, request=replace(asked, url="https://api.example.com/v2")),
        replace(one, request=replace(asked, body=b"b")),
        replace(one, response=replace(answered, status=201)),
        replace(one, response=replace(answered, chunks=(b"[]",))),
        replace(one, recorded_at="2026-11-22T09:00:00Z"),
    ]
    assert lifecycle.fingerprint(same) == lifecycle.fingerprint(one)
    assert len({lifecycle.fingerprint(other) for other in (one, *others)}) == 7


def test_a_file_without_interactions_goes(tmp_path: Path) -> None:
    """A file that would be left empty is removed, and its folder with it, where nothing else stands there."""
    path = tmp_path / "cassettes" / "it.yaml"
    llmvcr.dump(_interactions("a"), path)
    assert lifecycle.without(path, [0]) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_cassette_stays(tmp_path: Path) -> None:
    """A file that is no cassette is never removed; nor is a folder, of recordings or not."""
    foreign = tmp_path / "pyproject.json"
    foreign.write_text('{"name": "made up"}', encoding="utf-8")
    folder = tmp_path / "recordings"
    llmvcr.dump(_interactions("a"), folder / "one.json")
    for path in (foreign, folder):
        with pytest.raises(WriteError, match="is no cassette"):
            lifecycle.remove(path)
    with pytest.raises(WriteError, match="is a folder of recordings"):
        lifecycle.without(folder, [0])
    assert foreign.exists()
    assert (folder / "one.json").exists()
    lifecycle.remove(folder / "one.json")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["pyproject.json"]


def test_a_file_that_changed_meanwhile_keeps_what_is_new(tmp_path: Path) -> None:
    """What others have recorded meanwhile stays, wherever it stands in the file."""
    path = tmp_path / "it.yaml"
    old = _interactions("a", "b")
    llmvcr.dump([*_interactions("new"), *old], path)
    assert lifecycle.without(path, Counter(map(lifecycle.fingerprint, old))) == 2
    assert _words(path) == ["new"]
