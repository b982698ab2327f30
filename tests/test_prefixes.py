"""Files that were cut: every prefix of every sample is the same content or a documented error, and nothing else.

Of vcrpy's own files 18 in 100 prefixes load with other content under plain vcrpy, without a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from llmvcr import formats
from llmvcr.errors import ReadError
from llmvcr.interaction import Request, Response
from shared import CASSETTES, LONG

FILES = sorted(path for path in CASSETTES.rglob("*") if path.suffix in (".yaml", ".json"))
_STEP = 251


def _ends(data: bytes) -> Iterable[int]:
    """Every length, or with a short test every so many, those where a line ends an answer, and the last ones."""
    if LONG:
        return range(len(data))
    lines = [at + 1 for at in range(len(data)) if data[at : at + 1] == b"\n"]
    answers = [end for end in lines if data[:end].splitlines()[-1].strip().startswith((b"message:", b"}", b"]"))]
    return sorted({*range(0, len(data), _STEP), *answers[-40:], *range(len(data) - 30, len(data))})


def _content(data: bytes) -> list[tuple[Request, Response, str | None]]:
    # Notes say whether the file ended in a line break.
    return [(one.request, one.response, one.recorded_at) for one in formats.read(data, path="cut")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_prefix_is_the_same_or_refused(path: Path) -> None:
    """Whatever was cut off, and whichever format the rest looks like."""
    data = path.read_bytes()
    whole = _content(data)
    for end in _ends(data):
        try:
            found = _content(data[:end])
        except ReadError:
            continue
        assert found == whole, f"the first {end} of {len(data)} bytes"
