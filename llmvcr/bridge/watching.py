"""Which cassettes a process opens, whoever opens them: ours, and those of a plain vcrpy beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from vcr.cassette import Cassette

__all__ = ["watched"]


@contextmanager
def watched(note: Callable[[str], Any]) -> Iterator[None]:
    """Have the real path of each cassette noted when it is opened, from here to the end of the block."""
    real = Cassette._load

    @wraps(real)
    def load(self: Any) -> Any:
        note(os.path.realpath(self._path))
        return real(self)

    Cassette._load = load
    try:
        yield
    finally:
        Cassette._load = real
