"""A secret in every spelling we know, and where each stands in a text."""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["Spelt", "is_drawn", "is_long", "spelt"]

_LONG, _VARIETY, _SHORTEST_CORE = 16, 8, 20
_ALPHABETS = ("standard", "urlsafe", "escaped")
_TO_URLSAFE = bytes.maketrans(b"+/", b"-_")
_QUOTED, _KNOWN, _ELLIPSES = 60, 3, ("\u2026".encode(), rb"\u2026")
_MASK = re.compile(rb"\*{3,}|\.{3,}|" + b"|".join(map(re.escape, _ELLIPSES)))
_SIGNS = (string.ascii_letters + string.digits + "+/_-").encode()
_JOINTS, _TURN = re.compile("[-._]"), re.compile("[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])")
_PIECE, _WHOLE, _TURNS = 12, 24, (2, 3)
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEAD, _MOST_KEPT = 1024, 4096  # no key is longer; what is may be, in a file from a stranger
_CLASSES = tuple(re.compile(each) for each in ("[a-z]", "[A-Z]", "[0-9]"))


@dataclass(frozen=True, slots=True)
class Spelt:
    """The spellings of one secret.

    `plain` is it as it is; `value` is looked for with escapes of JSON and URLs, also of escapes; `cores` are base64,
    (alignment, alphabet, letters), without the letters that neighbours share.
    """

    value: str = field(repr=False)
    plain: bytes = field(repr=False)
    cores: tuple[tuple[int, str, bytes], ...] = field(repr=False)

    def swaps(
        self, data: bytes, stand_in: bytes, *, plain: bytes = b"", words: bytes = b""
    ) -> Iterator[tuple[int, int, bytes]]:
        """Give (start, end, what to write there) for each place in a text.

        `plain` is the text without its escapes, if it has any, and `words` its long unbroken runs, in which base64 is
        looked for. In base64, here that of something binary, what is written has the length of what was there.
        """
        for start, end in self._in_part(data):
            yield start, end, stand_in
        if len(data) < len(self.plain):
            return
        found = 0
        for start, end in _found(data, self.plain):
            found += 1
            yield start, end, stand_in
        if self.plain in plain and plain.count(self.plain) > found:
            for start, end in _escaped_in(data, self.value):
                yield start, end, stand_in
        for shift, alphabet, core in self.cores if words else ():
            if core.replace(b"\\", b"") in words:
                for start, end in _found(data, core):
                    filler = stand_in.ljust(len(self.plain), b"-")[: len(self.plain)]
                    yield start, end, _respelt(_core(shift, filler), alphabet)

    def _in_part(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Give where it is quoted with stars or dots for its middle, as servers do that refuse a key."""
        if len(self.plain) < _LONG or not any(sign in data for sign in (b"***", b"...", *_ELLIPSES)):
            return
        for match in _MASK.finditer(data):
            head = data[max(0, match.start() - _QUOTED) : match.start()]
            head = head[len(head.rstrip(_SIGNS)) :]
            tail = data[match.end() : match.end() + _QUOTED]
            tail = tail[: len(tail) - len(tail.lstrip(_SIGNS))]
            shown = len(head) + len(tail)
            # What every key of its kind begins with tells nothing.
            tells = (len(tail) > 1 and shown > _KNOWN) or len(head) > _SHORTEST_CORE
            if tells and shown < len(self.plain) and self.plain.startswith(head) and self.plain.endswith(tail):
                yield match.start() - len(head), match.end() + len(tail)


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


def is_drawn(value: str) -> bool:
    """Say whether a value looks drawn by lot: a long piece of it, not a name made of words, or a uuid.

    Letters and digits take turns in it: of 32 drawn ones 99 % do so three times and more.
    """
    if not is_long(value):
        return False
    turns = max((len(_TURN.findall(piece)) for piece in _JOINTS.split(value) if len(piece) >= _PIECE), default=0)
    return turns >= _TURNS[len(value) >= _WHOLE] or bool(_UUID.fullmatch(value))


def spelt(value: str) -> Spelt:
    """Spell a secret in every way."""
    return _cached(value) if len(value) <= _MOST_KEPT else _spelt(value)


@lru_cache(maxsize=256)
def _cached(value: str) -> Spelt:
    # A pure cache, since one key stands in all calls of a test; what is longer than any key is not worth its memory.
    return _spelt(value)


def _spelt(value: str) -> Spelt:
    plain = _plain(value)
    cores: dict[bytes, tuple[int, str]] = {}
    for shift in range(3):
        if len(core := _core(shift, plain)) >= _SHORTEST_CORE:
            for alphabet in _ALPHABETS:
                cores.setdefault(_respelt(core, alphabet), (shift, alphabet))
    return Spelt(value, plain, tuple((shift, alphabet, core) for core, (shift, alphabet) in cores.items()))


def _plain(text: str) -> bytes:
    """Give the bytes of a text: those that are no UTF-8 as they were, and half a pair as JSON may escape it."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _escaped_in(data: bytes, value: str) -> Iterator[tuple[int, int]]:
    """Find a value in any spelling; a pattern of it all would take kilobytes, and microseconds, a sign."""
    over = 0
    for match in _beginning(value[:_HEAD]).finditer(data):
        end = match.end()
        for sign in value[_HEAD:]:
            step = _one(sign).match(data, end)
            if step is None:
                break
            end = step.end()
        else:
            if match.start() >= over:
                yield match.start(), end
                over = end


@lru_cache(maxsize=64)
def _beginning(value: str) -> re.Pattern[bytes]:
    return re.compile(b"".join(map(_escaped, value)))


@lru_cache(maxsize=256)
def _one(sign: str) -> re.Pattern[bytes]:
    return re.compile(_escaped(sign))


def _escaped(sign: str) -> bytes:
    """Write what finds one sign in any spelling: as it is, as JSON may escape it, as a URL may."""
    plain = _plain(sign)
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
