"""Where a recording goes that cannot be written where it belongs: any folder of this machine that takes it."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from pathlib import Path

from llmvcr.errors import WriteError
from llmvcr.storage.working import append

__all__ = ["rescue"]


def rescue(data: bytes, suffix: str) -> Path | None:
    """Write a private file of a new name, and give its path; None where no folder takes it.

    It goes where temporary files go, else to the user's home, else to the working folder.
    """
    for folder in (tempfile.gettempdir, Path.home, Path.cwd):
        # Without a folder that takes a file, or a user who has a home, these raise by themselves.
        with contextlib.suppress(OSError, RuntimeError):
            place = Path(folder(), f"llmvcr-{secrets.token_hex(8)}{suffix}")
            try:
                append(place, data)
            except WriteError:
                place.unlink(missing_ok=True)  # half of it may stand there
            else:
                return place
    return None
