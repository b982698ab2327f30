"""`llmvcr show`: recordings as the conversations they are."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr import storage
from llmvcr.cli.paper import Paper
from llmvcr.cli.progress import say
from llmvcr.cli.telling import tell, tell_raw
from llmvcr.conversation import as_json, read_call
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
    how.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print them; raises OptionError for an interaction that is not there."""
    if not args.path.exists():
        raise OptionError(f"{args.path} is not there")
    files = storage.members(args.path) if args.path.is_dir() else (args.path,)
    if args.interaction is not None and args.path.is_dir():
        raise OptionError("--interaction names one of a file; PATH is a folder")
    if not files:
        raise OptionError(f"{args.path} holds no file that could be a recording")
    paper = Paper(sys.stdout)
    told: list[Json] = []
    failed = 0
    for place, file in enumerate(files):
        try:
            document = storage.load(file)
        except CassetteError as error:
            failed += 1
            say(sys.stderr, f"failed: {error}")
            continue
        chosen = list(_chosen(document, args.interaction, file))
        if args.json:
            told.append({"path": str(file), "interactions": [_as_json(*one) for one in chosen]})
        else:
            if place:
                paper.line()
            _tell(paper, file, document, chosen, raw=args.raw)
    if args.json:
        say(sys.stdout, json.dumps({"version": _VERSION, "files": told}, indent=2))
    return 1 if failed else 0


def _chosen(document: Document, number: int | None, file: Path) -> Iterator[tuple[int, Interaction]]:
    if number is not None and not 0 <= number < len(document):
        held = f"0 to {len(document) - 1}" if len(document) else "none"
        raise OptionError(f"--interaction {number}: {file} has {held}")
    yield from (pair for pair in enumerate(document) if number in (None, pair[0]))


def _tell(paper: Paper, file: Path, document: Document, chosen: list[tuple[int, Interaction]], *, raw: bool) -> None:
    paper.line(f"{file}: {len(document)} interaction{'' if len(document) == 1 else 's'}", "bold")
    for number, interaction in chosen:
        paper.line()
        if raw:
            tell_raw(paper, number, interaction)
        else:
            tell(paper, number, read_call(interaction))


def _as_json(number: int, interaction: Interaction) -> dict[str, Json]:
    return {"number": number, **as_json(read_call(interaction))}
