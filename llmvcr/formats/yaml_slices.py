"""A YAML cassette in the layout of PyYAML, read by its lines; long answers stay in the file until they are asked for.

Where each interaction begins is seen by the lines that are not set in. Whatever is in the least otherwise is left to
the safe loader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from llmvcr.errors import ReadError
from llmvcr.formats import vcr_dict, yaml_pieces, yaml_regular
from llmvcr.formats.base import Place
from llmvcr.formats.unread import UnsureError, outlined
from llmvcr.interaction import Interaction, Json

__all__ = ["Sliced", "extended", "sliced"]

_TAIL = b"version: 1\n"
_TOP = b"interactions:\n"
_FIRST = b"- request:\n"
_BETWEEN = b"\n" + _FIRST
_OUTERMOST = re.compile(rb"\n[^ \n]")
_OTHER_BREAKS = (b"\r", *(character.encode() for character in "\x85\u2028\u2029"))
"""What else ends a line in YAML 1.1, so that a line may begin where `_OUTERMOST` sees none."""
_OTHERS = frozenset({"interactions", "http_interactions", "grpc_interactions", "ws_interactions", "messages"})
"""Top-level keys of other tools."""


class Sliced(NamedTuple):
    """What a cassette holds, with its other top-level keys, and where each interaction stands."""

    interactions: tuple[Interaction, ...]
    beside: Mapping[str, Json]
    places: tuple[Place, ...]


def sliced(data: bytes, *, path: str, outline: tuple[Sequence[Place], Sequence[bytes]] | None = None) -> Sliced | None:
    """Give the interactions of a cassette; None where the safe loader is to read it.

    Nothing is found out late: what is left unread are the lines of one block scalar, which have been looked at.
    With an `outline`, which are the places that were found when these very bytes were read before, and the prints of
    the requests, nothing else is looked at, and the interactions are left unread as a whole.
    """
    try:
        last = _end(data)
        if outline is None and not yaml_regular.is_plain_text(data):
            return None
        beside = _beside(data[last:])
        if outline is not None:
            return Sliced(tuple(_outlined(data, last, *outline, path)), beside, tuple(outline[0]))
        places = tuple(_places(data, last))
        found = tuple(yaml_pieces.read(data, place, path, number) for number, place in enumerate(places))
        return Sliced(found, beside, places)
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


def _beside(tail: bytes) -> dict[str, Json]:
    """Read what stands behind the interactions; raises UnsureError and ValueError."""
    if tail == _TAIL:
        return {}
    beside = yaml_regular.load(tail.decode())
    if beside.pop("version") != 1 or not beside.keys().isdisjoint(_OTHERS):
        raise UnsureError
    return {key: vcr_dict.plain(value) for key, value in beside.items()}


def _places(data: bytes, last: int) -> Iterator[Place]:
    """Say where each interaction would stand; reading it there shows whether it does."""
    start = len(_TOP)
    while start < last:
        answer, behind = yaml_pieces.answer(data, start, last)
        following = data.find(_BETWEEN, (behind or start + 1) - 1, last)
        stop = last if following == -1 else following + 1
        yield start, answer, behind, stop
        start = stop


def _outlined(
    data: bytes, last: int, places: Sequence[Place], prints: Sequence[bytes], path: str
) -> Iterator[Interaction]:
    """Give what stands at these places, unread; raises UnsureError or ValueError where they are no places of a file."""
    end = len(_TOP)
    for number, (place, mark) in enumerate(zip(places, prints, strict=True)):
        start, answer, behind, stop = place
        right = start < answer < behind < stop if behind else start < stop
        if not (start == end and right and data.startswith(_FIRST, start)):
            raise UnsureError
        yield outlined(mark, partial(yaml_pieces.read, data, place, path, number))
        end = stop
    if end != last:
        raise UnsureError
