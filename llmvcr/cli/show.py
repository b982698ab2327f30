"""`llmvcr show`: recordings as the conversations they are."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr import storage
from llmvcr.cli.paper import Paper
from llmvcr.cli.progress import Progress, say
from llmvcr.cli.telling import tell, tell_raw
from llmvcr.conversation import LlmCall, as_json, read_call
from llmvcr.errors import CassetteError, OptionError
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Json

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Print recordings as the conversations they are: roles, texts, tool calls and their results, the pieces of a stream
joined, tokens, times, and how each call ended. PATH is a cassette or recording of any format, or a folder of them.
A terminal gets colours and wrapped lines; a pipe gets plain lines, each text whole."""

_CODES = """\
examples:
  llmvcr show cassettes/test_chat.yaml
  llmvcr show cassettes/test_chat.yaml --interaction 1 --raw
  git config diff.llmvcr.textconv "llmvcr show --for-diff"
  llmvcr show cassettes --json | jq '.files[].interactions[].model'

exit codes: 0 printed, 1 a file could not be read (the others are printed), 2 wrong usage, or nothing is there"""

_VERSION = 1


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "show",
        help="print recordings as the conversations they are",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="a file, or a folder of files")
    parser.add_argument("--interaction", type=int, metavar="N", help="only this one of the file, counted from 0")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--raw", action="store_true", help="print headers and bodies as they crossed the wire")
    how.add_argument(
        "--for-diff",
        action="store_true",
        help="for git's textconv: no file name, dates and durations; what is no recording is printed as it is",
    )
    how.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print them; raises OptionError for an interaction that is not there."""
    files = _files(args)
    paper = Paper(sys.stdout)
    told: list[Json] = []
    failed = 0
    progress = Progress(sys.stderr, len(files) if args.json else 1)  # what is printed as it comes needs none
    for place, file in enumerate(files):
        progress.step(str(file))
        try:
            document = storage.load(file)
        except CassetteError as error:
            if args.for_diff:  # git shows no diff at all where a textconv fails, as on a README beside the cassettes
                paper.line(storage.read(file).decode("utf-8", "backslashreplace").removesuffix("\n"))
                continue
            failed += 1
            progress.say(sys.stderr, f"failed: {error}")
            continue
        chosen = list(_chosen(document, args.interaction, file))
        if args.json:
            told.append({"path": str(file), "interactions": [_as_json(*one) for one in chosen]})
        else:
            if place:
                paper.line()
            if not args.for_diff:
                paper.line(f"{file}: {len(document)} interaction{'' if len(document) == 1 else 's'}", "bold")
            _tell(paper, chosen, args)
    progress.clear()
    if args.json:
        say(sys.stdout, json.dumps({"version": _VERSION, "files": told}, indent=2))
    return 1 if failed else 0


def _files(args: argparse.Namespace) -> Sequence[Path]:
    if not args.path.exists():
        raise OptionError(f"{args.path} is not there")
    if args.interaction is not None and args.path.is_dir():
        raise OptionError("--interaction names one of a file; PATH is a folder")
    files = storage.members(args.path) if args.path.is_dir() else (args.path,)
    if not files:
        raise OptionError(f"{args.path} holds no file that could be a recording")
    return files


def _chosen(document: Document, number: int | None, file: Path) -> Iterator[tuple[int, Interaction]]:
    if number is not None and not 0 <= number < len(document):
        held = f"0 to {len(document) - 1}" if len(document) else "none"
        raise OptionError(f"--interaction {number}: {file} has {held}")
    yield from (pair for pair in enumerate(document) if number in (None, pair[0]))


def _tell(paper: Paper, chosen: list[tuple[int, Interaction]], args: argparse.Namespace) -> None:
    for number, interaction in chosen:
        paper.line()
        if args.raw:
            tell_raw(paper, number, interaction)
        else:
            call = read_call(interaction)
            tell(paper, number, _timeless(call) if args.for_diff else call)


def _timeless(call: LlmCall) -> LlmCall:
    return replace(call, recorded_at=None, duration=None, first_chunk=None)


def _as_json(number: int, interaction: Interaction) -> dict[str, Json]:
    return {"number": number, **as_json(read_call(interaction))}
