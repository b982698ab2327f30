"""Working files that nobody needs any longer: what the living hold, and what can still be brought back, is none."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from llmvcr.errors import ReadError
from llmvcr.storage.folding import incomplete
from llmvcr.storage.locks import mark
from llmvcr.storage.removing import remove
from llmvcr.storage.whole import read
from llmvcr.storage.working import tidy

__all__ = ["Leftover", "clear", "leftovers"]

_TEMPORARY = re.compile(r"\.[0-9a-f]{8}-[0-9a-f]{8}\.tmp")
_HOUR = 3600  # seconds: no file takes so long to be written
_REFUSED = re.compile(r"refused-(.+)\.(?:yaml|json)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Leftover:
    """A working file, or a `.llmvcr` folder without any, and why nobody needs it."""

    path: Path
    reason: str


def leftovers(folder: str | Path) -> Iterator[Leftover]:
    """Give what crashed and finished work has left below a folder; what cannot be listed is passed over.

    Journals are never among them: `recover` brings back what they hold. Of what is kept for a person to look at, a
    damaged journal is, when a run has ended cleanly since, and a refused recording, when its cassette is newer.
    """
    for base, folders, names in os.walk(folder):
        place = Path(base)
        for name in sorted(names):
            if _TEMPORARY.fullmatch(name) and _age(place / name) > _HOUR:
                yield Leftover(place / name, "a file that was never written to its end")
        if ".llmvcr" in folders:
            yield from _working(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def clear(leftover: Leftover) -> None:
    """Remove it, and the `.llmvcr` that has nothing else in it; raises WriteError."""
    if leftover.path.is_dir():
        tidy(leftover.path.parent)
        return
    remove(leftover.path)
    if leftover.path.parent.name == ".llmvcr":
        tidy(leftover.path.parent.parent)


def _working(place: Path) -> Iterator[Leftover]:
    try:
        names = sorted(path.name for path in (place / ".llmvcr").iterdir())
        cassettes = {mark(path): path for path in place.iterdir() if path.is_file()}
    except OSError:
        return
    if set(names) <= {".gitignore"}:
        yield Leftover(place / ".llmvcr", "has nothing in it")
    for name in names:
        path = place / ".llmvcr" / name
        if (reason := _needless(path, names, cassettes)) is not None:
            yield Leftover(path, reason)


def _needless(path: Path, names: list[str], cassettes: Mapping[str, Path]) -> str | None:
    head, _, kind = path.name.partition(".")
    own, *journal = head.split("-", 1)
    has_journal = any(name.startswith(own) and name.endswith(".journal") for name in names)
    cassette = cassettes.get(own)
    if kind == "incomplete" and cassette is None and not has_journal:
        return "a mark of a cassette that is gone"
    if kind == "folding" and not has_journal:
        return "a mark of a cassette that is written"
    if kind in ("lock", "journal.lock") and path.name.removesuffix(".lock") not in names and _is_free(path):
        return "a lock that nobody holds"
    if kind == "damaged" and journal and cassette is not None and not incomplete(cassette):
        return "a damaged journal of a cassette that was recorded to its end since"
    if (refused := _REFUSED.fullmatch(path.name)) is not None:
        newer = any(one.stem[:200] == refused[1] and _age(one) < _age(path) for one in cassettes.values())
        return "a refused recording of a cassette that is written since" if newer else None
    return None


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0  # gone by now


def _is_free(lock: Path) -> bool:
    """Say whether nobody holds a lock; unlike `locks.locked` it leaves the file where it is."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - 26 ms that a replay has no use for

    held = FileLock(lock, thread_local=False)
    try:
        read(lock)  # a file that is gone by now is not to be made
        held.acquire(timeout=0)
    except (Timeout, OSError, ReadError):
        return False
    held.release()
    return True
