"""Server-sent events to frames, byte for byte, by the HTML standard's section 9.2.6."""

from __future__ import annotations

from llmvcr.wire.base import Frame

__all__ = ["SseFramer", "frames"]

_BOM = b"\xef\xbb\xbf"
_BLANK = frozenset((b"\n", b"\r", b"\r\n"))


def frames(body: bytes) -> tuple[Frame, ...]:
    """Split a whole stream; the joined `raw`s are `body`, for any bytes."""
    if b"\r" in body or body.startswith((_BOM, b"\n")) or b"\n\n\n" in body:
        framer = SseFramer()
        return framer.feed(body) + framer.end()
    # One blank line after each event, as nearly every server sends it.
    *whole, tail = body.split(b"\n\n")
    found = [_simple(event, event + b"\n\n") for event in whole]
    return (*found, _simple(tail, tail)) if tail else tuple(found)


def _simple(event: bytes, raw: bytes) -> Frame:
    if event.startswith(b"data: ") and b"\n" not in event:
        return Frame("", event[6:].decode("utf-8", "replace"), raw)
    return _frame(event.split(b"\n"), raw, begun=True)


class SseFramer:
    """Splits a stream of server-sent events as it comes; the frames do not depend on how it was cut.

    A frame ends with its blank line. `data` is the joined `data` lines, `name` the last `event` field. A block of
    comments, and each blank line beyond the one that ends a block, is a frame with neither. Unlike a browser we also
    give the block that no blank line ends: a stream that was cut is a stream that was recorded.
    """

    __slots__ = ("_begun", "_lines", "_pieces")

    def __init__(self) -> None:
        """Stand before the first byte of a stream."""
        self._begun = False
        self._lines: list[bytes] = []
        # Pieces of the line under way, joined once: adding to a bytes object is quadratic when bytes come singly.
        self._pieces: list[bytes] = []

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Take the next bytes, in any cut, and give the frames that they complete."""
        if not data:
            return ()
        done: list[Frame] = []
        # A CR at the end of the last cut may be half of a CRLF, so its line was held until this byte could tell.
        if self._pieces and self._pieces[-1].endswith(b"\r"):
            if data.startswith(b"\n"):
                self._pieces.append(b"\n")
                data = data[1:]
            self._line(b"".join(self._pieces), done)
            self._pieces.clear()
        # bytes.splitlines splits on CR, LF and CRLF only, which are the line ends of the specification.
        lines = data.splitlines(keepends=True)
        tail = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        for line in lines:
            if self._pieces:
                self._pieces.append(line)
                self._line(b"".join(self._pieces), done)
                self._pieces.clear()
            else:
                self._line(line, done)
        if tail:
            self._pieces.append(tail)
        return tuple(done)

    def end(self) -> tuple[Frame, ...]:
        """Say that no more bytes come, and give what is left as a last frame, if anything is."""
        done: list[Frame] = []
        if self._pieces:
            self._line(b"".join(self._pieces), done)
            self._pieces.clear()
        if self._lines:
            done.append(_frame(self._lines, b"".join(self._lines), begun=self._begun))
            self._lines.clear()
        return tuple(done)

    def _line(self, line: bytes, done: list[Frame]) -> None:
        self._lines.append(line)
        # The first line may begin with a byte order mark, which is no part of it.
        first = not self._begun and len(self._lines) == 1
        if (line.removeprefix(_BOM) if first else line) in _BLANK:
            done.append(_frame(self._lines, b"".join(self._lines), begun=self._begun))
            self._begun = True
            self._lines.clear()


def _frame(lines: list[bytes], raw: bytes, *, begun: bool) -> Frame:
    name = b""
    data: list[bytes] = []
    if not begun:
        lines = [lines[0].removeprefix(_BOM), *lines[1:]]
    for line in lines:
        field, _, value = line.rstrip(b"\r\n").partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ")
    return Frame(name.decode("utf-8", "replace"), b"\n".join(data).decode("utf-8", "replace"), raw)
