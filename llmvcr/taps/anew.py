"""The modules of a tap that are made of a library's classes: imported anew where the library was."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__all__ = ["made_of"]


def made_of(library: str, name: str, own: str) -> ModuleType:
    """Give the module `own` of a tap; it has the class `name` out of the module `library` of a client library.

    Where that was taken out of `sys.modules` and came again, it has other classes now, and our modules are made of
    those.
    """
    module = importlib.import_module(own)
    if getattr(module, name) is not getattr(importlib.import_module(library), name):
        package = own.rpartition(".")[0]
        for held in [held for held in sys.modules if held.startswith(f"{package}.")]:
            del sys.modules[held]
        module = importlib.import_module(own)
    return module
