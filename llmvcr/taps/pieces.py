"""The pieces of an answer that is being heard: in memory while they are few, else in a file without a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

__all__ = ["HELD", "Pieces"]

HELD = 1024 * 1024
"""How many bytes are held in memory before the answer is spooled; 99 of 100 recorded answers are smaller by far."""


class Pieces:
    """Takes the pieces as they pass, and gives them back once, at the end. Without a `spool` it holds them all."""

    __slots__ = ("_file", "_held", "_lengths", "_size", "_spool")

    def __init__(self, spool: Callable[[], BinaryIO] | None) -> None:
        """Take the way to open the file that is needed for a large answer."""
        self._spool = spool
        self._file: BinaryIO | None = None
        self._held: list[bytes | bytearray] = []
        self._lengths: list[int] = []
        self._size = 0

    def add(self, data: bytes | bytearray) -> None:
        """Take the next piece; raises WriteError where it cannot be spooled."""
        self._lengths.append(len(data))
        self._held.append(data)
        self._grow(len(data))

    def more(self, data: bytes) -> None:
        """Take what belongs to the last piece; raises WriteError as `add` does."""
        self._lengths[-1] += len(data)
        if not self._held:
            self._held.append(data)  # the beginning of the piece stands in the file
        elif isinstance(self._held[-1], bytearray):
            self._held[-1] += data
        else:
            self._held[-1] = bytearray(self._held[-1] + data)
        self._grow(len(data))

    def taken(self) -> tuple[bytes, ...]:
        """Give all pieces, and close the file."""
        if self._file is None:
            return tuple(map(bytes, self._held))
        with self._file as file:
            file.seek(0)
            return tuple(file.read(length) for length in self._lengths)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > HELD and self._spool is not None:
            if self._file is None:
                self._file = self._spool()
            self._file.write(b"".join(self._held))
            self._held.clear()
