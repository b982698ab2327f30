"""What `fuzz.py` does with one case: how a file is changed, and what is asked of the changed one."""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

from llmvcr import formats, redaction, storage, wire
from llmvcr.bridge.opening import check
from llmvcr.bridge.translate import to_pair
from llmvcr.bridge.unpacking import unpacked
from llmvcr.canonical import canonical
from llmvcr.diff import changes
from llmvcr.errors import LlmvcrError, ReadError
from llmvcr.formats.base import Document
from llmvcr.index import Index
from llmvcr.interaction import Json
from llmvcr.wire import eventstream

__all__ = ["SECONDS", "attempt", "case", "guided", "sources"]

SECONDS = 5.0
"""What one case may take of the processor; the machine may be busy."""

_LARGEST = 48 * 1024
_SMALL = 6 * 1024
_TARGETS = ("yaml", "json", "vcr_json", "recordings")

# What is apt to hurt: structure, escapes, numbers, packed bytes, names of types and tags.
_TOKENS = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b'"',
        b"'",
        b"\\",
        b"&a ",
        b"*a",
        b"<<: *a",
        b"- ",
        b"\n",
        b"\r\n",
        b"\t",
        b"\0",
    ),
    *(
        b"!!python/object/apply:os.system [id]",
        b"!!binary x",
        b"!!set",
        b"? ",
        b"--- ",
        b"...",
        b"%YAML 1.2\n",
        b"|\n",
        b">-\n",
    ),
    *(
        b"null",
        b"true",
        b"[]",
        b"{}",
        b'""',
        b"~",
        b"-1",
        b"0",
        b"1e999",
        b"9" * 400,
        b"1:30:59",
        b"NaN",
        b".inf",
        b"2026-11-22",
    ),
    *(
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
        b"\x85",
        b"\x1b",
        b"%00",
        b"%zz",
        b"../../x",
    ),
    *(
        b'"__type__": "os.system"',
        b'"__data__"',
        b"interactions:",
        b'"interactions"',
        b"version: 2",
        b"status: {}",
        b"llmvcr:",
    ),
    *(
        b"data: ",
        b"event: x\n\n",
        b"\x1f\x8b\x08\x00",
        b"\x28\xb5\x2f\xfd",
        b"content-encoding: [gzip]",
        b"http://[",
        b"wss://x/",
    ),
)
_VALUES: tuple[Json, ...] = (
    *(
        None,
        True,
        0,
        -1,
        2**70,
        1.5,
        "",
        "x",
        "\ud800",
        "\0",
        [],
        {},
        [[]],
        {"": None},
        "http://[",
        "gzip",
        "os.system",
    ),
    {"__type__": "os.system", "__data__": "id"},
)

_Mutation = Callable[[bytearray, Random, Sequence[bytes]], None]


def sources(folders: Iterable[Path]) -> tuple[bytes, ...]:
    """Give the files to begin with, up to 48 KiB each; a folder that is not there is passed over."""
    files = [path for folder in folders if folder.is_dir() for path in storage.members(folder)]
    found = [data for path in files if 0 < len(data := path.read_bytes()) <= _LARGEST]
    # The small ones first: most cases are drawn from them.
    return tuple(sorted(dict.fromkeys(found), key=len))


def case(files: Sequence[bytes], seed: int, number: int) -> bytes:
    """Make the case of a number, the same each time for the same sources."""
    draw = Random(f"{seed} {number}")  # noqa: S311 - nothing is protected by it
    small = sum(len(data) <= _SMALL for data in files)
    pool = files[:small] if small and draw.random() < 0.8 else files
    data = draw.choice(pool)
    if draw.random() < 0.3:
        data = _restructured(data, draw)
    changed = bytearray(data)
    for _ in range(draw.choice((0, 1, 1, 1, 2, 4, 12))):
        draw.choice(_MUTATIONS)(changed, draw, pool)
    return bytes(changed)


