"""Ids that nothing recorded has, as servers draw them anew in each run: what asks with such has no better answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote

from llmvcr.canonical import Canonical
from llmvcr.index.asked import Asked
from llmvcr.interaction import Request

__all__ = ["Foreign"]

_LONGEST = 256
"""What is longer is a seal, and no id that is drawn."""
_ID = re.compile(r"((?:[a-z]+[_-])*)([A-Za-z0-9_-]{8})[A-Za-z0-9_-]*+")
_DRAWN = re.compile(rb"((?:[a-z]+[_-])+)[A-Za-z0-9]{8}")
_NO_WORD = re.compile(rb"[^A-Za-z0-9_-]")
# What of an id a JSON text can spell in another way.
_RESPELT = re.compile(rb"\\u00(?:2[dD]|3[0-9]|[46][1-9a-fA-F]|5[0-9aAfF]|7[0-9aA])")
_PACKED_OR_WIDE = (b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff")
_KEPT = 8
"""So many characters of each recorded id are kept, behind its prefix: of drawn ones no two have the same."""
_AT_ONCE = 1 << 20
"""Bodies of so many bytes are searched in one piece: small ones one by one would take several times as long."""
_MOST_PREFIXES, _MOST_LENGTHS = 16, 4
_STEPS = (4096, 512, 64, 8, 1)


class Foreign:
    """Which ids stand in no recorded request, looked up among those of all; used under the index's lock.

    It rests on this: where a request has an id in an id field, one of the same form and ids has it there too, letter
    for letter between quotes, unless its body is packed, no UTF-8, or spells ASCII letters as escapes. With one such
    body among the recorded nothing is called foreign. (That holds for forms by the rows of providers alone.)
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        """Take the list, which grows, and is read when somebody asks."""
        self._requests = requests
        self._looked = 0  # so many of them
        self._odd = False
        self._kept: dict[str, set[bytes]] = {}  # by prefix

    def holds(self, one: str) -> bool:
        """Say whether a recorded request may have this id in an id field; False only where that is sure."""
        found = _ID.fullmatch(one) if len(one) <= _LONGEST else None
        if found is None:
            return True
        if self._looked < len(self._requests):
            self._look()
        prefix, tail = found.groups()
        kept = self._kept.get(prefix)
        if self._odd or (kept is None and len(self._kept) == _MOST_PREFIXES):
            return True
        if kept is None:
            kept = self._kept[prefix] = set()
            _take_in(kept, prefix, [request.body or b"" for request in self._requests])
        return tail.encode() in kept

    def is_foreign(self, asked: Asked) -> bool:
        """Say whether nothing recorded has some id of a request: then nothing has its JSON, nor all its ids."""
        return any(not self.holds(one) for one in asked.ids)

    def is_alone(self, asked: Asked, form: Canonical) -> bool:
        """Say whether nothing that is recorded has any id in common with a request of this form."""
        return bool(form.ids) and all(one in asked.ids and not self.holds(one) for one in form.ids)

    def is_twin(self, asked: Asked, other: Request) -> bool:
        """Say whether a recorded request surely has the form of a request, and no other has more of its ids.

        That is so where the one text is the other with some ids exchanged, which stand in id fields and nowhere else,
        and those of the request are all foreign: the forms name them alike, and everything else is the same. False
        says nothing.
        """
        one, body = asked.request, other.body
        text = one.body
        if not text or not body or len(text) != len(body) or one.url != other.url or one.method != other.method:
            return False
        changed: dict[bytes, bytes] = {}
        for _ in range(_MOST_PREFIXES):
            if text == body:
                break
            prefix = _drawn_at(text, body, _first_difference(text, body))
            exchanged = _exchanged(text, body, prefix, asked.ids, changed) if prefix else None
            if exchanged is None or exchanged == text:
                return False
            text = exchanged
        else:
            return False
        # Where one is spelt in another way, too, it is so in both, and `holds` says True.
        url = unquote(one.url).lower()
        if len(set(changed.values())) < len(changed):
            return False
        if any(one.decode().lower() in url for one in (*changed, *changed.values())):
            return False
        return not any(self.holds(old.decode()) for old in changed)

    def _look(self) -> None:
        bodies = [request.body or b"" for request in self._requests[self._looked :]]
        starts = {body[:2] for body in bodies}
        self._odd |= any(start in _PACKED_OR_WIDE or b"\0" in start for start in starts)
        self._odd |= any(map(_is_respelt, _blocks(bodies)))
        for prefix, kept in self._kept.items():
            _take_in(kept, prefix, bodies)
        self._looked += len(bodies)


def _take_in(kept: set[bytes], prefix: str, bodies: Sequence[bytes]) -> None:
    """Add how what stands between quotes goes on behind a prefix."""
    behind = re.compile(b'"%b([A-Za-z0-9_-]{%d})' % (prefix.encode(), _KEPT))
    for block in _blocks(bodies):
        kept.update(behind.findall(block))


def _blocks(bodies: Iterable[bytes]) -> Iterator[bytes]:
    block: list[bytes] = []
    size = 0
    for body in bodies:
        block.append(body)
        size += len(body)
        if size > _AT_ONCE:
            yield b"\n".join(block)
            block, size = [], 0
    yield b"\n".join(block)


def _is_respelt(body: bytes) -> bool:
    return b"\\u00" in body and _RESPELT.search(body) is not None


def _first_difference(one: bytes, other: bytes) -> int:
    at = 0
    for step in _STEPS:
        while one[at : at + step] == other[at : at + step]:
            at += step
    return at


def _drawn_at(one: bytes, other: bytes, at: int) -> bytes:
    """Give the prefix of an id between quotes at a place of both; b"" where none is."""
    end = one.find(b'"', at)
    found = _DRAWN.match(one, one.rfind(b'"', 0, at) + 1, end) if end == other.find(b'"', at) else None
    return b"" if found is None else found[1]


def _exchanged(
    text: bytes, other: bytes, prefix: bytes, ids: Mapping[str, int], changed: dict[bytes, bytes]
) -> bytes | None:
    """Put the ids of this prefix that another text has in the place of these, and tell which by which.

    None where one stands anywhere but in the id fields, where `ids` has counted them.
    """
    mine: dict[bytes, bytes] = {}
    times: Counter[bytes] = Counter()
    pieces: list[bytes] = []
    kept = 0
    for found in re.finditer(b"%b[A-Za-z0-9_-]{%d,}" % (prefix, _KEPT), text):
        word, (start, end) = found[0], found.span()
        new = other[start:end] if word.decode() in ids else word
        if mine.setdefault(word, new) != new:
            return None
        if new != word:
            times[word] += 1
            pieces += (text[kept:start], new)
            kept = end
    exchanged = {old: mine[old] for old in times}
    for old, new in exchanged.items():
        if times[old] != ids[old.decode()] or not new.startswith(prefix) or _NO_WORD.search(new):
            return None
    if not _stand_apart(exchanged, mine, prefix):
        return None
    changed.update(exchanged)
    return b"".join((*pieces, text[kept:]))


def _stand_apart(exchanged: Mapping[bytes, bytes], words: Collection[bytes], prefix: bytes) -> bool:
    """Say whether no id that is exchanged is a part of a word, and none that comes for it a word or a part of one."""
    news = set(exchanged.values())
    lengths = {len(one) for one in exchanged}  # as long as what comes for them
    if len(lengths) > _MOST_LENGTHS:
        return False
    for word in words:
        at = 0
        while at >= 0:
            for length in lengths:
                part = word[at : at + length]
                if part in news or (part in exchanged and part != word):
                    return False
            at = word.find(prefix, at + 1)
    return True
