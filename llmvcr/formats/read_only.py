"""What the formats of other tools have in common: they are read and never written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from llmvcr.errors import WriteError
from llmvcr.formats.vcr_dict import plain
from llmvcr.formats.vintage import Where
from llmvcr.interaction import Headers, Json, header

__all__ = ["REBUILT", "gathered", "json_bytes", "left", "mapping", "moment", "text", "unwritable", "url"]

REBUILT = "rebuilt"
"""The note that lists the bodies which the source holds as parsed JSON, so that their bytes are not the wire's."""

_SPACED = ((", ", ": "), True)
_RENDERINGS = (((",", ":"), False), _SPACED, ((", ", ": "), False), ((",", ":"), True))


def unwritable(path: str, name: str) -> WriteError:
    """Return the error for writing a file of a format that is only read."""
    fix = "convert it, with --to yaml or --to json, and record into the new file"
    return WriteError(path, f"is {name}, which llmvcr reads and never writes", fix=fix)


def mapping(parent: Mapping[str, Json], key: str, where: Where) -> Mapping[str, Json]:
    """Return the object under `key`; ReadError naming the place where it is missing or none."""
    if parent.get(key) is None:
        (where / key).missing()
    value = parent[key]
    if not isinstance(value, Mapping):
        (where / key).fail("is no mapping")
    return value


def text(parent: Mapping[str, Json], key: str, where: Where) -> str:
    """Return the text under `key`; ReadError naming the place where it is missing or none."""
    if parent.get(key) is None:
        (where / key).missing()
    value = parent[key]
    if not isinstance(value, str):
        (where / key).fail("is no text")
    return value


def url(parent: Mapping[str, Json], key: str, where: Where) -> str:
    """Return the URL under `key`; ReadError where it is missing, no text, or a WebSocket's."""
    found = text(parent, key, where)
    if found.lower().startswith(("ws://", "wss://")):
        (where / key).fail(f"is a WebSocket recording, which is no HTTP request and answer: {found[:200]}")
    return found


def moment(value: Json) -> str | None:
    """Return a time as ISO 8601 in UTC ("2026-11-22T09:00:00Z"), or None for what is none.

    It takes ISO 8601 and the dates of HTTP; a time without a zone is in UTC, as betamax writes it.
    """
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        try:
            found = parsedate_to_datetime(value)
        except ValueError:
            return None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    try:
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return None


def left(part: Mapping[str, Json], known: Iterable[str]) -> dict[str, Json]:
    """Return the keys of a mapping that the format's reader does not know, as JSON can hold them."""
    skipped = frozenset(known)
    return {str(key): plain(value) for key, value in part.items() if key not in skipped}


def gathered(**places: Mapping[str, Json]) -> dict[str, Json]:
    """Return what `Interaction.unknown` holds: the places where something was left over."""
    return {place: dict(keys) for place, keys in places.items() if keys}


def json_bytes(value: Json, headers: Headers, where: Where, *, spaced: bool) -> tuple[bytes, bool]:
    """Return the bytes of a body that the source holds as parsed JSON, and whether they are surely the wire's.

    They are the first common rendering that is as long as content-length says. Where none is, they are what Python's
    `json.dumps` gives (`spaced`) or compact UTF-8. Raises ReadError for what JSON cannot hold.
    """
    length, fallback = header(headers, "content-length"), b""
    for separators, ascii_only in sorted(_RENDERINGS, key=lambda words: words != _SPACED) if spaced else _RENDERINGS:
        try:
            body = json.dumps(value, ensure_ascii=ascii_only, separators=separators, allow_nan=False).encode()
        except UnicodeEncodeError:
            continue  # a lone surrogate: only the renderings with escapes can hold it
        except (TypeError, ValueError, RecursionError):
            where.fail("holds what JSON cannot say")
        if str(len(body)) == length:
            return body, True
        fallback = fallback or body
        if length is None:
            break
    return fallback, False
