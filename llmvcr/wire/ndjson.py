"""Newline-delimited JSON to frames, byte for byte."""

from __future__ import annotations

from llmvcr.wire.base import Frame

__all__ = ["NdjsonFramer", "frames"]


def frames(body: bytes) -> tuple[Frame, ...]:
    """Split a whole stream; the joined `raw`s are `body`, for any bytes."""
    framer = NdjsonFramer()
    return framer.feed(body) + framer.end()


class NdjsonFramer:
    """Splits lines as they come; the frames do not depend on how the stream was cut.

    Only LF ends a line. `data` is the line's text without its LF or CRLF, "" for a blank line; `name` is "".
    """

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        """Stand before the first byte of a stream."""
        # Pieces of the line under way, joined once: adding to a bytes object is quadratic when bytes come singly.
        self._pieces: list[bytes] = []

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Take the next bytes, in any cut, and give the frames that they complete."""
        *lines, tail = data.split(b"\n")
        done: list[Frame] = []
        for line in lines:
            self._pieces.append(line)
            done.append(_frame(b"".join(self._pieces) + b"\n"))
            self._pieces.clear()
        if tail:
            self._pieces.append(tail)
        return tuple(done)

    def end(self) -> tuple[Frame, ...]:
        """Say that no more bytes come, and give what is left as a last frame, if anything is."""
        rest = b"".join(self._pieces)
        self._pieces.clear()
        return (_frame(rest),) if rest else ()


def _frame(raw: bytes) -> Frame:
    line = raw.removesuffix(b"\n").removesuffix(b"\r")
    return Frame("", line.decode("utf-8", "replace"), raw)
