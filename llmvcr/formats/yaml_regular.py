"""YAML in the block style that PyYAML writes, read line by line: what the safe loader makes of it, but faster.

Only what is sure is read: mappings and lists one below the other, plain, quoted and block scalars. Anchors, aliases,
tags but for !!binary, comments, markers of documents, tabs, flow style and whatever else is rare raise UnsureError,
and so does everything that is wrong: the safe loader then says what it is, and where.
"""

from __future__ import annotations

import base64
import codecs
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from llmvcr.formats.unread import UnsureError
from llmvcr.formats.yaml_text import resolved

__all__ = ["is_plain_text", "load", "region"]

_DEEPEST = 50
_LONGEST_KEY = 1000
_STEP = 2
"""Columns by which PyYAML sets in what stands below a key."""
_WINDOW = 1 << 16
_CONTROLS = bytes({*range(0x20), 0x7F} - {ord("\n"), ord("\t")})
_ODD = tuple(map(re.compile, (rb"\xc2[\x80-\x9f]", rb"\xe2\x80[\xa8\xa9]", rb"\xef(?:\xbb\xbf|\xbf[\xbe\xbf])")))
"""In UTF-8: what cannot be printed, or ends a line in YAML 1.1, or marks the order of bytes."""

_START = r"(?:[A-Za-z0-9_/.+(^$<=;~\\]|-(?=[A-Za-z0-9_.]))"
_NAME = rf"{_START}[^\s:#'\"]*+|'[^'\n]*+'"
_KEY = re.compile(rf"({_NAME}):(?: (?=[^ \n])|(?=\n))")
_ODD_FIRST = "+-.0123456789~nNtTfF<"  # of what may be a number, a null, a true or false, or a merge
_SPACES = re.compile(r" *+(?!\Z)")
_PLAIN = re.compile(rf"({_START}[^\n\t]*+)\n")
_MORE = re.compile(r" *+([^\n\t#][^\n\t]*+)\n")
_NOT_PLAIN = re.compile(r":(?: |\Z)| #| \Z")
_SINGLE = re.compile(r"'((?:[^']++|'')*+)'\n")
_DOUBLE = re.compile(r'"((?:[^"\\]++|\\[\s\S])*+)"\n')
_BLOCK = re.compile(r"(!!binary )?\|(2?)([-+]?)\n")
_NUMBERS = re.compile(r"\[(-?[0-9][0-9.e+-]*+(?:, -?[0-9][0-9.e+-]*+)*+)\]\n")
_FOLDS = re.compile(r" *\n[ \n]*")
_BROKEN = re.compile(r"\\\n *\n")
_JOINED = re.compile(r"\\\n *")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([abefnrtv /N_LP]))?")
_ESCAPES = dict(zip("abefnrtv /N_LP", "\a\b\x1b\f\n\r\t\v /\x85\xa0\u2028\u2029", strict=True))
_SURROGATES = range(0xD800, 0xE000)
_AS_BACKSLASH = "\0"  # which no text has


def is_plain_text(data: bytes) -> bool:
    """Say whether a file is UTF-8 of characters that mean nothing to YAML: tabs, line feeds, and what can be printed.

    Raises UnicodeError for what is no UTF-8.
    """
    if not data.endswith(b"\n"):
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), _WINDOW):
        window = data[start : start + _WINDOW]
        if len(window.translate(None, _CONTROLS)) != len(window):
            return False
        if not window.isascii() or decoder.getstate()[0]:
            decoder.decode(window)
    decoder.decode(b"", final=True)
    return data.isascii() or not any(odd.search(data) for odd in _ODD)


def region(indent: int) -> Callable[[bytes, int, int], re.Match[bytes] | None]:
    """Return what finds the end of a block scalar whose lines have so many spaces in front."""
    return re.compile(rb"(?:(?: {%d}[^\n]*+)?\n)*+" % indent).match


def load(text: str) -> Any:
    """Read one document, of a text that `is_plain_text`; raises UnsureError, and ValueError."""
    reader = _Reader(text)
    value = reader.block(0, 0)
    if reader.at != len(text):
        raise UnsureError(reader.at)
    return value


