"""Lines for a person: coloured and wrapped on a terminal, plain and whole anywhere else."""

from __future__ import annotations

import os
import shutil
import textwrap
from typing import Literal, TextIO

from llmvcr.cli.progress import put, visible

__all__ = ["Paper"]

Style = Literal["", "bold", "dim", "red", "green", "cyan"]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "cyan": "36"}
_LEAST = 20


class Paper:
    """Where a command writes. Colour only on a terminal, and not where NO_COLOR is set (no-color.org)."""

    def __init__(self, stream: TextIO) -> None:
        """Write to a stream; its width is the terminal's, none where it is no terminal."""
        self._stream = stream
        is_terminal = stream.isatty()
        self._colours = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.width = max(shutil.get_terminal_size().columns, _LEAST) if is_terminal else None

    def line(self, text: str = "", style: Style = "", indent: int = 0) -> None:
        """Write a text, each of its lines behind `indent` blanks, wrapped where the terminal is narrower."""
        for one in visible(text).split("\n"):
            for piece in self._wrapped(one, indent):
                shown = " " * indent + piece if piece else ""
                coloured = style and self._colours and shown
                put(self._stream, f"\x1b[{_CODES[style]}m{shown}\x1b[0m" if coloured else shown)

    def _wrapped(self, line: str, indent: int) -> list[str]:
        if self.width is None or len(line) + indent <= self.width:
            return [line]
        room = max(self.width - indent, _LEAST)
        return textwrap.wrap(line, room, replace_whitespace=False, drop_whitespace=True, break_on_hyphens=False) or [""]
