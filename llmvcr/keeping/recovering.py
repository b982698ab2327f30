"""What crashed processes have recorded, brought into the cassettes it belongs to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from llmvcr import storage
from llmvcr.formats import Document
from llmvcr.keeping.joining import LOG, Check, checked, discarded, joined, mark_incomplete

__all__ = ["Recovered", "recover"]


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
                checked(check, [one for each in found for one in each.interactions], found)
                _brought_back(path, format, found)
                mark_incomplete(path, count)
        finally:
            for each in everything:
                each.leave()  # those that stay
    unread = tuple(f"{each.path}: {each.unknown}" for each in everything if each.unknown)
    for one in unread:
        LOG.warning("%s; it is left alone", one)
    return Recovered(count, tuple(each.aside for each in found if each.damaged and each.opened_by), unread)


def _brought_back(path: Path, format: str | None, found: tuple[storage.Left, ...]) -> None:  # noqa: A002 - as in storage.dump
    if any(each.interactions or each.metadata for each in found):
        _folded_in(path, format, found)
    for each in found:
        discarded(each)
    storage.folded(path, (each.path for each in found))


def _folded_in(path: Path, format: str | None, found: tuple[storage.Left, ...]) -> None:  # noqa: A002 - as in storage.dump
    document = storage.load(path) if path.exists() else Document(())
    # Those of a run that replaces what is there are to be played before it; nothing is thrown away.
    first = [one for each in found if each.first for one in each.interactions]
    lost = [one for each in found if not each.first for one in each.interactions]
    extra = joined(*({"metadata": each.metadata} for each in found), document.extra)
    named = format or next(filter(None, (each.format for each in found)), None)
    whole = Document((*first, *document.interactions, *lost), extra)
    storage.fold(whole, path, named, (each.path for each in found))
