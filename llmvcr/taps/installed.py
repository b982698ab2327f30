"""Whether a client library is there to be tapped, asked each time that a cassette opens."""

from __future__ import annotations

import importlib.util
import sys
from functools import lru_cache

__all__ = ["is_installed"]


def is_installed(name: str) -> bool:
    """Say whether a package can be imported; it is not imported for that.

    What is missing is looked for once for each state of `sys.path`: a search through all of it takes as long as all
    else that opening a small cassette does.
    """
    if name in sys.modules:
        return sys.modules[name] is not None  # None: somebody has barred its import
    return _is_found(name, tuple(sys.path), tuple(map(id, sys.meta_path)))


@lru_cache(maxsize=256)
def _is_found(name: str, _path: tuple[str, ...], _finders: tuple[int, ...]) -> bool:
    return importlib.util.find_spec(name) is not None
