"""What writing a cassette and recovering one have in common: journals that are checked, joined and put away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from llmvcr import storage
from llmvcr.errors import LeakError, WriteError
from llmvcr.formats import Document
from llmvcr.interaction import Interaction

__all__ = ["LOG", "Check", "checked", "discarded", "fingerprint", "joined", "mark_incomplete", "readable"]

LOG = logging.getLogger("llmvcr")

Check = Callable[[Document], None]
"""Looks at what is to be written for the first time, and raises LeakError where it is not to be."""


def checked(
    check: Check | None, fresh: Sequence[Interaction], journals: Iterable[storage.Left | storage.Journal]
) -> None:
    """Have `check` look at what was never written; what it refuses is kept elsewhere, and its journals go."""
    if check is None or not fresh:
        return
    try:
        check(Document(tuple(fresh)))
    except LeakError:
        for each in journals:
            each.discard()  # what was refused is kept elsewhere, masked
        raise


def readable(left: tuple[storage.Left, ...]) -> tuple[storage.Left, ...]:
    """Give those that can be read, and leave the others to whoever can."""
    for each in left:
        if each.unknown:
            each.leave()
    return tuple(each for each in left if not each.unknown)


def discarded(journal: storage.Left) -> None:
    """Put away a journal whose interactions stand in the file; the log says so of a damaged one, which is kept."""
    journal.discard()
    if journal.damaged and journal.opened_by:
        LOG.warning("%s: a line of it cannot be read; it is kept as %s", journal.path, journal.aside)


def mark_incomplete(path: Path, count: int) -> None:
    """Say that a cassette has so many interactions of a run that was cut short, so that the rest may be recorded."""
    if not count:
        return
    many = f"{count} interaction{'' if count == 1 else 's'}"
    LOG.warning("%s: %s recovered from a run that was cut short", path, many)
    try:
        storage.set_incomplete(path, to=True)
    except WriteError as error:
        LOG.warning("%s", error)


def joined(*extras: Mapping[str, Any]) -> dict[str, Any]:
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
