"""A typed cassette that is laid out as we write it, read as far as its requests; the answers are left in the file.

The layout says where each interaction begins and ends; msgspec's parser says that each is JSON of the right shape, and
builds nothing of what it only looks through. Whatever is in the least otherwise is left to the whole parser.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from llmvcr.errors import ReadError
from llmvcr.formats import items, spelling
from llmvcr.formats.checks import MAX_DEPTH, is_deep, is_shallow, loaded
from llmvcr.formats.extra import KEY
from llmvcr.formats.unread import UnsureError, unread
from llmvcr.interaction import Interaction, Json, is_socket
from llmvcr.wire.nesting import nests_deeper

__all__ = ["extended", "sliced"]

_HEAD = b'{\n  "version": 1,\n  "interactions": [\n    '
_FIRST = b'{\n      "request": {\n'
_BETWEEN = b"\n    },\n    "
_END = b"\n    }\n  ]"
_CLOSING = len(b"\n    }")
_OUTER = 2  # brackets around an interaction
_SENT = frozenset({"method", "url", "headers", "body", "endpoint", "model"})

_TYPED = re.compile(re.escape(_HEAD + _FIRST) + rb' {8}"method": "[^"\n]*+",\n {8}"url": ')
"""How a typed cassette begins; vcrpy's own JSON can begin much like it."""
_DIGIT = re.compile(rb"[0-9]")
_WINDOW = 1 << 20
_DIGITS = 2000
"""Python refuses to read a number of 4,300 digits; such a number fills a whole stretch between samples so far apart."""
_MARKS = (b'__type__"', b'__data__"', b"\\u005")
"""What a typed item, or half of one, has in it; its keys may be spelt by escapes."""

_Body = TypeVar("_Body")


