"""An independent scanner for secrets beside our own shapes: betterleaks, where the extra `scan` is installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from llmvcr.secrets.placeholders import is_placeholder

__all__ = ["installed", "scanned"]

# It answers with a guess ("low") for whatever stands behind a word such as "key": our own names know those better.
_GUESS = "low"


def installed() -> bool:
    """Say whether the scanner is there."""
    return _module() is not None


def scanned(text: str) -> Iterator[tuple[str, str]]:
    """Give (rule, value) of what the scanner takes for a secret and is no placeholder; nothing without the scanner.

    It loads a library of 29 MB when it is first asked (0.2 s), reads 20 MB a second and keeps nothing on disk.
    """
    scanner = _module()
    if scanner is None:
        return
    for found in scanner.scan_string(text):
        value = found.match.value or found.match.full
        if found.confidence != _GUESS and not is_placeholder(value):
            yield found.rule_id, value


def _module() -> Any:
    try:
        return importlib.import_module("betterleaks")
    except ImportError:
        return None
