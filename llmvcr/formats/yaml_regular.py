"""YAML in the block style that PyYAML writes, read line by line: what the safe loader makes of it, but faster.

Only what is sure is read: mappings and lists one below the other, plain, quoted and block scalars. Anchors, aliases,
tags but for !!binary, comments, markers of documents, tabs, flow style and whatever else is rare raise UnsureError,
and so does everything that is wrong: the safe loader then says what it is, and where.
"""

from __future__ import annotations

import base64
import codecs
import re
from functools import lru_cache
from typing import Any

from llmvcr.formats.unread import UnsureError
from llmvcr.formats.yaml_plain import WORDS, resolved
from llmvcr.formats.yaml_scalars import folded, unescaped, unquoted

__all__ = ["is_plain_text", "load"]

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
_SIMPLE = r"[A-Za-z/](?:[^\n\t:# ]++|[: ](?=[^\n\t:# ]))*+"
_PAIR = re.compile(rf"([\w-]++):\n *+- (?:({_SIMPLE})|'([^'\n]*+)')\n", re.ASCII)
_ODD_FIRST = "+-.0123456789~nNtTfF<"  # of what may be a number, a null, a true or false, or a merge
_SPACES = re.compile(r" *+(?!\Z)")
# All up to one character is found ten times as fast as all up to one of two: tabs are looked for in what was found.
_PLAIN = re.compile(rf"({_START}[^\n]*+)\n")
_MORE = re.compile(r" *+([^\n\t#][^\n]*+)\n")
_SINGLE = re.compile(r"'((?:[^']++|'')*+)'\n")
_BLOCK = re.compile(r"(!!binary )?\|(2?)([-+]?)\n")
_NUMBERS = re.compile(r"\[(-?[0-9][0-9.e+-]*+(?:, -?[0-9][0-9.e+-]*+)*+)\]\n")
_ENDED = "\n...\n"
"""With which libyaml ends a document that had a `|+` block anywhere."""


def is_plain_text(data: bytes) -> bool:
    """Say whether a file is UTF-8 of characters that mean nothing to YAML: tabs, line feeds, and what can be printed.

    Raises UnicodeError for what is no UTF-8.
    """
    if not data.endswith(b"\n"):
        return False
    if len(data) <= _WINDOW and data.isascii():
        return len(data.translate(None, _CONTROLS)) == len(data)
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), _WINDOW):
        window = data[start : start + _WINDOW]
        if len(window.translate(None, _CONTROLS)) != len(window):
            return False
        if not window.isascii() or decoder.getstate()[0]:
            decoder.decode(window)
    decoder.decode(b"", final=True)
    return data.isascii() or not any(odd.search(data) for odd in _ODD)