class _Event(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    name: str = msgspec.field(name="__type__")
    data: msgspec.Raw = msgspec.field(name="__data__")


class _Answer(msgspec.Struct, Generic[_Body], forbid_unknown_fields=True, gc=False):
    body: _Body
    is_streaming: bool
    llmvcr: msgspec.Raw


class _Item(msgspec.Struct, Generic[_Body], forbid_unknown_fields=True, gc=False):
    request: msgspec.Raw
    response: _Answer[_Body]


class _Top(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    interactions: list[msgspec.Raw]


@dataclass(slots=True)
class _Reader:
    """Reads the interactions of one file."""

    data: bytes
    path: str
    _odd: bool = False  # whether a request has a float that Python spells in its own way
    _words: dict[str, bool] = field(default_factory=dict)  # what is said of bodies: whether it makes sense
    _decoders: tuple[msgspec.json.Decoder[_Item[Any]], ...] = field(
        default_factory=lambda: tuple(
            msgspec.json.Decoder(kind) for kind in (_Item[list[_Event]], _Item[_Event], _Item[msgspec.Raw])
        )
    )
    _numbers: json.JSONDecoder = field(init=False)

    def __post_init__(self) -> None:
        self._numbers = json.JSONDecoder(parse_float=self._float)

    def interaction(self, number: int, start: int, stop: int) -> Interaction:
        """Read one interaction, if it can be as far as its request; raises UnsureError, ReadError or DecodeError."""
        whole = partial(_whole, self.data, start, stop, self.path, number)
        held = self.data[start:stop]
        if not is_shallow(held, MAX_DEPTH // 2) and is_deep(json.loads(held), MAX_DEPTH - _OUTER):
            raise UnsureError
        item = self._item(held)
        if item is None:
            return whole()
        if any(nests_deeper(bytes(raw), MAX_DEPTH - _OUTER) for raw in (item.request, item.response.llmvcr)):
            raise UnsureError
        self._odd = False
        request, own = self._numbers.decode(str(item.request, "utf-8")), json.loads(str(item.response.llmvcr, "utf-8"))
        if not isinstance(request, dict) or "url" not in request:
            raise UnsureError
        events = len(item.response.body) if isinstance(item.response.body, list) else None
        if not isinstance(own, dict) or not self._can_be_rendered(own.get("body"), events):
            return whole()
        sent = self._sent(request, own)
        answer = {"body": None, "is_streaming": item.response.is_streaming, KEY: own}
        asked, head = items.begun({"request": request, "response": answer}, path=self.path, number=number)
        asked = asked if sent is None else replace(asked, body=sent)
        # The frames of a WebSocket are looked at when its cassette is opened.
        return whole() if is_socket(asked.url) else unread(asked, head, own.get("recorded_at"), whole)

    def _sent(self, request: dict[str, Json], own: Mapping[str, Json]) -> bytes | None:
        """Take the body out of a request and spell it as it was sent; None where `items` is to do that.

        This takes a tenth of the time that Python's own encoder takes, and gives the same but for some floats.
        """
        if self._odd or "request" in own or request.get("body") is None or not request.keys() <= _SENT:
            return None
        return msgspec.json.encode(request.pop("body"))

    def _float(self, text: str) -> float:
        value = float(text)
        # Beyond these Python writes "1e+16" and "1e-05", and others write 1e16 and 1e-5.
        self._odd |= value != 0 and not 1e-4 <= abs(value) < 1e15
        return value

    def _item(self, held: bytes) -> _Item[Any] | None:
        """Give an item of the shape that we write; None for JSON of another shape. Raises DecodeError for no JSON."""
        for decoder in self._decoders:
            try:
                item = decoder.decode(held)
            except msgspec.ValidationError:
                continue
            body = item.response.body
            streams = isinstance(body, list)
            if isinstance(body, msgspec.Raw):
                said = bytes(body)
                streams = said.startswith(b"[")
                if any(word in said for word in _MARKS):
                    return None
            return item if streams or not item.response.is_streaming else None
        return None

    def _can_be_rendered(self, how: Json, events: int | None) -> bool:
        """Say whether what is said of a body gives its bytes whatever its values are."""
        if isinstance(how, Mapping) and how.keys() == {"rendering", "padding"} and events is not None:
            sizes = how["padding"]
            if not (isinstance(sizes, list) and len(sizes) == events):
                return False
            if not all(type(size) is int and 0 <= size <= _DIGITS for size in sizes):
                return False
            how = how["rendering"]
        if not isinstance(how, str):
            return False
        if how not in self._words:
            try:
                self._words[how] = bool(spelling.unspell(how, [{}]))
            except ValueError:
                self._words[how] = False
        return self._words[how]


def sliced(data: bytes, *, path: str) -> tuple[tuple[Interaction, ...], dict[str, Json]] | None:
    """Give the interactions of a cassette, and its other top-level keys; None where it must be parsed whole.

    Nothing is found out late: what is left unread is JSON of the shape that we write, its depth, its numbers, its
    characters and what is said of its body have been looked at.
    """
    try:
        last = _end(data)
        if not _is_sound(data):
            return None
        reader = _Reader(data, path)
        found = tuple(reader.interaction(number, *span) for number, span in enumerate(_spans(data, last)))
        return found, _beside(data, last)
    except (UnsureError, ReadError, msgspec.DecodeError, ValueError, RecursionError):
        return None


def extended(data: bytes, written: bytes) -> bytes | None:
    """Give a cassette that can be read, and behind its interactions those of another that we have written.

    None where it does not have the layout in which it is certain where its list of interactions ends.
    """
    try:
        last = _end(data)
        msgspec.json.decode(b"".join((memoryview(data)[:last], b"]}")), type=_Top)
        _beside(data, last)
    except (UnsureError, msgspec.DecodeError, ValueError, RecursionError):
        return None
    more = memoryview(written)[len(_HEAD) : _end(written)]
    return b"".join((memoryview(data)[:last], b",\n    ", more, memoryview(data)[last:]))


def _end(data: bytes) -> int:
    """Give the place behind the last interaction, if it is where we write it; raises UnsureError or ValueError."""
    if not _TYPED.match(data):
        raise UnsureError
    return data.rindex(_END) + _CLOSING


def _spans(data: bytes, last: int) -> Iterator[tuple[int, int]]:
    """Say where each interaction begins and ends; raises UnsureError where something else stands between them."""
    start = len(_HEAD)
    # This is longer than what stands between two of them, and the longer a word the faster it is found.
    while (following := data.find(_FIRST, start + 1, last)) != -1:
        stop = following - len(_BETWEEN) + _CLOSING
        if not data.startswith(_BETWEEN, following - len(_BETWEEN)):
            raise UnsureError
        yield start, stop
        start = following
    yield start, last


def _beside(data: bytes, last: int) -> dict[str, Json]:
    """Read what stands behind the list; raises UnsureError or ValueError."""
    rest = data[last + len(b"\n  ]") :].decode()
    beside = json.loads('{"version": 1' + rest)
    if not isinstance(beside, dict) or "interactions" in beside or is_deep(beside, MAX_DEPTH):
        raise UnsureError
    version = beside.pop("version")
    if version != 1 or isinstance(version, bool):
        raise UnsureError
    return beside


def _whole(data: bytes, start: int, stop: int, path: str, number: int) -> Interaction:
    return items.read(loaded(data[start:stop], path=path), path=path, number=number, cassette=True)


def _is_sound(data: bytes) -> bool:
    """Say whether a file is UTF-8, and has no number that is too long for Python."""
    if not data.isascii():
        decoder = codecs.getincrementaldecoder("utf-8")()
        for start in range(0, len(data), _WINDOW):
            decoder.decode(data[start : start + _WINDOW])
        decoder.decode(b"", final=True)
    return not any(
        data[found.start() * _DIGITS : (found.start() + 1) * _DIGITS].isdigit()
        for found in _DIGIT.finditer(data[::_DIGITS])
    )
