"""Working files in `.llmvcr` beside what they are for: private, and passed over by git (shared/decisions.md, 5)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from llmvcr.storage.whole import BINARY, unwritten

__all__ = ["append", "spool", "workshop"]


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


def spool(folder: str | Path) -> BinaryIO:
    """Open a file without a name, for what is too much to hold; it is gone when it is closed. Raises WriteError."""
    try:
        return tempfile.TemporaryFile(dir=workshop(folder))
    except OSError as error:
        raise unwritten(folder, error) from error
