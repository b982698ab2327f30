"""Many writers at once, in short form: two runs of pytest on one tree of cassettes; and the tool can fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import llmvcr
from llmvcr.interaction import Interaction, Request, Response
from tools import writers

LONG = bool(os.environ.get("LLMVCR_LONG"))


@pytest.mark.parametrize("who", writers.WHO if LONG else ["twice", "fork"])
def test_many_writers(who: str) -> None:
    """All that was received is kept once, in order; a reader never sees a half file; no working file stays."""
    found = writers.once(who, {"xdist": 200, "twice": 240 if LONG else 96}.get(who, 40))
    assert found.clean, str(found)
    assert found.looks > 0 or who not in ("xdist", "twice")


def test_what_is_wrong_is_counted(tmp_path: Path) -> None:
    """What was received and is not there is lost; twice there is doubled; a call before an earlier one is misplaced."""
    tree = tmp_path / "cassettes"
    said = [(1, "a/0/0"), (3, "a/0/2"), (2, "a/0/1"), (2, "a/0/1"), (9, "odd")]
    many = [
        Interaction(
            Request("GET", "http://x/"), Response(200, chunks=(f'{{"content": "{number}: {words}"}}'.encode(),))
        )
        for number, words in said
    ]
    llmvcr.dump(many, tree / "c.yaml")
    (tree / ".llmvcr").mkdir()
    (tree / ".llmvcr" / "odd.lock").write_bytes(b"")
    notes = ["c.yaml\t1: a/0/0", "c.yaml\t2: a/0/1", "c.yaml\t3: a/0/2", "c.yaml\t4: a/0/3", "c.yaml\t1: a/0/0"]
    (tmp_path / "notes-1").write_text("\n".join(notes) + "\nnot-there.yaml\t5: b\n")
    found = writers.look(tree, tmp_path)
    assert (found.received, found.kept, found.doubled, found.misplaced, found.unasked) == (5, 3, 1, 1, 1)
    assert [Path(path).name for path in found.litter] == [".llmvcr", "odd.lock"]
    assert len(found.problems) == 1
    assert not found.clean
