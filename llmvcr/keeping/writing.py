"""What one open cassette brings to disk: at once into its journal, at the end into its file, with nothing lost."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from llmvcr import formats, storage
from llmvcr.errors import CassetteError, WriteError
from llmvcr.formats import Document
from llmvcr.interaction import Interaction
from llmvcr.keeping.joining import LOG, Check, checked, discarded, fingerprint, joined, mark_incomplete, readable

__all__ = ["Keeping"]

_Stamp = tuple[int, int, int] | None


class Keeping:
    """What one open cassette brings to disk. Not safe between threads: the cassette's lock is held meanwhile.

    `format` is that of a new file; `first` says that what is recorded replaces what is there (record mode all);
    `saved_by` names whose the cassette is, if it is not ours to write.
    """

    def __init__(self, path: str | Path, format: str | None, *, first: bool = False, saved_by: str = "") -> None:  # noqa: A002 - as in storage.dump
        """Take the path of the cassette."""
        self.path = Path(os.path.realpath(path))
        """Where it really stands, whatever the working folder and whichever link leads there."""
        self._format = format
        self._journal = storage.Journal(self.path, format, first=first, saved_by=saved_by)
        self._opened_by = os.getpid()
        self._read: tuple[Interaction, ...] = ()  # what stands in the file, as it was read or written last
        self._stamp: _Stamp = None
        self._foreign: tuple[Interaction, ...] = ()  # of what was written last, that which others have recorded
        self._silent = False

    def reads(self) -> None:
        """Say that the file is read next: whoever writes it from now on may bring something that was not read."""
        self._read, self._stamp, self._foreign = (), _stamp(self.path), ()

    def loaded(self, interactions: Iterable[Interaction]) -> None:
        """Say what was read: what the file holds beyond that at the end, others have recorded meanwhile."""
        self._read = tuple(interactions)  # left unread, where their answers still stand in the file

    def note(self, place: int, interaction: Interaction) -> None:
        """Write an interaction into the journal. Where that fails, the recording goes on, and the log says so once."""
        with self._noting():
            self._journal.add(place, interaction)

    def tell(self, metadata: dict[str, Any]) -> None:
        """Write what stands beside the interactions into the journal, as `note` does."""
        with self._noting():
            self._journal.tell(metadata)

    def write(self, document: Document, kept: int, check: Check | None = None, *, copies: bool = False) -> None:
        """Write the cassette: its first `kept` interactions, what others have recorded, and then the rest.

        Also what forked children have recorded and left in their journals. A forked child only leaves its own: the one
        who opened the cassette writes it. Raises WriteError or ReadError, which name the place where all of it is kept,
        and leaves the file as it was. Where such were left, `check` gets all that was never written; what it raises
        comes out as it is, and the file stays as it was, but the journals go. `copies` says that the first `kept` are
        what was read, unchanged: if nobody has changed the file since, its bytes are copied, whatever they are.
        """
        if os.getpid() != self._opened_by:
            self._journal.abandon()
            return
        old, new = document.interactions[:kept], document.interactions[kept:]
        left: tuple[storage.Left, ...] = ()
        try:
            with storage.only_one(self.path):
                storage.settle(self.path)
                there = self._others(old)
                left = readable(storage.left(self.path))
                lost = tuple(one for each in left for one in each.interactions)
                if lost:
                    checked(check, (*lost, *new), (*left, self._journal))
                foreign = (*there.interactions, *lost)
                extra = joined(there.extra, *({"metadata": each.metadata} for each in left), document.extra)
                document = Document((*old, *foreign, *new), extra, document.repeats)
                mine = () if self._journal.path is None else (self._journal.path,)
                journals = (*mine, *(each.path for each in left))
                same = copies and not left and len(old) == len(self._read) and _stamp(self.path) == self._stamp
                if not (same and self._stamp and storage.fold_more(Document(new), self.path, journals)):
                    storage.fold(document, self.path, self._format, journals)
                for each in left:
                    discarded(each)
                self._journal.discard()
                storage.folded(self.path, journals)
                self._read, self._stamp, self._foreign = (*old, *new), _stamp(self.path), foreign
                storage.sweep(self.path)
                strangers = [each for each in left if each.opened_by != self._opened_by]
                mark_incomplete(self.path, sum(len(each.interactions) for each in strangers))
        except CassetteError as error:
            for each in left:
                each.leave()
            raise self._rescued(document, new, error) from error

    def has_children(self) -> bool:
        """Say whether forked children of the one who opened the cassette have left what they recorded."""
        if os.getpid() != self._opened_by or not storage.unsettled(self.path):
            return False
        try:
            with storage.only_one(self.path):
                left = storage.left(self.path)
        except WriteError:  # who cannot lock them cannot fold them either; they stay for the next who opens it
            return False
        for each in left:
            each.leave()
        return any(each.opened_by == self._opened_by for each in left)

    def drop(self) -> None:
        """Forget what was recorded: it is not wanted, or it is written."""
        self._journal.discard()

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except (WriteError, TypeError, ValueError) as error:
            if not self._silent:
                LOG.warning("%s: no journal, so that a crash would lose what is recorded: %s", self.path, error)
            self._silent = True

    def _others(self, old: Iterable[Interaction]) -> Document:
        """Give what others have brought into the file."""
        stamp = _stamp(self.path)
        if stamp is None or stamp == self._stamp:
            return Document(self._foreign if stamp is not None else ())
        there = storage.load(self.path)
        # What was loaded may stand there as somebody else's hooks, the same as ours, have left it.
        known = Counter(map(fingerprint, self._read)) | Counter(map(fingerprint, old))
        found = []
        for one in there.interactions:
            seen = fingerprint(one)
            if known[seen]:
                known[seen] -= 1
            else:
                found.append(one)
        return Document(tuple(found), there.extra)

    def _rescued(self, document: Document, new: Iterable[Interaction], error: CassetteError) -> CassetteError:
        """Give the error with the place where what was recorded is kept."""
        journal = self._journal.path
        later = f"; when the cause is gone, run `llmvcr recover {self.path}`"
        if journal is None and not new:
            return error  # nothing was recorded
        if journal is not None and not self._silent:
            fix = f"what was recorded is kept in {journal}{later}"
        elif place := _whole_elsewhere(document):
            self._journal.discard()
            fix = f"what was recorded is kept in {place}, which is a whole cassette"
        elif journal is not None:
            fix = f"what of it could be written down is kept in {journal}{later}"
        else:
            fix = "what was recorded could be kept nowhere"
        self._journal.abandon()
        fix = f"{error.fix}; {fix}" if error.fix else fix
        return type(error)(error.path, error.reason, interaction=error.interaction, place=error.place, fix=fix)


def _whole_elsewhere(document: Document) -> Path | None:
    with contextlib.suppress(WriteError):  # a document that no format can hold, say
        return storage.rescue(formats.by_name("json").write(document, path="cassette"), ".json")
    return None


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
