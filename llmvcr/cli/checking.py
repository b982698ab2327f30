"""What is wrong with one file: it does not load, cannot be played, is wrongly named, or is too old."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from llmvcr import formats, keeping, lifecycle, naming, storage
from llmvcr.errors import CassetteError, ReadError
from llmvcr.formats import Document
from llmvcr.formats.recording import RECORDING
from llmvcr.formats.typed_json import TYPED_JSON

__all__ = ["Checked", "Find", "Kind", "Wanted", "checked"]

Kind = Literal["unreadable", "unplayable", "name", "type", "stale", "journal"]
"""What a find is:
unreadable  the file cannot be read as a cassette or a recording;
unplayable  an interaction that no client could be served;
name        a recording whose name is a hash, but not that of its content;
type        a typed answer that does not fit the installed SDK's type;
stale       what was recorded too long ago;
journal     what a run that was cut short has recorded, and `llmvcr recover` brings back."""

_NAMED = (RECORDING.name, TYPED_JSON.name)
# A name that a person gave ("weather.json") claims nothing.
_HASH = re.compile(r"(?:models-)?(?:[0-9a-f]{12}|[0-9a-f]{64})(?:-[0-9a-f]{8})?\.json")


@dataclass(frozen=True, slots=True)
class Find:
    """One thing that is wrong: `interaction` is its number, None for the file; `place` is inside it, or ""."""

    kind: Kind
    message: str
    interaction: int | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is checked beside loading; `most` is how old a recording may be, None for any age.

    `named` are the files that were named one by one: of them, none is passed over.
    """

    most: timedelta | None
    now: datetime
    types: bool = False
    names: bool = True
    named: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file: `format` is "" where it is in none, `skipped` says why it was passed over.

    `undated` counts the interactions that do not say when they were recorded.
    """

    path: str
    format: str = ""
    interactions: int = 0
    undated: int = 0
    finds: tuple[Find, ...] = ()
    unchecked: tuple[str, ...] = ()
    """Types that could not be looked at: on no list of ours, or of an SDK that is not installed."""
    skipped: str = ""


def checked(path: Path, wanted: Wanted) -> Checked:
    """Check one file; what is wrong with it is a find, never an error. Raises OSError where the system refuses."""
    left = tuple(_journals(path))
    if not path.exists():  # the cassette of a run that was cut short need not be there yet
        return Checked(str(path), finds=left or (Find("unreadable", "is not there"),))
    name = ""
    try:
        data = storage.read(path)
        name = _name(data, path, wanted)
        if not name:
            return Checked(str(path), finds=left, skipped="" if left else "is no cassette and no recording")
        document = formats.read(data, path=str(path))
    except ReadError as error:
        return Checked(str(path), name, finds=(_told("unreadable", error), *left))
    finds = [*left, *_unplayable(document, path)]
    unchecked: tuple[str, ...] = ()
    for one in naming.check(path, types=wanted.types) if name in _NAMED and (wanted.names or wanted.types) else ():
        finds += _named(one, wanted)
        unchecked = one.unchecked
    undated = 0
    if wanted.most is not None:
        moments = [lifecycle.recorded_at(each) for each in document]
        undated = moments.count(None)
        finds += _stale([(number, one) for number, one in enumerate(moments) if one is not None], wanted)
    return Checked(str(path), name, len(document), undated, tuple(finds), unchecked)


def _name(data: bytes, path: Path, wanted: Wanted) -> str:
    """Give the name of the format; "" where a file that only lies in the folder is in none. Raises ReadError."""
    try:
        return formats.sniff(data, path=str(path)).name
    except ReadError:
        if path in wanted.named or not data.strip():
            raise
        return ""


def _told(kind: Kind, error: CassetteError) -> Find:
    fix = f"; {error.fix}" if error.fix else ""
    return Find(kind, f"{error.reason}{fix}".replace("\n", " "), error.interaction, error.place)


def _unplayable(document: Document, path: Path) -> Iterator[Find]:
    from llmvcr.bridge import opening  # noqa: PLC0415 - vcr comes with it, which the other commands do not need

    for number, interaction in enumerate(document):
        try:
            opening.check(interaction, path=str(path), number=number)
        except ReadError as error:
            yield _told("unplayable", error)


def _named(one: naming.Checked, wanted: Wanted) -> Iterator[Find]:
    if wanted.names and one.proper is not None and _HASH.fullmatch(one.path.name):
        yield Find("name", f"is not the hash of its content, which is {one.proper}")
    for fault in one.faults:
        yield Find("type", fault)


def _stale(moments: Sequence[tuple[int, datetime]], wanted: Wanted) -> Iterator[Find]:
    old = [(moment, number) for number, moment in moments if wanted.most and wanted.now - moment > wanted.most]
    if old:
        first, number = min(old)
        many = "" if len(old) == 1 else f", and {len(old) - 1} more"
        yield Find("stale", f"was recorded on {first:%Y-%m-%d}{many}", number)


def _journals(path: Path) -> Iterator[Find]:
    if not storage.unsettled(path):
        return
    log = logging.getLogger("llmvcr")
    if not log.handlers:
        log.addHandler(logging.NullHandler())  # all of it is told
    try:
        found = keeping.recover(path, dry=True)
    except CassetteError as error:
        yield _told("journal", error)
        return
    if found.interactions:
        many = f"{found.interactions} interaction{'' if found.interactions == 1 else 's'}"
        yield Find("journal", f"a run that was cut short has left {many}, which `llmvcr recover {path}` brings back")
    for unread in found.unread:
        yield Find("journal", unread)
