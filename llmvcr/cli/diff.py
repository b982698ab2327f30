"""`llmvcr diff`: what two recordings ask and answer differently, in the field's words."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr import storage
from llmvcr.canonical import canonical
from llmvcr.cli.paper import Paper
from llmvcr.cli.progress import say
from llmvcr.cli.telling import named
from llmvcr.conversation import LlmCall, read_call
from llmvcr.diff import ABSENT, Change, changes
from llmvcr.errors import CassetteError, OptionError
from llmvcr.interaction import Interaction, Json
from llmvcr.lifecycle import answered

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Say what differs between two recordings, or between two interactions, as llmvcr compares them: requests by their
canonical form (so that what matches never differs), answers as conversations (texts joined, tool calls by name and
arguments). Formats, order, ids of tool calls, tokens, times and headers are no difference. A and B are files of any
format or folders of one cassette; FILE#N is the interaction N of a file, counted from 0."""

_CODES = """\
examples:
  llmvcr diff old/test_chat.yaml new/test_chat.yaml
  llmvcr diff test_chat.yaml#0 test_chat.yaml#1 --json

exit codes: 0 the same (nothing is printed), 1 different, 2 wrong usage, or a file that could not be read"""

_VERSION = 1
_SAME, _DIFFERENT, _TROUBLE = 0, 1, 2
_NUMBERED = re.compile(r"(.+)#(\d+)")
_MOST_CHANGES = 40
_LONGEST, _CONTEXT = 160, 50


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two: its name, and its interactions, each with its number in the file."""

    name: str
    numbered: tuple[tuple[int, Interaction], ...]
    one: bool = False


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two interactions that are one call, and what differs in what is asked and in what is answered."""

    a: int
    b: int
    call: LlmCall
    request: tuple[Change, ...]
    answer: tuple[Change, ...]


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "diff",
        help="say what two recordings ask and answer differently",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("a", metavar="A", help="a file, a folder of one cassette, or FILE#N")
    parser.add_argument("b", metavar="B", help="what it is compared with")
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare them; raises OptionError for what is not there, or for a file beside an interaction."""
    try:
        a, b = _side(args.a), _side(args.b)
    except CassetteError as error:
        say(sys.stderr, f"llmvcr: {error}")
        return _TROUBLE
    if a.one != b.one:
        raise OptionError("an interaction (FILE#N) is compared with another one, not with a whole file")
    matched, only_a, only_b = (
        _matched(a.numbered, b.numbered) if not a.one else ([(a.numbered[0], b.numbered[0])], [], [])
    )
    pairs = [_pair(*one) for one in matched]
    differing = [pair for pair in pairs if pair.request or pair.answer]
    same = not (differing or only_a or only_b)
    if args.json:
        told = {"version": _VERSION, "a": a.name, "b": b.name, "same": same, "compared": len(pairs)}
        told |= {"pairs": [_as_json(one) for one in differing]}
        told |= {"only_a": [_lone(*one) for one in only_a], "only_b": [_lone(*one) for one in only_b]}
        say(sys.stdout, json.dumps(told, indent=2))
    elif not same:
        paper = Paper(sys.stdout)
        paper.line(f"--- {a.name}", "red")
        paper.line(f"+++ {b.name}", "green")
        for one in differing:
            _tell(paper, one)
        if only_a or only_b:
            paper.line()
        _tell_lone(paper, "-", only_a)
        _tell_lone(paper, "+", only_b)
    return _SAME if same else _DIFFERENT


def _side(name: str) -> _Side:
    found = None if Path(name).exists() else _NUMBERED.fullmatch(name)
    path = Path(found[1] if found else name)
    if not path.exists():
        raise OptionError(f"{path} is not there")
    interactions = storage.load(path).interactions
    if found is None:
        return _Side(name, tuple(enumerate(interactions)))
    number = int(found[2])
    if number >= len(interactions):
        raise OptionError(f"{name}: {path} has interactions 0 to {len(interactions) - 1}")
    return _Side(name, ((number, interactions[number]),), one=True)


_Numbered = tuple[int, Interaction]


def _matched(
    a: Sequence[_Numbered], b: Sequence[_Numbered]
) -> tuple[list[tuple[_Numbered, _Numbered]], list[_Numbered], list[_Numbered]]:
    """Pair what matches, in whatever order; then what is left of the same endpoint, in order."""
    pairs, left_a, left_b = _paired(a, b, lambda one: canonical(one.request).key)
    more, only_a, only_b = _paired(left_a, left_b, _kind)
    return sorted([*pairs, *more], key=lambda pair: pair[0][0]), only_a, only_b


def _paired(
    a: Iterable[_Numbered], b: Iterable[_Numbered], key: Callable[[Interaction], object]
) -> tuple[list[tuple[_Numbered, _Numbered]], list[_Numbered], list[_Numbered]]:
    waiting: dict[object, list[_Numbered]] = defaultdict(list)
    for one in b:
        waiting[key(one[1])].append(one)
    pairs, left = [], []
    for one in a:
        found = waiting[key(one[1])]
        if found:
            pairs.append((one, found.pop(0)))
        else:
            left.append(one)
    return pairs, left, sorted((one for rest in waiting.values() for one in rest), key=lambda one: one[0])


def _kind(interaction: Interaction) -> object:
    form = canonical(interaction.request)
    if form.provider:
        return form.provider, form.endpoint
    return interaction.request.method, interaction.request.url.partition("?")[0]


def _pair(a: _Numbered, b: _Numbered) -> _Pair:
    request = changes(canonical(a[1].request).fields, canonical(b[1].request).fields)
    answer = changes(answered(a[1]), answered(b[1]))
    return _Pair(a[0], b[0], read_call(a[1]), request, answer)


def _tell(paper: Paper, pair: _Pair) -> None:
    number = f"#{pair.a}" if pair.a == pair.b else f"#{pair.a} and #{pair.b}"
    paper.line()
    paper.line(f"{number} {named(pair.call)}", "bold")
    for side, found in (("request", pair.request), ("answer", pair.answer)):
        for change in found[:_MOST_CHANGES]:
            old, new = _around(change.recorded, change.received)
            paper.line(f"{side} {change.path}", "cyan", indent=2)
            if change.recorded is not ABSENT:
                paper.line(f"- {old}", "red", indent=4)
            if change.received is not ABSENT:
                paper.line(f"+ {new}", "green", indent=4)
        if len(found) > _MOST_CHANGES:
            paper.line(f"{side}: {len(found) - _MOST_CHANGES} more differences", indent=2)


def _tell_lone(paper: Paper, sign: str, lone: Sequence[_Numbered]) -> None:
    for number, interaction in lone:
        call = read_call(interaction)
        last = f": {_shortened(json.dumps(call.messages[-1].text, ensure_ascii=False))}" if call.messages else ""
        paper.line(f"{sign} #{number} {named(call)}{last}", "red" if sign == "-" else "green")


def _around(old: Json, new: Json) -> tuple[str, str]:
    """Spell two values as JSON; of long texts only what is around the first and the last difference."""
    told = ["" if one is ABSENT else json.dumps(one, ensure_ascii=False) for one in (old, new)]
    if max(map(len, told)) <= _LONGEST:
        return told[0], told[1]
    if not all(told):
        return _shortened(told[0]), _shortened(told[1])
    start, end, shorter = 0, 0, min(map(len, told))
    while start < shorter and told[0][start] == told[1][start]:
        start += 1
    while end < shorter - start and told[0][-1 - end] == told[1][-1 - end]:
        end += 1
    begin, rest = max(start - _CONTEXT, 0), max(end - _CONTEXT, 0)
    shown = [f"{'…' * bool(begin)}{_shortened(one[begin : len(one) - rest])}{'…' * bool(rest)}" for one in told]
    return shown[0], shown[1]


def _shortened(text: str) -> str:
    most = _LONGEST + 2 * _CONTEXT
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def _as_json(pair: _Pair) -> dict[str, Json]:
    sides = (("request", pair.request), ("answer", pair.answer))
    found = [{"in": side, "path": one.path, **_values(one)} for side, several in sides for one in several]
    return {"a": pair.a, "b": pair.b, "call": named(pair.call), "changes": found}


def _values(change: Change) -> dict[str, Json]:
    sides = (("a", change.recorded), ("b", change.received))
    return {name: value for name, value in sides if value is not ABSENT}


def _lone(number: int, interaction: Interaction) -> dict[str, Json]:
    return {"number": number, "call": named(read_call(interaction))}
