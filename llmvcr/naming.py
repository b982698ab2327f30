"""Recordings whose names are not the hash of their content, and answers that do not fit the installed SDK's types."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmvcr import formats, sdk_objects, storage
from llmvcr.errors import LlmvcrError, TypeNameError
from llmvcr.formats import hashing, typed
from llmvcr.formats.recording import RECORDING
from llmvcr.formats.typed_json import TYPED_JSON
from llmvcr.interaction import Json

__all__ = ["Checked", "check"]

_SHORT_NAME = re.compile(r"(?:models-)?[0-9a-f]{12}(?:-[0-9a-f]{8})?\.json")


@dataclass(frozen=True, slots=True)
class Checked:
    """What is to say of one file.

    `kind` is "recording", "cassette" or "other" (nothing is checked there); `versions` are those of the hash that give
    the recording's name, and `proper` is the name that it should have, None where it has it or nobody knows how it is
    made; `faults` names fields, `unchecked` types that could not be looked at; `error` says why a file cannot be read.
    """

    path: Path
    kind: str
    versions: tuple[int, ...] = ()
    proper: str | None = None
    faults: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    error: str | None = None


def check(source: str | Path, *, types: bool = False) -> Iterator[Checked]:
    """Check a file, or every file below a folder in order of their names; raises FileNotFoundError.

    The name of a bare recording is checked, by every version of the hash; with `types` every typed answer of
    recordings and typed cassettes is built and validated by the installed SDK.
    """
    source = Path(source)
    if not source.exists():
        raise FileNotFoundError(str(source))
    for path in storage.members(source) if source.is_dir() else (source,):
        try:
            yield _checked(path, types=types)
        except (LlmvcrError, OSError) as error:
            yield Checked(path, "other", error=str(error))


def _checked(path: Path, *, types: bool) -> Checked:
    data = storage.read(path)
    format_ = formats.sniff(data, path=str(path))
    if format_.name not in (RECORDING.name, TYPED_JSON.name):
        return Checked(path, "other")
    format_.read(data, path=str(path))  # says what is wrong with it
    value = json.loads(data.decode("utf-8-sig"))
    items = [value] if format_.name == RECORDING.name else value["interactions"]
    faults, unchecked = _types(items) if types else ((), ())
    if format_.name != RECORDING.name:
        return Checked(path, "cassette", faults=faults, unchecked=unchecked)
    versions = hashing.matching(value, path.name)
    proper = None
    if not versions:
        proper = hashing.name(value, 1 if _SHORT_NAME.fullmatch(path.name) else hashing.LATEST)
    return Checked(path, "recording", versions, proper, faults, unchecked)


def _types(items: list[Json]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found: Counter[str] = Counter()
    unchecked: dict[str, None] = {}
    for item in items:
        body = item["response"].get("body")
        for answer in body if isinstance(body, list) else [body]:
            if not typed.is_typed(answer):
                continue
            name = answer["__type__"]
            try:
                for fault in sdk_objects.faults(name, answer["__data__"]):
                    found[
                        f"{name.rpartition('.')[2]} {re.sub('[0-9]+', '*', fault.partition(': ')[0])}: "
                        f"{fault.partition(': ')[2]}"
                    ] += 1
            except TypeNameError as error:
                unchecked[str(error)] = None
    told = tuple(f"{fault} ({count} times)" if count > 1 else fault for fault, count in found.items())
    return told, tuple(unchecked)
