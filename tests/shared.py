"""Where the material beside the project stands, when it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["CASSETTES", "LONG", "PROJECT", "SHARED", "corpus"]

LONG = bool(os.environ.get("LLMVCR_LONG"))
"""Whether the tests that have a long form run it."""

PROJECT = Path(__file__).resolve().parent.parent
CASSETTES = PROJECT / "cassettes"
SHARED = next((p for p in [PROJECT.parent / "shared"] if p.is_dir()), None)


def corpus(name: str) -> Path:
    """The folder `name` of the corpus beside the project; the test is skipped, saying so, where it is not there."""
    if SHARED is None or not (SHARED / "corpus" / name).is_dir():
        pytest.skip(f"../shared/corpus/{name} is not beside this checkout")
    return SHARED / "corpus" / name
