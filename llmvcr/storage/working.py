"""Working files in `.llmvcr` beside what they are for: private, and passed over by git (shared/decisions.md, 5)."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

from llmvcr.errors import WriteError
from llmvcr.storage.whole import BINARY, unwritten

__all__ = ["append", "in_workshop", "spool", "tidy", "workshop"]

_TRIES = 500

_Made = TypeVar("_Made")


def append(path: str | Path, data: bytes) -> None:
    """Add bytes to the end of a private file (mode 0600), by one write if the system takes them so; or WriteError."""
    try:
        _append(path, data)
    except OSError as error:
        raise unwritten(path, error) from error


def workshop(folder: str | Path) -> Path:
    """Return `.llmvcr` in `folder`, for working files: private, and passed over by git; raises WriteError."""
    place = Path(folder, ".llmvcr")
    try:
        return _again(lambda: _made(place))
    except OSError as error:
        raise unwritten(place, error) from error


def in_workshop(folder: str | Path, make: Callable[[Path], _Made]) -> _Made:
    """Make something in `.llmvcr` in `folder`, which somebody may tidy away meanwhile; raises WriteError."""
    try:
        made = _again(lambda: make(workshop(folder)))
        _made(Path(folder, ".llmvcr"))  # filelock makes the folder again where it was tidied away, but without its mark
    except OSError as error:
        raise unwritten(Path(folder, ".llmvcr"), error) from error
    return made


def _again(make: Callable[[], _Made]) -> _Made:
    for _ in range(_TRIES):
        try:
            return make()
        except (FileNotFoundError, FileExistsError):
            continue  # tidied away, or made, in this moment
        except WriteError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
    return make()


def _made(place: Path) -> Path:
    if place.is_symlink():
        # A repository from a stranger may hold one; git would pass over all that stands where it leads.
        raise WriteError(str(place), "is a link, and nothing is written where it leads", fix="remove the link")
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        if place.exists():
            raise
        raise FileNotFoundError(place) from None  # it was there a moment ago
    if not (place / ".gitignore").exists():
        _append(place / ".gitignore", b"*\n")
    return place


def _append(path: str | Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY, 0o600)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def tidy(folder: str | Path) -> None:
    """Remove `.llmvcr` from `folder` where nothing is left in it."""
    place = Path(folder, ".llmvcr")
    with contextlib.suppress(OSError, WriteError):
        if {path.name for path in place.iterdir()} <= {".gitignore"}:
            (place / ".gitignore").unlink(missing_ok=True)
            try:
                place.rmdir()
            except OSError:  # somebody began to work here in this moment
                append(place / ".gitignore", b"*\n")
                raise


def spool(folder: str | Path) -> BinaryIO:
    """Open a file without a name, for what is too much to hold; it is gone when it is closed. Raises WriteError."""
    return in_workshop(folder, lambda place: tempfile.TemporaryFile(dir=place, buffering=0))
