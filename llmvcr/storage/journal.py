"""What a process has recorded and not yet written into its cassette, on disk before the application goes on."""

# One file for each cassette and process, in `.llmvcr` beside the cassette: a line of JSON for each interaction, written
# by one write() each, so that the end of the process, however sudden, costs at most the line under way (decisions 5,
# 21). A lock on it is held for as long as its process lives; the kernel takes it back from one that was killed.

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from llmvcr.errors import ReadError, WriteError
from llmvcr.formats import vcr_dict
from llmvcr.interaction import Interaction
from llmvcr.storage.whole import read, unwritten
from llmvcr.storage.working import append, in_workshop, tidy, workshop

__all__ = ["Journal", "Left", "incomplete", "left", "only_one", "orphans", "set_incomplete"]


class Journal:
    """The journal of one cassette; nothing is written before the first interaction. Not safe between threads."""

    def __init__(self, cassette: str | Path) -> None:
        """Take the path of the cassette."""
        self._cassette = Path(cassette)
        self._path: Path | None = None
        self._lock: Any = None
        self._owner = 0
        self._broken = False

    @property
    def path(self) -> Path | None:
        """Where it stands; None as long as nothing was written."""
        return self._path

    def add(self, place: int, interaction: Interaction) -> None:
        """Write one interaction down; `place` is that of its request in the order of requests. Raises WriteError."""
        if self._path is None or self._owner != os.getpid():  # a forked child writes one of its own
            self._path = self._begin()
        said = vcr_dict.from_interaction(interaction, in_place=False, binary=False)
        line = json.dumps({"place": place, "interaction": said}).encode() + b"\n"
        try:
            append(self._path, b"\n" + line if self._broken else line)
        except WriteError:
            self._broken = True  # half a line may stand there now
            raise
        self._broken = False

    def discard(self) -> None:
        """Remove it: what it held stands in the cassette."""
        if self._path is not None and self._owner == os.getpid():
            with contextlib.suppress(OSError):
                self._path.unlink()
            _release(self._lock)
            tidy(self._cassette.parent)
        self._path = self._lock = None

    def abandon(self) -> None:
        """Leave it where it is, for the next run to find."""
        if self._lock is not None and self._owner == os.getpid():
            _release(self._lock)
        self._path = self._lock = None

    def _begin(self) -> Path:
        name = f"{_mark(self._cassette)}-{os.getpid()}-{secrets.token_hex(4)}.journal"
        self._lock = in_workshop(self._cassette.parent, lambda folder: _locked(folder / name))
        path = self._cassette.parent / ".llmvcr" / name
        head = {"llmvcr_journal": 1, "cassette": self._cassette.name}
        append(path, json.dumps(head).encode() + b"\n")
        self._owner = os.getpid()
        return path


@dataclass(frozen=True, slots=True)
class Left:
    """A journal whose process is gone; nobody else can take it before it is discarded or left.

    `damaged` says that a line of it cannot be read, as the last one of a crash.
    """

    path: Path
    interactions: tuple[Interaction, ...]
    damaged: bool
    _lock: Any

    def discard(self) -> None:
        """Remove it."""
        with contextlib.suppress(OSError):
            self.path.unlink()
        _release(self._lock)
        tidy(self.path.parent.parent)

    def leave(self) -> None:
        """Leave it to the next who looks."""
        _release(self._lock)


def left(cassette: str | Path) -> tuple[Left, ...]:
    """Give the journals of a cassette that were left behind."""
    cassette = Path(cassette)
    found = []
    for path in sorted((cassette.parent / ".llmvcr").glob(f"{_mark(cassette)}-*.journal")):
        lock = _locked(path)
        if lock is None:
            continue  # its process lives
        if path.exists():
            found.append(_read(path, lock))
        else:
            _release(lock)
    return tuple(found)


def orphans(folder: str | Path) -> tuple[Path, ...]:
    """Give the paths of the cassettes below a folder that journals stand for, of the living and of the dead."""
    found = set()
    for path in Path(folder).rglob(".llmvcr/*.journal"):
        try:
            head = json.loads(read(path).partition(b"\n")[0])
            found.add(path.parent.parent / Path(head["cassette"]).name)
        except (ValueError, LookupError, TypeError, FileNotFoundError):
            continue  # nothing was recorded in it, or it is gone by now
    return tuple(sorted(found))


def incomplete(cassette: str | Path) -> bool:
    """Say whether a cassette was recovered from a crash, and no run has ended cleanly since."""
    cassette = Path(cassette)
    return (cassette.parent / ".llmvcr" / f"{_mark(cassette)}.incomplete").exists()


def set_incomplete(cassette: str | Path, *, to: bool) -> None:
    """Say, or no longer say, that more may be recorded into a cassette; raises WriteError."""
    cassette = Path(cassette)
    if to:
        append(workshop(cassette.parent) / f"{_mark(cassette)}.incomplete", b"")
    elif incomplete(cassette):
        (cassette.parent / ".llmvcr" / f"{_mark(cassette)}.incomplete").unlink(missing_ok=True)
        tidy(cassette.parent)


@contextmanager
def only_one(cassette: str | Path) -> Iterator[None]:
    """Hold the one right to write a cassette; waits for others who hold it, and leaves no lock file behind."""
    from filelock import FileLock  # noqa: PLC0415 - 26 ms that a replay has no use for

    cassette = Path(cassette)

    def acquired(folder: Path) -> FileLock:
        lock = FileLock(folder / f"{_mark(cassette)}.lock")
        lock.acquire()
        return lock

    lock = in_workshop(cassette.parent, acquired)
    try:
        yield
    finally:
        _release(lock)
        tidy(cassette.parent)


def _mark(cassette: Path) -> str:
    # A cassette's name may have 255 bytes already.
    return sha256(cassette.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _locked(path: Path) -> Any:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - as above

    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unwritten(path, error) from error
    return lock


def _release(lock: Any) -> None:
    if lock is not None:
        _unlink(lock)
        lock.release()


def _unlink(lock: Any) -> None:
    # While it is held: who waits for it sees that the file is another one, and asks again.
    with contextlib.suppress(OSError):
        Path(lock.lock_file).unlink()


def _read(path: Path, lock: Any) -> Left:
    *lines, last = read(path).split(b"\n")
    placed: list[tuple[int, Interaction]] = []
    damaged = bool(last)
    for line in filter(None, lines[1:]):
        try:
            held = json.loads(line)
            placed.append((int(held["place"]), vcr_dict.to_interaction(held["interaction"], path=str(path))))
        except (ValueError, LookupError, TypeError, ReadError):
            damaged = True
    placed.sort(key=lambda pair: pair[0])
    return Left(path, tuple(interaction for _, interaction in placed), damaged, lock)
