"""A YAML cassette in the layout of PyYAML, read by its lines; long answers stay in the file until they are asked for.

Where each interaction begins is seen by the lines that are not set in. Whatever is in the least otherwise is left to
the safe loader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from llmvcr.errors import ReadError
from llmvcr.formats import vcr_dict, yaml_regular
from llmvcr.formats.unread import UnsureError, unread
from llmvcr.interaction import Interaction, Json

__all__ = ["extended", "sliced"]

_TAIL = b"version: 1\n"
_TOP = b"interactions:\n"
_FIRST = b"- request:\n"
_BETWEEN = b"\n" + _FIRST
_OUTERMOST = re.compile(rb"\n[^ \n]")
_OTHER_BREAKS = (b"\r", *(character.encode() for character in "\x85\u2028\u2029"))
"""What else ends a line in YAML 1.1, so that a line may begin where `_OUTERMOST` sees none."""
_ANSWER = b"\n  response:\n"
_BODY = re.compile(rb"    body:\n      string: \|2?[-+]?\n")
_EMPTY = b"    body:\n      string: ''\n"
_INDENT = 8
_LINES = yaml_regular.region(_INDENT)
_SOUND = re.compile(rb" {%d}[^ \t\n]" % _INDENT).match
_ASKED = frozenset({"body", "headers", "method", "uri"})
_OTHERS = frozenset({"interactions", "http_interactions", "grpc_interactions", "ws_interactions", "messages"})
"""Top-level keys of other tools."""
_LONG = 2000
"""Bytes of a body from which on it is worth the trouble to leave it unread."""


def sliced(data: bytes, *, path: str) -> tuple[tuple[Interaction, ...], dict[str, Json]] | None:
    """Give the interactions of a cassette, and its other top-level keys; None where the safe loader is to read it.

    Nothing is found out late: what is left unread are the lines of one block scalar, which have been looked at.
    """
    try:
        last = _end(data)
        if not yaml_regular.is_plain_text(data):
            return None
        beside = yaml_regular.load(data[last:].decode())
        if beside.pop("version") != 1 or not beside.keys().isdisjoint(_OTHERS):
            return None
        found = tuple(_interactions(data, last, path))
        return found, {key: vcr_dict.plain(value) for key, value in beside.items()}
    except (UnsureError, ReadError, ValueError, RecursionError):
        return None


def extended(data: bytes, written: bytes) -> bytes | None:
    """Give a cassette that can be read, and behind its interactions those of another that we have written.

    None where it does not have the layout in which it is certain that nothing but interactions stand before its end.
    """
    if not (data.startswith(_TOP + _FIRST) and data.endswith(b"\n" + _TAIL)):
        return None
    if any(one in data for one in _OTHER_BREAKS):
        return None
    last = len(data) - len(_TAIL)
    if any(not data.startswith(_BETWEEN, found.start()) for found in _OUTERMOST.finditer(data, len(_TOP), last - 1)):
        return None
    return b"".join((memoryview(data)[:last], memoryview(written)[len(_TOP) :]))


def _end(data: bytes) -> int:
    if not data.startswith(_TOP + _FIRST):
        raise UnsureError
    return data.rindex(b"\n" + _TAIL) + 1


def _interactions(data: bytes, last: int, path: str) -> Iterator[Interaction]:
    start, number = len(_TOP), 0
    while start < last:
        answer = data.find(_ANSWER, start, last) + len(_ANSWER)
        body = _BODY.match(data, answer, last)
        lines = _LINES(data, body.end(), last) if body else None
        behind = lines.end() if lines else start + 1
        following = data.find(_BETWEEN, behind - 1, last)
        stop = last if following == -1 else following + 1
        if lines and behind - lines.start() >= _LONG and _SOUND(data, lines.start()):
            yield _begun(data, (start, answer, behind, stop), path, number)
        else:
            yield _whole(data, start, stop, path, number)
        start, number = stop, number + 1


def _begun(data: bytes, places: tuple[int, int, int, int], path: str, number: int) -> Interaction:
    """Read one interaction but for the lines of its body."""
    start, answer, behind, stop = places
    known = _read(data[start:answer] + _EMPTY + data[behind:stop], path, number)
    whole = partial(_whole, data, start, stop, path, number)
    if known.request.url[:2].lower() == "ws":  # its frames are looked at when the cassette is opened
        return whole()
    return unread(known.request, known.response, known.recorded_at, whole)


def _whole(data: bytes, start: int, stop: int, path: str, number: int) -> Interaction:
    return _read(data[start:stop], path, number)


def _read(data: bytes, path: str, number: int) -> Interaction:
    match yaml_regular.load(data.decode()):
        case [
            {"request": dict(asked), "response": {"body": {"string": _}, "status": {"code": _, "message": _}}} as held
        ]:
            if asked.keys() == _ASKED:
                return vcr_dict.to_interaction(held, path=path, number=number)
    raise UnsureError
