"""The interactions of a cassette as vcrpy holds them, each made of ours when somebody looks at it."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence, Sequence
from typing import Any, overload

from llmvcr.bridge.translate import Pair, to_pair, to_request, to_response
from llmvcr.formats import extra
from llmvcr.interaction import Interaction, Request, Response

__all__ = ["Pairs"]


class Pairs(MutableSequence[Pair]):
    """`Cassette.data`: a list of pairs of vcrpy's, some of which are kept as they were read.

    A replay asks for `request` and `answer`, which of what was kept are at hand. Whoever takes out a pair may change
    it, as with vcrpy's own list: from then on the pair counts.
    """

    __slots__ = ("_held",)

    def __init__(self, held: Iterable[Interaction | Pair] = ()) -> None:
        """Take interactions of ours and pairs of vcrpy's."""
        self._held: list[Interaction | Pair] = list(held)

    def keep(self, interaction: Interaction) -> None:
        """Take in one of ours, as the last."""
        self._held.append(interaction)

    def kept(self, count: int) -> tuple[Interaction, ...] | None:
        """Give the first so many as they were read; None if one of them was taken out, and may have changed."""
        first = self._held[:count]
        kept = tuple(one for one in first if isinstance(one, Interaction))
        return kept if len(kept) == count else None

    def request(self, position: int) -> Request:
        """Give the request at a position, as ours."""
        one = self._held[position]
        return one.request if isinstance(one, Interaction) else to_request(one[0])

    def answer(self, position: int, *, path: str) -> Response:
        """Give the answer at a position, as ours; raises ReadError, with `path`, where a hook left no response."""
        one = self._held[position]
        return one.response if isinstance(one, Interaction) else to_response(one[1], path=path, number=position)

    def recorded_at(self, position: int) -> str | None:
        """Give what an interaction says of when it was recorded."""
        one = self._held[position]
        if isinstance(one, Interaction):
            return one.recorded_at
        told = one[1].get(extra.KEY)
        said = told.get("recorded_at") if isinstance(told, dict) else None
        return said if isinstance(said, str) else None

    def insert(self, index: int, value: Pair) -> None:
        """Put a pair before another one."""
        self._held.insert(index, value)

    def append(self, value: Pair) -> None:
        """Put a pair after the last."""
        self._held.append(value)

    def __len__(self) -> int:
        return len(self._held)

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> list[Pair]: ...
    def __getitem__(self, index: int | slice) -> Pair | list[Pair]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self._held)))]
        one = self._held[index]
        if isinstance(one, Interaction):
            one = self._held[index] = to_pair(one)
        return one

    @overload
    def __setitem__(self, index: int, value: Pair) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[Pair]) -> None: ...
    def __setitem__(self, index: Any, value: Any) -> None:
        self._held[index] = value

    def __delitem__(self, index: int | slice) -> None:
        del self._held[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))
