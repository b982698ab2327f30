"""`llmvcr check`: whether a tree of recordings loads and can be played, is rightly named, and is not too old."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr import lifecycle, pool, storage
from llmvcr.cli.asking import processes
from llmvcr.cli.checking import Checked, Find, Wanted, checked
from llmvcr.cli.progress import Progress, say
from llmvcr.errors import OptionError
from llmvcr.interaction import Json
from llmvcr.scrubbing import files

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Say what is wrong with cassettes and recordings, without running a test: files that cannot be read; interactions that
no client could be served; recordings named by a hash that is not that of their content, which llama-stack would not
find; what a run that was cut short has left to recover. On request also answers that do not fit the types of the
installed SDK, and what is too old. PATH is a file of any format, or a folder, in which files that are in none are
passed over. What no test uses is not known here: `pytest --llmvcr-unused=report` says it."""

_CODES = """\
examples:
  llmvcr check tests
  llmvcr check tests/cassettes --max-age 90d
  llmvcr check recordings --types --json | jq '.files[].finds[]'

exit codes: 0 nothing is wrong, 1 something is (each find is a line on stdout), 2 wrong usage, 130 interrupted"""

_VERSION = 1
_WORTH = 64
"""From how many files on other processes are worth their start."""
_WORDS = {
    "unreadable": "cannot be read",
    "unplayable": "cannot be played",
    "name": "name",
    "type": "type",
    "stale": "too old",
    "journal": "unfinished",
}


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "check",
        help="find files that do not load, cannot be played, are too old",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="a file, or a folder with files")
    parser.add_argument(
        "--max-age", default="", metavar="AGE", help="what was recorded longer ago is a find: 12h, 90d, 8w"
    )
    parser.add_argument("--types", action="store_true", help="validate typed answers by the installed SDK's types")
    parser.add_argument("--no-names", action="store_true", help="do not look at the names of recordings")
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.add_argument(
        "--jobs", type=processes, metavar="N", help="processes to work with (default: one for each core)"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="name the files that are passed over")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, printing one line a find; raises OptionError for a path that is not there, and for no age."""
    most = lifecycle.max_age(args.max_age, name="--max-age")
    for path in args.paths:
        if not path.exists() and not storage.unsettled(path):
            raise OptionError(f"{path} is not there")
    named = frozenset(path for path in args.paths if not path.is_dir())
    # A cassette whose run was cut short may have no file yet.
    lost = [one for path in args.paths if path.is_dir() for one in storage.orphans(path)]
    found = list(dict.fromkeys((*files(args.paths), *lost)))
    wanted = Wanted(most, datetime.now(UTC), types=args.types, names=not args.no_names, named=named)
    jobs = args.jobs or (pool.cores() if len(found) >= _WORTH else 1)
    done = []
    progress = Progress(sys.stderr, len(found))
    work = partial(checked, wanted=wanted)
    try:
        for each in pool.ordered(work, found, jobs=min(jobs, max(len(found), 1)), lost=_lost):
            done.append(each)
            for line in _lines(each, verbose=args.verbose) if not args.json else ():
                progress.say(sys.stdout, line)
            for one in each.unchecked if not args.json else ():
                progress.say(sys.stderr, f"not checked: {each.path}: {one}")
            progress.step(each.path)
    finally:
        progress.clear()
    if args.json:
        say(sys.stdout, json.dumps(_as_json(done, args.max_age or None), indent=2))
    else:
        say(sys.stderr, _total(done, aged=most is not None))
    return 1 if any(each.finds for each in done) else 0


def _lost(path: Path) -> Checked:
    return Checked(str(path), finds=(Find("unreadable", "the process that read it died"),))


def _lines(each: Checked, *, verbose: bool) -> list[str]:
    lines = []
    for find in each.finds:
        number = "" if find.interaction is None else f"interaction {find.interaction}"
        where = "".join(f", {one}" for one in (number, find.place) if one)
        lines.append(f"{each.path}{where}: {_WORDS[find.kind]}: {find.message}")
    return lines + [f"passed over: {each.path}: {each.skipped}"] * bool(verbose and each.skipped)


def _total(done: Sequence[Checked], *, aged: bool) -> str:
    read = [each for each in done if not each.skipped]
    finds = sum(len(each.finds) for each in read)
    bad = sum(bool(each.finds) for each in read)
    text = f"{_number(finds, 'find')} in {bad} of {_number(len(read), 'file')}"
    text += f", {_number(sum(each.interactions for each in read), 'interaction')}"
    if passed := len(done) - len(read):
        text += f"; {passed} passed over"
    if aged and (undated := sum(each.undated for each in read)):
        text += f"; {_number(undated, 'interaction')} without a date"
    return text


def _as_json(done: Sequence[Checked], max_age: str | None) -> dict[str, Json]:
    return {
        "version": _VERSION,
        "max_age": max_age,
        "files": [asdict(each) for each in done],
        "totals": {
            "files": len(done),
            "interactions": sum(each.interactions for each in done),
            "undated": sum(each.undated for each in done),
            "finds": sum(len(each.finds) for each in done),
            "with_finds": sum(bool(each.finds) for each in done),
            "skipped": sum(bool(each.skipped) for each in done),
        },
    }


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