class _Reader:
    """Reads a text from `at` on, which between two methods is the beginning of a line."""

    __slots__ = ("_regions", "at", "text")

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self._regions: dict[int, re.Pattern[str]] = {}

    def indent(self) -> int:
        """Give how many spaces the next line has in front; -1 at the end."""
        found = _SPACES.match(self.text, self.at)
        return found.end() - self.at if found else -1

    def block(self, indent: int, depth: int) -> Any:
        """Read the mapping or the list whose first line is next."""
        start = self.at + indent
        return (self.items if self.text.startswith("- ", start) else self.mapping)(indent, depth, start)

    def mapping(self, indent: int, depth: int, start: int) -> dict[str, Any]:
        """Read a mapping whose first key stands at `start`."""
        found: dict[str, Any] = {}
        text, entry, pad = self.text, _entry(indent), " " * indent
        if depth > _DEEPEST:
            raise UnsureError(self.at)
        while key := entry.match(text, start) or _KEY.match(text, start):
            name = key[1]
            if name[0] == "'":
                name = name[1:-1]
            elif name[0] in _ODD_FIRST and (name == "<<" or not isinstance(resolved(name), str)):
                break
            if name in found or len(name) > _LONGEST_KEY:
                break
            self.at = key.end()
            if key.re is entry:
                _, dash, plain, quoted = key.groups()
                value = quoted if plain is None else _plain(plain)
                found[name] = [value] if dash else value
                # What comes next is not set in further, as `_entry` has seen.
                start = self.at + indent
                if start >= len(text) or not text.startswith(pad, self.at):
                    return found
                continue
            found[name] = self.value(indent, depth)
            here = self.indent()
            if here < indent:
                return found
            if here > indent:
                break
            start = self.at + indent
        raise UnsureError(self.at)

    def value(self, indent: int, depth: int) -> Any:
        """Read what stands behind a key: on its line, or below it."""
        if not self.text.startswith("\n", self.at):
            return self.scalar(indent)
        self.at += 1
        here = self.indent()
        if here > indent or (here == indent and self.text.startswith("- ", self.at + here)):
            return self.block(here, depth + 1)
        return None

    def items(self, indent: int, depth: int, start: int) -> list[Any]:
        """Read a list whose first dash stands at `start`."""
        found: list[Any] = []
        text, inner = self.text, indent + _STEP
        if depth > _DEEPEST:
            raise UnsureError(self.at)
        while text.startswith("- ", start):
            start += _STEP
            if text.startswith("- ", start):
                found.append(self.items(inner, depth + 1, start))
            elif _KEY.match(text, start):
                found.append(self.mapping(inner, depth + 1, start))
            else:
                self.at = start
                found.append(self.scalar(indent))
            here = self.indent()
            start = self.at + indent
            if here < indent or (here == indent and not text.startswith("- ", start)):
                return found
            if here > indent:
                break
        raise UnsureError(self.at)

    def scalar(self, indent: int) -> Any:
        """Read the scalar that is next, in a mapping or list set in so far, to the end of its last line."""
        first = self.text[self.at]
        if first == "'":
            quoted = self.take(_SINGLE)
            return _folded(quoted[1].replace("''", "'"))
        if first == '"':
            return _unescaped(self.take(_DOUBLE)[1])
        if first in "|!":
            return self.lines(self.take(_BLOCK), indent + _STEP)
        if first in "[{":
            return self.flow()
        words = [self.take(_PLAIN)[1]]
        while self.indent() > indent:
            words.append(self.take(_MORE)[1])
        return _plain(*words)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Take what the pattern says."""
        found = pattern.match(self.text, self.at)
        if found is None:
            raise UnsureError(self.at)
        self.at = found.end()
        return found

    def flow(self) -> list[Any] | dict[str, Any]:
        """Read an empty list or mapping, or a list of numbers."""
        for text, kind in (("{}\n", dict), ("[]\n", list)):
            if self.text.startswith(text, self.at):
                self.at += len(text)
                return kind()
        numbers = [resolved(word) for word in self.take(_NUMBERS)[1].split(", ")]
        if not all(isinstance(number, int | float) for number in numbers):
            raise UnsureError(self.at)
        return numbers

    def lines(self, header: re.Match[str], indent: int) -> str | bytes:
        """Read the lines of a block scalar."""
        binary, hint, chomping = header.groups()
        pad, start = " " * indent, self.at
        if not hint and (not self.text.startswith(pad, start) or self.text[start + indent] in " \t\n"):
            raise UnsureError(self.at)
        if indent not in self._regions:
            self._regions[indent] = re.compile(rf"(?:(?: {{{indent}}}[^\n]*+)?\n)*+")
        text = "\n" + self.take(self._regions[indent])[0]
        text = text.replace("\n" + pad, "\n")[1:]
        bare = text.rstrip("\n")
        if not bare:
            raise UnsureError(self.at)
        if binary:
            return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
        return text if chomping == "+" else bare + "\n" * (not chomping)


@lru_cache(_DEEPEST)
def _entry(indent: int) -> re.Pattern[str]:
    """Give what finds most of what a mapping holds that is set in so far: a scalar of one line, or a list of one."""
    value = rf"(?:({_START}[^\n\t]*+)|'([^'\n]*+)')\n"
    return re.compile(rf"({_NAME}):(?: |(\n {{{indent}}}- )){value}(?! {{{indent}}}(?: |- ))")


def _plain(*words: str) -> Any:
    """Read a plain scalar of so many lines."""
    for word in words:
        if (":" in word or "#" in word or word[-1] == " ") and _NOT_PLAIN.search(word):
            raise UnsureError
    return resolved(words[0] if len(words) == 1 else " ".join(words))


def _folded(text: str) -> str:
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


def _unescaped(text: str) -> str:
    """Read what stands between double quotes."""
    if "\\" not in text:
        return _folded(text)
    text = text.replace("\\\\", _AS_BACKSLASH)
    if "\n" in text:
        if "\\ \n" in text or _BROKEN.search(text):
            raise UnsureError
        text = _JOINED.sub("", text)
    text = _folded(text).replace('\\"', '"')
    return _ESCAPE.sub(_escaped, text).replace(_AS_BACKSLASH, "\\")


def _escaped(found: re.Match[str]) -> str:
    *digits, letter = found.groups()
    if letter:
        return _ESCAPES[letter]
    code = int(next(filter(None, digits), "0"), 16)
    if not 0 < code <= sys.maxunicode or code in _SURROGATES:
        raise UnsureError
    return chr(code)
