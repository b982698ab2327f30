"""`llmvcr lint`: which cassettes and recordings hold secrets, and where; never what they are."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr import scrubbing
from llmvcr.cli import secret_options
from llmvcr.cli.progress import say
from llmvcr.scrubbing import Looked
from llmvcr.secrets import scanner

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Look through cassettes and recordings for secrets, in every format that llmvcr reads: by names, shapes and the values
of environment variables, and by an independent scanner where the extra "scan" is installed. What is found is named by
file, interaction, place and kind; a value is never printed. A file that is no cassette is passed over."""

_CODES = """\
examples:
  llmvcr lint tests
  llmvcr lint tests/cassettes --name x-tenant --shape 'acct_\\w+'
  llmvcr lint tests --json | jq '.files[].finds[]'

exit codes: 0 nothing found, 1 something found, 2 some file could not be read (each is named on stderr; finds in the
others are printed all the same) or wrong usage, 130 interrupted"""

_VERSION = 1
_FOUND, _TROUBLE = 1, 2


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "lint",
        help="find secrets in cassettes and recordings",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    secret_options.add(parser)
    parser.add_argument("--traces", action="store_true", help="find ids that servers give to single calls, too")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look, printing one line a find, and return the exit code; raises OptionError for a senseless name or shape."""
    work = partial(_look, entries=secret_options.entries(args), traces=args.traces)
    looked = secret_options.worked(args, "lint", work, _lost, _lines)
    if args.json:
        say(sys.stdout, json.dumps(_as_json(looked), indent=2))
    else:
        say(sys.stderr, _total(looked))
    if any(each.error for each in looked):
        return _TROUBLE
    return _FOUND if any(each.finds for each in looked) else 0


def _look(path: Path, *, entries: tuple[dict[str, str], ...], traces: bool) -> Looked:
    return scrubbing.look(path, secret_options.redactor(entries), traces=traces)


def _lines(each: Looked) -> list[str]:
    return [f"{each.path}: {found}" for found in each.finds]


def _lost(path: Path) -> Looked:
    return Looked(str(path), error=f"{path}: the process that looked through it died")


def _total(looked: list[Looked]) -> str:
    finds = sum(len(each.finds) for each in looked)
    read = sum(bool(each.format) for each in looked)
    text = f"{finds} {'find' if finds == 1 else 'finds'} in {sum(bool(each.finds) for each in looked)} of {read} files"
    if failed := sum(bool(each.error) for each in looked):
        text += f"; {failed} could not be read"
    return text if scanner.installed() else f'{text}; by our own shapes alone: the extra "scan" is not installed'


def _as_json(looked: list[Looked]) -> dict[str, object]:
    return {
        "version": _VERSION,
        "scanner": scanner.installed(),
        "files": [dataclasses.asdict(each) for each in looked],
        "totals": {
            "files": len(looked),
            "interactions": sum(each.interactions for each in looked),
            "finds": sum(len(each.finds) for each in looked),
            "with_finds": sum(bool(each.finds) for each in looked),
            "skipped": sum(bool(each.skipped) for each in looked),
            "failed": sum(bool(each.error) for each in looked),
        },
    }
