"""How deep JSON nests, seen from its text: parsers call themselves once a level, and a thread may have little stack."""

from __future__ import annotations

import sys
from typing import TypeVar

__all__ = ["nests_deeper", "watched"]

_MOST = 300
"""Levels that every parser of Python's and ours reads on a stack of 256 KiB: msgspec takes 270 bytes of it for each."""

_OUTER = bytes(set(range(256)) - set(b'"[]{}'))
_OPENING = frozenset(b"[{")

# Until 3.11 what is written in C counts its depth against Python's limit (1,000 levels), and from 3.14 on it asks how
# much is left of the stack. In between it goes 10,000 levels down on whatever stack it has, and the process is killed.
_UNWATCHED = (3, 12) <= sys.version_info[:2] < (3, 14)

_Text = TypeVar("_Text", str, bytes)


def watched(text: _Text) -> _Text:
    """Give a text back that any thread may parse as JSON; else raises RecursionError, as parsers do by themselves."""
    if _UNWATCHED and nests_deeper(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text, _MOST):
        raise RecursionError("nested too deep")
    return text


def nests_deeper(text: bytes, most: int) -> bool:
    """Say whether JSON nests deeper than `most` levels, however it is spelt, and also where it is cut."""
    if text.count(b"[") + text.count(b"{") <= most:
        return False
    # Backslashes stand in texts alone: without those that escape, each quote begins or ends a text.
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    # Of two quotes side by side the first may end a text and the second begin one, too: what follows them stays inside
    # or outside, as it was.
    marks = b"".join(plain.translate(None, _OUTER).replace(b'""', b"").split(b'"')[::2])
    depth = 0
    for mark in marks:
        depth += 1 if mark in _OPENING else -1
        if depth > most:
            return True
    return False
