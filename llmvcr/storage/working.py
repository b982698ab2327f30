"""Working files in `.llmvcr` beside what they are for: private, and passed over by git (shared/decisions.md, 5)."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

from llmvcr.storage.whole import BINARY, unwritten

__all__ = ["append", "in_workshop", "spool", "tidy", "workshop"]

_TRIES = 20

_Made = TypeVar("_Made")


def append(path: str | Path, data: bytes) -> None:
    """Add bytes to the end of a private file (mode 0600), by one write if the system takes them so; or WriteError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY, 0o600)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unwritten(path, error) from error


def workshop(folder: str | Path) -> Path:
    """Return `.llmvcr` in `folder`, for working files: private, and passed over by git; raises WriteError."""
    place = Path(folder, ".llmvcr")
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (place / ".gitignore").exists():
            append(place / ".gitignore", b"*\n")
    except OSError as error:
        raise unwritten(place, error) from error
    return place


def in_workshop(folder: str | Path, make: Callable[[Path], _Made]) -> _Made:
    """Make something in `.llmvcr` in `folder`, which somebody may tidy away meanwhile; raises WriteError."""
    for _ in range(_TRIES):
        with contextlib.suppress(FileNotFoundError):
            return make(workshop(folder))
    return make(workshop(folder))


def tidy(folder: str | Path) -> None:
    """Remove `.llmvcr` from `folder` where nothing is left in it."""
    place = Path(folder, ".llmvcr")
    with contextlib.suppress(OSError):
        if [path.name for path in place.iterdir()] == [".gitignore"]:
            (place / ".gitignore").unlink()
            place.rmdir()


def spool(folder: str | Path) -> BinaryIO:
    """Open a file without a name, for what is too much to hold; it is gone when it is closed. Raises WriteError."""
    try:
        return in_workshop(folder, lambda place: tempfile.TemporaryFile(dir=place))
    except OSError as error:
        raise unwritten(folder, error) from error
