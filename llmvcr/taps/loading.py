"""A loader of modules that stands for another one, until it has that one load its module."""

from __future__ import annotations

from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["InPlace"]


class InPlace(Loader):
    """Stands for another loader; what is done besides is up to `exec_module`, which each kind has of its own."""

    def __init__(self, real: Any) -> None:
        """Take the loader that it stands for."""
        self._real = real

    def __getattr__(self, name: str) -> Any:
        """Give what else a loader can do: somebody may only look for the module, or for its source."""
        return getattr(self._real, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Have the module made."""
        made: ModuleType | None = self._real.create_module(spec)
        return made

    def run(self, module: ModuleType) -> None:
        """Have the module run as if nobody had stood between."""
        module.__loader__ = self._real
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        self._real.exec_module(module)