def attempt(data: bytes) -> str:
    """Do everything with one file, and say how it ended; raises whatever is no documented error."""
    try:
        document = formats.read(data, path="case")
    except ReadError:
        return "refused"
    mark = zlib.crc32(data)
    index = Index(each.request for each in document)
    for number, each in enumerate(document):
        form = canonical(each.request)
        changes(canonical(document[0].request).fields, form.fields)
        index.take(each.request)
        index.nearest(each.request)
        body = unpacked(each.response)[0].body
        if (events := wire.events(body)) is not None:
            _same(b"".join(events), body)
        _same(b"".join(frame.raw for frame in eventstream.frames(body)), body)
        try:
            check(each, path="case", number=number)
            to_pair(each)
        except ReadError:
            mark |= 1
        if mark % 4 == 0:
            redaction.redacted(each)
            redaction.find(each)
    outcome = "read"
    for name in _TARGETS if mark % 8 == 0 else (_TARGETS[mark % 4],):
        outcome = _converted(document, name) or outcome
    return outcome


def _same(joined: bytes, body: bytes) -> None:
    if joined != body:
        raise AssertionError("the raws of the frames are not the stream")


def _converted(document: Document, name: str) -> str:
    known = formats.by_name(name)
    try:
        again = known.read(known.write(document, path="case"), path="case")
    except LlmvcrError:
        return "read, and refused by a target"
    for before, after in zip(document, again, strict=True):
        if (before.request.url, before.response.body) != (after.request.url, after.response.body):
            raise AssertionError(f"{name} does not read back the same")
    return ""


def _restructured(data: bytes, draw: Random) -> bytes:
    """Put another value, or another type of value, in one place of a JSON file; other files stay as they are."""
    try:
        value = json.loads(data)
    except ValueError:
        return data
    place, key = value, None
    for _ in range(draw.randint(1, 9)):
        inner = place if key is None else place[key]
        if not isinstance(inner, dict | list) or not inner:
            break
        place, key = inner, draw.choice(list(inner)) if isinstance(inner, dict) else draw.randrange(len(inner))
    if key is None:
        return data
    if isinstance(place, dict) and draw.random() < 0.3:
        del place[key]
    else:
        place[key] = draw.choice(_VALUES)
    return json.dumps(value, indent=draw.choice((None, 2))).encode("utf-8", "surrogatepass")


def _span(data: bytearray, draw: Random, most: int = 200) -> tuple[int, int]:
    start = draw.randrange(len(data) + 1)
    return start, min(len(data), start + draw.randint(1, most))


def _flip(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    if data:
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def _insert(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    at = draw.randrange(len(data) + 1)
    data[at:at] = draw.choice(_TOKENS) * draw.choice((1, 1, 1, 2, 50, 5000))


def _replace(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    start, end = _span(data, draw, 20)
    data[start:end] = draw.choice(_TOKENS)


def _remove(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    start, end = _span(data, draw)
    del data[start:end]


def _repeat(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    start, end = _span(data, draw)
    data[start:start] = data[start:end] * draw.choice((1, 2, 30))


def _cut(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    del data[draw.randrange(len(data) + 1) :]


def _lines(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    lines = data.split(b"\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


def _splice(data: bytearray, draw: Random, pool: Sequence[bytes]) -> None:
    other = bytearray(draw.choice(pool))
    start, end = _span(other, draw, 2000)
    at = draw.randrange(len(data) + 1)
    data[at:at] = other[start:end]


_MUTATIONS: tuple[_Mutation, ...] = (_flip, _insert, _replace, _remove, _repeat, _cut, _lines, _splice)


def guided(files: Sequence[bytes]) -> int:
    """Let atheris look for inputs that reach new code; ends only by a fault or Ctrl-C."""
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        print("atheris is not installed: pip install atheris", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="llmvcr-fuzz-"))
    for number, data in enumerate(files):
        (folder / f"{number:05}").write_bytes(data)
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], str(folder), f"-max_len={_LARGEST}"], attempt)
    atheris.Fuzz()
    return 0
