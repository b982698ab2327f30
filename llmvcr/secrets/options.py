"""The option `llmvcr_redact`: names, shapes and values of a user's own, and what the environment holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from llmvcr.errors import OptionError
from llmvcr.secrets import names
from llmvcr.secrets.placeholders import is_placeholder
from llmvcr.secrets.rules import DEFAULT, Rules, fields_of, names_of
from llmvcr.secrets.spellings import is_long

__all__ = ["Entry", "Option", "rules"]

Entry = str | Mapping[str, str]
Option = str | bool | Sequence[Entry] | None

_NAME = re.compile(r"[A-Za-z0-9_.-]{2,80}")
_KEYS = ("name", "shape", "value", "keep")
_SHORTEST = 4


def rules(option: Option = None, environ: Mapping[str, str] | None = None) -> Rules | None:
    """Make the rules of one cassette; None for "off".

    `option` is None, True or "on" for what is known without being told, "off" or False, or a list of entries: a name
    ("x-tenant", the same as {"name": "x-tenant"}) of a header, cookie, parameter or field; {"shape": REGEX}, of which
    group 1, if there is one, is the secret; {"value": TEXT} from four characters on; each with a "kind" to be named by
    if wanted; {"keep": NAME} of a header, cookie or parameter that stays as it is. A text with commas is a list of
    names. Values of variables of `environ` whose names end as in `names.ENVIRONMENT` are secrets, too (decision 23).
    Raises OptionError for anything else.
    """
    if option in ("off", False):
        return None
    entries = () if option is None or option in ("on", True) else _entries(option)
    told: dict[str, list[tuple[str, str]]] = {key: [] for key in _KEYS}
    for entry in entries:
        key, text, kind = _entry(entry)
        told[key].append((text, kind))
    values = [(kind or "value", text) for text, kind in told["value"]]
    values += _of_environment(environ or {})
    if not entries:
        return Rules(values=tuple(values)) if values else DEFAULT
    keep = frozenset(text.lower() for text, _ in told["keep"])
    named = {text.lower(): kind or text.lower() for text, kind in told["name"]}
    return Rules(
        headers=MappingProxyType({**names.HEADERS, **named}),
        fields=fields_of({**names.FIELDS, **named}, keep),
        query=names_of(names.QUERY, keep),
        cookies=MappingProxyType(named),
        keep=keep,
        patterns=tuple((kind or "shape", _pattern(text)) for text, kind in told["shape"]),
        values=tuple(values),
    )


def _entries(option: Option) -> tuple[Entry, ...]:
    if isinstance(option, str):
        return tuple(name.strip() for name in option.split(",") if name.strip())
    if isinstance(option, Mapping) or not isinstance(option, Iterable):
        raise OptionError(f'llmvcr_redact: {option!r} is neither "on" nor "off" nor a list of what to redact')
    return tuple(option)


def _entry(entry: Entry) -> tuple[str, str, str]:
    given: Mapping[str, str] = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(given, Mapping):
        raise OptionError(f"llmvcr_redact: {entry!r} is no name and no mapping")
    keys = [key for key in given if key != "kind"]
    if len(keys) != 1 or keys[0] not in _KEYS:
        # The entry may hold a secret: only its keys are told.
        raise OptionError(f'llmvcr_redact: an entry has one of {", ".join(_KEYS)} (and "kind"), not {sorted(given)}')
    key, text, kind = keys[0], given[keys[0]], given.get("kind", "")
    if not isinstance(text, str) or not isinstance(kind, str):
        raise OptionError(f"llmvcr_redact: the {key} of an entry is no text")
    if key in ("name", "keep") and not _NAME.fullmatch(text):
        raise OptionError(f"llmvcr_redact: {text!r} is no name of a header, a cookie, a parameter or a field")
    if key == "value" and len(text) < _SHORTEST:
        raise OptionError("llmvcr_redact: a value of less than four characters would be replaced in ordinary words")
    return key, text, kind


def _pattern(text: str) -> re.Pattern[bytes]:
    try:
        pattern = re.compile(text.encode())
    except re.error as error:
        raise OptionError(f"llmvcr_redact: the shape {text!r} is no regular expression: {error}") from None
    if pattern.match(b""):
        raise OptionError(f"llmvcr_redact: the shape {text!r} fits an empty text")
    return pattern


def _of_environment(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    # Each cassette looks anew, and `os.environ` decodes what it gives: only what is wanted is asked for.
    for name in sorted([name for name in environ if name.upper().endswith(names.ENVIRONMENT)]):
        if is_long(value := environ[name]) and not is_placeholder(value):
            found.setdefault(value, name.lower())
    return [(kind, value) for value, kind in found.items()]
