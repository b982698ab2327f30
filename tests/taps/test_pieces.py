"""The pieces of an answer: the same whether they were held or spooled, however many and however large."""

from __future__ import annotations

import tempfile
from typing import BinaryIO

from hypothesis import given
from hypothesis import strategies as st

from llmvcr.taps import pieces
from llmvcr.taps.pieces import HELD, Pieces

_SIZES = st.lists(st.tuples(st.booleans(), st.integers(1, HELD // 2)), min_size=1, max_size=8)


@given(_SIZES, st.booleans())
def test_what_goes_in_comes_out(steps: list[tuple[bool, int]], spooled: bool) -> None:  # noqa: FBT001 - drawn
    """Each piece comes back as it went in, with what was added to it."""
    opened: list[BinaryIO] = []

    def spool() -> BinaryIO:
        opened.append(tempfile.TemporaryFile())  # noqa: SIM115 - Pieces closes it
        return opened[-1]

    kept = Pieces(spool if spooled else None)
    expected: list[bytes] = []
    for number, (more, size) in enumerate(steps):
        data = bytes([number]) * size
        if more and expected:
            kept.more(data)
            expected[-1] += data
        else:
            kept.add(data)
            expected.append(data)
    assert kept.taken() == tuple(expected)
    assert len(opened) == (spooled and sum(size for _, size in steps) > HELD)
    assert all(file.closed for file in opened)


def test_few_are_held() -> None:
    """An answer of the usual size needs no file."""
    kept = Pieces(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    kept.add(b"x" * pieces.HELD)
    assert kept.taken() == (b"x" * HELD,)
