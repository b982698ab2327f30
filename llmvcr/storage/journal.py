"""What a process has recorded and not yet written into its cassette, on disk before the application goes on."""

# One file for each cassette and process, in `.llmvcr` beside the cassette: a line of JSON for each interaction, written
# by one write() each, so that the end of the process, however sudden, costs at most the line under way (decisions 5,
# 21). A lock on it is held for as long as its process lives; the kernel takes it back from one that was killed.

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmvcr.errors import ReadError, WriteError
from llmvcr.formats import vcr_dict
from llmvcr.interaction import Interaction
from llmvcr.storage.locks import locked, mark, release
from llmvcr.storage.whole import read
from llmvcr.storage.working import append, in_workshop, tidy
from llmvcr.wire.nesting import watched

__all__ = ["Journal", "Left", "left", "orphans"]

_VERSION = 1


class Journal:
    """The journal of one cassette; nothing is written before the first interaction. Not safe between threads.

    `format` is the one that a new cassette gets; `first` says that what was recorded replaces what is there.
    """

    def __init__(
        self,
        cassette: str | Path,
        format: str | None = None,  # noqa: A002 - as in storage.dump
        *,
        first: bool = False,
        saved_by: str = "",
    ) -> None:
        """Take the path of the cassette; `saved_by` names the persister of the user's own that has it."""
        self._cassette = Path(cassette)
        self._head = {
            "llmvcr_journal": _VERSION,
            "cassette": self._cassette.name,
            "format": format,
            "first": first,
            "opened_by": os.getpid(),
            **({"saved_by": saved_by} if saved_by else {}),
        }
        self._path: Path | None = None
        self._lock: Any = None
        self._owner = 0
        self._broken = False

    @property
    def path(self) -> Path | None:
        """Where it stands; None as long as this process has written nothing."""
        return self._path if self._owner == os.getpid() else None

    def add(self, place: int, interaction: Interaction) -> None:
        """Write one interaction down; `place` is that of its request in the order of requests.

        Raises WriteError, and TypeError or ValueError for an interaction that JSON cannot hold.
        """
        said = vcr_dict.from_interaction(interaction, in_place=False, binary=False)
        self._write({"place": place, "interaction": said})

    def tell(self, metadata: dict[str, Any]) -> None:
        """Write down what stands beside the interactions; raises as `add` does."""
        self._write({"metadata": metadata})

    def discard(self) -> None:
        """Remove it: what it held stands in the cassette."""
        if (path := self.path) is not None:
            with contextlib.suppress(OSError):
                path.unlink()
            release(self._lock)
            tidy(self._cassette.parent)
        self._path = self._lock = None

    def abandon(self) -> None:
        """Leave it where it is, for the next run to find."""
        if self.path is not None:
            release(self._lock)
        self._path = self._lock = None

    def _write(self, said: dict[str, Any]) -> None:
        line = json.dumps(said).encode() + b"\n"
        path = self.path or self._begin()  # a forked child writes one of its own
        try:
            append(path, b"\n" + line if self._broken else line)
        except WriteError:
            self._broken = True  # half a line may stand there now
            raise
        self._broken = False

    def _begin(self) -> Path:
        name = f"{mark(self._cassette)}-{os.getpid()}-{secrets.token_hex(4)}.journal"
        lock = in_workshop(self._cassette.parent, lambda folder: locked(folder / name, new=True))
        path = self._cassette.parent / ".llmvcr" / name
        try:
            append(path, json.dumps(self._head).encode() + b"\n")
        except WriteError:
            with contextlib.suppress(OSError):
                path.unlink()
            release(lock)
            tidy(self._cassette.parent)
            raise
        self._path, self._lock, self._owner, self._broken = path, lock, os.getpid(), False
        return path


