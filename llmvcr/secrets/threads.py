"""Texts that arrive in small pieces, one piece an event: put together, looked through, and changed in their pieces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from llmvcr.interaction import Json
from llmvcr.secrets.edits import Edit, edits, over_pieces
from llmvcr.secrets.placeholders import StandIn
from llmvcr.secrets.rules import Rules
from llmvcr.secrets.texts import Scan, scan
from llmvcr.wire.nesting import watched

__all__ = ["Thread", "changes", "lines", "threads", "woven"]

_LINE = re.compile(rb"^(?:data: ?)?(\{[^\r\n]*\})[ \t]*\r?$", re.MULTILINE)
_LITERAL = rb'"(?:[^"\\]|\\.)*+"'
_STRING = re.compile(rb'"([A-Za-z_]{1,40})":\s?"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_COUNTED = re.compile(rb'index":\s?[1-9]')
_DECODER = json.JSONDecoder(strict=False)
_DEEPEST, _MANY, _WORTH = 40, 16, 20


@dataclass(frozen=True, slots=True)
class Thread:
    """One text of a stream: `pieces` with the number of the event and the key under which each stands."""

    pieces: tuple[tuple[int, str, str], ...] = field(repr=False)
    scanned: Scan


def lines(body: bytes) -> tuple[tuple[int, int], ...]:
    """Give the place of each JSON object that has a line of its own, or the data of an event: (start, end).

    Gemini streams one list of objects where no events are asked for: of such a one that of each object.
    """
    if body.startswith(b"[") and b'"candidates"' in body:
        return tuple(_objects(body))
    return tuple(match.span(1) for match in _LINE.finditer(body)) if b"{" in body else ()


def woven(body: bytes, places: Sequence[tuple[int, int]], rules: Rules, *, doubtful: bool = False) -> tuple[Scan, ...]:
    """Look through the texts of a stream put together; cheaper than `threads`, which says where each piece stands."""
    if len(places) < 2:
        return ()
    if _COUNTED.search(body):
        texts = [body[start:end] for start, end in places]
        return tuple(thread.scanned for thread in threads(texts, rules, doubtful=doubtful))
    found: dict[bytes, list[bytes]] = {}
    for key, text in _STRING.findall(_shortened(body, places)):
        found.setdefault(key, []).append(text)
    joined = (b"".join(texts) for texts in found.values() if len(texts) > 1 and len(set(texts[:4])) > 1)
    return tuple(scan(text, rules, doubtful=doubtful, said=True) for text in joined)


def threads(texts: Sequence[bytes], rules: Rules, *, doubtful: bool = False) -> tuple[Thread, ...]:
    """Put together what stands under the same names in several events, and look through it.

    Where events count ("index", "output_index"), each number has a thread of its own.
    """
    if len(texts) < 2:
        return ()
    found: dict[tuple[str | int, ...], list[tuple[int, str, str]]] = {}
    for number, value in _parsed(texts):
        _gather(value, (), number, found)
    made = []
    for pieces in found.values():
        if len(pieces) > 1 and pieces[0][2] != pieces[1][2]:
            joined = "".join(text for _, _, text in pieces).encode("utf-8", "surrogatepass")
            made.append(Thread(tuple(pieces), scan(joined, rules, doubtful=doubtful, said=True)))
    return tuple(made)


def changes(
    texts: Sequence[bytes], found: Sequence[Thread], values: Mapping[str, StandIn]
) -> dict[int, tuple[Edit, ...]]:
    """Give the changes to each event, by its number, that take the secrets out of the texts put together."""
    made: dict[int, list[Edit]] = {}
    for thread in found:
        if not (changed := edits(thread.scanned, values)):
            continue
        before = [text.encode("utf-8", "surrogatepass") for _, _, text in thread.pieces]
        for (number, key, old), was, new in zip(thread.pieces, before, over_pieces(before, changed), strict=True):
            if new is not was:
                kinds = tuple(dict.fromkeys(kind for each in changed for kind in each.kinds))
                made.setdefault(number, []).extend(_literal(texts[number], key, old, new, kinds))
    return {number: tuple(sorted(each, key=lambda edit: edit.start)) for number, each in made.items()}


def _objects(body: bytes) -> Iterator[tuple[int, int]]:
    try:
        text = watched(body).decode("latin-1")  # a character for each byte; what is not ASCII stands in strings alone
    except RecursionError:
        return
    at = text.find("{")
    while at >= 0:
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield at, end
        at = text.find("{", end)


def _shortened(body: bytes, places: Sequence[tuple[int, int]]) -> bytes:
    """Leave out how all events but the first and the last few begin: names and ids that are no text in pieces."""
    if len(places) < _MANY:
        return body
    texts = [body[start:end] for start, end in places[2:-3]]
    first, last = min(texts), max(texts)
    # Whatever stands between the two in order begins as both do.
    alike = next((n for n, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    same = first[:alike]
    same = same[: max(same.rfind(b',"'), same.rfind(b'{"'), 0)]
    return body.replace(same, b"") if len(same) > _WORTH else body


def _parsed(texts: Sequence[bytes]) -> Iterator[tuple[int, Json]]:
    try:
        yield from enumerate(json.loads(watched(b"[" + b",".join(texts) + b"]")))
    except (ValueError, RecursionError):
        for number, text in enumerate(texts):
            try:
                yield number, json.loads(watched(text))
            except (ValueError, RecursionError):
                continue


def _gather(
    value: Json,
    path: tuple[str | int, ...],
    number: int,
    found: dict[tuple[str | int, ...], list[tuple[int, str, str]]],
) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if type(inner) is int and key.endswith("index"):
                path = (*path, key, inner)
        for key, inner in value.items():
            kind = type(inner)
            if kind is str:
                found.setdefault((*path, key), []).append((number, key, inner))
            elif (kind is dict or kind is list) and inner and len(path) < _DEEPEST:
                _gather(inner, (*path, key), number, found)
    elif isinstance(value, list):
        for inner in value:
            if type(inner) in (dict, list) and len(path) < _DEEPEST:
                _gather(inner, (*path, 0), number, found)


def _literal(text: bytes, key: str, old: str, new: bytes, kinds: tuple[str, ...]) -> Iterator[Edit]:
    names = {json.dumps(key).encode(), json.dumps(key, ensure_ascii=False).encode("utf-8", "surrogatepass")}
    pattern = rb"(?:" + rb"|".join(map(re.escape, names)) + rb")\s*:\s*(" + _LITERAL + rb")"
    said = new.decode("utf-8", "surrogatepass")
    for match in re.finditer(pattern, text, re.DOTALL):
        try:
            same = json.loads(match[1]) == old
        except ValueError:
            continue
        if same:
            plain = not match[1].isascii()
            written = json.dumps(said, ensure_ascii=not plain).encode("utf-8", "surrogatepass")
            yield Edit(match.start(1), match.end(1), written, kinds)
