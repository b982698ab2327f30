"""Pieces of texts, gathered under their keys and joined once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llmvcr.interaction import Json

__all__ = ["Pieces", "runs"]


class Pieces:
    """Texts that come in pieces; what is no text is kept as its last value."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self._found: dict[Any, list[Json]] = {}

    def add(self, key: Any, piece: Json) -> None:
        """Take the next piece; null says nothing."""
        if piece is not None:
            self._found.setdefault(key, []).append(piece)

    def whole(self) -> dict[Any, Json]:
        """Give what was gathered under each key: its pieces joined."""
        return {
            key: "".join(found) if all(isinstance(one, str) for one in found) else found[-1]
            for key, found in self._found.items()
        }

    def __len__(self) -> int:
        """Count the places of keys that are (place, name)."""
        return len({key[0] for key in self._found})


def runs(blocks: Iterable[Json], more: Iterable[Json] = ()) -> list[Json]:
    """Join neighbouring blocks that are pieces of one: text after text, thought after thought."""
    found: list[dict[str, Json]] = []
    for block in (*blocks, *({"type": "text", "text": one} for one in more)):
        if not isinstance(block, dict):
            continue
        before = found[-1] if found else {}
        if _kind(block) and _kind(block) == _kind(before):
            key = _kind(block)[1]
            found[-1] = {**before, key: before[key] + block[key]}
        else:
            found.append(block)
    return found


def _kind(block: dict[str, Json]) -> tuple[str, ...]:
    """Say what a block is a piece of, and where it stands; () for a block that is no piece."""
    if isinstance(block.get("thinking"), list):
        return "thinking", "thinking"
    if isinstance(block.get("text"), str) and not block.keys() - {"type", "text", "thought", "thoughtSignature"}:
        return f"text {bool(block.get('thought'))}", "text"
    return ()
