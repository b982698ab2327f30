"""Names that no file can have, seen before anything is recorded under one."""

from __future__ import annotations

import os
from pathlib import Path

from llmvcr.errors import ReadError
from llmvcr.storage.whole import reason

__all__ = ["refuse_impossible"]


def refuse_impossible(path: str | Path) -> None:
    """Raise ReadError for a path that no cassette can have: too long, below a file, no text, a link to itself.

    Whether it may be read or written is not looked at here.
    """
    here = Path(path)
    try:
        str(path).encode()
        missing: list[str] = []
        while not _is_there(here):
            missing.append(here.name)
            here = here.parent
        for name in missing:
            _is_there(here / name)  # in a folder that is there the system looks at the name
    except UnicodeEncodeError:
        raise ReadError(str(path), "vcrpy knows no names but UTF-8", fix="choose another name") from None
    except ValueError as error:
        raise ReadError(str(path), f"no file can have this name: {error}", fix="choose another name") from None
    except OSError as error:
        raise ReadError(str(path), reason(error), fix="choose another name") from error


def _is_there(path: Path) -> bool:
    try:
        os.stat(path)  # noqa: PTH116 - Path's own way takes some of these names for ones that are not there
    except FileNotFoundError:
        return False
    except PermissionError:
        pass  # it may be; reading it will say so
    return True
