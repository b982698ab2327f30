"""Which sources become one target, and where llama-stack keeps the recordings of a test."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from llmvcr import storage
from llmvcr.errors import ReadError
from llmvcr.formats.recording import RECORDING
from llmvcr.wire.nesting import watched

__all__ = ["Group", "cassette_name", "grouped", "recordings_folder"]

_UNSAFE = re.compile(r"[<>?%*:|\"'/\\\x00-\x1f]")
_MOST_BYTES = 200
"""How long a name may be: file systems hold 255 bytes, and a suffix comes behind it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Sources that become one target; `place` is that of the target below its root."""

    sources: tuple[Path, ...]
    place: Path
    named: bool = False
    """Whether `place` was named for a test or a folder, so that it has no suffix yet."""


def grouped(files: Sequence[Path], root: Path, by: str) -> tuple[Group, ...]:
    """Group the bare recordings of a tree by "file", "test" or "folder"; any other file stands alone.

    The order is that of the first file of each group, and within a group that of the names. A recording of no test
    stands alone with "test". Only the names and tests are kept in memory, never the files.
    """
    if by == "file":
        return tuple(Group((file,), file.relative_to(root)) for file in files)
    places: dict[tuple[Path, bool], list[Path]] = {}
    for file in files:
        relative = file.relative_to(root)
        place = _place(file, relative, by)
        places.setdefault((place or relative, place is not None), []).append(file)
    return tuple(Group(tuple(sources), place, named) for (place, named), sources in places.items())


def cassette_name(test_id: str) -> PurePosixPath:
    """Give the place of a test's cassette, as pytest-recording names it: the module's folder, then the test.

    "tests/test_a.py::TestB::test_c[d]" is "test_a/TestB.test_c[d]". A name in which characters had to be replaced, or
    that had to be cut, ends in "~" and 8 digits of its hash, so that two tests never share one.
    """
    module, _, rest = test_id.partition("::")
    stem = PurePosixPath(module.replace("\\", "/")).name.removesuffix(".py") or "tests"
    name = rest.replace("::", ".") or "cassette"
    return PurePosixPath(_safe(stem), _safe(name))


def recordings_folder(test_id: object) -> PurePosixPath:
    """Give the folder where llama-stack keeps the recordings of a test: `recordings` beside the test's file.

    Without a test it is `recordings` of the whole, where llama-stack looks last. The path never leads out of it.
    """
    module = test_id.partition("::")[0] if isinstance(test_id, str) else ""
    words = PurePosixPath(module.replace("\\", "/")).parent.parts
    return PurePosixPath(*(_safe(word) for word in words if word not in ("..", ".", "/")), "recordings")


def _safe(name: str) -> str:
    clean = _UNSAFE.sub("-", name).strip()
    cut = clean.encode("utf-8", "replace")[:_MOST_BYTES].decode("utf-8", "ignore")
    if cut == name and cut not in (".", "..", ""):
        return cut
    return f"{cut}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _place(file: Path, relative: Path, by: str) -> Path | None:
    try:
        data = storage.read(file)
        if not RECORDING.claims(data):
            return None
        if by == "folder":
            folder = relative.parent
            return folder if folder.name else Path(file.parent.resolve().name)
        item = json.loads(watched(data))
        test_id = item.get("test_id", item["request"].get("test_id"))
    except (OSError, ReadError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None  # converting it will say what is wrong with it
    if not isinstance(test_id, str) or not test_id:
        return None
    return relative.parent / cassette_name(test_id)
