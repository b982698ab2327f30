"""Cookies in a line of them: which carry a session, and where their values stand."""

from __future__ import annotations

from collections.abc import Iterator

from llmvcr.secrets import names
from llmvcr.secrets.placeholders import is_placeholder
from llmvcr.secrets.rules import Rules
from llmvcr.secrets.spellings import is_long

__all__ = ["sessions"]


def sessions(text: str, rules: Rules, *, only_first: bool = False) -> Iterator[tuple[str, str, int, int]]:
    """Give (name, value, start, end) of each cookie that lets somebody else speak for a session, by its bytes.

    Of a Set-Cookie only the first pair is a cookie: the others are attributes of it.
    """
    pairs = text.split(";")
    at = 0
    for pair in pairs[:1] if only_first else pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        after = at + len(pair.encode("utf-8", "surrogatepass"))
        lower, said = name.lower(), value.strip().strip('"')
        told = bool(names.COOKIES.fullmatch(name)) or lower in rules.cookies or is_long(said)
        if equals and told and lower not in rules.keep and not is_placeholder(said):
            yield name, said, after - len(value.encode("utf-8", "surrogatepass")), after
        at = after + 1
