"""One interaction of a YAML cassette in the layout of PyYAML, at its place in the file: all of it, or but its body."""

from __future__ import annotations

import re
from functools import partial

from llmvcr.formats import extra, vcr_dict, yaml_regular
from llmvcr.formats.base import Place
from llmvcr.formats.unread import UnsureError, unread
from llmvcr.interaction import Interaction, Json, Response, is_socket
from llmvcr.wire import sniff

__all__ = ["answer", "read"]

_ANSWER = b"\n  response:\n"
_BODY = re.compile(rb"    body:\n      string: \|2?([-+]?)\n")
_SAID = b"\n    body:\n      string:"
"""What stands in every interaction that can be read here: to parse all of another one first would take long."""
_EMPTY = b"- response:\n    body:\n      string: ''\n"
_PAD = b"\n        "
"""What stands before each line of a body; empty lines have nothing before them."""
_INDENT = len(_PAD) - 1
_EVENT = re.compile(rb" {8}([^\n]+\n\n)")
_BOM = b"\xef\xbb\xbf"
_OTHER_LINE = re.compile(rb"\n(?! {8}|\n)")
_SOUND = re.compile(rb" {8}[^ \t\n]").match
_OF_A_BODY = frozenset({"body", "chunks", "times"})
"""What is said under our key of how a body came; without it each event was a chunk."""
_ASKED = frozenset({"body", "headers", "method", "uri"})
_NOBODY: Json = {"body": None, "headers": {}, "method": "", "uri": ""}
_LONG = 2000
"""Bytes of a body from which on it is worth the trouble to leave it unread."""


def answer(data: bytes, start: int, last: int) -> tuple[int, int]:
    """Say where the answer of an interaction stands, and the end of its body; 0 and 0 where that is not long.

    That what is found is no part of a text, is for `read` to see.
    """
    begin = data.find(_ANSWER, start, last) + len(_ANSWER)
    body = _BODY.match(data, begin, last)
    if body is None or not _SOUND(data, body.end()):
        return 0, 0
    end = _OTHER_LINE.search(data, body.end(), last)
    return (0, 0) if end is None or end.end() - body.end() < _LONG else (begin, end.end())


def read(data: bytes, place: Place, path: str, number: int) -> Interaction:
    """Read one interaction, but for the lines of a long body; raises UnsureError, ReadError or ValueError."""
    start, begin, behind, stop = place
    if data.startswith(b"\n...\n", stop - 5):  # which ends a document, not an interaction
        raise UnsureError
    if not behind:
        return _whole(data, place, path, number)
    # On its own, so that it is sure that the answer begins where it seems to: within a text the text would not end.
    match yaml_regular.load(data[start:begin].decode()):
        case [{"request": dict(asked), "response": None, **others}] if not others and asked.keys() == _ASKED:
            pass
        case _:
            raise UnsureError
    held = _answered(data, behind, stop)
    known = vcr_dict.to_interaction({**held, "request": asked}, path=path, number=number)
    if is_socket(known.request.url):  # its frames are looked at when the cassette is opened
        return _whole(data, place, path, number)
    if known.response.chunks or not _OF_A_BODY.isdisjoint(held["response"].get(extra.KEY) or ()):
        rest = partial(_rest, data, place, path, number)
    else:
        rest = partial(_bodied, known, data, begin, behind)
    return unread(known.request, known.response, known.recorded_at, rest)


def _whole(data: bytes, place: Place, path: str, number: int) -> Interaction:
    start, *_, stop = place
    if data.find(_SAID, start, stop) == -1:
        raise UnsureError
    match yaml_regular.load(data[start:stop].decode()):
        case [
            {"request": dict(asked), "response": {"body": {"string": _}, "status": {"code": _, "message": _}}} as held
        ]:
            if asked.keys() == _ASKED:
                return vcr_dict.to_interaction(held, path=path, number=number)
    raise UnsureError


def _answered(data: bytes, behind: int, stop: int) -> dict[str, Json]:
    """Read what stands behind a body, as an interaction without its request and with an empty body."""
    match yaml_regular.load((_EMPTY + data[behind:stop]).decode()):
        case [{"response": {"body": {"string": ""}, "status": {"code": _, "message": _}}} as held]:
            if "request" not in held:
                return dict(held)
    raise UnsureError


def _bodied(known: Interaction, data: bytes, begin: int, behind: int) -> Interaction:
    """Read what `read` left where that is a body which came an event a chunk."""
    head, chunks = known.response, _events(data, begin, behind)
    if chunks is None:
        chunks = extra.cut(_body(data, begin, behind), None)
    answer = Response(  # `dataclasses.replace` takes as long as all the rest of it
        *(head.status, head.reason, head.headers, chunks, head.ended, head.error),
        http_version=head.http_version,
        trailers=head.trailers,
    )
    return Interaction(known.request, answer, known.recorded_at, known.notes, known.unknown)


def _rest(data: bytes, place: Place, path: str, number: int) -> Interaction:
    """Read what `read` left where that is more than a body; not the request, which often is longer, once more."""
    _, begin, behind, stop = place
    held = _answered(data, behind, stop)
    held["response"]["body"]["string"] = _body(data, begin, behind)
    return vcr_dict.to_interaction({**held, "request": _NOBODY}, path=path, number=number)


def _events(data: bytes, begin: int, behind: int) -> tuple[bytes, ...] | None:
    """Cut a stream of one line and a blank one an event, as most are, as `wire.events` would; None for any other."""
    found = _BODY.match(data, begin)
    if found is None or found[1] != b"+":
        return None
    start = found.end()
    events: list[bytes] = _EVENT.findall(data, start, behind)
    # They stand one behind the other: where they are as long as all of it, nothing lies between them.
    if sum(map(len, events)) + _INDENT * len(events) != behind - start or data.find(b"\r", start, behind) != -1:
        return None
    if not events or sniff(events[0]) != "sse" or events[0].startswith(_BOM):
        return None
    return tuple(events)


def _body(data: bytes, begin: int, behind: int) -> bytes:
    """Give what the lines of a block scalar say, as the bytes that they are."""
    found = _BODY.match(data, begin)
    if found is None:
        raise UnsureError
    body = data[found.end() - 1 : behind].replace(_PAD, b"\n")[1:]
    return body if found[1] == b"+" else body.rstrip(b"\n") + b"\n" * (not found[1])
