"""What `fuzz.py` does with one case: all that is ever done with a file, and only documented errors may come of it."""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import zlib
from pathlib import Path

from llmvcr import answers, conversation, formats, redaction, wire
from llmvcr.bridge.opening import check
from llmvcr.bridge.translate import to_pair
from llmvcr.bridge.unpacking import unpacked
from llmvcr.canonical import canonical
from llmvcr.diff import changes, describe
from llmvcr.errors import LlmvcrError, ReadError
from llmvcr.explaining import Missed, Reason, explained
from llmvcr.formats.base import Document
from llmvcr.index import Index
from llmvcr.interaction import Interaction
from llmvcr.wire import eventstream
from tools._fuzz_cases import LARGEST, Sources

__all__ = ["SECONDS", "attempt", "guided"]

SECONDS = 5.0
"""What one case may take of the processor; the machine may be busy."""

_TARGETS = ("yaml", "json", "vcr_json", "recordings")


def attempt(data: bytes) -> str:
    """Do everything with one file, and say how it ended; raises whatever is no documented error."""
    try:
        document = formats.read(data, path="case")
    except ReadError:
        return "refused"
    mark = zlib.crc32(data)
    played = _opened(document)
    # Not all of it each time, so that there may be many cases; a case has the same each time.
    if mark % 2:
        _matched(document)
    for each in document:
        _looked_at(each)
        if mark % 8 < 2:
            redaction.redacted(each)
            redaction.find(each)
    for name in _TARGETS if mark % 16 == 0 else (_TARGETS[mark // 16 % 4],):
        if not _converted(document, name):
            return "read, and refused by a target"
    return "read" if played else "read, and refused when it is opened"


def _opened(document: Document) -> bool:
    try:
        for number, each in enumerate(document):
            check(each, path="case", number=number)
            to_pair(each)
    except ReadError:
        return False
    return True


def _matched(document: Document) -> None:
    """Ask for each request, explain what a miss of it would say, and look for the ids that its answer brings."""
    index = Index((each.request for each in document), answer=lambda number: document[number].response)
    for each in document:
        form = canonical(each.request)
        if index.take(each.request) is None:
            raise AssertionError("a recorded request does not find itself")
        for change in changes(canonical(document[0].request).fields, form.fields):
            describe(change)
        if (near := index.nearest(each.request)) is not None:
            reason: Reason = "no_match" if near[1] else "already_played"
            nearest = document[near[0]].request
            explained(Missed(each.request, form, reason, ("case",), near=near[0], nearest=nearest, changes=near[1]))


def _looked_at(each: Interaction) -> None:
    json.dumps(conversation.as_json(conversation.read_call(each)))
    answers.drawn(each.request, each.response)
    body = unpacked(each.response)[0].body
    if (events := wire.events(body)) is not None:
        _same(b"".join(events), body)
    _same(b"".join(frame.raw for frame in eventstream.frames(body)), body)


def _same(joined: bytes, body: bytes) -> None:
    if joined != body:
        raise AssertionError("the raws of the frames are not the stream")


def _converted(document: Document, name: str) -> bool:
    known = formats.by_name(name)
    try:
        again = known.read(known.write(document, path="case"), path="case")
    except LlmvcrError:
        return False
    for before, after in zip(document, again, strict=True):
        if (before.request.url, before.response.body) != (after.request.url, after.response.body):
            raise AssertionError(f"{name} does not read back the same")
    return True


def guided(given: Sources, seconds: int) -> int:
    """Let atheris look for inputs that reach new code, until a fault, the time (0: none), or Ctrl-C."""
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        print("atheris is not installed: pip install atheris", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="llmvcr-fuzz-"))
    for number, data in enumerate(given.files):
        (folder / f"{number:05}").write_bytes(data)
    atheris.instrument_all()
    told = [f"-max_len={LARGEST}", f"-max_total_time={seconds}", "-print_final_stats=1", f"-timeout={int(SECONDS) * 2}"]
    atheris.Setup([sys.argv[0], str(folder), *told], attempt)
    atheris.Fuzz()
    return 0
