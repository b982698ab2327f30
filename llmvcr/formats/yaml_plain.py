"""Plain scalars of YAML: which of them are no text, as what PyYAML writes means it."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["WORDS", "resolved"]

_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "TRUE": True}
_WORDS |= {"false": False, "False": False, "FALSE": False}
WORDS = frozenset(_WORDS)
"""What means no text though it is no number."""
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,4000})\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]{1,5})?\Z")
_SPECIAL = {"inf": float("inf"), "+inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


def resolved(text: str) -> Any:
    """Resolve a plain scalar: what PyYAML writes for None, bool, int and float; all else is text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if "." in text[:2] and len(text) <= 5:
        return _SPECIAL.get(text.replace(".", "", 1).lower(), text)
    return text
