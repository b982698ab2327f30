"""Secrets in header lines: by the name of the header or of the cookie, and as in any other text."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

from llmvcr.secrets import cookies, members, names
from llmvcr.secrets.members import Sighting
from llmvcr.secrets.placeholders import is_placeholder
from llmvcr.secrets.rules import Rules
from llmvcr.secrets.spellings import is_long
from llmvcr.secrets.texts import Scan, scan

__all__ = ["REQUEST_ID", "look"]

REQUEST_ID = "request id"
"""The kind of what names one call: it is replaced, and by itself no alarm."""

_SHORTEST = 8
_KEY = 20  # signs from which on a user of basic credentials is taken for a key
_PASSED_ON = "llm_provider-"  # so LiteLLM's proxy calls the headers of the provider behind it


def look(name: str, text: str, rules: Rules, *, answer: bool = False) -> Scan:
    """Look through one header line."""
    lower = name.lower().removeprefix(_PASSED_ON)
    data = text.encode("utf-8", "surrogatepass")
    if lower in rules.keep:
        return Scan(data)
    if lower in ("cookie", "set-cookie"):
        found = cookies.sessions(text, rules, only_first=lower == "set-cookie")
        return Scan(data, tuple(Sighting(f"cookie {name}", value, "", start, end) for name, value, start, end in found))
    if kind := rules.headers.get(lower):
        return _named(text, data, kind, rules)
    if answer and names.is_trace(lower):
        seen = () if is_placeholder(text) else (Sighting(REQUEST_ID, text, "", 0, len(data)),)
        return Scan(data, seen)
    return scan(data, rules) if len(data) > _SHORTEST else Scan(data)


def _named(text: str, data: bytes, kind: str, rules: Rules) -> Scan:
    scanned = scan(data, rules)
    if text.lstrip().startswith("AWS4-HMAC-SHA256"):
        return scanned
    shaped = tuple(each for each in scanned.sightings if each.start < 0)
    skipped = members.scheme(text)
    value = text[skipped:]
    if is_placeholder(value):
        return replace(scanned, sightings=shaped)
    start = len(text[:skipped].encode("utf-8", "surrogatepass"))
    own = Sighting(kind, value, "", start, len(data))
    return replace(scanned, sightings=(own, *shaped, *_basic(text[:skipped], value)))


def _basic(scheme: str, value: str) -> Iterator[Sighting]:
    if scheme.strip().lower() == "basic":
        try:
            user, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return
        if not is_placeholder(password):
            yield Sighting("password", password)
        if len(user) >= _KEY and is_long(user) and not is_placeholder(user):
            yield Sighting("credentials", user)
