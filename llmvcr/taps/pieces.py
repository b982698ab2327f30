"""The pieces of an answer that is being heard: in memory while they are few, else in a file without a name."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable
from typing import BinaryIO

from llmvcr.errors import WriteError

__all__ = ["HELD", "Pieces"]

HELD = 1024 * 1024
"""How many bytes are held in memory before the answer is spooled; 99 of 100 recorded answers are smaller by far."""

_LOG = logging.getLogger("llmvcr")


class Pieces:
    """Takes the pieces as they pass, and gives them back once, at the end.

    Without a `spool` it holds them all, and from where the disk is full on it holds the rest, too: the application,
    whose read this is, has no part in it. The log says so then.
    """

    __slots__ = ("_file", "_held", "_lengths", "_size", "_spool", "_spooled")

    def __init__(self, spool: Callable[[], BinaryIO] | None) -> None:
        """Take the way to open the file that is needed for a large answer."""
        self._spool = spool
        self._file: BinaryIO | None = None
        self._held: list[bytes | bytearray] = []
        self._lengths: list[int] = []
        self._size = self._spooled = 0  # bytes in all, and in the file

    def add(self, data: bytes | bytearray) -> None:
        """Take the next piece."""
        self._lengths.append(len(data))
        self._held.append(data)
        self._grow(len(data))

    def more(self, data: bytes) -> None:
        """Take what belongs to the last piece."""
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
        file = self._file
        try:
            file.seek(0)
            whole = io.BytesIO(file.read(self._spooled) + b"".join(self._held)) if self._held else file
            return tuple(whole.read(length) for length in self._lengths)
        finally:
            with contextlib.suppress(OSError):  # a full disk may only say so now; all of it was read
                file.close()

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size <= HELD or self._spool is None:
            return
        data = b"".join(self._held)
        try:
            if self._file is None:
                self._file = self._spool()
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) :]
        except (WriteError, OSError) as error:
            _LOG.warning("an answer is too large to spool, and is held in memory: %s", error)
            self._spool = None
        else:
            self._spooled += len(data)
            self._held.clear()
