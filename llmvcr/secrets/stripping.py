"""A request as the matcher is to see it: no secret plays a part, whichever it is, and whether there is one at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from llmvcr.interaction import Request
from llmvcr.secrets import payloads, places
from llmvcr.secrets.edits import Edit, applied, edits
from llmvcr.secrets.placeholders import StandIn, neutral
from llmvcr.secrets.rules import Rules
from llmvcr.secrets.texts import Scan

__all__ = ["stripped"]

_COMMA_BEFORE = re.compile(rb",\s{0,20}\Z")
_COMMA_AFTER = re.compile(rb"\s{0,20},\s{0,20}")


def stripped(request: Request, rules: Rules) -> Request:
    """Leave out parameters and credentials of the call, and make all other secrets one word.

    What only its name tells, in a message or the argument of a tool, becomes what a file has for it: another value is
    another text. The request itself where there is nothing to do; headers stay as they are: they play no part.
    """
    asked = places.ask(request, rules, doubtful=True)
    values = places.values(places.sightings(asked), rules)
    values |= {each.value: each.stand_in for _, each in places.sightings(asked) if each.start < 0 and each.value}
    url, body = _without(asked.url, values), request.body
    if body:
        if asked.body.packed:
            (opened,), kinds = payloads.cleaned(asked.body, rules, values)
            body = neutral(opened) if kinds else body
        else:
            body = _without(asked.body.scanned, values)
    if url == asked.url.data and body == request.body:
        return request
    return replace(request, url=url.decode("utf-8", "surrogatepass"), body=body)


def _without(scanned: Scan, values: dict[str, StandIn]) -> bytes:
    spans = sorted({each.member for each in scanned.sightings if each.member and not each.said})
    changes = edits(scanned, values)
    if not spans and not changes:
        return neutral(scanned.data)
    removed = list(_removed(scanned.data, spans))
    made = [Edit(start, end, b"") for start, end in removed]
    for each in changes:
        made += _outside(each, removed)
    return neutral(applied(scanned.data, sorted(made, key=lambda edit: edit.start)))


def _outside(change: Edit, removed: Iterable[tuple[int, int]]) -> Iterable[Edit]:
    """Give what is left of a change beside what is left out: of one within a member nothing."""
    at, new = change.start, change.new
    for start, end in removed:
        if start >= change.end:
            break
        if end > at:
            if start > at:
                yield Edit(at, start, new)
                new = b""
            at = end
    if at < change.end:
        yield Edit(at, change.end, new)


def _removed(data: bytes, spans: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Give each span with the separator that goes with it, so that what is left is a whole object or query again."""
    at = 0
    for span in spans:
        start, end = span
        if start < at:
            continue
        pair = data[start:end].find(b"=") >= 0 and data[start : start + 1] not in (b'"', b"'", b"\\")
        if pair and data[start - 1 : start] == b"&":
            start -= 1
        elif pair:
            end += data[end : end + 1] == b"&"
        elif comma := _COMMA_BEFORE.search(data, max(at, start - 24), start):
            start = comma.start()
        elif comma := _COMMA_AFTER.match(data, end):
            end = comma.end()
        yield start, end
        at = end
