"""Scalars of YAML as PyYAML writes them: what quoted and other text says; UnsureError for what is rare or wrong."""

from __future__ import annotations

import re
import sys
from typing import Any

from llmvcr.formats.unread import UnsureError
from llmvcr.formats.yaml_plain import resolved

__all__ = ["folded", "unescaped", "unquoted"]

_NOT_PLAIN = re.compile(r":(?: |\Z)| #| \Z|\t")
_FOLDS = re.compile(r" *\n[ \n]*")
_BROKEN = re.compile(r"\\ +\n|\\\n *\n|\\(?:x.?|u.{0,3}|U.{0,7})\\\n|\n(?:---|\.\.\.)")
_JOINED = re.compile(r"\\\n *")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0abefnrtv /N_LP]))?")
_ESCAPES = dict(zip("0abefnrtv /N_LP", "\0\a\b\x1b\f\n\r\t\v /\x85\xa0\u2028\u2029", strict=True))
_SURROGATES = range(0xD800, 0xE000)
_AS_BACKSLASH, _ELSE = "\0", "\ud800"  # which no text has: the first but for an escape, the second not even so


def unquoted(*words: str) -> Any:
    """Read a plain scalar of so many lines."""
    for word in words:
        if (":" in word or "#" in word or "\t" in word or word[-1] == " ") and _NOT_PLAIN.search(word):
            raise UnsureError
    return resolved(words[0] if len(words) == 1 else " ".join(words))


def folded(text: str) -> str:
    """Fold the lines of a quoted scalar: one line feed is a space, each more is itself."""
    if "\n" not in text:
        return text
    if "\t" in text or "\n---" in text or "\n..." in text:
        raise UnsureError
    first, *others, last = text.split("\n")
    between = [line.strip(" ") for line in others]
    if all(between):
        return " ".join((first.rstrip(" "), *between, last.lstrip(" ")))
    return _FOLDS.sub(lambda found: "\n" * (found[0].count("\n") - 1) or " ", text)


def unescaped(text: str) -> str:
    """Read what stands between double quotes."""
    if "\\" not in text and '"' not in text:
        return folded(text)
    backslash = _ELSE if "\\0" in text else _AS_BACKSLASH
    text = text.replace("\\\\", backslash)
    if text.count('"') != text.count('\\"'):
        raise UnsureError
    if "\n" in text:
        if "\t" in text or _BROKEN.search(text):
            raise UnsureError
        text = _JOINED.sub("", text)
    text = folded(text).replace('\\"', '"').replace("\\n", "\n")
    return _ESCAPE.sub(_escaped, text).replace(backslash, "\\")


def _escaped(found: re.Match[str]) -> str:
    *digits, letter = found.groups()
    if letter:
        return _ESCAPES[letter]
    code = int(next(filter(None, digits), "0"), 16)
    if not 0 < code <= sys.maxunicode or code in _SURROGATES:
        raise UnsureError
    return chr(code)
