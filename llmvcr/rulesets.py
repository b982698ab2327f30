"""What is compared in the requests of one cassette: a preset, a user's rules, and a function of theirs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from llmvcr import jsonpaths
from llmvcr.errors import OptionError
from llmvcr.interaction import Json
from llmvcr.presets import PRESETS, UUID, Preset
from llmvcr.providers.base import Rule

__all__ = ["DEFAULT", "Placed", "RuleSet", "ruleset"]

Patterns = Mapping[str, str | Sequence[str]]
Function = Callable[[dict[str, Json]], dict[str, Json]]

_FIELD = re.compile(r"(host)|(query|path)\.(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule and where it applies: at the nodes of a JSONPath in the body, or at a `field` of the URL."""

    rule: Rule
    path: jsonpaths.Path | None
    field: tuple[str, ...] = ()
    """("host",), ("query", name) or ("path", name), where `path` is None."""
    pattern: re.Pattern[str] | None = None
    option: str = ""
    """The option that named it; "" for a rule of a preset."""
    texts_only: bool = False
    """Whether it leaves alone what is no string."""

    @property
    def label(self) -> str:
        """What a person reads: the option, the path and, of a pattern, the regular expression."""
        return f"{self.option}: {self.rule.path}" + (f" = {self.pattern.pattern}" if self.pattern else "")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What `canonical` does beyond the rows of the provider, or in place of them; made by `ruleset`."""

    presets: tuple[str, ...] = ("llm",)
    rules: tuple[Placed, ...] = ()
    """In the order in which they act: what is left out, patterns, ids."""
    strict: bool = False
    """Whether a JSON body is compared as the text that it is, and no row of the provider applies."""
    uuids: bool = False
    """Whether bare uuids in texts are renamed."""
    function: Function | None = None
    """Called with the fields in the end; gives the fields to compare."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the user's own rules."""
        return tuple(placed.label for placed in self.rules if placed.option)

    def applied(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        """Give the labels of the user's own rules among those that applied (`Canonical.rules`)."""
        found = set(map(id, rules))
        return tuple(placed.label for placed in self.rules if placed.option and id(placed.rule) in found)


DEFAULT = RuleSet()
"""The preset `llm` alone."""


def ruleset(
    *,
    match: str | Sequence[str] = "llm",
    ignore: str | Sequence[str] = (),
    ids: str | Sequence[str] = (),
    patterns: Patterns | None = None,
    function: Function | None = None,
) -> RuleSet:
    """Make a rule set of the values of the options `llmvcr_match`, `_ignore`, `_ids`, `_patterns`, `_canonical`.

    A path is a JSONPath into the body ("$.metadata.run"), or "host", "query.NAME" or "path.NAME" for the URL. Raises
    OptionError for an unknown preset, a malformed path or pattern, or a value of the wrong kind, naming the option.
    """
    chosen = _presets(match)
    rules = [
        *(
            _placed(row.path, row, texts_only=row.path in preset.texts_only)
            for preset in chosen
            for row in preset.rules
        ),
        *(_users("llmvcr_ignore", path, "ignore") for path in _texts("llmvcr_ignore", ignore)),
        *(_users("llmvcr_patterns", path, "pattern", regex) for path, regex in _pairs(patterns)),
        *(_users("llmvcr_ids", path, "id") for path in _texts("llmvcr_ids", ids)),
    ]
    strict = any(preset.strict for preset in chosen)
    for placed in rules if strict else ():
        if placed.path is not None or placed.rule.action == "id":
            raise OptionError(f"{placed.label}: llm_strict compares the text of a body, so no such rule can apply")
    if function is not None and not callable(function):
        raise OptionError(f"llmvcr_canonical is a function of the fields, not {function!r}")
    if not rules and not function and chosen == PRESETS[:1]:
        return DEFAULT
    uuids = any(UUID in preset.everywhere for preset in chosen)
    return RuleSet(tuple(preset.name for preset in chosen), tuple(rules), strict, uuids, function)


def _presets(match: str | Sequence[str]) -> tuple[Preset, ...]:
    named = {preset.name: preset for preset in PRESETS}
    names = match.replace(",", " ").split() if isinstance(match, str) else list(_texts("llmvcr_match", match))
    for name in names:
        if name not in named:
            close = difflib.get_close_matches(name, named, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(named)}"
            raise OptionError(f"llmvcr_match: there is no preset {name!r}; {hint}")
    chosen = tuple(named[name] for name in dict.fromkeys(names))
    bases = [preset.name for preset in chosen if preset.is_base]
    if len(bases) > 1 or (len(chosen) > 1 and any(preset.strict for preset in chosen)):
        raise OptionError(f"llmvcr_match: {' and '.join(preset.name for preset in chosen)} do not go together")
    return chosen if bases else (PRESETS[0], *chosen)


def _pairs(patterns: Patterns | None) -> list[tuple[str, str]]:
    if patterns is None:
        return []
    if not isinstance(patterns, Mapping):
        raise OptionError(f"llmvcr_patterns is {{path: regular expression, or a list of them}}, not {patterns!r}")
    return [(path, regex) for path, given in patterns.items() for regex in _texts(f"llmvcr_patterns: {path}", given)]


def _texts(option: str, given: str | Sequence[str]) -> tuple[str, ...]:
    found = (given,) if isinstance(given, str) else given
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise OptionError(f"{option}: a text or a list of texts is due, not {given!r}")
    return tuple(found)


def _users(option: str, path: str, action: Literal["ignore", "id", "pattern"], regex: str | None = None) -> Placed:
    rule = Rule(path, action, f"named by {option}")
    try:
        pattern = None if regex is None else re.compile(regex)
    except re.error as error:
        raise OptionError(f"{option}: {path}: {regex!r} is no regular expression: {error}") from None
    try:
        return _placed(path, rule, pattern=pattern, option=option)
    except ValueError as error:
        raise OptionError(f"{option}: {path}: {error}") from None


def _placed(
    path: str,
    rule: Rule,
    *,
    pattern: re.Pattern[str] | None = None,
    option: str = "",
    texts_only: bool = False,
) -> Placed:
    found = _FIELD.fullmatch(path)
    if found:
        field = tuple(word for word in found.groups() if word)
        return Placed(rule, None, field, pattern, option, texts_only)
    if not path.startswith("$"):
        raise ValueError("a path is a JSONPath into the body, which begins with $, or host, query.NAME or path.NAME")
    return Placed(rule, jsonpaths.parse(path), (), pattern, option, texts_only)
