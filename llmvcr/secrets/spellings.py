"""A secret in every spelling we know, and where each stands in a text."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["Spelt", "is_long", "spelt"]

_LONG, _VARIETY, _SHORTEST_CORE = 16, 8, 20
_ALPHABETS = ("standard", "urlsafe", "escaped")
_TO_URLSAFE = bytes.maketrans(b"+/", b"-_")
_CLASSES = tuple(re.compile(each) for each in ("[a-z]", "[A-Z]", "[0-9]"))


@dataclass(frozen=True, slots=True)
class Spelt:
    """The spellings of one secret.

    `plain` is it as it is; `escaped` finds it with escapes of JSON and URLs, also of escapes; `cores` are base64,
    (alignment, alphabet, letters), without the letters that neighbours share.
    """

    plain: bytes = field(repr=False)
    escaped: re.Pattern[bytes] = field(repr=False)
    cores: tuple[tuple[int, str, bytes], ...] = field(repr=False)

    def swaps(
        self, data: bytes, stand_in: bytes, *, plain: bytes = b"", words: bytes = b""
    ) -> Iterator[tuple[int, int, bytes]]:
        """Give (start, end, what to write there) for each place in a text.

        `plain` is the text without its escapes, if it has any, and `words` its long unbroken runs, in which base64 is
        looked for. In base64, here that of something binary, what is written has the length of what was there.
        """
        if len(data) < len(self.plain):
            return
        found = 0
        for start, end in _found(data, self.plain):
            found += 1
            yield start, end, stand_in
        if self.plain in plain and plain.count(self.plain) > found:
            for match in self.escaped.finditer(data):
                yield *match.span(), stand_in
        for shift, alphabet, core in self.cores if words else ():
            if core.replace(b"\\", b"") in words:
                for start, end in _found(data, core):
                    filler = stand_in.ljust(len(self.plain), b"-")[: len(self.plain)]
                    yield start, end, _respelt(_core(shift, filler), alphabet)


def is_long(value: str) -> bool:
    """Say whether a value is replaced wherever it stands: 16 signs or more, and too various to be words (decision 23).

    Eight different signs at least, and two of small letters, capitals and digits; no blank, no path, no address, and
    nothing that a part of an escape could be taken for.
    """
    various = len(value) >= _LONG and len(set(value)) >= _VARIETY
    if (
        not various
        or "\\" in value
        or '"' in value
        or "://" in value
        or value.startswith(("/", "."))
        or any(map(str.isspace, value))
    ):
        return False
    return sum(bool(each.search(value)) for each in _CLASSES) > 1


@lru_cache(maxsize=256)
def spelt(value: str) -> Spelt:
    """Spell a secret in every way; a pure cache, since one key stands in all calls of a test."""
    plain = value.encode("utf-8", "surrogateescape")
    escaped = b"".join(map(_escaped, value))
    cores: dict[bytes, tuple[int, str]] = {}
    for shift in range(3):
        if len(core := _core(shift, plain)) >= _SHORTEST_CORE:
            for alphabet in _ALPHABETS:
                cores.setdefault(_respelt(core, alphabet), (shift, alphabet))
    return Spelt(
        plain, re.compile(escaped), tuple((shift, alphabet, core) for core, (shift, alphabet) in cores.items())
    )


def _escaped(sign: str) -> bytes:
    """Write what finds one sign in any spelling: as it is, as JSON may escape it, as a URL may."""
    plain = sign.encode("utf-8", "surrogateescape")
    percent = b"".join(rb"%%(?:25){0,3}(?i:%02x)" % byte for byte in plain)
    ways = [
        re.escape(plain),
        percent,
        rb"(?:\\|%%(?:25){0,3}5[Cc])+u(?i:%04x)" % ord(sign) if ord(sign) < 0x10000 else percent,
    ]
    if sign in "/\"'":
        ways.append(rb"\\+" + re.escape(plain))
    return rb"(?:" + rb"|".join(ways) + rb")"


def _core(shift: int, plain: bytes) -> bytes:
    packed = base64.b64encode(bytes(shift) + plain)
    return packed[(shift * 8 + 5) // 6 : (shift + len(plain)) * 8 // 6]


def _respelt(core: bytes, alphabet: str) -> bytes:
    if alphabet == "urlsafe":
        return core.translate(_TO_URLSAFE)
    return core.replace(b"/", b"\\/") if alphabet == "escaped" else core


def _found(data: bytes, spelling: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(spelling)
    while at >= 0:
        yield at, at + len(spelling)
        at = data.find(spelling, at + len(spelling))
