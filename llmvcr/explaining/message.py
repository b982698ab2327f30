"""The text of a miss: what was called, where it was looked for, what is nearest, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from llmvcr.canonical import Canonical
from llmvcr.diff import Change, describe
from llmvcr.explaining.calls import address, named
from llmvcr.explaining.remedies import is_meant, rules_to_add
from llmvcr.interaction import Request
from llmvcr.rulesets import DEFAULT, RuleSet

__all__ = ["Missed", "Reason", "explained", "painted"]

Reason = Literal["cassette_not_found", "already_played", "no_match", "nothing_similar"]
"""vcrpy's four reasons of a miss."""

_MOST_LINES = 14  # of what differs
_RECORD = (
    "To record it, run once with --record-mode=new_episodes (without pytest: record_mode='new_episodes').",
    "To record the whole cassette again, run once with --record-mode=rewrite.",
)
_NOTHING = "If it should not be recorded at all, name its host in ignore_hosts."
_VARIES = (
    "If what differs changes on every run, leave it out of the comparison: llmvcr_ignore, llmvcr_patterns or\n"
    "llmvcr_ids in the ini file (README, Matching)."
)
_REPEATS = "If equal requests may get the same answer again, set allow_playback_repeats=True."
_FIRST = "Record it: run once with --record-mode=once (without pytest: record_mode='once')."
_LOOK = "If it was recorded, check the path above: its folder, its name, and its suffix (.yaml or .json)."


@dataclass(frozen=True, slots=True)
class Missed:
    """What is known of a miss.

    `paths` are the files of the cassette, and `absent` those of several that are not there; `siblings` are names of
    files beside the first, where that is not there, which differ from it in the suffix alone. `mode` is the record
    mode; `recorded` and `played` count interactions. `near` is the position of the nearest one (from 0), `nearest` its
    request and `near_played` whether it was played; `changes` is what differs from it. Under matchers of the user's own
    `near` is what vcrpy chose, and `differences` are their words; `compared` names them.
    """

    request: Request
    form: Canonical
    reason: Reason
    paths: tuple[str, ...]
    absent: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    mode: str = "none"
    recorded: int = 0
    played: int = 0
    equal: int = 0
    """How many recorded interactions are equal, all of them played."""
    near: int | None = None
    nearest: Request | None = None
    near_played: bool = False
    changes: tuple[Change, ...] = ()
    differences: tuple[tuple[str, str], ...] = ()
    compared: tuple[str, ...] = ("llm",)
    rules: RuleSet = DEFAULT


def explained(missed: Missed) -> str:
    """Say it all, in about twenty lines of at most 120 columns."""
    parts = (
        (_headline(missed),),
        tuple(f"  {line}" for line in (named(missed.request, missed.form), address(missed.request)) if line),
        tuple(_cassette(missed)),
        tuple(_nearest(missed)),
        tuple(_rules(missed)),
        ("How to fix:", *(f"  * {line}" for line in _listed(_remedies(missed)))),
    )
    return "\n\n".join("\n".join(part) for part in parts if part)


def painted(text: str) -> str:
    """Give what `explained` said with the colours of a terminal: what was recorded, what was sent, and where."""
    return "\n".join(map(_painted, text.split("\n")))


