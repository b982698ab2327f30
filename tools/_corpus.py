"""The laws of conversion over one file each: what `tools/corpus.py` counts, and what breaks a law."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from llmvcr import formats, naming, storage
from llmvcr.errors import LlmvcrError, ReadError
from llmvcr.formats import extra
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, Json

__all__ = ["CARRIED", "Result", "cassette", "foreign", "is_named_by_its_hash", "lost", "recording"]

CARRIED = (
    "kept as text or base64, as they are no JSON",
    "kept as base64, as they are gzip",
    "with edits to their words",
)
"""What the typed JSON carries for a body beside its value and the words of its rendering."""

_GZIP = "H4sI"
_YAML, _TYPED, _RECORDING = (formats.by_name(name) for name in ("yaml", "json", "recordings"))


@dataclass(frozen=True, slots=True)
class Result:
    """What one file adds to the table, and each law that it broke."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def lost(kind: str, path: Path) -> Result:
    """Stand for a file that killed its process."""
    return Result(Counter({f"{kind}: files": 1}), [f"{path}: the process that read it died"])


def cassette(path: Path) -> Result:
    """YAML → typed JSON → YAML: every part of every interaction, as we and as plain vcrpy read it."""
    result = Result(Counter({"vcrpy: files": 1}))
    try:
        data = storage.read(path)
        first = formats.read(data, path=str(path))
        there = _TYPED.write(first, path=str(path))
        second = _YAML.write(_TYPED.read(there, path=str(path)), path=str(path))
        again = _YAML.read(second, path=str(path))
    except LlmvcrError as error:
        result.broken.append(str(error))
        return result
    result.counts.update({"vcrpy: files read": 1, "vcrpy: interactions": len(first)})
    same = sum(parts(one) == parts(other) for one, other in zip(first, again, strict=True))
    result.counts["vcrpy: interactions the same after YAML → typed JSON → YAML"] += same
    if again != Document(first.interactions, first.extra):
        result.broken.append(f"{path}: differs after YAML → typed JSON → YAML")
    _plain(path, data, second, result)
    for item in json.loads(there)["interactions"]:
        own = item["response"].get(extra.KEY, {})
        _carried("response", own.get("body"), result)
        _carried("request", own.get("request"), result)
    return result


def parts(interaction: Interaction) -> tuple[object, ...]:
    """Give what has to stay the same, byte for byte."""
    request, response = interaction.request, interaction.response
    asked = (request.method, request.url, request.headers, request.body)
    return (*asked, response.status, response.reason, response.headers, response.body)


def _plain(path: Path, before: bytes, after: bytes, result: Result) -> None:
    """Compare what plain vcrpy reads from the original with what it reads from the file that came back."""
    try:
        original = list(_read_plain(before))
    except Exception:  # noqa: BLE001 - vcrpy fails on many, in ten ways (parts.md, "YAML"); llmvcr reads them
        result.counts["vcrpy: files that plain vcrpy cannot read"] += 1
        return
    result.counts["vcrpy: files that plain vcrpy reads"] += 1
    if original == list(_read_plain(after)):
        result.counts["vcrpy: of these the same to plain vcrpy after the round trip"] += 1
    else:
        result.broken.append(f"{path}: plain vcrpy reads something else after the round trip")


def _read_plain(data: bytes) -> Iterator[tuple[object, ...]]:
    requests, responses = deserialize(data.decode(), yamlserializer)
    for request, response in zip(requests, responses, strict=True):
        body = response["body"]["string"]
        asked = (request.method, request.uri, _lines(dict(request.headers)), _bytes(request.body))
        answered = (response["status"]["code"], response["status"]["message"] or "", _lines(response["headers"]))
        yield (*asked, *answered, _bytes(body))


def _bytes(body: Any) -> bytes:
    body = body.read() if hasattr(body, "read") else body
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _lines(headers: dict[str, Any]) -> dict[str, list[bytes]]:
    # A value is text or bytes there, and the same bytes on the wire.
    lists = {name: value if isinstance(value, list) else [value] for name, value in headers.items()}
    return {name: [_bytes(value) for value in values] for name, values in lists.items()}


def _carried(side: str, how: Json, result: Result) -> None:
    """Count what is carried for a body beside its value and the words of its rendering."""
    if not isinstance(how, dict):
        return
    more = {key: value for key, value in how.items() if key in ("edits", "inserted", "text", "base64")}
    if not any(more.values()):
        return
    raw = more.get("text") or more.get("base64")
    name = f"vcrpy: {side} bodies {CARRIED[2 if not raw else 1 if raw.startswith(_GZIP) else 0]}"
    size = len(raw or json.dumps(more))
    result.counts.update({name: 1, f"bytes {name}": size})


def recording(path: Path) -> Result:
    """Typed → YAML → typed: the same document, and the same file."""
    result = Result(Counter({"recordings: files": 1}))
    try:
        data = storage.read(path)
        first = formats.read(data, path=str(path))
        there = _YAML.write(first, path=str(path))
        back = _RECORDING.write(_YAML.read(there, path=str(path)), path=str(path))
    except LlmvcrError as error:
        result.broken.append(str(error))
        return result
    result.counts["recordings: files read"] += 1
    value = json.loads(data)
    request = value["request"]
    kind = next((name for name in ("tool_name", "file_id", "payload") if name in request), "inference")
    kinds = {"tool_name": "tool", "file_id": "file processor", "payload": "http"}
    result.counts[f"recordings: {kinds.get(kind, kind)}"] += 1
    if json.loads(back) == value:
        result.counts["recordings: the same document after typed → YAML → typed"] += 1
    else:
        result.broken.append(f"{path}: is another document after typed → YAML → typed")
    by_dumps = (json.dumps(value, indent=2) + "\n").encode() == data
    result.counts["recordings: written by json.dumps(indent=2)"] += by_dumps
    result.counts["recordings: the same file after typed → YAML → typed"] += back == data
    if by_dumps and back != data:
        result.broken.append(f"{path}: is another file after typed → YAML → typed")
    return result


def foreign(path: Path) -> Result:
    """Read a file of another tool, or refuse it with one sentence."""
    result = Result(Counter({"foreign: files": 1}))
    try:
        formats.read(storage.read(path), path=str(path))
        result.counts["foreign: read"] += 1
    except ReadError as error:
        result.counts["foreign: refused with one sentence"] += 1
        if not error.reason or "\n" in error.reason:
            result.broken.append(f"{path}: is refused by {error.reason!r}, which is no sentence")
    return result


def is_named_by_its_hash(path: Path) -> bool:
    """Say whether a version of the hash gives a recording's name."""
    (checked,) = naming.check(path)
    return bool(checked.versions)
