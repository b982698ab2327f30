"""JSON text and its value: how a body was spelt, by a few words, and what those words cannot say, as edits.

A body is told by words ("compact", "spaced ascii", "indent2 newline") wherever `dumps(value, words)` gives its exact
text. Where it almost does, edits say the rest: `[offset, length, text]` puts `text` in the place of `length` characters
of the rendered text at `offset`; this is how number spellings (1.0E5), padding, odd escapes and repeated keys are kept.

Words for white space: compact, spaced, colons (after colons only, as Google's servers write), indent1 to indent8, tab.
Words for escapes: ascii, go (as Go's encoder, which ollama speaks, spells "<", ">" and "&"); none: what JSON asks for.
newline: there is one at the end.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import msgspec

from llmvcr.interaction import Json
from llmvcr.wire.nesting import nests_deeper

__all__ = [
    "DEPTH",
    "Edits",
    "apply",
    "as_dumped",
    "described",
    "dumps",
    "edits",
    "parse",
    "rendered",
    "weight",
    "words_of",
]

Edits = list[list[Json]]
"""[[offset, length, text], …] in rising order of offset, all offsets counted in the rendered text."""

DEPTH = 80
"""How many brackets deep a body may be to be shown as a value; deeper ones are kept as text.
A file is written by recursion, and one body must not make its whole file unwritable."""

_GAPS: dict[str, tuple[str, str, int | str | None]] = {
    "compact": (",", ":", None),
    "spaced": (", ", ": ", None),
    "colons": (",", ": ", None),
    "tab": (",", ": ", "\t"),
    **{f"indent{n}": (",", ": ", n) for n in range(1, 9)},
}
_TOKEN = re.compile(r'(\s*+)("(?:[^"\\]++|\\.)*+"|[^\s"{}\[\],:]++|[{}\[\],:"]|\Z)', re.DOTALL)
_BEGINS = re.compile(r'\s*+[\[{"\-0-9tfn]')
_GO = re.compile("[<>&\u2028\u2029]")
_COLON = re.compile(r'"(?:[^"\\]|\\.)*"\s*:(\s*)\S', re.DOTALL)
_INDENT = re.compile(r"[\[{]\r?\n([ \t]+)\S")


def _refuse(word: str) -> float:
    raise ValueError(word)


def parse(text: str) -> Json:
    """Parse one JSON text; ValueError for anything that is none, NaN, an infinite number, or nested too deep."""
    if nests_deeper(text.encode("utf-8", "surrogatepass"), DEPTH):
        msg = f"nested more than {DEPTH} deep"
        raise ValueError(msg)
    return _DECODER.decode(text)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


def dumps(value: Json, words: Sequence[str] = ("compact",)) -> str:
    """Render a value by the words of a rendering; ValueError for a word that nobody knows."""
    encode, is_go, end = _encoder(tuple(words))
    text = encode(value)
    if is_go:
        text = _GO.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text + end


@lru_cache(128)
def _encoder(words: tuple[str, ...]) -> tuple[Callable[[Json], str], bool, str]:
    """Give what encodes by these words, whether it is to be spelt as Go's encoder does, and the end of the text."""
    gap, escapes, end = "compact", "", ""
    for word in words:
        if word in _GAPS:
            gap = word
        elif word in ("ascii", "go"):
            escapes = word
        elif word == "newline":
            end = "\n"
        else:
            msg = f"{word!r} is no word of a rendering"
            raise ValueError(msg)
    comma, colon, indent = _GAPS[gap]
    ascii_ = escapes == "ascii"
    # What is encoded was parsed, so that there is no circle in it.
    encoder = partial(json.JSONEncoder, ensure_ascii=ascii_, check_circular=False)
    encode = encoder(separators=(comma, colon), indent=indent).encode
    if isinstance(indent, int):
        encode = partial(_indented, encoder().encode, encode, indent)
    return encode, escapes == "go", end


def _indented(flat: Callable[[Json], str], encode: Callable[[Json], str], indent: int, value: Json) -> str:
    """Do as `encode`, which sets in, in a sixth of the time."""
    try:
        return msgspec.json.format(flat(value), indent=indent)
    except (msgspec.DecodeError, UnicodeError):  # NaN, an infinite number, half a surrogate pair
        return encode(value)


