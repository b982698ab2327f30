"""The pieces of an answer: the same whether they were held or spooled, however many and however large."""

from __future__ import annotations

import errno
import tempfile
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr.errors import WriteError
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


class _Full:
    """A file on a disk that has room for so many bytes."""

    def __init__(self, room: int) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - Pieces closes it
        self._room = room

    def write(self, data: memoryview) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = self._file.write(data[: self._room])
        self._room -= done
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [0, 1, HELD, HELD + 1, HELD + 7, HELD + 11])
def test_a_full_disk(room: int, caplog: pytest.LogCaptureFixture) -> None:
    """The pieces are the same where the disk is full after any of them; the log says so once, and nothing is raised."""
    kept = Pieces(lambda: _Full(room))  # type: ignore[arg-type, return-value]
    for data in (b"a" * HELD, b"b", b"c" * 9):
        kept.add(data)
    for data in (b"d", b"e"):
        kept.more(data)
    assert kept.taken() == (b"a" * HELD, b"b", b"c" * 9 + b"de")
    assert len(caplog.records) == 1
    assert "No space left on device" in caplog.text


def test_no_file(caplog: pytest.LogCaptureFixture) -> None:
    """The pieces are held where no file can be made for them."""

    def spool() -> BinaryIO:
        raise WriteError("made up", "is read-only")

    kept = Pieces(spool)
    kept.add(b"a" * HELD)
    kept.add(b"b")
    kept.add(b"c")
    assert kept.taken() == (b"a" * HELD, b"b", b"c")
    assert len(caplog.records) == 1
