"""Files looked through for secrets: by interaction and place, and once more as text, by two detectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from llmvcr import formats, storage
from llmvcr.errors import LlmvcrError, ReadError
from llmvcr.formats.base import Document
from llmvcr.formats.foreign import FOREIGN
from llmvcr.formats.vcr_yaml import unpacked
from llmvcr.redaction import Find, Redactor, find_in_file, find_in_json

__all__ = ["Found", "Looked", "files", "finds", "look", "opened", "told"]

BESIDE, TEXT = "beside the interactions", "text"


@dataclass(frozen=True, slots=True)
class Found:
    """One find in a file, without the secret: `interaction` is its number, None for what belongs to none of them.

    `place` is where in the interaction ("request.headers.authorization"), "beside the interactions", or "text" for what
    only shows in the file as a text.
    """

    interaction: int | None
    place: str
    kind: str
    masked: str

    def __str__(self) -> str:
        where = "" if self.interaction is None else f"interaction {self.interaction}, "
        return f"{where}{self.place}: {self.kind} {self.masked}"


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one file: `format` is "" where it is in none, `skipped` says why, `error` what is wrong with it."""

    path: str
    format: str = ""
    finds: tuple[Found, ...] = ()
    interactions: int = 0
    skipped: str = ""
    error: str = ""


def files(paths: Iterable[str | Path]) -> Iterator[Path]:
    """Give each file once: those that are named, and those below named folders that may hold recordings.

    A path that is not there comes as it is: reading it will say so. Raises ReadError for a folder that cannot be read.
    """
    seen: set[Path] = set()
    for path in map(Path, paths):
        for file in storage.members(path) if path.is_dir() else (path,):
            if file not in seen:
                seen.add(file)
                yield file


def look(path: Path, redactor: Redactor, *, traces: bool = False) -> Looked:
    """Look through one file; never raises: what is wrong with it stands in `error`.

    With `traces` the ids that servers give to single calls are finds, too.
    """
    try:
        data, name, document = opened(path)
        if not name:
            return Looked(str(path), skipped="is no cassette and no recording")
        found = (_found(*each) for each in finds(document, data, redactor, traces=traces))
        return Looked(str(path), name, tuple(dict.fromkeys(found)), len(document))
    except (LlmvcrError, OSError) as error:
        return Looked(str(path), error=told(error, path))
    except Exception as error:  # noqa: BLE001 - a fault of ours in one file must not hide the others; it is reported
        return Looked(str(path), error=f"{path}: llmvcr failed on it: {type(error).__name__}: {error}")


def opened(path: Path) -> tuple[bytes, str, Document]:
    """Read a file: its bytes, the name of its format, and what it holds; "" for a file that is in none.

    Of logs that llmvcr knows by sight and does not read, only the text can be looked through. Raises ReadError, and
    OSError for a file that is not there.
    """
    data = storage.read(path)
    try:
        known = formats.sniff(data, path=str(path))
    except ReadError:
        return data, "", Document(())
    return data, known.name, Document(()) if known is FOREIGN else known.read(data, path=str(path))


def finds(
    document: Document, data: bytes, redactor: Redactor, *, traces: bool = False
) -> Iterator[tuple[int | None, Find]]:
    """Give every find with the number of its interaction; what only the text of the file shows comes last."""
    known: set[str] = set()
    for number, interaction in enumerate(document):
        for each in redactor.find(interaction, traces=traces):
            known.add(each.value)
            yield number, each
    for each in find_in_json(document.extra, BESIDE) if document.extra else ():
        known.add(each.value)
        yield None, each
    for each in find_in_file(unpacked(data, "")):
        if not _is_known(each.value, known):
            yield None, dataclasses.replace(each, place=TEXT)


def _is_known(value: str, known: Iterable[str]) -> bool:
    return any(value in each or each in value for each in known)


def _found(number: int | None, each: Find) -> Found:
    return Found(number, each.place, each.kind, each.masked)


def told(error: Exception, path: Path) -> str:
    """Say in one line what is wrong with a file."""
    # What to do about it stands on a second line.
    if isinstance(error, FileNotFoundError):
        return f"{path}: is not there"
    text = str(error) if isinstance(error, LlmvcrError) else f"{path}: {error}"
    return text.replace("\nHow to fix: ", "; ").replace("\n", " ")
