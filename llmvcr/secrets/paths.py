"""Where in JSON something stands: with the credentials of a call, or in what somebody has said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

__all__ = ["said"]

_TOKEN = re.compile(rb'("(?:[^"\\]|\\.)*+")(\s*+:)?|[{}\[\]]', re.DOTALL)
_CREDENTIALED = frozenset(
    {
        *(b"tools", b"headers", b"extra_headers", b"mcp_servers", b"mcpServers", b"connectors", b"servers", b"server"),
        *(b"data_sources", b"dataSources", b"parameters", b"authentication", b"auth", b"credentials", b"connection"),
        *(b"provider_data", b"provider", b"litellm_params", b"extra_body", b"config", b"options", b"session"),
    }
)
"""Objects in which a call tells whom it acts for; so does its outermost one. In all others a member is content."""


def said(data: bytes, places: Sequence[int]) -> Iterator[bool]:
    """Say for each member of JSON that begins at `places`, in order, whether it is what somebody has said.

    Such are the arguments, schemas and results of tools, and whatever is JSON within a string; a member of the
    outermost object, of a tool of a remote server or of its headers is a credential of the call. One pass, whatever
    the bytes; of what is no JSON the answer is a guess.
    """
    above: list[bytes] = []  # the key under which each open object or list stands, and the last key of the innermost
    waiting = iter(places)
    place = next(waiting, None)
    for token in _TOKEN.finditer(data):
        while place is not None and place < token.end():
            # A place within a string is that of JSON in JSON.
            yield place > token.start() or not _CREDENTIALED.issuperset(filter(None, above[:-1]))
            place = next(waiting, None)
        if place is None:
            return
        sign = token[0]
        if token[2] and above:
            above[-1] = token[1][1:-1]
        elif sign in b"{[":
            above.append(b"")
        elif sign in b"}]":
            del above[-1:]
    while place is not None:
        yield False
        place = next(waiting, None)
