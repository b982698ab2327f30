"""Hypothesis strategies for interactions of every kind, and documents of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, Request, Response

__all__ = ["BODIES", "DOCUMENTS", "INTERACTIONS", "TEXT"]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
"""Any text that UTF-8 can hold."""

_TRAPS = st.sampled_from(
    ["yes", "null", "~", "1:30", "0x1F", "2026-11-22", "<<", "=", "1e5", "-", "? a", "key: v", "#"]
)
_LINES = st.lists(TEXT | _TRAPS, max_size=5).map("\n".join)
_SSE = st.lists(TEXT, max_size=4).map(lambda datas: "".join(f"data: {data}\n\n" for data in datas))

BODIES = st.one_of(st.binary(max_size=60), *(text.map(str.encode) for text in (TEXT, _TRAPS, _LINES, _SSE)))
"""Bodies: binary, text of one line and of several, event streams."""

_HEADERS = st.lists(st.tuples(TEXT | st.sampled_from(["Accept", "accept", "Set-Cookie"]), TEXT | _TRAPS), max_size=5)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT | _TRAPS
_JSON = st.recursive(
    _LEAVES, lambda held: st.lists(held, max_size=3) | st.dictionaries(TEXT | _TRAPS, held, max_size=3), max_leaves=6
)
_KEYS = TEXT | st.sampled_from(
    ["body", "headers", "status", "version", "chunks", "unknown", "notes", "request", "http"]
)
_FACTS = st.dictionaries(_KEYS, _JSON, max_size=3)
_UNKNOWN = st.dictionaries(
    st.sampled_from(["interaction", "request", "response"]), st.dictionaries(_KEYS, _JSON, min_size=1, max_size=3)
)


def _cut(body: bytes, places: list[int]) -> tuple[bytes, ...]:
    at = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return tuple(body[start:end] for start, end in pairwise(at))


_CHUNKS = st.one_of(
    st.just(()), st.builds(_cut, BODIES, st.lists(st.integers(0, 100), max_size=4)), st.tuples(BODIES.filter(bool))
)


def _interaction(request: Request, response: Response, **facts: Any) -> Interaction:
    return Interaction(request, response, **facts)


INTERACTIONS = st.builds(
    _interaction,
    st.builds(
        Request,
        st.sampled_from(["GET", "POST", "post"]),
        TEXT.map("https://api.example.com/".__add__),
        _HEADERS.map(tuple),
        st.none() | BODIES,
    ),
    st.builds(Response, st.integers(100, 599), TEXT | _TRAPS, _HEADERS.map(tuple), _CHUNKS),
    recorded_at=st.none() | st.just("2026-11-22T09:00:00Z"),
    notes=_FACTS,
    unknown=_UNKNOWN,
)
"""Interactions with any bytes, headers and chunking, and facts beside them under awkward names."""

DOCUMENTS = st.builds(
    lambda interactions, extra: Document(tuple(interactions), extra),
    st.lists(INTERACTIONS, max_size=3),
    st.dictionaries(TEXT.filter(lambda key: key not in {"version", "interactions"}), _JSON, max_size=2),
)
"""Whole files, with top-level keys that no format knows."""
