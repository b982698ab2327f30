"""Each rule about imports finds what it is there to find, and nothing in a sound sample."""

from __future__ import annotations

import pytest

from house.floors import DOORS, FLOORS, cycles, doors, homeless, upward
from house.source import sample


@pytest.mark.parametrize(
    "text",
    [
        "import llmvcr.storage",
        "from llmvcr import storage",
        "from llmvcr.storage import read",
        "from ..storage import read",
        "def later():\n    from llmvcr.storage import read",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from llmvcr.storage import read",
        "import importlib\nimportlib.import_module('llmvcr.storage')",
    ],
)
def test_every_spelling_of_an_import_upward_is_seen(text: str) -> None:
    """An import of a higher floor is found: absolute, relative, late, typing-only or by import_module."""
    modules = [sample("llmvcr.wire.sse", text), sample("llmvcr.storage", "")]
    assert len(upward(modules)) == 1
    assert "llmvcr.wire.sse (floor 1) imports llmvcr.storage (floor 5)" in upward(modules)[0]


def test_imports_downward_and_level_are_fine() -> None:
    """A room may import lower rooms and, without a cycle, those of its own floor."""
    text = "from llmvcr import diff\nfrom llmvcr.canonical import canonical\nfrom . import errors"
    modules = [sample("llmvcr.index", text), sample("llmvcr.diff", ""), sample("llmvcr.errors", "")]
    assert upward(modules) == []
    assert cycles(modules) == []


def test_the_package_itself_is_the_top_floor() -> None:
    """Asking llmvcr for its public names from inside is an import upward."""
    assert upward([sample("llmvcr.cli.convert", "from llmvcr import convert"), sample("llmvcr", "")])


def test_a_cycle_is_found_even_through_a_late_import() -> None:
    """Two modules that know each other are a cycle, however late one of them asks."""
    modules = [
        sample("llmvcr.index", "from llmvcr.diff import changes"),
        sample("llmvcr.diff", "def f():\n    from llmvcr.index import Index"),
    ]
    assert cycles(modules) == ["llmvcr.diff -> llmvcr.index -> llmvcr.diff"]


def test_a_shelf_and_its_module_can_be_a_cycle() -> None:
    """A module that asks its own shelf for a name is a cycle, since the shelf lists the module."""
    modules = [
        sample("llmvcr.wire", "from llmvcr.wire.sse import frames", is_package=True),
        sample("llmvcr.wire.sse", "from llmvcr.wire import Frame"),
    ]
    assert cycles(modules) == ["llmvcr.wire -> llmvcr.wire.sse -> llmvcr.wire"]


def test_a_room_without_a_floor_is_found() -> None:
    """A new room has to be given its floor."""
    assert homeless([sample("llmvcr.attic.box", "")]) == ["llmvcr/attic/box.py: the room 'attic' has no floor"]
    assert homeless([sample("llmvcr.wire.sse", "")]) == []


@pytest.mark.parametrize("outsider", sorted(DOORS))
def test_an_outsider_has_one_door(outsider: str) -> None:
    """Each outsider is welcome at its door and nowhere else."""
    text = f"def late():\n    import {outsider}.something"
    assert doors([sample(DOORS[outsider], text)]) == []
    assert doors([sample(f"{DOORS[outsider]}.inner", text)]) == []
    assert len(doors([sample("llmvcr.convert", text)])) == 1
    assert len(doors([sample(f"{DOORS[outsider]}x", text)])) == 1


def test_an_unknown_outsider_has_no_door() -> None:
    """A package on no list may be imported nowhere; the standard library everywhere."""
    assert doors([sample("llmvcr.index", "import leftpad")]) == ["llmvcr/index.py:1: leftpad has no door"]
    assert doors([sample("llmvcr.index", "import json, os.path\nfrom llmvcr import diff")]) == []


def test_no_room_stands_on_two_floors() -> None:
    """The table of floors names each room once."""
    rooms = [room for floor in FLOORS for room in floor]
    assert len(rooms) == len(set(rooms))
