"""Which recordings become one cassette."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from llmvcr.grouping import cassette_name, grouped, recordings_folder
from shared import CASSETTES

SEED = CASSETTES / "seeds" / "weather.json"
TEST = "tests/integration/test_chat.py::test_a[m=openai/gpt-4o]"


def _recording(path: Path, test_id: str | None = None) -> Path:
    value = json.loads(SEED.read_bytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value if test_id is None else {"test_id": test_id, **value}), encoding="utf-8")
    return path


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Path, list[Path]]:
    """Two folders of recordings, of two tests and of none, and a cassette."""
    one, two = tmp_path / "one" / "recordings", tmp_path / "two"
    files = [
        _recording(one / "a.json", TEST),
        _recording(one / "b.json", "tests/test_b.py::TestB::test_b"),
        _recording(one / "c.json", TEST),
        _recording(one / "d.json"),
        _recording(two / "a.json", TEST),
        two / "cassette.json",
        two / "cut.json",
    ]
    shutil.copy(CASSETTES / "samples" / "chat.json", files[5])
    files[6].write_bytes(SEED.read_bytes()[:200] + b'"response"')
    return tmp_path, files


def _told(tree: tuple[Path, list[Path]], by: str) -> list[tuple[list[str], str]]:
    root, files = tree
    return [
        ([source.relative_to(root).as_posix() for source in group.sources], group.place.as_posix())
        for group in grouped(files, root, by)
    ]


def test_by_file_each_stands_alone(tree: tuple[Path, list[Path]]) -> None:
    """Every file is its own group, at its own place."""
    names = [file.relative_to(tree[0]).as_posix() for file in tree[1]]
    assert _told(tree, "file") == [([name], name) for name in names]


def test_by_test_the_recordings_of_a_test_in_a_folder_are_one(tree: tuple[Path, list[Path]]) -> None:
    """The place is named for the test below the folder; what has no test, or cannot be read, stands alone."""
    name = cassette_name(TEST).as_posix()
    assert _told(tree, "test") == [
        (["one/recordings/a.json", "one/recordings/c.json"], f"one/recordings/{name}"),
        (["one/recordings/b.json"], "one/recordings/test_b/TestB.test_b"),
        (["one/recordings/d.json"], "one/recordings/d.json"),
        (["two/a.json"], f"two/{name}"),
        (["two/cassette.json"], "two/cassette.json"),
        (["two/cut.json"], "two/cut.json"),
    ]


def test_by_folder_the_recordings_of_a_folder_are_one(tree: tuple[Path, list[Path]]) -> None:
    """The place is the folder's; a cassette beside them stands alone, a cut recording goes with the others."""
    assert _told(tree, "folder") == [
        ([f"one/recordings/{name}.json" for name in "abcd"], "one/recordings"),
        (["two/a.json", "two/cut.json"], "two"),
        (["two/cassette.json"], "two/cassette.json"),
    ]


def test_recordings_right_below_the_root_are_called_like_it(tmp_path: Path) -> None:
    """A folder of recordings that is itself the source becomes one cassette of its name."""
    file = _recording(tmp_path / "recordings" / "a.json")
    (group,) = grouped([file], file.parent, "folder")
    assert group.place == Path("recordings")


@pytest.mark.parametrize(
    ("test_id", "name"),
    [
        ("tests/test_a.py::test_b", "test_a/test_b"),
        ("tests/test_a.py::TestC::test_b[x]", "test_a/TestC.test_b[x]"),
        ("test_a.py", "test_a/cassette"),
        ("a/../../b.py::test_c", "b/test_c"),
    ],
)
def test_a_cassette_is_named_as_pytest_recording_names_it(test_id: str, name: str) -> None:
    """The module's folder, then class and test."""
    assert cassette_name(test_id).as_posix() == name


def test_names_that_had_to_change_never_meet() -> None:
    """Ids that differ only in what a file name cannot say, or beyond its length, have names of their own."""
    ids = [f"t.py::test[{x}]" for x in ("a/b", "a:b", "a-b", "a\\b", "é" * 200, "é" * 201)] + ["t.py::..", "t.py::."]
    names = [cassette_name(each).name for each in ids]
    assert len(set(names)) == len(ids)
    assert names[2] == "test[a-b]"
    assert names[0].startswith("test[a-b]~")
    assert all(len(name.encode()) < 220 and "/" not in name and name not in (".", "..") for name in names)


@pytest.mark.parametrize(
    ("test_id", "folder"),
    [
        ("tests/integration/chat/test_a.py::test_b[x/y]", "tests/integration/chat/recordings"),
        ("test_a.py::test_b", "recordings"),
        (None, "recordings"),
        ("", "recordings"),
        ("../../etc/test_a.py::test_b", "etc/recordings"),
        ("/etc/test_a.py::test_b", "etc/recordings"),
    ],
)
def test_the_folder_of_a_test_is_inside(test_id: str | None, folder: str) -> None:
    """It is the folder of the test's file, and no name leads out of the target."""
    assert recordings_folder(test_id).as_posix() == folder
