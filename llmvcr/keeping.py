"""Bringing what a cassette records to disk: at once into its journal, at the end into its file, with nothing lost."""

from __future__ import annotations

import logging
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from llmvcr import storage
from llmvcr.errors import WriteError
from llmvcr.formats import Document
from llmvcr.interaction import Interaction

__all__ = ["Keeping", "recover"]

_LOG = logging.getLogger("llmvcr")

_Stamp = tuple[int, int, int] | None


class Keeping:
    """What one open cassette brings to disk. Not safe between threads: the cassette's lock is held meanwhile."""

    def __init__(self, path: str | Path, format: str | None) -> None:  # noqa: A002 - as in storage.dump
        """Take the path of the cassette, and the format that a new file gets."""
        self._path, self._format = Path(path), format
        self._journal = storage.Journal(path)
        self._known: Counter[int] = Counter()
        self._stamp: _Stamp = None
        self._silent = False

    def loaded(self, interactions: Iterable[Interaction]) -> None:
        """Say what stands in the file: what it holds beyond that at the end, others have recorded meanwhile."""
        self._known = Counter(map(_fingerprint, interactions))
        self._stamp = _stamp(self._path)

    def note(self, place: int, interaction: Interaction) -> None:
        """Write an interaction into the journal. Where that fails, the recording goes on, and the log says so once."""
        try:
            self._journal.add(place, interaction)
        except WriteError as error:
            if not self._silent:
                _LOG.warning("no journal is kept, so that a crash would lose what is recorded: %s", error)
            self._silent = True

    def write(self, document: Document, kept: int) -> None:
        """Write the cassette: its first `kept` interactions, what others have recorded, and then the rest.

        Also what forked children have recorded and left in their journals. Raises WriteError, which names the place
        where all of it is kept, and leaves the file as it was.
        """
        left: tuple[storage.Left, ...] = ()
        try:
            with storage.only_one(self._path):
                others = self._others()
                left = storage.left(self._path)
                lost = [one for each in left for one in each.interactions]
                whole = (*document.interactions[:kept], *others, *document.interactions[kept:], *lost)
                document = replace(document, interactions=whole)
                storage.dump(document, self._path, format=self._format)
        except WriteError as error:
            for each in left:
                each.leave()
            raise self._rescued(document, error) from error
        for each in left:
            each.discard()
        self._journal.discard()
        self.loaded(whole)

    def drop(self) -> None:
        """Forget what was recorded: it is not wanted, or it is written."""
        self._journal.discard()

    def _others(self) -> list[Interaction]:
        if _stamp(self._path) in (None, self._stamp):
            return []
        known, found = self._known.copy(), []
        for one in storage.load(self._path).interactions:
            mark = _fingerprint(one)
            if known[mark]:
                known[mark] -= 1
            else:
                found.append(one)
        return found

    def _rescued(self, document: Document, error: WriteError) -> WriteError:
        place = self._journal.path
        if place is not None and not self._silent:
            self._journal.abandon()
            fix = f"what was recorded is kept in {place}; when the cause is gone, run `llmvcr recover {self._path}`"
        else:
            place = Path(tempfile.gettempdir(), f"llmvcr-{secrets.token_hex(4)}.json")
            try:
                storage.dump(document, place)
            except WriteError:
                return error
            self._journal.discard()
            fix = f"what was recorded is kept in {place}"
        return WriteError(error.path, error.reason, interaction=error.interaction, place=error.place, fix=fix)


def recover(path: str | Path, format: str | None = None) -> int:  # noqa: A002 - as in storage.dump
    """Bring what crashed processes had recorded into their cassette, and give the number of those interactions.

    The cassette is marked incomplete, so that the rest may be recorded. Raises ReadError where the cassette cannot be
    read, WriteError where it cannot be written; the journals stay where they are then.
    """
    left = storage.left(path)
    try:
        if not left:
            return 0
        with storage.only_one(path):
            document = storage.load(path) if Path(path).exists() else Document(())
            there = Counter(map(_fingerprint, document.interactions))
            # A crash after the cassette was written, and before the journal was removed, has lost nothing.
            fresh = [each for each in left if Counter(map(_fingerprint, each.interactions)) - there]
            lost = [one for each in fresh for one in each.interactions]
            if lost:
                whole = replace(document, interactions=(*document.interactions, *lost))
                storage.dump(whole, path, format=format)
                storage.set_incomplete(path, to=True)
                _LOG.warning("%s: %d interactions recovered from a run that was cut short", path, len(lost))
    except BaseException:
        for each in left:
            each.leave()
        raise
    for each in left:
        each.discard()
    return len(lost)


def _fingerprint(one: Interaction) -> int:
    asked, answered = one.request, one.response
    return hash((asked.method, asked.url, asked.headers, asked.body, answered.status, answered.chunks, one.recorded_at))


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
