"""What a framing is: bytes to frames and back, fed as they come, without any I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Frame", "Framer"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a stream: `raw` is its exact bytes; the joined raws of a stream are the stream."""

    name: str
    data: str
    raw: bytes


class Framer(Protocol):
    """Splits a stream into frames; one instance a stream."""

    def feed(self, data: bytes) -> Iterable[Frame]:
        """Take the next bytes, in any cut, and give the frames that they complete."""
        ...

    def end(self) -> Iterable[Frame]:
        """Say that no more bytes come, and give what is left as a last frame, if anything is."""
        ...