@dataclass(frozen=True, slots=True)
class Left:
    """A journal whose process is gone; nobody else can take it before it is discarded or left.

    `damaged` says that a line of it cannot be read, as the last one of a crash; `unknown` why none of it can.
    """

    path: Path
    interactions: tuple[Interaction, ...]
    damaged: bool
    _lock: Any
    metadata: dict[str, Any] = field(default_factory=dict)
    format: str | None = None
    """The one of a new cassette, if its process said so."""
    first: bool = False
    """Whether what was recorded replaces what is there."""
    opened_by: int = 0
    """The process that opened the cassette; a forked child has a journal of its own."""
    unknown: str = ""

    @property
    def aside(self) -> Path:
        """Where it goes when it is discarded, and somebody should look at it."""
        return self.path.with_suffix(".damaged")

    def discard(self) -> None:
        """Remove it; one that is damaged is kept aside."""
        with contextlib.suppress(OSError):
            if self.damaged and self.opened_by:
                self.path.replace(self.aside)
            else:
                self.path.unlink()
        release(self._lock)
        tidy(self.path.parent.parent)

    def leave(self) -> None:
        """Leave it to the next who looks."""
        release(self._lock)


def left(cassette: str | Path, *, by_any: bool = False) -> tuple[Left, ...]:
    """Give the journals of a cassette that were left behind; raises WriteError where they cannot be locked.

    What a persister of the user's own was to save is unknown but to one who asks for what is saved `by_any`.
    """
    cassette = Path(cassette)
    found: list[Left] = []
    try:
        for path in sorted((cassette.parent / ".llmvcr").glob(f"{mark(cassette)}-*.journal")):
            try:
                lock = locked(path)
            except (FileNotFoundError, FileExistsError):
                continue  # folded by now, and the folder tidied away
            if lock is None:
                continue  # its process lives
            try:
                journal = _read(path, lock, cassette, by_any=by_any)
            except (FileNotFoundError, ReadError):  # folded by now; or not ours to read
                journal = None
            if journal is None:
                release(lock)
                tidy(cassette.parent)
            else:
                found.append(journal)
    except BaseException:
        for each in found:
            each.leave()
        raise
    return tuple(found)


def orphans(folder: str | Path) -> tuple[Path, ...]:
    """Give the paths of the cassettes below a folder that journals stand for, of the living and of the dead."""
    found = set()
    for path in Path(folder).rglob(".llmvcr/*.journal"):
        try:
            head = json.loads(watched(read(path).partition(b"\n")[0]))
            found.add(path.parent.parent / Path(head["cassette"]).name)
        except (ValueError, LookupError, TypeError, RecursionError, FileNotFoundError, ReadError):
            continue  # nothing was recorded in it, or it is gone by now
    return tuple(sorted(found))


def _read(path: Path, lock: Any, cassette: Path, *, by_any: bool) -> Left | None:
    """Read a journal; None for one of another cassette, whose name differs only as some file systems do not see."""
    first, *lines = read(path).split(b"\n")
    last = lines.pop() if lines else first
    head = _parsed(first) if first is not last else {}
    if not _is_same(str(head.get("cassette", cassette.name)), cassette):
        return None
    if head.get("llmvcr_journal", _VERSION) != _VERSION:
        return Left(path, (), False, lock, unknown="it was written by another version of llmvcr")  # noqa: FBT003 - the third field
    if not by_any and (saved_by := head.get("saved_by")):
        reason = f"its cassette is saved by {saved_by}: open the cassette once with that"
        return Left(path, (), False, lock, unknown=reason)  # noqa: FBT003 - the third field
    placed: list[tuple[int, Interaction]] = []
    metadata: dict[str, Any] = {}
    damaged = bool(last) or (first is not last and not head)
    for line in filter(None, lines):
        held = _parsed(line)
        try:
            if "metadata" in held:
                metadata |= held["metadata"]
            else:
                placed.append((int(held["place"]), vcr_dict.to_interaction(held["interaction"], path=str(path))))
        except (ValueError, LookupError, TypeError, ReadError):
            damaged = True
    placed.sort(key=lambda pair: pair[0])
    return Left(
        path,
        tuple(interaction for _, interaction in placed),
        damaged,
        lock,
        metadata,
        head.get("format"),
        bool(head.get("first")),
        head.get("opened_by", 1 if lines else 0),
    )


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        held = json.loads(watched(line))
    except (ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}


def _is_same(name: str, cassette: Path) -> bool:
    if name == cassette.name:
        return True
    with contextlib.suppress(OSError, ValueError):
        return cassette.with_name(name).samefile(cassette)
    return False
