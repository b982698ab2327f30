"""Files as documents: read in the format that their content has, written in the dialect that they have already."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

from llmvcr import formats
from llmvcr.errors import OptionError, ReadError
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction
from llmvcr.listing import members
from llmvcr.storage.outlines import read_again
from llmvcr.storage.whole import read, write

__all__ = ["dump", "load", "rendered"]

_BY_SUFFIX = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}


def load(path: str | Path) -> Document:
    """Read a file in the format that its content has, or a folder of such files, in order of their names.

    In a folder the files that hold one list of models (`models-<h>-….json`) are one answer: the union of them.
    Raises FileNotFoundError where there is nothing, ReadError for an empty or damaged file and a folder without any.
    """
    path = Path(path)
    if not path.is_dir():
        return read_again(read(path), path=str(path))
    files = [file for file in members(path) if file.parent == path]
    if not files:
        raise ReadError(str(path), "is a folder without recordings")
    from llmvcr import model_lists  # noqa: PLC0415 - few cassettes are folders, and more formats come with it

    named = ((file.name, formats.read(read(file), path=str(file))) for file in files)
    return Document(model_lists.united(named), repeats=True)


def dump(
    interactions: Document | Iterable[Interaction],
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the word for it in the public API
    strict: bool = False,
) -> None:
    """Write interactions to a file: in the dialect that the file has already, else in `format`, else by its suffix.

    Raises OptionError for a format that nobody knows or a suffix that names none, WriteError where the format cannot
    hold the document, ReadError where the file that stands there is none of ours: it is left as it was.
    """
    document = interactions if isinstance(interactions, Document) else Document(tuple(interactions))
    write(path, rendered(document, path, format=format, strict=strict))


def rendered(
    document: Document,
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - as above
    strict: bool = False,
) -> bytes:
    """Give the bytes that `dump` writes to a file; raises as it does."""
    path = Path(path)
    asked = formats.by_name(format) if format is not None else None
    old = read(path) if path.exists() else b""
    chosen = formats.sniff(old, path=str(path)) if old.strip() else asked
    packed = path.name.endswith(".gz")
    if chosen is None:
        suffix = Path(path.stem).suffix if packed else path.suffix
        if suffix not in _BY_SUFFIX:
            message = f"{path}: the suffix {suffix!r} names no format; say which one"
            raise OptionError(message)
        chosen = formats.by_name(_BY_SUFFIX[suffix])
    data = chosen.write(document, path=str(path), strict=strict)
    return gzip.compress(data, mtime=0) if packed else data
