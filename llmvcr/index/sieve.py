"""Which recorded bodies may hold what a request says: a search for a few phrases, which reads no JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from llmvcr.bodies import OPEN
from llmvcr.canonical import Canonical
from llmvcr.interaction import Json, Request

__all__ = ["Sieve", "rarest"]

# Letters, digits and blanks: what JSON can spell in one other way alone, as "\u0041".
_PHRASE = re.compile(r"[A-Za-z0-9 ]{4,40}")
_PLAIN_URL = re.compile(r"[!-~]*")
_RESPELT = re.compile(rb"\\u00[2-7]")
_GZIP = b"\x1f\x8b"
_MOST_PHRASES, _SAMPLE = 32, 32
_ENOUGH = 8  # no more phrases are looked for where so few bodies are left

_Text = TypeVar("_Text", bytes, str)


class Sieve:
    """Recorded requests, in the order of a list that grows; it may be asked while nobody adds to it.

    It rests on this: what a canonical form keeps of a JSON string stands in the body as it is, letter for letter,
    unless the body is packed, no UTF-8, or spells ASCII letters as escapes. Such bodies are never ruled out. What is
    no LLM call has the host of its URL.
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        """Take the list, which is read when somebody asks."""
        self._requests = requests
        self._bodies: list[bytes] = []  # of those that were looked at
        self._odd: list[int] = []  # positions of those that may hold anything

    def holding(self, form: Canonical) -> Sequence[int] | None:
        """Give the positions of those that may have this form, in order; None where nothing tells them apart."""
        if not form.provider:
            return self._of_host(form.fields.get("host"))
        phrases = [phrase.encode() for phrase in _spread(_phrases(form))]
        if not phrases:
            return None
        self._look()
        bodies = self._bodies
        found: Sequence[int] = range(len(bodies))
        for phrase in rarest(phrases, bodies):
            if len(found) <= _ENOUGH:
                break
            found = [position for position in found if phrase in bodies[position]]
        return sorted({*found, *self._odd}) if self._odd else found

    def _of_host(self, host: str | None) -> Sequence[int] | None:
        if not host:
            return None
        urls = {one.url for one in self._requests}
        fitting = {url for url in urls if not _PLAIN_URL.fullmatch(url) or host in url.lower()}
        return [at for at, one in enumerate(self._requests) if one.url in fitting]

    def _look(self) -> None:
        looked = len(self._bodies)
        self._bodies += [request.body or b"" for request in self._requests[looked:]]
        self._odd += [looked + at for at, body in enumerate(self._bodies[looked:]) if _is_odd(body)]


def _is_odd(body: bytes) -> bool:
    escaped = b"\\u00" in body and _RESPELT.search(body)
    return bool(escaped) or body[:2] == _GZIP or b"\0" in body[:4]


def rarest(phrases: Sequence[_Text], among: Sequence[_Text]) -> list[_Text]:
    """Sort phrases by how few of some texts hold them, going by a sample, and of equals the longest first."""
    sample = among[:: max(len(among) // _SAMPLE, 1)]
    return sorted(phrases, key=lambda phrase: (sum(phrase in one for one in sample), -len(phrase)))


def _phrases(form: Canonical) -> list[str]:
    """Give the phrases of a JSON body that stand outside what was renamed or left out."""
    fields = form.fields
    if not form.provider or fields["kind"] not in ("json", "ndjson"):
        return []
    return [phrase for text in _strings(fields["body"]) for phrase in _PHRASE.findall(text.partition(OPEN)[0])]


def _strings(value: Json) -> Iterator[str]:
    todo = [value]
    while todo:
        one = todo.pop()
        if type(one) is str:  # no mark, which stands for another value
            yield one
        elif isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, list):
            todo += one


def _spread(phrases: Sequence[str]) -> list[str]:
    """Take some of many phrases, from all over the body."""
    known = list(dict.fromkeys(phrases))
    return known[:: max(len(known) // _MOST_PHRASES, 1)][: _MOST_PHRASES + 1]