_BOLD, _RED, _GREEN, _CYAN, _END = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[0m"
_LINES = (
    (re.compile(r"()((?:Can't play back|Cassette:|Nearest|Compared|How to fix).*)()"), (_BOLD,)),
    (re.compile(r"(    )(recorded: .*)()"), (_RED,)),
    (re.compile(r"(    )(sent: .*)()"), (_GREEN,)),
    (re.compile(r"(  \S.*?: )(recorded .*)(, )(sent .*)()"), (_RED, _GREEN)),
    (re.compile(r"( {6,8})(llmvcr_\w+ =.*|\$.*|query\..*)()"), (_CYAN,)),
)
"""A line as a whole: what is painted stands between what is not."""


def _painted(line: str) -> str:
    for pattern, colours in _LINES:
        if found := pattern.fullmatch(line):
            plain, inked = found.groups()[::2], found.groups()[1::2]
            spans = (f"{colour}{ink}{_END}" for colour, ink in zip(colours, inked, strict=True))
            return "".join(part for pair in zip(plain, (*spans, ""), strict=True) for part in pair)
    return line


def _headline(missed: Missed) -> str:
    return f"Can't play back this request: {_problem(missed)}."


def _problem(missed: Missed) -> str:
    match missed.reason:
        case "cassette_not_found":
            return "the cassette doesn't exist"
        case "already_played" if missed.equal == 1:
            return f"it matches interaction {missed.near}, but that has already been played back"
        case "already_played":
            return f"it matches {missed.equal} recorded interactions, but they have all already been played back"
        case "no_match":
            return f"no recorded interaction matches it; the nearest differs in {_where(missed)}"
        case _:
            return "the cassette has nothing similar to it"


def _where(missed: Missed) -> str:
    places = [change.path for change in missed.changes] or [name for name, _ in missed.differences]
    first, *more = places
    if len(more) == 1:
        return f"{first} and {more[0]}"
    return first + (f" and {len(more)} more places" if more else "")


def _cassette(missed: Missed) -> Iterator[str]:
    first, *more = (path + (" (not there)" if path in missed.absent else "") for path in missed.paths)
    yield f"Cassette: {first}"
    yield from (f"          {path}" for path in more)
    if missed.siblings:
        name = re.split(r"[/\\]", missed.paths[0])[-1]
        are = "is" if len(missed.siblings) == 1 else "are"
        yield f"  {name} is not there, but {' and '.join(missed.siblings)} {are}."
    held = "" if missed.reason == "cassette_not_found" else f", {missed.recorded} recorded, {missed.played} played"
    yield f"  record mode {missed.mode}{held}"


def _nearest(missed: Missed) -> Iterator[str]:
    if missed.reason != "no_match":
        return
    of = f" of {missed.recorded} (from 0)" if missed.recorded > 1 else ""
    yield f"Nearest: interaction {missed.near}{of}, {'already played' if missed.near_played else 'not played yet'}"
    if not missed.changes:
        yield from (f"  {line}" for one in missed.differences for line in _by_matcher(*one))
        return
    left, shown = _MOST_LINES, 0
    for change in missed.changes:
        lines = describe(change).split("\n")
        if shown and len(lines) > left:
            break
        yield from (f"  {line}" for line in lines)
        left, shown = left - len(lines), shown + 1
    if rest := missed.changes[shown:]:
        yield f"  and {len(rest)} more: {_clipped([change.path for change in rest])}"


def _by_matcher(name: str, message: str) -> Iterator[str]:
    lines = message.strip().splitlines()
    if len(lines) == 1:
        yield f"{name} differs: {lines[0]}"
        return
    yield f"{name} differs" + (":" if lines else "")
    yield from (f"  {line}" for line in lines[:_MOST_LINES])


def _clipped(paths: Sequence[str]) -> str:
    shown = ""
    for number, path in enumerate(paths):
        if number and len(shown) + len(path) > 90:  # columns
            return f"{shown}, …"
        shown += f", {path}" if number else path
    return shown


def _rules(missed: Missed) -> Iterator[str]:
    if missed.reason == "cassette_not_found":
        return
    if missed.compared != ("llm",):
        yield f"Compared by {', '.join(missed.compared)} (match_on)."
    elif not missed.form.provider:
        yield "Compared as vcrpy does, since it is no LLM call: method, scheme, host, port, path, query."
    else:
        own = len(missed.rules.applied(missed.form.rules))
        named_so = {(rule.path, rule.action) for rule in missed.form.rules}
        count = f"{len(named_so)} rule{'' if len(named_so) == 1 else 's'}" if named_so else "no rule"
        yours = f", {own} of yours" if own else ""
        presets, listed = ", ".join(missed.rules.presets), f"`llmvcr rules --provider {missed.form.provider}`"
        yield f"Compared by {presets}: {count} applied to this call{yours}; {listed} lists them all."


def _remedies(missed: Missed) -> tuple[str, ...]:
    match missed.reason:
        case "cassette_not_found":
            other = (f"To use {missed.siblings[0]}, {_use(missed.siblings[0])}",) if missed.siblings else ()
            return (*other, _FIRST, _LOOK)
        case "already_played":
            return (_REPEATS, *_RECORD)
        case "no_match":
            return (*_loosening(missed), *_RECORD)
        case _:
            return (*_RECORD, _NOTHING)


def _use(sibling: str) -> str:
    kind = "json" if sibling.endswith(".json") else "yaml"
    return (
        f"name its format: llmvcr_format = {kind} in the ini file, serializer='{kind}' in the mark;\n"
        f"or convert it: `llmvcr convert {sibling} --to {'yaml' if kind == 'json' else 'json'}`."
    )


def _loosening(missed: Missed) -> tuple[str, ...]:
    if not missed.form.provider or missed.compared != ("llm",) or missed.nearest is None:
        return ()
    paths = rules_to_add(missed.changes, missed.nearest, missed.request, missed.rules)
    if not paths:
        return () if any(map(is_meant, missed.changes)) else (_VARIES,)
    rule = f" {paths[0]}" if len(paths) == 1 else "".join(f"\n    {path}" for path in paths)
    looks = "It looks" if len(paths) == 1 else "They look"
    return (
        f"{looks} drawn anew on each run; to leave out of the comparison, in the ini file:\n  llmvcr_ignore ={rule}",
    )


def _listed(remedies: tuple[str, ...]) -> Iterator[str]:
    return (line.replace("\n", "\n    ") for line in remedies)
