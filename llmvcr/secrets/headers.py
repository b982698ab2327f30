"""Secrets in header lines: by the name of the header or of the cookie, and as in any other text."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

from llmvcr.secrets import members, names
from llmvcr.secrets.members import Sighting
from llmvcr.secrets.placeholders import is_placeholder
from llmvcr.secrets.rules import Rules
from llmvcr.secrets.spellings import is_long
from llmvcr.secrets.texts import Scan, scan

__all__ = ["REQUEST_ID", "look"]

REQUEST_ID = "request id"
"""The kind of what names one call: it is replaced, and by itself no alarm."""

_SHORTEST = 8
_PASSED_ON = "llm_provider-"  # so LiteLLM's proxy calls the headers of the provider behind it


def look(name: str, text: str, rules: Rules, *, answer: bool = False) -> Scan:
    """Look through one header line."""
    lower = name.lower().removeprefix(_PASSED_ON)
    data = text.encode("utf-8", "surrogatepass")
    if lower in rules.keep:
        return Scan(data)
    if lower in ("cookie", "set-cookie"):
        return Scan(data, tuple(_cookies(text, rules, only_first=lower == "set-cookie")))
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
            password = base64.b64decode(value).decode().partition(":")[2]
        except ValueError:
            return
        if not is_placeholder(password):
            yield Sighting("password", password)


def _cookies(text: str, rules: Rules, *, only_first: bool) -> Iterator[Sighting]:
    pairs = text.split(";")
    at = 0
    for pair in pairs[:1] if only_first else pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        start = at + len(pair.encode("utf-8", "surrogatepass")) - len(value.encode("utf-8", "surrogatepass"))
        lower = name.lower()
        said = value.strip().strip('"')
        told = bool(names.COOKIES.fullmatch(name)) or lower in rules.cookies or is_long(said)
        if equals and told and lower not in rules.keep and not is_placeholder(said):
            end = start + len(value.encode("utf-8", "surrogatepass"))
            yield Sighting(f"cookie {name}", said, "", start, end)
        at += len(pair.encode("utf-8", "surrogatepass")) + 1
