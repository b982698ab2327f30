"""Packages that import a module of theirs when one of its names is first asked for: a run pays for what it uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any

__all__ = ["late"]


def late(package: str, homes: Mapping[str, Collection[str]]) -> Callable[[str], Any]:
    """Give the `__getattr__` (PEP 562) of a package: by module, relative to it, the names that it takes from there."""

    def found(name: str) -> Any:
        for module, names in homes.items():
            if name in names:
                value = getattr(import_module(f"{package}.{module}"), name)
                setattr(sys.modules[package], name, value)  # so that nobody asks here again
                return value
        message = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(message)

    return found
