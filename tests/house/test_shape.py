"""Each rule about a module's shape finds what it is there to find, and nothing in a sound sample."""

from __future__ import annotations

import pytest

from house.shape import MOST_LINES, captions, lengths, public_names, shelves
from house.source import sample


def test_a_module_of_one_line_too_many_is_found() -> None:
    """The limit itself is allowed, one line more is not."""
    assert lengths([sample("llmvcr.a", "x = 1\n" * MOST_LINES)]) == []
    assert len(lengths([sample("llmvcr.a", "x = 1\n" * (MOST_LINES + 1))])) == 1


@pytest.mark.parametrize("docstring", ["One sentence.", "One sentence\nover two lines.", "One.\n\nAnd. More. Below."])
def test_a_caption_of_one_sentence_is_fine(docstring: str) -> None:
    """The first paragraph is one sentence; more may follow below it."""
    assert captions([sample("llmvcr.a", f'"""{docstring}"""')]) == []


@pytest.mark.parametrize("text", ["x = 1", '""""""', '"""No full stop"""', '"""One sentence. Another."""'])
def test_a_missing_or_long_caption_is_found(text: str) -> None:
    """No docstring, an empty one, half a sentence and two sentences are no caption."""
    assert len(captions([sample("llmvcr.a", text)])) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = 1", "no __all__"),
        ("__all__ = [name for name in 'ab']", "no __all__"),
        ("__all__ = ['b', 'a']\na = b = 1", "not sorted"),
        ("__all__ = ['b', 'A']\nclass A: ...\nb = 1", "not sorted"),
        ("__all__ = ['a', 'a']\na = 1", "repeats"),
        ("__all__ = ['a', 'ghost']\na = 1", "ghost of __all__ is nowhere"),
        ("__all__ = ['a']\na = 1\ndef public(): ...", "public is public"),
        ("__all__ = ['a']\na = 1\nclass Public: ...", "Public is public"),
        ("__all__ = ['a']\na = 1\nasync def public(): ...", "public is public"),
    ],
)
def test_each_fault_of_a_list_of_public_names_is_found(text: str, complaint: str) -> None:
    """An `__all__` that is absent, computed, unsorted, repeated, unreal or incomplete is a complaint."""
    found = public_names([sample("llmvcr.a", text)])
    assert len(found) == 1
    assert complaint in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "__all__: list[str] = []\ndef _private(): ...",
        "__all__ = ['BIG', 'Camel', 'a', 'z']\nfrom x import BIG, Camel\na, z = 1, 2",
        "from typing import TYPE_CHECKING\n__all__ = ['late']\nif TYPE_CHECKING:\n    from x import late",
        "__all__ = ['late']\ndef __getattr__(name): ...",
        "__all__ = ['a2', 'a10']\ntry:\n    import a2\nexcept ImportError:\n    a2 = None\na10: int = 1",
    ],
)
def test_an_honest_list_of_public_names_is_fine(text: str) -> None:
    """Names may be imported, assigned, bound under `if` or `try`, or given by the module's `__getattr__`."""
    assert public_names([sample("llmvcr.a", text)]) == []


def test_a_module_that_its_shelf_forgot_is_found() -> None:
    """A shelf or another room leads to each module, by an import or as a word; only private ones may stay unknown."""
    modules = [
        sample(
            "llmvcr.wire", "'''Beside: told.'''\nfrom llmvcr.wire.sse import frames\n_LAZY = 'lazy'", is_package=True
        ),
        sample("llmvcr.wire.sse", "from llmvcr.wire import helper\nfrom llmvcr import errors"),
        sample("llmvcr.wire.helper", ""),
        sample("llmvcr.wire.lazy", ""),
        sample("llmvcr.wire.told", ""),
        sample("llmvcr.wire._private", ""),
        sample("llmvcr.wire.forgotten", "from llmvcr.wire import sse"),
        sample("llmvcr.errors", ""),
        sample("llmvcr.wire.asked", ""),
        sample("llmvcr.bodies", "from llmvcr.wire import asked"),
    ]
    assert shelves(modules) == ["llmvcr/wire/__init__.py: does not lead to llmvcr.wire.forgotten"]
