"""What a format is: the bytes of one file to interactions and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from llmvcr.interaction import Interaction, Json

__all__ = ["Document", "Format", "Place"]

Place = tuple[int, int, int, int]
"""Where in its file an interaction begins, its answer, and what follows the body of that, and where it ends; 0 for the
two in the middle where it is read at once."""


@dataclass(frozen=True, slots=True)
class Document:
    """What one file holds, as a sequence of its interactions in recorded order.

    `extra` holds the top-level keys beside them (`metadata`, unknown ones); `repeats` is True where the format
    answers an equal request any number of times, as llama-stack's recordings do. `places` are those of the interactions
    in the bytes that were read, where the format has found them out.
    """

    interactions: tuple[Interaction, ...]
    extra: Mapping[str, Json] = field(default_factory=dict)
    repeats: bool = False
    places: tuple[Place, ...] = field(default=(), compare=False, repr=False)

    def __iter__(self) -> Iterator[Interaction]:
        return iter(self.interactions)

    def __len__(self) -> int:
        return len(self.interactions)

    def __getitem__(self, position: int) -> Interaction:
        return self.interactions[position]


class Format(Protocol):
    """One file format; a module-level frozen instance of it stands in the shelf `llmvcr.formats.FORMATS`."""

    @property
    def name(self) -> str:
        """As in `--to` and `serializer`: "yaml", "json", "vcr_json", "recordings"."""
        ...

    @property
    def suffix(self) -> str:
        """With its dot: ".yaml"."""
        ...

    def claims(self, data: bytes) -> bool:
        """Say whether the content (never the file's name) looks like this format; cheap, never raises."""
        ...

    def read(self, data: bytes, *, path: str) -> Document:
        """Read a whole file; `path` is for messages only.

        Raises ReadError, with interaction and place, for anything that is not a whole, well-formed file.
        """
        ...

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:
        """Write a whole file; with `strict` nothing stands under our own key. Raises WriteError."""
        ...
