"""What a command says while it works: plain lines, and on a terminal one line that rewrites itself."""

from __future__ import annotations

import re
import shutil
from typing import TextIO

__all__ = ["Progress", "put", "say", "visible"]

# What a text may do to the terminal that shows it: control characters, and those that turn the order of letters.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Spell what would steer a terminal instead of being read on it; line ends and tabs stay."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text.replace("\r\n", "\n"))


def say(stream: TextIO, line: str) -> None:
    """Print a line at once, as `visible` has it: the name of a file may hold anything, and so may its content."""
    put(stream, visible(line))


def put(stream: TextIO, line: str) -> None:
    """Print a line at once, colours and all; what the stream's encoding cannot say is escaped."""
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


class Progress:
    """A line "[ 12/639] name" that stands below all others, on a terminal; nothing anywhere else."""

    def __init__(self, stream: TextIO, total: int) -> None:
        """Watch `total` pieces of work, on the stream if it is a terminal and there is more than one piece."""
        self._stream, self._total = stream, total
        self._shown = stream.isatty() and total > 1
        self._width = 0
        self._done = 0

    def say(self, stream: TextIO, line: str) -> None:
        """Print a line above the one that rewrites itself."""
        self.clear()
        say(stream, line)

    def step(self, name: str) -> None:
        """Count one piece as done, and say which."""
        self._done += 1
        if not self._shown:
            return
        count = f"[{self._done:>{len(str(self._total))}}/{self._total}] "
        room = max(shutil.get_terminal_size().columns - len(count) - 1, 0)
        text = count + (name if len(name) <= room else f"…{name[len(name) - room + 1 :]}" if room > 1 else "")
        encoding = self._stream.encoding or "utf-8"
        text = visible(text).replace("\n", "?").encode(encoding, "replace").decode(encoding)
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)

    def clear(self) -> None:
        """Take the line away."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0
