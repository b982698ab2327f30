"""What reading a large cassette has shown of its layout, kept in the user's cache folder: it can only save time.

A file of it has no content of the cassette (see `llmvcr.formats.outline`), and its name is made of the SHA-256 of the
cassette's bytes and of the code that reads them: other bytes have another one. What is missing or damaged, or cannot be
read or written, is passed over; the cassette is read from scratch then. Any of it may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
from hashlib import sha256
from pathlib import Path

from llmvcr import formats
from llmvcr.errors import OptionError, WriteError
from llmvcr.formats.base import Document
from llmvcr.storage.working import append

__all__ = ["SWITCH", "read_again"]

SWITCH = "LLMVCR_CACHE"
"""The environment variable that says `off` where nothing is to be kept, or `on`."""

_LOG = logging.getLogger("llmvcr")
_LEAST = 256 << 10
"""Bytes of a file below which reading it takes no longer than finding what is kept of it."""
_LARGEST = 4 << 20
"""Bytes of what is kept of one file: some 100,000 interactions."""
_MOST = 256
"""How many files there are at most; half of them go when there are more, those first that were written first."""


def read_again(data: bytes, *, path: str) -> Document:
    """Read a file as `formats.read` does, and faster where the same bytes were read before.

    Raises ReadError, and OptionError for a value of LLMVCR_CACHE that nobody knows.
    """
    wanted = _is_wanted()
    # Only such a file has an outline.
    folder = _folder() if wanted and len(data) >= _LEAST and data.startswith(b"interactions:\n") else None
    if folder is None:
        return formats.read(data, path=path)
    from llmvcr.formats import outline  # noqa: PLC0415 - most cassettes are small

    if (key := outline.key_of(data)) is None:
        return formats.read(data, path=path)
    kept = folder / sha256(b"llmvcr" + key).hexdigest()[:32]  # which does not tell the key
    try:
        with kept.open("rb") as file:
            known = file.read(_LARGEST + 1)
        if (document := outline.opened(known, data, key, path=path)) is not None:
            return document
    except OSError as error:
        _LOG.debug("no outline of %s: %s", path, error)
    document = formats.read(data, path=path)
    if (fresh := outline.sealed(document, key)) is not None and len(fresh) <= _LARGEST:
        _keep(kept, fresh)
    return document


def _is_wanted() -> bool:
    said = os.environ.get(SWITCH, "") or "on"
    if said not in ("on", "off"):
        message = f"{SWITCH} is {said!r} in the environment; it can be on or off"
        raise OptionError(message)
    return said == "on"


def _folder() -> Path | None:
    """Give the folder for what can be made anew, as the platform has it; None for a user without one."""
    name = {"win32": "LOCALAPPDATA"}.get(sys.platform, "XDG_CACHE_HOME")
    told = Path(os.environ.get(name, ""))
    try:
        usual = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    except RuntimeError:
        usual = Path()
    base = told if told.is_absolute() else usual  # a relative one is to be ignored, by the XDG specification
    return base / "llmvcr" if base.is_absolute() else None


def _keep(kept: Path, fresh: bytes) -> None:
    """Write a file of the cache whole or not at all; not through to the disk, since half a file would be none."""
    temporary = kept.with_name(f"{kept.name}-{secrets.token_hex(4)}.tmp")
    try:
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(kept.parent)
        append(temporary, fresh)
        temporary.replace(kept)
    except (OSError, WriteError) as error:
        _LOG.debug("no outline is kept in %s: %s", kept.parent, error)
        with contextlib.suppress(OSError):
            temporary.unlink()


def _sweep(folder: Path) -> None:
    with os.scandir(folder) as found:
        there = [(one.stat(follow_symlinks=False).st_mtime_ns, one.path) for one in found if one.is_file()]
    if len(there) >= _MOST:
        for _, path in sorted(there)[: _MOST // 2]:
            Path(path).unlink(missing_ok=True)
