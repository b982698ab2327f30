"""`llmvcr convert`: one format to another, a file or a tree; and what it can say of them without converting."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llmvcr import formats, pool, storage, trees
from llmvcr.cli import names
from llmvcr.cli.asking import processes
from llmvcr.cli.progress import Progress, say
from llmvcr.cli.report import Collected
from llmvcr.conversion import FileReport, Options
from llmvcr.errors import OptionError
from llmvcr.formats import hashing
from llmvcr.jobs import GROUPINGS

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Convert a file, or every file below a folder. The format of a source is that of its content, never of its name.
Every file is read back and compared before it is written, whole or not at all. A run over a folder that was
interrupted goes on where it was when it is started again: DEST/.llmvcr remembers what was done from which source."""

_CODES = """\
examples:
  llmvcr convert tests/cassettes converted --to json
  llmvcr convert recordings --to yaml --dry-run
  llmvcr convert tests/cassettes --to recordings --group-by folder --check --json | jq .totals
  llmvcr convert recordings --check-names --check-types

exit codes: 0 all converted and verified, 1 some file failed (the others are done), 2 wrong usage, 130 interrupted;
with --check-names: 1 if there is anything to name"""

_DONE = {"convert": "converted and verified", "check": "can be converted", "dry-run": "would be converted"}
_Told = Literal["all", "losses", "nothing"]
"""Which files have a line on stdout."""
_WORDS = {"converted": "", "checked": "checked: ", "planned": "would convert: ", "before": "done before: "}


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "convert",
        help="convert recordings from one format to another",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a file, or a folder with files to convert")
    parser.add_argument(
        "dest",
        type=Path,
        nargs="?",
        metavar="DEST",
        help="where to write: a file, or a folder if SOURCE is one (default: beside SOURCE, a folder as SOURCE-TO)",
    )
    known = [each.name for each in formats.FORMATS]
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", choices=known, help="the format to write")
    what.add_argument(
        "--check-names", action="store_true", help="list recordings whose names are not the hash of their content"
    )
    parser.add_argument(
        "--check-types", action="store_true", help="with --check-names: validate answers by the installed SDK's types"
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that exist")
    parser.add_argument("--strict", action="store_true", help="write the format alone, and say what that gives up")
    parser.add_argument(
        "--hash-version",
        type=int,
        default=hashing.LATEST,
        choices=hashing.VERSIONS,
        help="how recordings are named (default: %(default)s)",
    )
    parser.add_argument("--test-id", metavar="ID", help="the test that recordings are named for (from hash version 2)")
    parser.add_argument(
        "--group-by",
        default="file",
        choices=GROUPINGS,
        help="which recordings become one cassette: each its own, those of one test, those of one folder; with --to "
        "recordings they are laid as llama-stack does, in 'recordings' of the test's folder, or of the source's folder",
    )
    parser.add_argument(
        "--redact",
        action="store_true",
        help="put placeholders in the place of what looks like a secret by its name or shape; without it nothing is "
        "changed, and finds are only named. A short list of kinds, no proof that nothing is left",
    )
    parser.add_argument(
        "--jobs", type=processes, metavar="N", help="processes to work with (default: one for each core)"
    )
    dry = parser.add_mutually_exclusive_group()
    dry.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
    dry.add_argument("--check", action="store_true", help="convert in memory and compare, and write nothing")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write a report as JSON")
    parser.add_argument("--json", action="store_true", help="print that report, in place of a line for each file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Convert, printing one line a file, and return the exit code; raises OptionError for options without sense."""
    try:
        if args.check_names:
            return names.run(args.source, types=args.check_types, as_json=args.json)
        if args.check_types:
            raise OptionError("--check-types goes with --check-names")
        return _convert(args)
    except FileNotFoundError as error:
        say(sys.stderr, f"llmvcr convert: {error} is not there")
        return 2


def _convert(args: argparse.Namespace) -> int:
    options = Options(
        args.to,
        force=args.force,
        strict=args.strict,
        hash_version=args.hash_version,
        test_id=args.test_id,
        redact=args.redact,
        group_by=args.group_by,
        mode="dry-run" if args.dry_run else "check" if args.check else "convert",
    )
    plan = trees.plan(args.source, args.dest, options)
    if not plan.jobs:
        say(sys.stderr, f"llmvcr convert: {args.source} holds no file that could be a recording")
        return 1
    collected = Collected(options, keep=args.json or args.report is not None)
    progress = Progress(sys.stderr, len(plan.jobs))
    watched = len(plan.jobs) > 1 and sys.stdout.isatty() and sys.stderr.isatty()  # the progress says each name
    told: _Told = "nothing" if args.json else "losses" if watched else "all"
    complete = False
    try:
        for report in plan.run(args.jobs or pool.cores()):
            collected.add(report)
            _tell(report, progress, told, redacting=options.redact)
            progress.step(report.source)
        complete = True
    finally:
        progress.clear()
        if args.report is not None:
            storage.write(args.report, f"{collected.report(complete=complete)}\n".encode())
        if args.json:
            say(sys.stdout, collected.report(complete=complete))
    if not args.json:
        say(sys.stdout, _total(collected, options))
    return 1 if collected.count("failed") else 0


def _tell(report: FileReport, progress: Progress, told: _Told, *, redacting: bool) -> None:
    if report.error is not None:
        progress.say(sys.stderr, f"failed: {report.error}")
        return
    if told == "all" or (told == "losses" and report.losses):
        progress.say(sys.stdout, _WORDS[report.outcome] + _line(report))
    if report.secrets:
        word = "redacted" if redacting else "looks like a secret"
        progress.say(sys.stderr, f"{word}: {report.source}: {'; '.join(report.secrets)}")


def _line(report: FileReport) -> str:
    several = f"{report.sources} of " if report.sources > 1 else ""
    line = f"{report.source} ({several}{report.from_}) -> {report.dest} ({report.to}): "
    line += _number(report.interactions, "interaction")
    return f"{line}; given up: {', '.join(report.losses)}" if report.losses else line


def _total(collected: Collected, options: Options) -> str:
    done = sum(collected.count(name) for name in ("converted", "checked", "planned"))
    parts = [
        f"{_number(done, 'file')} {_DONE[options.mode]}, {_number(collected.count('interactions'), 'interaction')}"
    ]
    parts += [f"{before} done before"] if (before := collected.count("before")) else []
    parts.append(f"{collected.count('failed')} failed")
    if (found := collected.count("with_secrets")) and not options.redact:
        parts.append(f"{found} with what looks like a secret: --redact replaces it")
    return "; ".join(parts)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
