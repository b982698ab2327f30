"""Which files of a folder may hold recordings."""

from __future__ import annotations

import os
from pathlib import Path

from llmvcr import formats
from llmvcr.errors import ReadError

__all__ = ["SUFFIXES", "members"]

SUFFIXES = (".yaml.gz", ".yml.gz", ".json.gz", ".yaml", ".yml", ".json", ".toml", ".gz")
"""What files with recordings are called, the longest first; a file without any suffix may be one too."""


def members(folder: str | Path) -> tuple[Path, ...]:
    """Return the files below a folder that may hold recordings, sorted; hidden files and folders are passed over.

    Only the names are looked at here: files of another kind (README.md, index.sqlite) are left alone. But TOML is so
    often something else (pyproject.toml) that such a file has to be in a format that we know.

    Raises ReadError for a folder that cannot be listed.
    """
    found = []
    for base, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(base, name) for name in names if not name.startswith(".") and _is_candidate(name)]
    return tuple(sorted(path for path in found if path.is_file() and (path.suffix != ".toml" or _is_known(path))))


def _refuse(error: OSError) -> None:
    raise ReadError(str(error.filename), f"cannot be listed: {error.strerror}") from error


def _is_candidate(name: str) -> bool:
    return name.endswith(SUFFIXES) or "." not in name


def _is_known(path: Path) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return True  # reading it will say why
    return any(known.claims(data) for known in formats.READ_ONLY)
