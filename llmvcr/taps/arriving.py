"""A client library that the application has not imported yet: its tap waits for that, and does not import it itself."""

# Python asks the finders of `sys.meta_path` for each module that it imports, while it holds that module's own lock.
# Who opens a cassette holds the lock of the switchboard, and imports what makes the patches. So that neither waits for
# the other: the lock here is held for no longer than it takes to look, and who sees that a library is being imported
# leaves the patches to the one who imports it.

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from llmvcr.taps.base import Tap
from llmvcr.taps.loading import InPlace

__all__ = ["Arrivals"]


class Arrivals:
    """A finder of imports that finds nothing by itself; it stands first while taps wait. Safe to use from threads."""

    def __init__(self, arrived: Callable[[Tap], None]) -> None:
        """Have `arrived` called with each tap that waited, when a module of its library was imported."""
        self._arrived = arrived
        self._lock = threading.Lock()
        self._awaited: dict[str, Tap] = {}
        self._coming: set[str] = set()  # modules that are being imported, whose end is told
        self._told: set[str] = set()  # taps that are told of, and wait for the lock of the switchboard with a module's

    def settle(self, tap: Tap) -> None:
        """Wait for the end of an import that another thread began before taps waited; to be called without a lock."""
        for name in tap.awaits:
            if getattr(_spec(name), "_initializing", False) and name not in self._coming:
                importlib.import_module(name)

    def is_there(self, tap: Tap) -> bool:
        """Say whether the patches of a tap can be made now; where not, it is told of when they can."""
        if not tap.awaits:
            return True
        with self._lock:
            if tap.name in self._told:
                return False
            is_coming = not self._coming.isdisjoint(tap.awaits)
            if not is_coming and any(isinstance(_spec(name), ModuleSpec) for name in tap.awaits):
                self._forget(tap)
                return True
            self._awaited.update(dict.fromkeys(tap.awaits, tap))
            if self not in sys.meta_path:
                sys.meta_path.insert(0, self)
        return False

    def heard(self, tap: Tap) -> None:
        """Say, with the lock of the switchboard held, that the news of a tap has come."""
        with self._lock:
            self._told.discard(tap.name)

    def end(self) -> None:
        """Wait for nothing any more."""
        with self._lock:
            self._awaited.clear()
            # Another list: a thread that imports just now goes through the one that was, and would miss a finder.
            if self in sys.meta_path:
                sys.meta_path = [finder for finder in sys.meta_path if finder is not self]

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Give what the other finders give for a module that is awaited, with a loader that tells when it is there."""
        if name not in self._awaited:
            return None
        others = (getattr(finder, "find_spec", None) for finder in tuple(sys.meta_path) if finder is not self)
        found = (find(name, path, target) for find in others if find is not None)
        spec: ModuleSpec | None = next((one for one in found if one is not None), None)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Bringing(spec.loader, partial(self._bringing, name))
        return spec

    @contextmanager
    def _bringing(self, name: str) -> Iterator[None]:
        """Have a module imported in the block; then tell of its tap, once, whichever of its modules came first."""
        with self._lock:
            self._coming.add(name)
        is_there = False
        try:
            yield
            is_there = True
        finally:
            with self._lock:
                self._coming.discard(name)
                tap = self._awaited.get(name) if is_there else None
                if tap is not None:
                    self._forget(tap)
                    self._told.add(tap.name)
        if tap is not None:
            self._arrived(tap)

    def _forget(self, tap: Tap) -> None:
        for name in tap.awaits:
            self._awaited.pop(name, None)


def _spec(name: str) -> Any:
    """Give the spec of a module that is there; None where there is none, or a stand-in that somebody has put there."""
    return getattr(sys.modules.get(name), "__spec__", None)


class _Bringing(InPlace):
    """Stands for another loader until its module is loaded, in a block of `bringing`."""

    def __init__(self, real: Any, bringing: Callable[[], AbstractContextManager[None]]) -> None:
        super().__init__(real)
        self._bringing = bringing

    def exec_module(self, module: ModuleType) -> None:
        """Have the module run, in the block."""
        with self._bringing():
            self.run(module)