def words_of(text: str) -> list[list[str]]:
    """Give the words that the text looks as if it were rendered by, the likeliest first."""
    gaps = ["compact"]
    if indent := _INDENT.search(text):
        gap = "tab" if indent[1] == "\t" else f"indent{len(indent[1])}"
        gaps = [gap if gap in _GAPS else "indent2"]
    elif colon := _COLON.search(text):
        gaps = ["spaced", "colons"] if colon[1] else ["compact"]
    elif ", " in text and text.lstrip()[:1] == "[":
        gaps = ["spaced"]
    end = ["newline"] if text.endswith("\n") else []
    escapes: list[list[str]] = [[]]
    if "\\u" in text:
        escapes = [["ascii"], ["go"], []] if text.isascii() else [[], ["go"]]
    return [[gap, *escape, *end] for gap in gaps for escape in escapes]


def as_dumped(text: str, words: Sequence[str]) -> str:
    """Give a JSON text that these words spell, if but for white space `json.dumps` gives the same; "" if it may not."""
    # It spells as escapes what is not ASCII, and DEL; and half a surrogate pair is more than some parsers take.
    alike = text.isascii() and "\x7f" not in text and "\\ud" not in text and "go" not in words
    return text if alike else ""


def described(text: str) -> tuple[Json, dict[str, Json]] | None:
    """Say what value a JSON text holds and how it is spelt: (value, {"rendering": words, "edits": …}).

    `rendered` gives the text of it, exactly. `edits` is left out where there are none. None where the text is no JSON,
    or where the edits would be so many that the text itself is the better thing to keep.
    """
    if not _BEGINS.match(text):
        return None  # a stream, mostly, which is long
    try:
        value = parse(text)
        best: tuple[Edits, list[str]] | None = None
        for words in words_of(text):
            found = edits(dumps(value, words), text)
            if best is None or weight(found) < weight(best[0]):
                best = found, words
            if not found:
                break
    except (ValueError, RecursionError):
        return None
    if best is None or weight(best[0]) > len(text) // 2:
        return None
    more: dict[str, Json] = {"edits": best[0]} if best[0] else {}
    return value, {"rendering": " ".join(best[1]), **more}


def rendered(value: Json, extra: dict[str, Json]) -> str:
    """Render what `described` gave; ValueError where the words or the edits are none of ours."""
    words = extra.get("rendering", "compact")
    if not isinstance(words, str):
        msg = "rendering is no string"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for one kind of fault: a malformed document
    return apply(dumps(value, words.split()), extra.get("edits", []))


def weight(found: Edits) -> int:
    """Say how much room edits take, in characters."""
    return sum(len(text) + 8 for _, _, text in found)


def edits(rendering: str, actual: str) -> Edits:
    """Find the edits that make `actual` out of `rendering`: token by token where the tokens pair up, else one."""
    if rendering == actual:
        return []
    whole = _trimmed(rendering, actual, 0)
    ours, theirs = list(_TOKEN.finditer(rendering)), list(_TOKEN.finditer(actual))
    if len(ours) != len(theirs):
        return [whole]
    pairs: Edits = []
    for mine, other in zip(ours, theirs, strict=True):
        for group in (1, 2):
            old, new, place = mine[group], other[group], mine.start(group)
            if old != new:
                # A number is easier to read whole than without the digits that both spellings share.
                whole_token = old[:1] not in ("", '"') and group == 2
                pairs.append([place, len(old), new] if whole_token else _trimmed(old, new, place))
    better = len(pairs) == 1 or weight(pairs) < weight([whole])
    return pairs if better and apply(rendering, pairs) == actual else [whole]


def _trimmed(old: str, new: str, offset: int) -> list[Json]:
    """Give the one edit between two texts, without what they share at both ends."""
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    return [offset + start, len(old) - start - end, new[start : len(new) - end]]


def _shared(one: str, other: str) -> int:
    """Give the length of the common beginning of two texts."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def apply(rendering: str, found: Json) -> str:
    """Make the edits; ValueError where they are no edits, or do not fit the text."""
    if not isinstance(found, list):
        msg = "edits are no list"
        raise ValueError(msg)  # noqa: TRY004
    pieces: list[str] = []
    done = 0
    for edit in found:
        match edit:
            case [int(offset), int(length), str(text)] if done <= offset <= offset + length <= len(rendering):
                pieces += [rendering[done:offset], text]
                done = offset + length
            case _:
                msg = f"{edit!r} is no edit [offset, length, text] that fits"
                raise ValueError(msg)
    return "".join([*pieces, rendering[done:]])
