"""Taking away a file that is no longer wanted, and the folder that it leaves empty."""

from __future__ import annotations

import contextlib
from pathlib import Path

from llmvcr.errors import WriteError
from llmvcr.storage.whole import reason
from llmvcr.storage.working import tidy

__all__ = ["remove", "remove_empty"]


def remove(path: str | Path) -> None:
    """Take away one file; of a cassette `only_one` is held. A link is taken away, not what it leads to.

    Raises WriteError.
    """
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(str(path), f"cannot be removed: {reason(error)}") from error
    if Path(path).parent.name == ".llmvcr":
        tidy(Path(path).parent.parent)


def remove_empty(folder: str | Path) -> None:
    """Take away a folder in which nothing is left, where that can be done."""
    with contextlib.suppress(OSError):  # not empty, mostly
        Path(folder).rmdir()
