"""What counts as a secret for one cassette, made ready for looking: names, shapes, patterns and known values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from llmvcr.secrets import names
from llmvcr.secrets.shapes import KNOWN, Shapes

__all__ = ["DEFAULT", "Rules", "fields_of", "names_of"]


_STEMS = (b"key", b"secret", b"token", b"pass", b"auth", b"credential", b"connection", b"cookie", b"organi", b"project")


def names_of(given: Mapping[str, str], keep: Iterable[str] = ()) -> tuple[tuple[bytes, str], ...]:
    """Spell each name in every way, the longest first, without those to keep."""
    kept = {spelt for name in keep for spelt in names.spellings(name)}
    spelt = {each: kind for name, kind in given.items() for each in names.spellings(name) if each not in kept}
    # A name that ends as another does is found by that one already, and is of the same sort.
    ends = {each for each in spelt if not any(each != other and each.endswith(other) for other in spelt)}
    return tuple(sorted(((each.encode(), spelt[each]) for each in ends), key=lambda row: (-len(row[0]), row)))


def fields_of(
    fields: Mapping[str, str], keep: Iterable[str] = ()
) -> tuple[tuple[bytes, tuple[tuple[bytes, str], ...]], ...]:
    """Put names of fields under a part that they share, so that a text is searched for few of them."""
    under: dict[bytes, list[tuple[bytes, str]]] = {}
    for name, kind in names_of(fields, keep):
        under.setdefault(next((stem for stem in _STEMS if stem in name), name), []).append((name, kind))
    return tuple((stem, tuple(rows)) for stem, rows in under.items())


@dataclass(frozen=True, slots=True)
class Rules:
    """Names in lower case with the kind of what they hold; `values` are told or read from the environment."""

    headers: Mapping[str, str] = field(default_factory=lambda: names.HEADERS)
    fields: tuple[tuple[bytes, tuple[tuple[bytes, str], ...]], ...] = fields_of(names.FIELDS)
    query: tuple[tuple[bytes, str], ...] = names_of(names.QUERY)
    cookies: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Cookies beside those that `names.COOKIES` fits."""
    keep: frozenset[str] = frozenset()
    """Names, in lower case, of headers, cookies and parameters that stay as they are."""
    shapes: Shapes = KNOWN
    patterns: tuple[tuple[str, re.Pattern[bytes]], ...] = ()
    """(kind, pattern) of the user's own; group 1, if there is one, is the secret."""
    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(kind, value), replaced wherever they stand."""

    hints: re.Pattern[bytes] = field(init=False)
    """What a text has in it, in small letters, if any of these names is."""

    def __post_init__(self) -> None:
        """Make `hints`."""
        parts = sorted({stem for stem, _ in self.fields} | {name for name, _ in self.query})
        object.__setattr__(self, "hints", re.compile(b"|".join(map(re.escape, parts))))


DEFAULT = Rules()
"""What is known without being told."""
