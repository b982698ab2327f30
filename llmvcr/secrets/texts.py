"""Secrets in a text of any kind, as bytes: by the name before them, by their shape, in what is packed within."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes

from llmvcr.secrets import members, packing, paths
from llmvcr.secrets.members import Sighting
from llmvcr.secrets.packing import Packing
from llmvcr.secrets.placeholders import is_placeholder
from llmvcr.secrets.rules import Rules

__all__ = ["Run", "Scan", "everything", "plainly", "scan", "tokens"]

_SHORTEST, _DEEPEST, _URL = 20, 3, 65536
_SPACE = ord(" ")
_TOKEN = bytes(c if chr(c) in string.ascii_letters + string.digits + "+/_.-" else _SPACE for c in range(256))
_PARTED = bytes.maketrans(b"+/", b"  ")
_ESCAPE = re.compile(rb"\\(?<!\\\\)\\*+(?:u00([2-7][0-9A-Fa-f])|([nrtbf\"'/]))")
_PERCENT = re.compile(rb"%[2-7][0-9A-Fa-f]")


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a text, from `start` to `end`, that is packed, and what it holds."""

    start: int
    end: int
    packing: Packing
    inner: Scan


@dataclass(frozen=True, slots=True)
class Scan:
    """What was seen in a text: sightings with a place count there, those without wherever the value stands."""

    data: bytes = field(repr=False)
    sightings: tuple[Sighting, ...] = ()
    runs: tuple[Run, ...] = ()
    plain: bytes = field(default=b"", repr=False)
    """The text without escapes of JSON and URLs, where it has any."""
    words: bytes = field(default=b"", repr=False)
    """Its long unbroken runs of letters and digits: whatever base64 there is, is in them."""


def everything(scanned: Scan) -> Iterator[Sighting]:
    """Give the sightings of a text and of all that is packed in it."""
    yield from scanned.sightings
    for run in scanned.runs:
        yield from everything(run.inner)


def scan(data: bytes, rules: Rules, *, doubtful: bool = False, said: bool = False, depth: int = 0) -> Scan:
    """Look for secrets in one pass; never raises, whatever the bytes.

    `doubtful` also gives what a placeholder stands in, and fields that hold null (`Sighting.secret` says which); with
    `said` every member of JSON is `Sighting.said`, wherever in the text it stands.
    """
    seen = _told(data, list(members.named(data, rules, doubtful=doubtful)), said=said)
    if len(data) < _SHORTEST and not rules.patterns:
        return Scan(data, tuple(seen))
    plain = plainly(data)
    words = tokens(plain)
    if plain is not data and len(data) < _URL and _PERCENT.search(data):
        # In a form or a URL a "+" is a blank, and a slash ends a part of a path: those of base64 are escaped there.
        parted = (data.replace(b"+", b" "), data.translate(_PARTED))
        words = tuple(dict.fromkeys((*words, *(word for one in parted for word in tokens(plainly(one))))))
    shaped = rules.shapes.found(words, doubtful=doubtful)
    seen += [Sighting(shape.kind, value, shape.prefix) for shape, value in dict.fromkeys(shaped)]
    seen += members.special(data)
    for kind, pattern in rules.patterns:
        for match in pattern.finditer(plain):
            value = match[match.lastindex or 0].decode("utf-8", "surrogateescape")
            if value and (doubtful or not is_placeholder(value)):
                seen.append(Sighting(kind, value))
    runs = tuple(_runs(data, words, rules, doubtful=doubtful, depth=depth)) if depth < _DEEPEST else ()
    return Scan(data, tuple(seen), runs, b"" if plain is data else plain, b"\n".join(words))


def tokens(plain: bytes) -> tuple[bytes, ...]:
    """Give each unbroken run of 20 or more letters, digits and "+/_.-" once; keys and base64 are among them."""
    # Thrice as fast as a regular expression over the whole: what follows looks at these alone.
    # Each word once before its length is asked: a text of a thousand events has few words of its own.
    words = dict.fromkeys(plain.translate(_TOKEN).split())
    return tuple([word for word in words if len(word) >= _SHORTEST])


def plainly(data: bytes) -> bytes:
    """Undo escapes of JSON and URLs, so that no letter of an escape seems to belong to the key behind it.

    Also escapes of escapes; the same object where there are none.
    """
    for _ in range(_DEEPEST):
        before = data
        if b"\\" in data:
            data = _ESCAPE.sub(_unescape, data)
        if b"%" in data and _PERCENT.search(data):
            data = unquote_to_bytes(data)
        if data == before:
            return before
    return data


def _told(data: bytes, seen: list[Sighting], *, said: bool) -> list[Sighting]:
    """Say of each member of JSON whether somebody has said it."""
    starts = [_of_json(data, each) for each in seen]
    places = sorted({start for start in starts if start >= 0})
    if not places:
        return seen
    found = set(places) if said else {place for place, one in zip(places, paths.said(data, places), strict=True) if one}
    return [replace(each, said=True) if start in found else each for each, start in zip(seen, starts, strict=True)]


def _of_json(data: bytes, seen: Sighting) -> int:
    """Give where a member of JSON begins; -1 for anything else."""
    start = seen.member[0] if seen.member else -1
    return start if data[max(start, 0) : start + 1] in (b'"', b"'", b"\\") else -1


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[1] is not None:
        return bytes([int(match[1], 16)])
    return b"/" if match[2] == b"/" else b" "


def _runs(data: bytes, words: tuple[bytes, ...], rules: Rules, *, doubtful: bool, depth: int) -> Iterator[Run]:
    for word in words:
        for spelt, opened, packed in packing.opened(word):
            inner = scan(opened, rules, doubtful=doubtful, said=True, depth=depth + 1)
            if inner.sightings or inner.runs or inner.words:
                for start, end, how in packing.places(data, spelt, packed):
                    yield Run(start, end, how, inner)
    for start, end, inflated in packing.gzipped(data, most=4 if depth else 16):
        inner = scan(inflated, rules, doubtful=doubtful, said=True, depth=depth + 1)
        yield Run(start, end, Packing("gzip"), inner)
