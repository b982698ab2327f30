"""Files cleaned in place: redacted, written in the same format, read back and compared, and only then replaced."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from llmvcr import formats, redaction, storage
from llmvcr.errors import LlmvcrError, OptionError, WriteError
from llmvcr.formats import hashing
from llmvcr.formats.base import Document
from llmvcr.formats.recording import RECORDING
from llmvcr.interaction import Interaction
from llmvcr.redaction import Find, Redactor
from llmvcr.scrubbing.looking import BESIDE, TEXT, finds, opened, told

__all__ = ["Cleaned", "clean"]

_PASSES = 3
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What came of one file: `replaced` counts (place, kind) of what was taken out, and `error` says why nothing was.

    `renamed` says that a recording's name, which stays, was the hash of its content and is no longer.
    """

    path: str
    format: str = ""
    interactions: int = 0
    replaced: tuple[tuple[str, str, int], ...] = ()
    renamed: bool = False
    skipped: str = ""
    error: str = ""


def clean(path: Path, redactor: Redactor, *, dry: bool = False) -> Cleaned:
    """Take the secrets out of one file; never raises: what is wrong stands in `error`, and the file is as it was then.

    What an independent scanner finds beside our shapes is replaced, too. A file without secrets is not written; one
    that is written has the layout of a freshly recorded one of its format. With `dry` all is done but the writing.
    """
    try:
        data, name, document = opened(path)
        if not name:
            return Cleaned(str(path), skipped="is no cassette and no recording")
        if name not in {known.name for known in formats.FORMATS}:
            return _read_only(path, name, document, data, redactor)
        document, replaced, written = _cleaned(path, name, document, data, redactor)
        if replaced and not dry:
            _replace(path, data, written)
        renamed = name == RECORDING.name and bool(replaced) and _renamed(path, data, written)
        return Cleaned(str(path), name, len(document), replaced, renamed)
    except (LlmvcrError, OSError) as error:
        return Cleaned(str(path), error=told(error, path))
    except Exception as error:  # noqa: BLE001 - a fault of ours in one file must not stop the others; it is reported
        return Cleaned(str(path), error=f"{path}: llmvcr failed on it: {type(error).__name__}: {error}")


def _replace(path: Path, before: bytes, after: bytes) -> None:
    if storage.read(path) != before:
        raise WriteError(str(path), "was changed by somebody else meanwhile", fix="run it again")
    storage.write(path, after)


def _read_only(path: Path, name: str, document: Document, data: bytes, redactor: Redactor) -> Cleaned:
    left = next(finds(document, data, redactor), None)
    if left is None:
        return Cleaned(str(path), name, len(document))
    reason = f"holds a secret, {left[1]}, and is in a format that llmvcr only reads"
    return Cleaned(str(path), name, len(document), error=f"{path}: {reason}; convert it first, with --redact")


def _cleaned(
    path: Path, name: str, document: Document, data: bytes, redactor: Redactor
) -> tuple[Document, tuple[tuple[str, str, int], ...], bytes]:
    """Give the document without secrets, what was replaced, and the bytes of the file; raises WriteError."""
    format_ = formats.by_name(name)
    told_: Counter[tuple[str, str]] = Counter()
    written = data
    for _ in range(_PASSES):
        document, changed = _redacted(document, redactor)
        if changed:
            told_.update(changed)
            plain = format_.write(document, path=str(path))
            _compare(path, document, format_.read(plain, path=str(path)))
            written = gzip.compress(plain, mtime=0) if data[:2] == _GZIP else plain
        left = tuple(finds(document, written, redactor))
        if not left:
            rows = tuple((place, kind, many) for (place, kind), many in sorted(told_.items()))
            return document, rows, written
        for place, kind in sorted({(each.place, each.kind) for _, each in left if each.place == TEXT}):
            # Only a text, such as a comment: writing the file anew leaves it out, or its value is now known.
            told_[(place, kind)] += 1
        redactor = _knowing(redactor, [each for _, each in left])
        if not changed:
            written = format_.write(document, path=str(path))
    number, find = left[0]
    reason = f"still holds a secret that cannot be reached: {find.kind} {find.masked}; nothing was written"
    raise WriteError(str(path), reason, interaction=number, place=find.place, fix="record it again, or edit it")


def _redacted(document: Document, redactor: Redactor) -> tuple[Document, list[tuple[str, str]]]:
    changed: list[tuple[str, str]] = []
    after: list[Interaction] = []
    for interaction in document:
        redacted = redactor.redact(interaction)
        after.append(redacted.interaction)
        changed += [(each.place, each.kind) for each in redacted.replaced]
    beside = document.extra
    if beside and (found := redaction.find_in_json(beside, BESIDE)):
        beside = redaction.redacted_json(beside)
        changed += [(each.place, each.kind) for each in found]
    return replace(document, interactions=tuple(after), extra=beside), changed


def _knowing(redactor: Redactor, left: list[Find]) -> Redactor:
    """Give the redactor that also knows the values which were found and not replaced."""
    rules = redactor.rules
    if rules is None:
        raise OptionError("nothing can be taken out without rules")
    return Redactor(replace(rules, values=(*rules.values, *((each.kind, each.value) for each in left))))


def _compare(path: Path, meant: Document, read: Document) -> None:
    """Raise WriteError unless what was written reads back as the same interactions."""
    if len(meant) != len(read):
        raise WriteError(str(path), f"reads back as {len(read)} interactions of {len(meant)}; nothing was written")
    for number, (before, after) in enumerate(zip(meant, read, strict=True)):
        for part in ("request", "response", "recorded_at"):
            if getattr(before, part) != getattr(after, part):
                reason = "would not read back the same; nothing was written"
                raise WriteError(str(path), reason, interaction=number, place=part)


def _renamed(path: Path, before: bytes, after: bytes) -> bool:
    old, new = (json.loads(data.decode("utf-8-sig")) for data in (before, after))
    return bool(hashing.matching(old, path.name)) and not hashing.matching(new, path.name)
