"""What typed documents write beyond a recording (header lines, spellings, unknown keys), and what strict ones lose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from llmvcr.formats import extra, spelling
from llmvcr.formats.items import KNOWN
from llmvcr.formats.rebuild import headers_of
from llmvcr.interaction import Headers, Interaction, Json

__all__ = ["grouped", "lost", "put_unknown", "spelt_request"]


def grouped(headers: Headers) -> dict[str, Json] | None:
    """Give {name: value} or, where a name is repeated, {name: [values]}; None where that loses the order of lines."""
    plain: dict[str, Json] = dict(headers)
    if len(plain) == len(headers):
        return plain
    names: dict[str, list[str]] = {}
    for name, value in headers:
        names.setdefault(name, []).append(value)
    mapping: dict[str, Json] = {name: values[0] if len(values) == 1 else values for name, values in names.items()}
    return mapping if headers_of(mapping) == headers else None


def spelt_request(body: bytes | None, spelt: spelling.Spelt | None = None) -> dict[str, Json]:
    """Say how a request's body is spelt; nothing for the common case (compact JSON, or no body).

    `spelt` is what `spelling.spell` says of it, for whoever has asked that already.
    """
    if body is None:
        return {}
    spelt = spelt or spelling.spell(body)
    if spelt.form != "reply":
        return spelling.raw(body)
    how = spelt.how if isinstance(spelt.how, dict) else {"rendering": spelt.how}
    how = {**how, "rendering": how["rendering"].removeprefix("json ")}
    return {} if how == {"rendering": "compact"} else how


def put_unknown(item: dict[str, Json], unknown: Mapping[str, Json]) -> dict[str, Json]:
    """Put unknown keys back at their places; give back those that cannot stand there, for our own key."""
    left: dict[str, Json] = {}
    for place in sorted(unknown, key=(*extra.PLACES, *unknown).index):
        keys = unknown[place]
        if place not in extra.PLACES or not isinstance(keys, Mapping) or not keys:
            left[place] = keys
            continue
        target = item if place == "interaction" else item[place]
        hidden = {key: value for key, value in keys.items() if key in KNOWN[place]}
        target.update({key: value for key, value in keys.items() if key not in hidden})
        left |= {place: hidden} if hidden else {}
    return left


def lost(before: Interaction, after: Interaction) -> tuple[str, ...]:
    """Name, in plain words, what `after` (read back from a strict document) no longer says of `before`."""
    return (*_lost(before, after), *extra.losses(before, after))


def _lost(before: Interaction, after: Interaction) -> Iterator[str]:
    one, other = before.request, after.request
    if one.method != other.method:
        yield f"method {one.method}"
    if one.url != other.url:
        yield "URL as it was called"
    if one.headers != other.headers:
        yield f"{len(one.headers)} request header lines"
    if one.body != other.body:
        yield f"bytes of the request body ({len(one.body or b'')})"
    if before.response.status != after.response.status:
        yield f"status {before.response.status}"
    if before.response.reason != after.response.reason:
        yield "reason phrase"
    if before.response.headers != after.response.headers:
        yield f"{len(before.response.headers)} response header lines"
    if before.response.body != after.response.body:
        yield f"bytes of the response body ({len(before.response.body)})"
