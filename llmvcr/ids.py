"""What a generated id looks like, and where in a text one stands whole."""

from __future__ import annotations

import re

__all__ = ["WORD", "is_drawn", "is_generated", "one_alphabet", "patterns", "replaced", "uuids"]

_CHANGE = re.compile(r"[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])|[a-z](?=[A-Z])")
_CAPITALS = re.compile(r"[A-Z](?=[A-Z])")
_ID = re.compile(r"[A-Za-z0-9_.:|/+=~-]{8,256}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
# Before an id stands no letter or digit, unless it closes an escape of a JSON text or a URL held in the string.
_EDGE = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
_BEFORE, _AFTER = re.compile(_EDGE), re.compile(r"(?![A-Za-z0-9])")
# A uuid; 16 bytes in base64url (Bedrock's tooluse_); 16 or more letters and digits (all of OpenAI's).
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_TAIL = rf"({_UUID}|[A-Za-z0-9_-]{{22}}(?![A-Za-z0-9_-])|[A-Za-z0-9]{{16,}})"
_IS_UUID = re.compile(_UUID)
_BARE_UUID = re.compile(rf"{_EDGE}{_UUID}(?![A-Za-z0-9])")

WORD = re.compile(r"\\[bfnrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}|[A-Za-z0-9_-]{8,}+")
"""A word that may be a whole id, or an escape of a JSON text or a URL before one. A dot, colon or slash ends a word."""


def is_generated(value: str) -> bool:
    """Say whether an id is so long and so mixed that, found in a text, it can be no word of that text.

    Eight characters or more of those that ids have, with at least three changes between letters and digits or from
    lower to upper case. "get_weather", "call_1" and "gpt-4o-2024-08-06" are not; a uuid, "D681PevKs" (Mistral) and
    "call_319QZhydsGa9KKOaVafYDMO2" are. What it refuses is still renamed in id fields, only not in texts.
    """
    return _ID.fullmatch(value) is not None and is_drawn(value)


def is_drawn(text: str) -> bool:
    """Say whether a text of id characters looks drawn at random: a uuid, or mixed as `is_generated` says."""
    if _IS_UUID.fullmatch(text):
        return True
    changes = len(_CHANGE.findall(text))
    if any(map(str.isdigit, text)):
        return changes >= 3
    # One in seventy of OpenAI's ids has no digit; camelCase words have no two capitals in a row again and again.
    return changes >= 4 and len(_CAPITALS.findall(text)) >= 3


def patterns(prefixes: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], ...], re.Pattern[str], re.Pattern[str]]:
    """Give the patterns of ids behind `prefixes`: hints that there may be one, what hints find for sure, and the id.

    A hint finds the last character of a prefix before what is long enough for a drawn tail (one pattern a character:
    a search for one letter is several times faster than for any of two). Group 1 of the id is its tail; whether it is
    a drawn one, `is_drawn` says.
    """
    longest_first = "|".join(re.escape(one) for one in sorted(prefixes, key=lambda one: (-len(one), one)))
    return (
        tuple(re.compile(f"{re.escape(one)}(?=[A-Za-z0-9_-]{{16}})") for one in sorted({one[-1] for one in prefixes})),
        re.compile(f"(?:{longest_first})[A-Za-z0-9_-]{{16,}}"),
        re.compile(f"{_EDGE}(?:{longest_first}){_TAIL}(?![A-Za-z0-9])"),
    )


def replaced(text: str, one: str, name: str) -> str:
    """Write `name` for each `one` in `text` that stands whole: no letter or digit goes on before or behind it."""
    pieces: list[str] = []
    kept = at = 0
    while (at := text.find(one, at)) >= 0:
        end = at + len(one)
        if _BEFORE.match(text, at) and _AFTER.match(text, end):
            pieces += (text[kept:at], name)
            kept = end
        at = end
    return "".join((*pieces, text[kept:]))


def one_alphabet(text: str) -> str:
    """Spell base64 in its first alphabet without padding; text that is no base64 is given back as it is."""
    bare = text.rstrip("=")
    if len(bare) % 4 == 1 or not _BASE64.fullmatch(text):
        return text
    return bare.replace("-", "+").replace("_", "/")


def uuids(text: str) -> list[str]:
    """Find the uuids that stand whole in a text, in order."""
    return _BARE_UUID.findall(text)
