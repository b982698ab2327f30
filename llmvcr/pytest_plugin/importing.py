"""Our own modules, imported at the cost of Python's import alone."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

__all__ = ["Plain", "uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Have no garbage collected meanwhile: what is imported stays, and is a lot to look through again and again."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


class Plain:
    """Finds our own modules before pytest does, which rewrites assertions in all that a plugin's distribution holds.

    We have none, and a marked test imports a hundred modules: pytest would read and hash the source of each.
    """

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Give what Python's own finder gives."""
        return PathFinder.find_spec(name, path, target) if name.startswith("llmvcr.") else None

    def leave(self) -> None:
        """Find nothing any more."""
        sys.meta_path = [finder for finder in sys.meta_path if finder is not self]