def load(text: str) -> Any:
    """Read one document, of a text that `is_plain_text`; raises UnsureError, and ValueError."""
    reader = _Reader(text[: 1 - len(_ENDED)] if text.endswith(_ENDED) else text)
    value = reader.block(0, 0)
    if reader.at != len(reader.text):
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
        text, entry, lists, pad = self.text, _entry(indent), _lists(indent), " " * indent
        if depth > _DEEPEST:
            raise UnsureError(self.at)
        while key := entry.match(text, start) or _KEY.match(text, start):
            if key.re is entry and key[2] and (run := lists.match(text, start)) and (many := _of_one(run[0])):
                if not found.keys().isdisjoint(many):
                    break
                found |= many
                self.at = run.end()
            else:
                name = _named(key[1])
                if name in found:
                    break
                self.at = key.end()
                if key.re is not entry:
                    found[name] = self.value(indent, depth)
                    start = self.after(indent)
                    if start == len(text):
                        return found
                    continue
                _, dash, plain, quoted = key.groups()
                value = folded(quoted) if plain is None else unquoted(plain)
                found[name] = [value] if dash else value
            # What comes next is not set in further, as the patterns have seen.
            start = self.at + indent
            if start >= len(text) or not text.startswith(pad, self.at):
                return found
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
            if numbers := _floats(indent).match(text, start):
                found += map(float, numbers[0].replace("\n" + " " * indent + "- ", "\n")[_STEP:-1].split("\n"))
                self.at = numbers.end()
                start = self.after(indent)
                continue
            start += _STEP
            if text.startswith("- ", start):
                found.append(self.items(inner, depth + 1, start))
            elif _KEY.match(text, start):
                found.append(self.mapping(inner, depth + 1, start))
            else:
                self.at = start
                found.append(self.scalar(indent))
            start = self.after(indent)
        return found

    def after(self, indent: int) -> int:
        """Give where the next line begins that is set in as far; the end of the text where none is next."""
        here = self.indent()
        if here > indent:
            raise UnsureError(self.at)
        return self.at + indent if here == indent else len(self.text)

    def scalar(self, indent: int) -> Any:
        """Read the scalar that is next, in a mapping or list set in so far, to the end of its last line."""
        first = self.text[self.at]
        if first == "'":
            quoted = self.take(_SINGLE)
            return folded(quoted[1].replace("''", "'"))
        if first == '"':
            return unescaped(self.double())
        if first in "|!":
            return self.lines(self.take(_BLOCK), indent + _STEP)
        if first in "[{":
            return self.flow()
        words = [self.take(_PLAIN)[1]]
        while self.indent() > indent:
            words.append(self.take(_MORE)[1])
        return unquoted(*words)

    def double(self) -> str:
        """Take what stands between double quotes, of which the second is the first at the end of a line, unescaped."""
        start = end = self.at + 1
        while True:
            end = self.text.find('"\n', end)
            if end == -1:
                raise UnsureError(self.at)
            held = self.text[start:end]
            if (len(held) - len(held.rstrip("\\"))) % 2 == 0:
                break
            end += 1
        self.at = end + len('"\n')
        return held

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
    """Give what finds most of what a mapping holds that is set in so far: a short scalar, or a list of one."""
    value = rf"(?:({_START}[^\n]*+)|'([^']*+)')\n"
    return re.compile(rf"({_NAME}):(?: |(\n {{{indent}}}- )){value}(?! {{{indent}}}(?: |- ))")


@lru_cache(_DEEPEST)
def _lists(indent: int) -> re.Pattern[str]:
    """Give what finds lists of one text each in a mapping that is set in so far, one below the other, as of headers."""
    one = rf"[A-Za-z][\w-]*+:\n {{{indent}}}- (?:{_SIMPLE}|'[^'\n]*+')\n(?! {{{indent}}}(?: |- ))"
    return re.compile(rf"{one}(?: {{{indent}}}{one})*+", re.ASCII)


def _of_one(run: str) -> dict[str, Any] | None:
    """Read what `_lists` found; None where a name or a text may mean something else, or a name stands twice."""
    held = _PAIR.findall(run)
    found: dict[str, Any] = {name: [plain or quoted] for name, plain, quoted in held}
    words = [name for name, _, _ in held] + [plain for _, plain, _ in held if plain]
    sure = len(found) == len(held) and WORDS.isdisjoint(words) and max(map(len, found)) <= _LONGEST_KEY
    return found if sure else None


def _named(key: str) -> str:
    """Read the name of a key."""
    if key[0] == "'":
        key = key[1:-1]
    elif key[0] in _ODD_FIRST and (key == "<<" or not isinstance(resolved(key), str)):
        raise UnsureError
    if len(key) > _LONGEST_KEY:
        raise UnsureError
    return key


@lru_cache(_DEEPEST)
def _floats(indent: int) -> re.Pattern[str]:
    """Give what finds the numbers of a list that is set in so far, as vectors have them."""
    number = r"- -?[0-9]++\.[0-9]++(?:e[-+][0-9]{1,5})?\n"
    return re.compile(rf"{number}(?: {{{indent}}}{number})*+")
