"""Cassettes without what nobody plays: interactions taken out of a file, whole or not at all, and files taken away."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from llmvcr import storage
from llmvcr.errors import ReadError, WriteError
from llmvcr.interaction import Interaction

__all__ = ["alike", "fingerprint", "is_cassette", "remove", "without"]


def fingerprint(interaction: Interaction) -> str:
    """Give 32 hex digits that are the same for the same request and answer, in every format and every process."""
    asked, answered = interaction.request, interaction.response
    parts = (asked.method, asked.url, str(answered.status), interaction.recorded_at or "")
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16)
    for body in (asked.body or b"", answered.body):
        digest.update(len(body).to_bytes(8, "big") + body)
    return digest.hexdigest()


def alike(interactions: Iterable[Interaction], wanted: Mapping[str, int]) -> tuple[int, ...]:
    """Give the positions of interactions by how many of which fingerprint are wanted; of equal ones the last."""
    left = Counter(wanted)
    found: list[int] = []
    for position, one in reversed(list(enumerate(interactions))):
        if left.total() <= 0:
            break
        seen = fingerprint(one)
        if left[seen] > 0:
            left[seen] -= 1
            found.append(position)
    return tuple(reversed(found))


def without(path: str | Path, unwanted: Collection[int] | Mapping[str, int], *, dry: bool = False) -> int:
    """Write a cassette without some of its interactions, and give how many those were.

    `unwanted` are positions (from 0), or how many of which `fingerprint`; what is not there is passed over. The file
    keeps its format and what else stands in it; one that would be left without any interaction is removed. A `dry` run
    changes nothing. Raises ReadError where it cannot be read, WriteError where it cannot be written, and for a folder
    of recordings; the file is as it was then.
    """
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise WriteError(str(path), "is a folder of recordings", fix="remove the files of it that are not wanted")
    with storage.only_one(path):
        document = storage.load(path)
        held = document.interactions
        chosen = alike(held, unwanted) if isinstance(unwanted, Mapping) else unwanted
        gone = {position for position in chosen if 0 <= position < len(held)}
        kept = tuple(one for position, one in enumerate(held) if position not in gone)
        if gone and not dry:
            if kept:
                storage.dump(replace(document, interactions=kept), path)
            else:
                storage.remove(path)
    if not kept and not dry:
        storage.remove_empty(path.parent)
    return len(gone)


def remove(path: str | Path) -> None:
    """Take away a cassette file; raises WriteError, also for what is no cassette: that is left alone."""
    path = Path(path)
    if path.is_dir() or not is_cassette(path):
        raise WriteError(str(path), "is no cassette", fix="it is left alone; remove it yourself if it is not wanted")
    with storage.only_one(path):
        storage.remove(path)
    storage.remove_empty(path.parent)


def is_cassette(path: str | Path) -> bool:
    """Say whether a file reads as a cassette, in whatever format, that holds at least one interaction."""
    try:
        return bool(storage.load(path).interactions)
    except (OSError, ReadError):
        return False
