"""The rules of the house, applied to the house; tests/house shows that each of them can fail."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence

import pytest

from house import conduct, floors, papers, shape
from house.source import Module, package, tracked
from shared import PROJECT

PACKAGE = package(PROJECT / "llmvcr", base=PROJECT)
TESTS = package(PROJECT / "tests", base=PROJECT)
TOOLS = package(PROJECT / "tools", base=PROJECT)
FILES = tracked(PROJECT)

Rule = Callable[[Sequence[Module]], list[str]]


def named(rule: Rule) -> str:
    """The id of a parametrised rule."""
    return rule.__name__


@pytest.mark.parametrize(
    "rule",
    [
        floors.homeless,
        floors.upward,
        floors.cycles,
        floors.doors,
        shape.lengths,
        shape.captions,
        shape.public_names,
        shape.shelves,
        conduct.hidden_globals,
        conduct.eaten_errors,
        conduct.writes,
    ],
    ids=named,
)
def test_the_package_keeps_the_rule(rule: Rule) -> None:
    """Every module of llmvcr keeps every rule of house.md."""
    assert rule(PACKAGE) == []


@pytest.mark.parametrize(
    "rule",
    [papers.docstrings, papers.asserting, papers.bare_marks, papers.plain_functions],
    ids=named,
)
def test_the_tests_keep_the_rule(rule: Rule) -> None:
    """Every test says in one line what is true, asserts it, and is a plain function that always runs."""
    assert rule(TESTS) == []


@pytest.mark.parametrize("rule", [shape.lengths, shape.captions, conduct.eaten_errors], ids=named)
def test_the_tools_keep_the_rule(rule: Rule) -> None:
    """The tools are as short and as well captioned as the package, and eat no errors."""
    assert rule(TOOLS) == []


def test_the_tests_have_captions() -> None:
    """Test modules, too, say in one sentence what they are about."""
    assert shape.captions(TESTS) == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    """No kept file holds a path of somebody's machine or the host of a package registry."""
    texts = {file.as_posix(): (PROJECT / file).read_bytes().decode("utf-8", "replace") for file in FILES}
    assert papers.foreign_words(texts) == []


def test_the_top_level_is_as_planned() -> None:
    """Nothing stands at the top level but the planned folders and files, and dotfiles."""
    assert papers.strangers(FILES) == []


def test_each_folder_has_its_readme() -> None:
    """Every top-level folder, and every folder of files that are no code, says what it is."""
    assert papers.readmes(FILES) == []


def test_the_architecture_note_is_short() -> None:
    """llmvcr/README.md is at most 60 lines long."""
    assert len((PROJECT / "llmvcr" / "README.md").read_text(encoding="utf-8").splitlines()) <= 60


def test_every_lint_that_is_off_says_why() -> None:
    """Each ignored rule of ruff carries its reason in a comment on its line."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    codes = {*lint["ignore"], *(code for listed in lint["per-file-ignores"].values() for code in listed)}
    lines = [line for line in text.split("\n") if line.strip().startswith(tuple(f'"{code}"' for code in codes))]
    assert len(lines) >= len(codes)
    assert [line for line in lines if len(line.partition("# ")[2]) < 10] == []


def test_the_architecture_note_tells_the_real_floors() -> None:
    """The floors in llmvcr/README.md are those that the rule keeps."""
    note = (PROJECT / "llmvcr" / "README.md").read_text(encoding="utf-8")
    told = [line.split()[1:] for line in note.split("\n") if re.match(r"    \d ", line)]
    assert told == [[room or "__init__" for room in rooms] for rooms in floors.FLOORS]


def test_the_architecture_note_names_every_room() -> None:
    """Each room right below llmvcr is named in llmvcr/README.md."""
    note = (PROJECT / "llmvcr" / "README.md").read_text(encoding="utf-8")
    rooms = {module.name.split(".")[1] for module in PACKAGE if "." in module.name}
    assert [room for room in sorted(rooms) if room not in note] == []


def test_every_tool_is_in_the_readme_of_the_tools() -> None:
    """Each script of tools/ is named in tools/README.md."""
    note = (PROJECT / "tools" / "README.md").read_text(encoding="utf-8")
    assert [file.name for file in FILES if file.parent.name == "tools" and file.name not in note] == ["README.md"]
