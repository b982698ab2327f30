"""Ids that answers brought: which recorded request a received one is, where a call before it was answered anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from llmvcr.answers import drawn
from llmvcr.canonical import Canonical, text
from llmvcr.interaction import Request, Response

__all__ = ["Origins"]


class Origins:
    """What the answers of one cassette brought, asked only about a request that nothing recorded answers.

    While nothing is recorded, the application has the recorded ids and no others, and there is nothing to do. Once it
    was given a fresh answer, it quotes the fresh ids where the recorded requests quote the recorded ones (decision 18).
    In a text any fresh id may stand for a recorded one: to the model neither says a thing. In the URL, and where it is
    a whole value ("assistant_id"), it names something that is kept at the server: there both must come from answers to
    the same request, so that a thread or an assistant that was made otherwise is another one. Either way one fresh id
    stands for one recorded id throughout.
    """

    def __init__(self, form: Callable[..., Canonical], answer: Callable[[int], Response]) -> None:
        """`form(request, known=ids)` gives a form with those ids renamed, too; `answer` the answer at a position."""
        self._form = form
        self._answer = answer
        self._seen: set[int] = set()
        # By id, the key of the request that it was an answer to.
        self._recorded: dict[str, bytes] = {}
        self._fresh: dict[str, bytes] = {}
        self._bound: dict[str, str] = {}
        # The recorded requests with all recorded ids renamed, made when they are first asked for.
        self._by_key: dict[bytes, list[tuple[int, tuple[str, ...]]]] = {}
        self.fresh: set[int] = set()
        """Positions whose answers came just now from a server."""

    def find(
        self, request: Request, plain: Canonical, requests: Sequence[Request], played: Sequence[bool]
    ) -> tuple[int, Mapping[str, str]] | None:
        """Give the first unplayed position that `request` is, and which id stands for which; None if there is none.

        `plain` is its form without known ids, `requests` and `played` are all that is recorded, by position.
        """
        self._read(self.fresh - self._seen, self._fresh, requests)
        # What quotes no fresh id, or only where ids are renamed in any case, was not meant.
        if not self._fresh or self._form(request, known=self._fresh.keys()).ids == plain.ids:
            return None
        self._key(requests)
        form = self._form(request, known=self._recorded.keys() | self._fresh.keys())
        naming = _naming(form)
        for position, ids in self._by_key.get(form.key, ()):
            if not played[position]:
                pairs = self._pairs(form.ids, ids, set(plain.ids), naming)
                if pairs is not None:
                    return position, pairs
        return None

    def bind(self, pairs: Mapping[str, str]) -> None:
        """Remember which fresh id stands for which recorded one."""
        self._bound.update(pairs)

    def _key(self, requests: Sequence[Request]) -> None:
        """Take in the answers that were recorded before, and the requests with all their ids renamed."""
        missing = set(range(len(requests))) - self.fresh - self._seen
        if not missing:
            return
        self._read(missing, self._recorded, requests)
        self._by_key.clear()
        for position in sorted(self._seen - self.fresh):
            form = self._form(requests[position], known=self._recorded.keys())
            self._by_key.setdefault(form.key, []).append((position, form.ids))

    def _read(self, positions: set[int], into: dict[str, bytes], requests: Sequence[Request]) -> None:
        for position in sorted(positions):
            if found := drawn(requests[position], self._answer(position)):
                into.update(dict.fromkeys(found - into.keys(), self._form(requests[position]).key))
        self._seen |= positions

    def _pairs(
        self, received: Sequence[str], recorded: Sequence[str], free: set[str], naming: Sequence[bool]
    ) -> Mapping[str, str] | None:
        pairs: dict[str, str] = {}
        taken = {other: one for one, other in self._bound.items()}
        for one, other, names in zip(received, recorded, naming, strict=True):
            # What a rule renames in any case may differ; what is the same stands for itself.
            if one in free or one == other:
                continue
            if one not in self._fresh or other not in self._recorded:
                return None
            if names and self._fresh[one] != self._recorded[other]:
                return None
            if self._bound.get(one, other) != other or taken.get(other, one) != one:
                return None
            pairs[one] = other
        return pairs


def _naming(form: Canonical) -> list[bool]:
    """By number of an id, whether it names something kept at the server: in the URL, or as a whole value."""
    told, url = text(form.fields), text([form.fields.get("path"), form.fields.get("query")])
    names = [text(f"\u27e8id {number}\u27e9") for number in range(1, len(form.ids) + 1)]
    return [name in told or name[1:-1] in url for name in names]
