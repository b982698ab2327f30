"""A cassette written with the journals that go into it: whenever a crash comes, nothing is lost, nor there twice."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from llmvcr.errors import ReadError, WriteError
from llmvcr.formats import Document, extended
from llmvcr.storage.documents import rendered
from llmvcr.storage.locks import mark
from llmvcr.storage.whole import read, unwritten, write
from llmvcr.storage.working import append, in_workshop, tidy
from llmvcr.wire.nesting import watched

__all__ = ["fold", "fold_more", "folded", "incomplete", "set_incomplete", "settle", "unsettled"]


def fold(document: Document, cassette: Path, format: str | None, journals: Iterable[Path]) -> None:  # noqa: A002 - as in dump
    """Write a cassette that holds what stands in these journals; `only_one` is held, until `folded` is said too.

    Before it takes its name it is said in a file which journals are in it, by the digest of its bytes. Raises
    WriteError, or ReadError for a file of another kind in its place; then nothing has changed.
    """
    _written(rendered(document, cassette, format=format), cassette, journals)


def fold_more(fresh: Document, cassette: Path, journals: Iterable[Path]) -> bool:
    """Write the cassette that is there, as `fold` does, with more interactions behind its own; what was is copied.

    False, and nothing has changed, where it is not laid out as we write it, or somebody took it away in this moment.
    Raises as `fold` does, and ReadError where it cannot be read.
    """
    try:
        there = read(cassette)
    except FileNotFoundError:
        return False
    data = extended(there, fresh, path=str(cassette))
    if data is not None:
        _written(data, cassette, journals)
    return data is not None


def _written(data: bytes, cassette: Path, journals: Iterable[Path]) -> None:
    said = {"sha256": sha256(data).hexdigest(), "journals": [path.name for path in journals]}
    try:
        if said["journals"]:
            line = json.dumps(said).encode()
            folded(cassette)  # nothing may stand before the line
            in_workshop(cassette.parent, lambda folder: append(folder / _name(cassette, "folding"), line))
        write(cassette, data)
    except WriteError:
        folded(cassette)
        raise


def folded(cassette: Path, journals: Iterable[Path] = ()) -> None:
    """Say that a fold is over; as long as one of its journals is there, it stays written that it is folded."""
    if not any(path.exists() for path in journals):
        with contextlib.suppress(OSError):
            _path(cassette, "folding").unlink()


def settle(cassette: Path) -> None:
    """Remove the journals of a fold that was cut short after the cassette took its name; `only_one` is held."""
    journals: list[Path] = []
    marker = _path(cassette, "folding")
    with contextlib.suppress(ReadError, ValueError, LookupError, TypeError, RecursionError, FileNotFoundError):
        said = json.loads(watched(read(marker)))  # cut, where it was cut itself: before the cassette was written
        if said["sha256"] == sha256(read(cassette)).hexdigest():
            journals = [marker.with_name(Path(name).name) for name in said["journals"]]
    for path in journals:
        with contextlib.suppress(OSError):
            path.unlink()
    folded(cassette, journals)


def unsettled(cassette: Path) -> bool:
    """Say whether there are working files of a cassette, of the living or of the dead."""
    try:
        names = os.listdir(_workshop(cassette))  # noqa: PTH208 - asked at each opening, and mostly not there
    except OSError:
        return False
    own = mark(cassette)
    return any(name.startswith(own) and not name.endswith((".incomplete", ".damaged")) for name in names)


def incomplete(cassette: Path) -> bool:
    """Say whether a cassette was recovered from a crash, and no run has ended cleanly since."""
    # Asked at each opening: no name is made where there can be none.
    if not os.path.isdir(_workshop(cassette)):  # noqa: PTH112 - as above
        return False
    with contextlib.suppress(OSError):
        return _path(cassette, "incomplete").read_text(encoding="utf-8", errors="surrogateescape") == cassette.name
    return False


def set_incomplete(cassette: Path, *, to: bool) -> None:
    """Say, or no longer say, that more may be recorded into a cassette; raises WriteError."""
    name = cassette.name.encode("utf-8", "surrogateescape")
    try:
        if incomplete(cassette) == to:
            return
        if to:
            in_workshop(cassette.parent, lambda folder: append(folder / _name(cassette, "incomplete"), name))
        else:
            _path(cassette, "incomplete").unlink(missing_ok=True)
            tidy(cassette.parent)
    except OSError as error:
        raise unwritten(_path(cassette, "incomplete"), error) from error


def _workshop(cassette: Path) -> str:
    return os.path.join(os.path.dirname(cassette), ".llmvcr")  # noqa: PTH118, PTH120 - a Path takes five times as long


def _path(cassette: Path, kind: str) -> Path:
    return cassette.parent / ".llmvcr" / _name(cassette, kind)


def _name(cassette: Path, kind: str) -> str:
    return f"{mark(cassette)}.{kind}"
