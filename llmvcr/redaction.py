"""Secrets in an interaction: where they hide, how they are named without being told, and what stands in for them."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from llmvcr.interaction import Headers, Interaction, Json, Response, header
from llmvcr.secret_shapes import COOKIES, HEADERS, QUERY, SHAPES, is_placeholder

__all__ = ["Find", "find", "find_in_json", "find_in_text", "redacted", "redacted_json"]

_LONG = 16
"""From how many characters on a value is replaced wherever it stands, not only where it was found."""
_MOST_OPENED = 16 * 1024 * 1024
_SCHEME = re.compile(r"(?i)(bearer|basic|token|apikey|key)\s+(\S.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Find:
    """What looks like a secret: `place` ("request.headers.authorization"), `kind` ("OpenAI key") and the value itself.

    The value is in no text that is made of a find: `masked` says only what everybody may know.
    """

    place: str
    kind: str
    value: str = field(repr=False)
    known: str = ""
    """The beginning of the value that every secret of its kind has ("sk-ant-")."""

    @property
    def masked(self) -> str:
        """The known beginning and the length: "sk-ant-… (108 characters)"."""
        return f"{self.known}… ({len(self.value)} characters)"

    @property
    def placeholder(self) -> str:
        """What stands in for it: always the same for one kind."""
        return f"llmvcr-redacted-{re.sub('[^a-z0-9]+', '-', self.kind.lower())}"

    def __str__(self) -> str:
        return f"{self.place}: {self.kind} {self.masked}"


def find(interaction: Interaction) -> tuple[Find, ...]:
    """Find what looks like a secret in headers, URL, bodies (gzip'd ones too), notes and unknown keys.

    Headers, cookies and query parameters go by their names, everything by the shape of known keys; placeholders are
    no secrets. A value stands once for each place and kind.
    """
    request, response = interaction.request, interaction.response
    found = [*_in_url(request.url), *_in_headers("request", request.headers)]
    found += _in_body("request.body", request.body or b"", request.headers)
    found += _in_headers("response", response.headers)
    found += _in_body("response.body", response.body, response.headers)
    for place, held in (("notes", interaction.notes), ("unknown", interaction.unknown)):
        if held:
            found += find_in_json(held, place)
    return tuple(dict.fromkeys(found))


def find_in_text(text: str, place: str) -> Iterator[Find]:
    """Find what has the shape of a known kind of secret."""
    for shape in SHAPES:
        if shape.hint not in text:
            continue
        for match in shape.pattern.finditer(text):
            value = match[match.lastindex or 0]
            if not is_placeholder(value):
                yield Find(place, shape.kind, value, shape.known)


def find_in_json(value: Json, place: str) -> tuple[Find, ...]:
    """Find what has such a shape anywhere in a JSON value."""
    return tuple(dict.fromkeys(find_in_text(json.dumps(value, default=str, ensure_ascii=False), place)))


def redacted_json(value: Json) -> Json:
    """Put placeholders in the place of what `find_in_json` finds."""
    return _swap_json(value, {each.value: each.placeholder for each in find_in_json(value, "")})


def redacted(interaction: Interaction) -> Interaction:
    """Put placeholders in the place of what `find` finds; the interaction itself where it finds nothing.

    A value of 16 characters or more is replaced wherever it stands, in the URL in its escaped spellings too. A body
    that is changed loses its boundaries of chunks, and a content-length that was right stays right. What stands in a
    compressed body cannot be reached: `find` still finds it in the result.
    """
    finds = find(interaction)
    if not finds:
        return interaction
    swaps: dict[str, str] = {}
    for each in sorted(finds, key=lambda one: -len(one.value)):
        if len(each.value) >= _LONG or not each.place.partition(".")[2].startswith("headers."):
            for spelling in (each.value, quote(each.value, safe=""), quote_plus(each.value)):
                swaps.setdefault(spelling, each.placeholder)
    request, response = interaction.request, interaction.response
    body = None if request.body is None else _swap_bytes(request.body, swaps)
    sent = _resized(_swap_headers("request", request.headers, finds, swaps), request.body or b"", body or b"")
    request = replace(request, url=_swap(request.url, swaps), headers=sent, body=body)
    return replace(
        interaction,
        request=request,
        response=_answer(response, finds, swaps),
        notes=_swap_json(interaction.notes, swaps),
        unknown=_swap_json(interaction.unknown, swaps),
    )


def _answer(response: Response, finds: tuple[Find, ...], swaps: dict[str, str]) -> Response:
    body = _swap_bytes(response.body, swaps)
    headers = _swap_headers("response", response.headers, finds, swaps)
    if body == response.body:
        return replace(response, headers=headers)
    return replace(response, headers=_resized(headers, response.body, body), chunks=(body,))


def _in_url(url: str) -> Iterator[Find]:
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        yield from find_in_text(url, "request.url")
        return
    named = set()
    if password and not is_placeholder(password):
        yield Find("request.url.password", "password", password)
    for name, value in parse_qsl(parts.query):
        kind = QUERY.get(name.lower())
        if kind and not is_placeholder(value):
            named.add(value)
            place = f"request.url.{name}"
            yield from tuple(find_in_text(value, place)) or (Find(place, kind, value),)
    yield from (each for each in find_in_text(url, "request.url") if unquote(each.value) not in named)


def _in_headers(side: str, headers: Headers) -> Iterator[Find]:
    for name, text in headers:
        lower, place = name.lower(), f"{side}.headers.{name.lower()}"
        if lower in ("cookie", "set-cookie"):
            yield from _in_cookies(place, text, only_first=lower == "set-cookie")
            continue
        kind = HEADERS.get(lower)
        if kind is None:
            yield from find_in_text(text, place)
            continue
        scheme = _SCHEME.fullmatch(text)
        value = scheme[2] if scheme else text
        inner = tuple(find_in_text(value, place))
        yield from inner
        if not inner and not is_placeholder(value):
            yield Find(place, f"{scheme[1].lower()} credentials" if scheme else kind, value)


def _in_cookies(place: str, text: str, *, only_first: bool) -> Iterator[Find]:
    pairs = text.split(";")
    for pair in pairs[:1] if only_first else pairs:
        name, equals, value = pair.strip().partition("=")
        if equals and COOKIES.match(name) and not is_placeholder(value):
            yield Find(place, f"cookie {name}", value)


def _in_body(place: str, body: bytes, headers: Headers) -> Iterator[Find]:
    if body[:2] == b"\x1f\x8b" and "gzip" in (header(headers, "content-encoding") or "gzip"):
        body = _opened(body)
    # Shapes are ASCII, and this way a place in the text is a place in the bytes.
    return find_in_text(body.decode("latin-1"), place)


def _opened(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(body, _MOST_OPENED)
    except zlib.error:
        return body


def _swap(text: str, swaps: Mapping[str, str]) -> str:
    for value, placeholder in swaps.items():
        text = text.replace(value, placeholder)
    return text


def _swap_bytes(body: bytes, swaps: Mapping[str, str]) -> bytes:
    for value, placeholder in swaps.items():
        body = body.replace(value.encode("latin-1", "replace"), placeholder.encode())
    return body


def _swap_json(value: Json, swaps: Mapping[str, str]) -> Json:
    if isinstance(value, Mapping):
        return {_swap(str(key), swaps): _swap_json(item, swaps) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_swap_json(item, swaps) for item in value]
    return _swap(value, swaps) if isinstance(value, str) else value


def _swap_headers(side: str, headers: Headers, finds: tuple[Find, ...], swaps: Mapping[str, str]) -> Headers:
    lines = []
    for name, text in headers:
        own = {each.value: each.placeholder for each in finds if each.place == f"{side}.headers.{name.lower()}"}
        lines.append((name, _swap(_swap(text, own), swaps)))
    return tuple(lines)


def _resized(headers: Headers, before: bytes, after: bytes) -> Headers:
    """Keep a content-length right that was right."""
    old, new = str(len(before)), str(len(after))
    return tuple((name, new if name.lower() == "content-length" and text == old else text) for name, text in headers)
