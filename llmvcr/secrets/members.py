"""Secrets that stand behind a name, or in a known place of a text: JSON, forms, queries, multipart, signatures."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from llmvcr.secrets import cookies
from llmvcr.secrets.placeholders import NEUTRAL, StandIn, is_placeholder, marked
from llmvcr.secrets.rules import Rules
from llmvcr.secrets.spellings import is_drawn

__all__ = ["Sighting", "named", "scheme", "special"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A secret that was seen: `value` unescaped, from `start` to `end` of the data, or wherever it stands (-1).

    `known` is how every secret of its kind begins; `member` spans name and value where both may be left out;
    `secret` is False for a placeholder, an empty text or null in the place of one; `said` is True for what stands in
    a message, a tool or an argument: there another value is another call.
    """

    kind: str
    value: str = field(repr=False)
    known: str = ""
    start: int = -1
    end: int = -1
    member: tuple[int, int] | None = None
    secret: bool = True
    said: bool = False

    @property
    def stand_in(self) -> StandIn:
        """What is written in its place."""
        return marked(self.kind, self.value) if self.said else StandIn(self.kind)


# What may follow a name. A JSON string may itself stand in JSON strings, each time with more backslashes; the value
# then ends at a quote with just as many.
_JSON = re.compile(
    rb"""(?P<q>\\*["'])\s{0,20}:\s{0,20}(?:"(?P<plain>(?:[^"\\]|\\.)*+)"|'(?P<single>(?:[^'\\]|\\.)*+)'"""
    rb"""|(?P<open>\\+["'])(?P<inner>.{0,20000}?)(?<!\\)(?P=open)|(?P<null>null)\b)""",
    re.DOTALL,
)
_PAIR = re.compile(rb"=([^&\s\"'<>\\#;,]{1,20000})")
_PART = re.compile(rb'"(?:;[^\r\n]{0,1000})?\r?\n(?:[^\r\n]{1,1000}\r?\n){0,8}\r?\n([^\r\n]{1,20000})')
_NAME = (string.ascii_letters + string.digits + "_.-").encode()
_PARTED = (b"?", b"&", b";", b"")
_LONGEST_NAME = 80
_ASSIGNED = re.compile(
    rb"""\\{0,3}["']?\]?(?::\s?[A-Za-z][A-Za-z |.\[\]]{0,40}?(?==|\s=))?\s{0,4}(?::=|=>|=|:)\s{0,4}[bfr]?"""
    rb"""(?P<q>\\{0,3}["'`])?(?P<value>[A-Za-z0-9+/=._~-]{16,1000})(?(q)(?P=q)|(?=[\s,;&<"'`)}\\\]]|\Z))"""
)
_CODE = re.compile(r"[\s()\[\]{}<>*?^$|]")
_SENTENCE = 5  # blanks
_FREE = re.compile(rb"[\s{}\"<>]")
_SCHEME = re.compile(r"(?i)(bearer|basic|token|apikey|key|bot)\s+(?=\S)")
_BEARER = re.compile(rb"(?<![A-Za-z])[Bb]earer[ +]([A-Za-z0-9._~+/-]{16,20000}=*)")
_DIGIT = re.compile(rb"[0-9]")
_LONG, _SMALL = 12, 2048
_DECODER = json.JSONDecoder(strict=False)

_LINE = rb"-----%s(?:[ +]|%%20)[A-Z +%%0-9]{0,40}PRIVATE(?:[ +]|%%20)KEY-----"
_SPECIAL = (
    (b"AWS4-HMAC-SHA256", "AWS key id", re.compile(rb"Credential=([A-Za-z0-9]{8,128})(?=/|%2F)")),
    (b"AWS4-HMAC-SHA256", "AWS signature", re.compile(rb"[ ,]Signature=([0-9a-f]{40,128})")),
    # With its first and its last line: a detector takes whatever stands between the two for a key.
    (b"PRIVATE", "private key", re.compile(rb"(%s[^-]{40,20000}(?:%s)?)" % (_LINE % b"BEGIN", _LINE % b"END"))),
    (b"://", "password", re.compile(rb"://[^/\s:@\"'<>?#]{0,200}:([^/\s:@\"'<>?#]{3,400})@")),
    # A key in the place of the user, as Stripe and Sentry have it: no name of a person is so long and has a digit.
    (b"@", "credentials", re.compile(rb"://(?=[^:@]{0,399}[0-9])([A-Za-z0-9_.~%+-]{20,400}):?@")),
)


def named(data: bytes, rules: Rules, *, doubtful: bool = False) -> Iterator[Sighting]:
    """Give what stands behind a name that tells a secret, with its place."""
    lower = data.lower()
    if len(lower) < _SMALL and not rules.hints.search(lower):
        return
    for stem, rows in rules.fields:
        if stem not in lower:
            continue
        for name, kind in rows:
            at = lower.find(name)
            while at >= 0:
                after = at + len(name)
                sighting = (
                    _json(data, at, after, kind)
                    or _pair(data, at, after, kind)
                    or _part(data, at, after, kind)
                    or _assigned(data, after, kind)
                )
                if sighting is not None and (doubtful or sighting.secret) and not _is_idle(sighting, rules):
                    yield sighting
                at = lower.find(name, max(after, sighting.end if sighting else 0))
    if b"=" in data:
        yield from _queried(data, lower, rules, doubtful=doubtful)


