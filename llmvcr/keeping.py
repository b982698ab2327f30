"""Bringing what a cassette records to disk: at once into its journal, at the end into its file, with nothing lost."""

from __future__ import annotations

import contextlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmvcr import formats, storage
from llmvcr.errors import CassetteError, LeakError, WriteError
from llmvcr.formats import Document
from llmvcr.interaction import Interaction

__all__ = ["Check", "Keeping", "Recovered", "fingerprint", "mark_incomplete", "recover"]

_LOG = logging.getLogger("llmvcr")

_Stamp = tuple[int, int, int] | None

Check = Callable[[Document], None]
"""Looks at what is to be written for the first time, and raises LeakError where it is not to be."""


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
                left = _readable(storage.left(self.path))
                lost = tuple(one for each in left for one in each.interactions)
                if lost:
                    _checked(check, (*lost, *new), (*left, self._journal))
                foreign = (*there.interactions, *lost)
                extra = _joined(there.extra, *({"metadata": each.metadata} for each in left), document.extra)
                document = Document((*old, *foreign, *new), extra, document.repeats)
                mine = () if self._journal.path is None else (self._journal.path,)
                journals = (*mine, *(each.path for each in left))
                same = copies and not left and len(old) == len(self._read) and _stamp(self.path) == self._stamp
                if not (same and self._stamp and storage.fold_more(Document(new), self.path, journals)):
                    storage.fold(document, self.path, self._format, journals)
                for each in left:
                    _discarded(each)
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

    def drop(self) -> None:
        """Forget what was recorded: it is not wanted, or it is written."""
        self._journal.discard()

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except (WriteError, TypeError, ValueError) as error:
            if not self._silent:
                _LOG.warning("%s: no journal, so that a crash would lose what is recorded: %s", self.path, error)
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


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of the journals that crashed processes left of one cassette."""

    interactions: int = 0
    """How many came back."""
    aside: tuple[Path, ...] = ()
    """Damaged journals, kept beside the others: what could be read of them came back."""
    unread: tuple[str, ...] = ()
    """Journals that were left alone, each with the reason."""


def recover(
    path: str | Path,
    format: str | None = None,  # noqa: A002 - as in storage.dump
    *,
    dry: bool = False,
    check: Check | None = None,
) -> Recovered:
    """Bring what crashed processes had recorded into their cassette, and say what came of it.

    The cassette is marked incomplete, so that the rest may be recorded. A `dry` run changes nothing. Raises ReadError
    where the cassette cannot be read, WriteError where it cannot be written; the journals stay where they are then.
    `check` gets what comes back; what it raises comes out as it is, and the journals go.
    """
    path = Path(os.path.realpath(path))
    if not storage.unsettled(path):
        return Recovered()
    with storage.only_one(path):
        if not dry:
            storage.settle(path)
            storage.sweep(path)
        everything = storage.left(path)
        found = tuple(each for each in everything if not each.unknown)
        count = sum(len(each.interactions) for each in found)
        try:
            if not dry:
                _checked(check, [one for each in found for one in each.interactions], found)
                _brought_back(path, format, found)
                mark_incomplete(path, count)
        finally:
            for each in everything:
                each.leave()  # those that stay
    unread = tuple(f"{each.path}: {each.unknown}" for each in everything if each.unknown)
    for one in unread:
        _LOG.warning("%s; it is left alone", one)
    return Recovered(count, tuple(each.aside for each in found if each.damaged and each.opened_by), unread)


def _brought_back(path: Path, format: str | None, found: tuple[storage.Left, ...]) -> None:  # noqa: A002 - as in storage.dump
    if any(each.interactions or each.metadata for each in found):
        _folded_in(path, format, found)
    for each in found:
        _discarded(each)
    storage.folded(path, (each.path for each in found))


def _folded_in(path: Path, format: str | None, found: tuple[storage.Left, ...]) -> None:  # noqa: A002 - as in storage.dump
    document = storage.load(path) if path.exists() else Document(())
    # Those of a run that replaces what is there are to be played before it; nothing is thrown away.
    first = [one for each in found if each.first for one in each.interactions]
    lost = [one for each in found if not each.first for one in each.interactions]
    extra = _joined(*({"metadata": each.metadata} for each in found), document.extra)
    named = format or next(filter(None, (each.format for each in found)), None)
    whole = Document((*first, *document.interactions, *lost), extra)
    storage.fold(whole, path, named, (each.path for each in found))


def _whole_elsewhere(document: Document) -> Path | None:
    with contextlib.suppress(WriteError):  # a document that no format can hold, say
        return storage.rescue(formats.by_name("json").write(document, path="cassette"), ".json")
    return None


def _checked(
    check: Check | None, fresh: Sequence[Interaction], journals: Iterable[storage.Left | storage.Journal]
) -> None:
    if check is None or not fresh:
        return
    try:
        check(Document(tuple(fresh)))
    except LeakError:
        for each in journals:
            each.discard()  # what was refused is kept elsewhere, masked
        raise


def _readable(left: tuple[storage.Left, ...]) -> tuple[storage.Left, ...]:
    for each in left:
        if each.unknown:
            each.leave()
    return tuple(each for each in left if not each.unknown)


def _discarded(journal: storage.Left) -> None:
    journal.discard()
    if journal.damaged and journal.opened_by:
        _LOG.warning("%s: a line of it cannot be read; it is kept as %s", journal.path, journal.aside)


def mark_incomplete(path: Path, count: int) -> None:
    """Say that a cassette has so many interactions of a run that was cut short, so that the rest may be recorded."""
    if not count:
        return
    many = f"{count} interaction{'' if count == 1 else 's'}"
    _LOG.warning("%s: %s recovered from a run that was cut short", path, many)
    try:
        storage.set_incomplete(path, to=True)
    except WriteError as error:
        _LOG.warning("%s", error)


def _joined(*extras: Mapping[str, Any]) -> dict[str, Any]:
    """Join what stands beside the interactions; of metadata the last to name a key counts."""
    joined: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for extra in extras:
        joined |= extra
        metadata |= extra.get("metadata") or {}
    joined.pop("metadata", None)
    return joined | ({"metadata": metadata} if metadata else {})


def fingerprint(one: Interaction) -> int:
    """Give a number by which an interaction is known again in a file.

    Content alone: headers and boundaries may be spelt anew when a file is written.
    """
    asked, answered = one.request, one.response
    return hash((asked.method, asked.url, asked.body or b"", answered.status, answered.body, one.recorded_at))


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
