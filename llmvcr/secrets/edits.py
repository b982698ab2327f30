"""Changes to a text, made all at once: what to write in which place, over the pieces of a body too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from llmvcr.secrets.placeholders import StandIn
from llmvcr.secrets.spellings import spelt
from llmvcr.secrets.texts import Scan

__all__ = ["Edit", "applied", "edits", "over_pieces"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Write `new` from `start` to `end`; `kinds` are those of the secrets that stood there."""

    start: int
    end: int
    new: bytes
    kinds: tuple[str, ...] = field(default=())


def edits(scanned: Scan, values: Mapping[str, StandIn]) -> tuple[Edit, ...]:
    """Give the changes that take every secret out of a text: those seen in it, and `values` (see `places.values`).

    In order, and none within another.
    """
    data, made = scanned.data, []
    for each in scanned.sightings:
        if each.start >= 0 and each.secret:
            stand_in = values.get(each.value) or each.stand_in
            made.append(Edit(each.start, each.end, stand_in.text, (stand_in.kind,)))
    own = {each.value: each.stand_in for each in scanned.sightings if each.start < 0 and each.secret}
    for value, stand_in in {**own, **values}.items():
        for start, end, new in spelt(value).swaps(data, stand_in.text, plain=scanned.plain, words=scanned.words):
            made.append(Edit(start, end, new, (stand_in.kind,)))
    for run in scanned.runs:
        if inner := edits(run.inner, values):
            kinds = tuple(dict.fromkeys(kind for each in inner for kind in each.kinds))
            made.append(Edit(run.start, run.end, run.packing.pack(applied(run.inner.data, inner)), kinds))
    return _apart(made)


def applied(data: bytes, changes: Sequence[Edit]) -> bytes:
    """Make the changes."""
    pieces, at = [], 0
    for each in changes:
        pieces += [data[at : each.start], each.new]
        at = each.end
    return b"".join((*pieces, data[at:]))


def over_pieces(pieces: Sequence[bytes], changes: Sequence[Edit]) -> tuple[bytes, ...]:
    """Make changes to a text that is cut into pieces: a piece without any stays the same object.

    What is written stands in the piece in which the secret began; the rest of it is taken out of those that follow.
    """
    result, offset, at = [], 0, 0
    for piece in pieces:
        end = offset + len(piece)
        made, here = [], offset
        while at < len(changes) and changes[at].start < end:
            change = changes[at]
            if change.start >= offset:
                made += [piece[here - offset : change.start - offset], change.new]
            here = min(change.end, end)
            if change.end > end:
                break
            at += 1
        if not made and here == offset:
            result.append(piece)
        else:
            result.append(b"".join((*made, piece[here - offset :])))
        offset = end
        # A change that ends with its piece, or in a later one, is not begun again.
        while at < len(changes) and changes[at].end <= offset:
            at += 1
    return tuple(result)


def _apart(made: Iterable[Edit]) -> tuple[Edit, ...]:
    kept: list[Edit] = []
    for each in sorted(made, key=lambda edit: (edit.start, -edit.end)):
        if kept and each.start < kept[-1].end:
            last = kept[-1]
            if each.end > last.end:
                # Two secrets that overlap go together: nothing of either may stay.
                kept[-1] = Edit(last.start, each.end, last.new, last.kinds + each.kinds)
        else:
            kept.append(each)
    return tuple(kept)