def _is_idle(seen: Sighting, rules: Rules) -> bool:
    """Say whether it is a line of cookies none of which carries a session, or the name of an account."""
    if seen.kind == "account id":
        return not is_drawn(seen.value) and not seen.value.startswith(NEUTRAL.decode())
    return seen.kind == "cookie" and "=" in seen.value and not any(cookies.sessions(seen.value, rules))


def _queried(data: bytes, lower: bytes, rules: Rules, *, doubtful: bool) -> Iterator[Sighting]:
    own = None
    for name, kind in rules.query:
        at = lower.find(name + b"=")
        while at >= 0:
            after = at + len(name)
            sighting = _pair(data, at, after, kind, whole=True)
            if sighting is not None and (doubtful or sighting.secret):
                # In a text that only quotes a URL "?key=feature" is no secret.
                own = not _FREE.search(data) if own is None else own
                if own or (len(sighting.value) >= _LONG and any(map(str.isdigit, sighting.value))):
                    yield sighting
            at = lower.find(name + b"=", max(after, sighting.end if sighting else 0))


def special(data: bytes) -> Iterator[Sighting]:
    """Give signatures of AWS, private keys, passwords in URLs and bearer tokens, with their places."""
    for hint, kind, pattern in _SPECIAL:
        if hint in data:
            for match in pattern.finditer(data):
                value = match[1].decode("utf-8", "surrogateescape")
                if not is_placeholder(value):
                    yield Sighting(kind, value, "", match.start(1), match.end(1))
    if b"earer" in data:
        for match in _BEARER.finditer(data):
            value = match[1].decode("ascii")
            if _DIGIT.search(match[1]) and not is_placeholder(value):
                yield Sighting("bearer token", value, "", match.start(1), match.end(1))


def scheme(text: str) -> int:
    """Say how much of the text of credentials is their scheme ("Bearer ")."""
    match = _SCHEME.match(text)
    return match.end() if match else 0


def _json(data: bytes, at: int, after: int, kind: str) -> Sighting | None:
    match = _JSON.match(data, after)
    if match is None:
        return None
    opening = data.rfind(match["q"], max(0, at - _LONGEST_NAME), at)
    name = data[opening + len(match["q"]) : at]
    if opening < 0 or name.lstrip(_NAME):
        return None
    member = (opening, match.end())
    which = match.lastgroup or "null"
    if which == "null":
        return Sighting(kind, "", "", *match.span("null"), member, secret=False)
    start, end = match.span(which)
    return _seen(kind, _unescaped(data[start:end]), start, end, member)


def _pair(data: bytes, at: int, after: int, kind: str, *, whole: bool = False) -> Sighting | None:
    if data[after : after + 1] != b"=":
        return None
    start = at - len(ahead := data[max(0, at - _LONGEST_NAME) : at]) + len(ahead.rstrip(_NAME))
    ahead = data[max(0, start - 1) : start]
    # In JSON an ampersand may be written as an escape, in HTML as an entity.
    escaped = data[max(0, start - 1) : at].startswith((b"\\u0026", b";"))
    if ahead not in _PARTED and not escaped:
        return None
    if whole and start != at and not data[start:at].endswith(b"u0026"):
        return None
    match = _PAIR.match(data, after)
    if match is None:
        return None
    value = unquote_plus(match[1].decode("utf-8", "surrogateescape"), errors="surrogateescape")
    return _seen(kind, value, *match.span(1), (start, match.end()))


def _part(data: bytes, at: int, after: int, kind: str) -> Sighting | None:
    match = _PART.match(data, after)
    if match is None or data.rfind(b'name="', max(0, at - _LONGEST_NAME), at) < 0:
        return None
    return _seen(kind, match[1].decode("utf-8", "surrogateescape"), *match.span(1), None)


def _assigned(data: bytes, after: int, kind: str) -> Sighting | None:
    """Give what source code, settings or a command put into a variable or a header, if it looks drawn by lot."""
    match = _ASSIGNED.match(data, after)
    if match is None or kind == "cookie":
        return None
    value = match["value"].decode("ascii")
    scope = kind == "credentials" and "/" in value  # of AWS: which key of it signs what, see `special`
    if scope or is_placeholder(value) or not is_drawn(value):
        return None
    return Sighting(kind, value, "", *match.span("value"), said=True)


def _seen(kind: str, value: str, start: int, end: int, member: tuple[int, int] | None) -> Sighting:
    skipped = scheme(value) if kind == "credentials" else 0
    if skipped:
        value, start = value[skipped:], start + skipped
    return Sighting(kind, value, "", start, end, member, secret=not (is_placeholder(value) or _is_other(kind, value)))


def _is_other(kind: str, value: str) -> bool:
    """Say whether it is a sentence on a secret, or source code that looks for one."""
    if kind in ("API key", "access token"):
        return bool(_CODE.search(value))
    return kind in ("password", "secret") and value.count(" ") >= _SENTENCE


def _unescaped(text: bytes) -> str:
    said = text.decode("utf-8", "surrogateescape")
    if "\\" not in said:
        return said
    try:
        found = _DECODER.decode(f'"{said}"')
    except ValueError:
        return said
    return found if isinstance(found, str) else said
