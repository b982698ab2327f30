"""Names that are no hash of their content, and answers that fit no type of the installed SDK."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from llmvcr import naming, sdk_objects
from llmvcr.errors import TypeNameError
from shared import CASSETTES, corpus

SEED = CASSETTES / "seeds" / "weather.json"
NAME = "b8870267241e.json"
CHUNK = "openai.types.chat.chat_completion_chunk.ChatCompletionChunk"


def _seed(path: Path, **changes: Any) -> Path:
    value = json.loads(SEED.read_bytes())
    for key, change in changes.items():
        value["request"]["body"][key] = change
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    return path


def test_a_name_that_is_the_hash_is_right(tmp_path: Path) -> None:
    """The versions that give it are told, and there is no better name."""
    (checked,) = naming.check(_seed(tmp_path / NAME))
    assert (checked.kind, checked.proper, checked.error) == ("recording", None, None)
    assert 1 in checked.versions


def test_a_name_that_is_not_is_told_with_the_right_one(tmp_path: Path) -> None:
    """A file that was edited after recording, or renamed, gets the name of its kind: short or long."""
    (edited,) = naming.check(_seed(tmp_path / NAME, model="other"))
    assert edited.versions == ()
    assert edited.proper is not None
    assert len(edited.proper) == len(NAME)
    (renamed,) = naming.check(_seed(tmp_path / "mine.json"))
    assert renamed.proper is not None
    assert len(renamed.proper) == 64 + len(".json")


def test_a_tree_is_checked_in_order(tmp_path: Path) -> None:
    """Cassettes and other formats have no such names; what cannot be read is told, and the others are checked."""
    _seed(tmp_path / "b" / NAME)
    shutil.copy(CASSETTES / "samples" / "chat.json", tmp_path / "a.json")
    shutil.copy(CASSETTES / "samples" / "chat.yaml", tmp_path / "a.yaml")
    (tmp_path / "c.json").write_bytes(b"")
    told = [(checked.path.name, checked.kind, checked.proper, checked.error) for checked in naming.check(tmp_path)]
    assert told == [
        ("a.json", "cassette", None, None),
        ("a.yaml", "other", None, None),
        (NAME, "recording", None, None),
        ("c.json", "other", None, f"{tmp_path / 'c.json'}: is empty"),
    ]


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    """A missing source is a FileNotFoundError."""
    with pytest.raises(FileNotFoundError):
        list(naming.check(tmp_path / "no.json"))


def test_types_are_checked_on_request(tmp_path: Path) -> None:
    """A field of the wrong type is named, once for all events; fields that the SDK does not know are no fault."""
    value = json.loads(SEED.read_bytes())
    for item in value["response"]["body"][:2]:
        item["__data__"]["choices"][0]["index"] = "first"
        item["__data__"]["newer"] = 1
    (tmp_path / NAME).write_text(json.dumps(value), encoding="utf-8")
    (unasked,) = naming.check(tmp_path)
    (checked,) = naming.check(tmp_path, types=True)
    assert unasked.faults == ()
    words = "Input should be a valid integer, unable to parse string as an integer"
    assert checked.faults == (f"ChatCompletionChunk choices[*].index: {words} (2 times)",)
    (clean,) = naming.check(_seed(tmp_path / "clean" / NAME), types=True)
    assert (clean.faults, clean.unchecked) == ((), ())


def test_a_type_that_nobody_knows_is_named(tmp_path: Path) -> None:
    """It is never imported, and does not stop the others."""
    value = json.loads(SEED.read_bytes())
    value["response"]["body"][0]["__type__"] = "os.system"
    (tmp_path / NAME).write_text(json.dumps(value), encoding="utf-8")
    (checked,) = naming.check(tmp_path, types=True)
    assert checked.faults == ()
    assert checked.unchecked == ("'os.system' is on no list of ours, so it is not imported",)


def test_answers_of_a_cassette_are_checked_too() -> None:
    """Our own samples fit the installed SDK's types."""
    for checked in naming.check(CASSETTES, types=True):
        assert (checked.faults, checked.unchecked, checked.error) == ((), (), None), checked.path


def test_faults_are_those_of_the_sdk() -> None:
    """The place is told as a path, what is no object at all as a whole, a class of no list is refused."""
    assert sdk_objects.faults(CHUNK, {"choices": [{"index": "x"}, {"index": 1}]}) == (
        "choices[0].index: Input should be a valid integer, unable to parse string as an integer",
    )
    assert sdk_objects.faults(CHUNK, {"id": None, "newer": 1}) == ()
    assert [fault.partition(":")[0] for fault in sdk_objects.faults(CHUNK, 3)] == ["the whole"]
    with pytest.raises(TypeNameError):
        sdk_objects.faults("os.system", {})


def test_the_corpus_has_the_names_that_its_list_tells() -> None:
    """A recording's name is right exactly where the corpus's own list says that a version reproduces it."""
    with (corpus("recordings").parent / "recordings.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows if os.environ.get("LLMVCR_LONG") else rows[::10]:
        path = corpus("recordings").parent / row["path"]
        (checked,) = naming.check(path)
        told = {int(version) for version in row["hash_versions_matching"].split(",") if version.isdigit()}
        right = row["hash_versions_matching"] != "-" and row["models_digest"] != "NO"
        assert (bool(checked.versions), checked.proper is not None) == (right, not right), path
        assert told <= set(checked.versions) or not right, path
