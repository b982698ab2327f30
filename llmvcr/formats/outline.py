"""Where the interactions of a cassette stand in its file: what one reading of it saves the next, and nothing else.

An outline holds offsets, and of each request 16 bytes of a hash. It is sealed by a key that is made of the very bytes
that it is of, and of the code that read them: whoever has not the cassette learns nothing from it, and what is of other
bytes, of another version or damaged is no outline.
"""

from __future__ import annotations

import sys
from functools import cache
from hashlib import blake2b, sha256, shake_256
from pathlib import Path

import msgspec

from llmvcr.formats import playable, yaml_slices
from llmvcr.formats.base import Document, Place
from llmvcr.formats.unread import PRINT_BYTES, fingerprint, head
from llmvcr.interaction import is_socket

__all__ = ["key_of", "opened", "sealed"]

_SEAL_BYTES = 16
_LONG = 32 << 10
"""Bytes of an interaction, on average, from which on there is an outline. Of shorter ones it takes most of the time to
read the requests; with an outline each is read when it is played, so that nothing is saved where all of them are."""


class _Outline(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    places: tuple[Place, ...]
    prints: bytes


def key_of(data: bytes) -> bytes | None:
    """Give the key for the outline of some bytes, read by this very code; None where that cannot be told."""
    code = _code()
    return None if code is None else sha256(code + sha256(data).digest()).digest()


@cache
def _code() -> bytes | None:
    """Give the digest of the code that reads files, and of this Python: what it takes for sure, another may not."""
    try:
        texts = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    except OSError:
        return None
    # There are none where it stands in an archive.
    return sha256(b"\0".join((sys.version.encode(), *texts))).digest() if texts else None


def sealed(document: Document, key: bytes) -> bytes | None:
    """Give the outline of a document, sealed by the key of the bytes that it was read from.

    None where there is none: the places are not known, it would save nothing, or opening it has more to look at.
    """
    if not document.places or document.places[-1][-1] < _LONG * len(document.places):
        return None
    prints = []
    for one in document.interactions:
        if is_socket(one.request.url) or playable.fault(one.request, head(one)) is not None:
            return None
        prints.append(fingerprint(one.request))
    hidden = _hidden(msgspec.msgpack.encode(_Outline(document.places, b"".join(prints))), key)
    return _seal(hidden, key) + hidden


def opened(outline: bytes, data: bytes, key: bytes, *, path: str) -> Document | None:
    """Give the document of the bytes that an outline is of; None for what is no outline of them.

    Every interaction is read when it is asked for.
    """
    hidden = outline[_SEAL_BYTES:]
    if outline[:_SEAL_BYTES] != _seal(hidden, key):
        return None
    try:
        known = msgspec.msgpack.decode(_hidden(hidden, key), type=_Outline)
    except msgspec.DecodeError:
        return None
    prints = [known.prints[at : at + PRINT_BYTES] for at in range(0, len(known.prints), PRINT_BYTES)]
    found = yaml_slices.sliced(data, path=path, outline=(known.places, prints))
    return None if found is None else Document(found.interactions, found.beside)


def _seal(hidden: bytes, key: bytes) -> bytes:
    return blake2b(hidden, key=key, digest_size=_SEAL_BYTES).digest()


def _hidden(text: bytes, key: bytes) -> bytes:
    """Add to bytes, bit by bit, what only the key gives; done twice, it is undone."""
    size = len(text)
    stream = shake_256(b"llmvcr" + key).digest(size)
    return (int.from_bytes(text, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
