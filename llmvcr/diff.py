"""Two canonical requests, field by field, in words that say what to change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from llmvcr.canonical import text
from llmvcr.interaction import Json

__all__ = ["ABSENT", "Change", "changes", "describe"]


class _Absent:
    """The type of `ABSENT`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __reduce__(self) -> str:
        """Stay the one value that it is, also in a copy and in another process."""
        return "ABSENT"


ABSENT: Final = _Absent()
"""Stands for a value that one of two requests does not have."""

# Names beside "body" in the fields; a key of a body that is called so keeps its "body." in front.
_FIELDS = frozenset({"body", "endpoint", "host", "kind", "method", "path", "port", "query", "scheme", "url"})
_PLAIN_KEY = re.compile(r"[^\W\d][\w$-]*")
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_ALIGNED = 400
_MOST_PAIRED = 1024
_MOST_WORDS = 2000
_MOST_HUNKS = 3
_LITTLE_ALIKE = 0.3
_LONGEST_WORD = 12
_RECORDED, _SENT = "  recorded: ", "  sent:     "


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `path` in the field's words ("messages[3].content"), and what either request has there.

    An item that stands at another index on either side (one before it came or went) is named by its index in the
    received request, an item that was only recorded by its index in the recorded one.
    """

    path: str
    recorded: Json
    received: Json


def changes(recorded: Json, received: Json) -> tuple[Change, ...]:
    """Give what differs between the fields of two canonical requests; empty exactly when their keys are equal."""
    return tuple(_changes("", recorded, received))


def describe(change: Change, width: int = 100) -> str:
    """Say one change in one or a few lines of about `width` columns; a long text shows the words that differ.

    No two of these lines look alike: where the difference is one that nobody sees (kinds of blanks, letters of two
    scripts), the characters are named.
    """
    width = max(width, 40)
    old, new = change.recorded, change.received
    if old is ABSENT:
        return _clipped(f"{change.path}: sent, but not recorded: ", new, width)
    if new is ABSENT:
        return _clipped(f"{change.path}: recorded, but not sent: ", old, width)
    line = f"{change.path}: recorded {_shown(old)}, sent {_shown(new)}"
    if isinstance(old, str) and isinstance(new, str):
        line += _unseen(old, new, 0)
    if len(line) <= width:
        return line
    if isinstance(old, str) and isinstance(new, str):
        return "\n".join((f"{change.path}:", *_hunks(old, new, width)))
    if not isinstance(old, str | list | dict) and not isinstance(new, str | list | dict):
        return "\n".join((f"{change.path}:", *_hunks(text(old), text(new), width)))
    # Of two kinds: already the first characters differ.
    return "\n".join((f"{change.path}:", _clipped(_RECORDED, old, width), _clipped(_SENT, new, width)))


def _changes(path: str, old: Json, new: Json) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            if key not in new:
                yield Change(_below(path, key), old[key], ABSENT)
            elif key not in old:
                yield Change(_below(path, key), ABSENT, new[key])
            else:
                yield from _changes(_below(path, key), old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_changes(path, old, new)
    elif text(old) != text(new):
        # Not old != new: to Python True is 1, and a nan is not itself.
        yield Change(path, old, new)


def _below(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{text(key)}]"
    if not path or (path == "body" and key not in _FIELDS):
        return key
    return f"{path}.{key}"


def _list_changes(path: str, old: Sequence[Json], new: Sequence[Json]) -> Iterator[Change]:
    old_keys, new_keys = [text(item) for item in old], [text(item) for item in new]
    for i, j in _pairs(old, new, old_keys, new_keys):
        if j is None and i is not None:
            yield Change(_below(path, i), old[i], ABSENT)
        elif i is None and j is not None:
            yield Change(_below(path, j), ABSENT, new[j])
        elif i is not None and j is not None and old_keys[i] != new_keys[j]:
            yield from _changes(_below(path, j), old[i], new[j])


_Pair = tuple[int | None, int | None]


def _pairs(old: Sequence[Json], new: Sequence[Json], old_keys: list[str], new_keys: list[str]) -> Iterator[_Pair]:
    start, end = 0, 0
    shorter = min(len(old), len(new))
    while start < shorter and old_keys[start] == new_keys[start]:
        start += 1
    while end < shorter - start and old_keys[-1 - end] == new_keys[-1 - end]:
        end += 1
    old_end, new_end = len(old) - end, len(new) - end
    if max(old_end, new_end) - start > _MOST_ALIGNED:
        yield from _side_by_side(range(start, old_end), range(start, new_end))
        return
    matcher = SequenceMatcher(None, old_keys[start:old_end], new_keys[start:new_end], autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag != "equal":
            ours, theirs = range(start + i, start + i_end), range(start + j, start + j_end)
            if len(ours) == len(theirs) or len(ours) * len(theirs) > _MOST_PAIRED:
                yield from _side_by_side(ours, theirs)
            else:
                yield from _most_alike(ours, theirs, old, new)


def _side_by_side(ours: range, theirs: range) -> Iterator[_Pair]:
    yield from zip(ours, theirs, strict=False)
    common = min(len(ours), len(theirs))
    yield from ((i, None) for i in ours[common:])
    yield from ((None, j) for j in theirs[common:])


def _most_alike(ours: range, theirs: range, old: Sequence[Json], new: Sequence[Json]) -> Iterator[_Pair]:
    """Pair items in order so that their likeness sums to the most; what is like nothing stays alone."""
    leaves_old, leaves_new = [set(_leaves(old[i])) for i in ours], [set(_leaves(new[j])) for j in theirs]
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for a in reversed(range(len(ours))):
        for b in reversed(range(len(theirs))):
            both = _likeness(leaves_old[a], leaves_new[b]) + best[a + 1][b + 1]
            best[a][b] = max(both, best[a + 1][b], best[a][b + 1])
    a = b = 0
    while a < len(ours) and b < len(theirs):
        if best[a][b] == best[a + 1][b]:
            yield ours[a], None
            a += 1
        elif best[a][b] == best[a][b + 1]:
            yield None, theirs[b]
            b += 1
        else:
            yield ours[a], theirs[b]
            a, b = a + 1, b + 1
    yield from ((i, None) for i in ours[a:])
    yield from ((None, j) for j in theirs[b:])


def _likeness(one: set[str], other: set[str]) -> float:
    share = len(one & other) / max(len(one | other), 1)
    return share if share >= _LITTLE_ALIKE else 0.0


def _leaves(value: Json, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, f"{path}[]")
    elif isinstance(value, str):
        yield from (f"{path} {word}" for word in value.split())
    else:
        yield f"{path} {text(value)}"


def _shown(value: Json) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return text(value)


def _quoted(value: str) -> str:
    return '"' + "".join(_visible(char) for char in value) + '"'


def _visible(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char == " " or char.isprintable():
        return char
    return text(char)[1:-1]


def _clipped(before: str, value: Json, width: int) -> str:
    shown = _shown(value)
    room = max(width - len(before), 24)
    return before + (shown if len(shown) <= room else f"{shown[: room - 2]} …")


def _unseen(old: str, new: str, offset: int) -> str:
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    if at is None:
        return ""
    a, b = old[at], new[at]
    # What cannot be printed is shown as an escape, and wide letters are like no ASCII.
    one_is_foreign = a.isascii() != b.isascii() and f"{a}{b}".isprintable()
    one_is_foreign = one_is_foreign and unicodedata.east_asian_width(max(a, b)) not in "WF"
    if unicodedata.normalize("NFKC", a) != unicodedata.normalize("NFKC", b) and not one_is_foreign:
        return ""
    return f" (at character {offset + at + 1}: {_named(a)} was recorded, {_named(b)} was sent)"


def _named(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, 'without a name')}"


def _hunks(old: str, new: str, width: int) -> Iterator[str]:
    """Show where two texts differ: each place as two lines with some words around the change in brackets."""
    places = list(_places(old, new))
    for (i, i_end), (j, j_end) in places[:_MOST_HUNKS]:
        yield _around(_RECORDED, old, i, i_end, width)
        yield _around(_SENT, new, j, j_end, width) + _unseen(old[i:i_end], new[j:j_end], j)
    if len(places) > _MOST_HUNKS:
        yield f"  and {len(places) - _MOST_HUNKS} more places"


_Span = tuple[int, int]


def _places(old: str, new: str) -> Iterator[tuple[_Span, _Span]]:
    ours, theirs = _TOKEN.findall(old), _TOKEN.findall(new)
    start, end = 0, 0
    shorter = min(len(ours), len(theirs))
    while start < shorter and ours[start] == theirs[start]:
        start += 1
    while end < shorter - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    ours_end, theirs_end = len(ours) - end, len(theirs) - end
    blocks = [(start, ours_end, start, theirs_end)]
    if max(ours_end, theirs_end) - start <= _MOST_WORDS:
        found = SequenceMatcher(None, ours[start:ours_end], theirs[start:theirs_end], autojunk=False).get_opcodes()
        blocks = [(start + a, start + b, start + c, start + d) for tag, a, b, c, d in found if tag != "equal"]
    old_at, new_at = _offsets(ours), _offsets(theirs)
    for a, b, c, d in blocks:
        yield _trimmed(old, new, (old_at[a], old_at[b]), (new_at[c], new_at[d]))


def _trimmed(old: str, new: str, ours: _Span, theirs: _Span) -> tuple[_Span, _Span]:
    # A word of hundreds of letters (base64) says nothing but where it differs.
    (i, i_end), (j, j_end) = ours, theirs
    if min(i_end - i, j_end - j) > _LONGEST_WORD:
        while i < i_end and j < j_end and old[i] == new[j]:
            i, j = i + 1, j + 1
        while i < i_end and j < j_end and old[i_end - 1] == new[j_end - 1]:
            i_end, j_end = i_end - 1, j_end - 1
    return (i, i_end), (j, j_end)


def _offsets(tokens: Sequence[str]) -> list[int]:
    offsets = [0]
    for token in tokens:
        offsets.append(offsets[-1] + len(token))
    return offsets


def _around(before: str, value: str, start: int, end: int, width: int) -> str:
    room = max(width - len(before), 24)
    inside = value[start:end]
    shown = inside if len(inside) <= room // 2 else f"{inside[: room // 2]} … {len(inside)} characters"
    context = max(room - len(shown), 16) // 2
    left, right = value[max(start - context, 0) : start], value[end : end + context]
    dots = ("…" if start > context else "", "…" if end + context < len(value) else "")
    return f"{before}{dots[0]}{_quoted(left)[1:-1]}[{_quoted(shown)[1:-1]}]{_quoted(right)[1:-1]}{dots[1]}"
