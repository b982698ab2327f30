"""The body of a request or an answer: opened where it is packed as a whole, looked through, cleaned in its pieces."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from llmvcr.interaction import Headers, header
from llmvcr.secrets import messages, threads
from llmvcr.secrets.edits import Edit, edits, over_pieces
from llmvcr.secrets.members import Sighting
from llmvcr.secrets.packing import inflated
from llmvcr.secrets.placeholders import StandIn
from llmvcr.secrets.rules import Rules
from llmvcr.secrets.texts import Scan, everything, scan
from llmvcr.wire import codecs

__all__ = ["Payload", "cleaned", "look", "sightings"]

Packed = Literal["", "gzip", "gzip, cut", "zlib", "deflate", "br", "zstd", "messages"]
_TRAILER = 8  # bytes with which gzip ends (RFC 1952)
_STEP = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Payload:
    """A body that was looked through: `pieces` are its chunks, or the one opened text where it was `packed`."""

    pieces: tuple[bytes, ...] = field(repr=False)
    packed: Packed
    scanned: Scan
    texts: tuple[tuple[int, int], ...] = ()
    """Where its events stand."""
    woven: tuple[Scan, ...] = ()
    """Its texts that come in pieces, put together."""
    chunks: tuple[bytes, ...] = field(default=(), repr=False)
    """Of an event stream the chunks as they were; `pieces` are then its events."""

    @property
    def whole(self) -> bool:
        """Whether it was packed as a whole, so that no boundary of its chunks is one of what it holds."""
        return self.packed not in ("", "messages")

    @property
    def stays_open(self) -> bool:
        """Whether it is not packed again: nobody need have what packs it, so that it is no longer encoded."""
        return self.packed in ("br", "zstd")


def look(chunks: Sequence[bytes], headers: Headers, rules: Rules, *, doubtful: bool = False) -> Payload:
    """Look through a body; never raises, whatever the bytes."""
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    packed, plain = _opened(body, headers)
    if plain is None and (events := messages.lines(body)):
        packed, plain = "messages", b"".join(events)
        pieces = events
    else:
        pieces = tuple(chunks) if plain is None else (plain,)
        packed = "" if plain is None else packed
    text = body if plain is None else plain
    places = threads.lines(text)
    woven = threads.woven(text, places, rules, doubtful=doubtful)
    scanned = scan(text, rules, doubtful=doubtful)
    return Payload(pieces, packed, scanned, places, woven, tuple(chunks) if packed == "messages" else ())


def sightings(payload: Payload) -> Iterator[Sighting]:
    """Give what was seen, in the text as it stands and put together."""
    yield from everything(payload.scanned)
    for scanned in payload.woven:
        yield from everything(scanned)


def cleaned(payload: Payload, rules: Rules, values: Mapping[str, StandIn]) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Give the chunks without secrets, and the kinds of those; where there are none, the same chunks and ().

    A chunk that held nothing else is b"". A body that was packed as a whole becomes one chunk, and is packed again
    unless it `stays_open`.
    """
    changes = edits(payload.scanned, values)
    pieces, kinds = payload.pieces, [kind for each in changes for kind in each.kinds]
    if changes:
        pieces = over_pieces(pieces, changes)
    pieces, more = _unwoven(payload, pieces, rules, values, changed=bool(changes))
    kinds += more
    if kinds and payload.whole:
        plain = b"".join(pieces)
        pieces = (plain if payload.stays_open else _packed(plain, payload.packed),)
    elif payload.packed == "messages":
        made = messages.changed(b"".join(payload.chunks), payload.pieces, pieces) if kinds else ()
        pieces = over_pieces(payload.chunks, made)
    return pieces, tuple(dict.fromkeys(kinds))


def _unwoven(
    payload: Payload, pieces: tuple[bytes, ...], rules: Rules, values: Mapping[str, StandIn], *, changed: bool
) -> tuple[tuple[bytes, ...], list[str]]:
    if not any(edits(scanned, values) for scanned in payload.woven):
        return pieces, []
    body, places = payload.scanned.data, payload.texts
    if changed:
        body = b"".join(pieces)
        places = threads.lines(body)
    texts = [body[start:end] for start, end in places]
    found = threads.changes(texts, threads.threads(texts, rules), values)
    made = [
        Edit(places[number][0] + each.start, places[number][0] + each.end, each.new, each.kinds)
        for number in sorted(found)
        for each in found[number]
    ]
    return (over_pieces(pieces, made) if made else pieces), [kind for each in made for kind in each.kinds]


def _opened(body: bytes, headers: Headers) -> tuple[Packed, bytes | None]:
    if body.startswith(b"\x1f\x8b\x08"):
        # One that was cut holds what clients read of it; so does one with more behind it.
        return "gzip, cut" if _is_cut(body) else "gzip", codecs.unpacked(body, "gzip") or None
    match (header(headers, "content-encoding") or "").strip().lower():
        case "deflate":
            # Some servers send it bare, and some, as the standard says, within zlib's frame (RFC 9110).
            plain = inflated(body, 15)
            return ("zlib", plain) if plain is not None else ("deflate", inflated(body, -15))
        case "br" | "zstd" as encoding if not _is_text(body):
            return encoding, codecs.unpacked(body, encoding) or None
    return "", None


def _is_text(body: bytes) -> bool:
    """Say whether a body is stored unpacked, whatever its header says: brotli makes something of any text."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_cut(body: bytes) -> bool:
    reader = zlib.decompressobj(31)
    try:
        while body and not reader.eof:
            reader.decompress(body, _STEP)
            body = reader.unconsumed_tail
    except zlib.error:
        return False
    return not reader.eof


def _packed(plain: bytes, how: Packed) -> bytes:
    if how == "gzip":
        return gzip.compress(plain, mtime=0)
    if how == "gzip, cut":
        return gzip.compress(plain, mtime=0)[:-_TRAILER]
    packer = zlib.compressobj(wbits=15 if how == "zlib" else -15)
    return packer.compress(plain) + packer.flush()
