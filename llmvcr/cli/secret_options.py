"""What `llmvcr lint` and `llmvcr redact` have in common: which files, and what counts as a secret."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from llmvcr import pool, redaction, scrubbing
from llmvcr.cli import asking
from llmvcr.cli.progress import Progress
from llmvcr.errors import LlmvcrError, OptionError
from llmvcr.redaction import Redactor
from llmvcr.scrubbing import Cleaned, Looked

__all__ = ["add", "entries", "listed", "processes", "redactor", "worked"]

_Done = TypeVar("_Done", Looked, Cleaned)

_WORTH = 64
"""From how many files on other processes are worth their start."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="a file, or a folder with files")
    parser.add_argument(
        "--name", action="append", default=[], metavar="NAME", help="a header, cookie, parameter or field of yours"
    )
    parser.add_argument("--shape", action="append", default=[], metavar="REGEX", help="a shape of secrets of yours")
    parser.add_argument("--keep", action="append", default=[], metavar="NAME", help="a name that holds no secret")
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.add_argument(
        "--jobs", type=asking.processes, metavar="N", help="how many processes work (default: one for each core)"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="name the files that are passed over")


def entries(args: argparse.Namespace) -> tuple[dict[str, str], ...]:
    """Give what the options say as `llmvcr_redact` takes it, to be sent to other processes; raises OptionError."""
    found = tuple({key: text} for key in ("name", "shape", "keep") for text in getattr(args, key))
    redactor(found)
    return found


def redactor(found: tuple[dict[str, str], ...]) -> Redactor:
    """Make the redactor of these entries and of the environment; raises OptionError."""
    return redaction.redactor(found or None)


def listed(paths: Sequence[Path]) -> list[Path]:
    """List the files; raises OptionError for a folder that cannot be read."""
    try:
        return list(scrubbing.files(paths))
    except LlmvcrError as error:
        raise OptionError(str(error)) from None


def worked(
    args: argparse.Namespace,
    command: str,
    work: Callable[[Path], _Done],
    lost: Callable[[Path], _Done],
    lines: Callable[[_Done], Iterable[str]],
) -> list[_Done]:
    """Do `work` on each file, say as it goes what went wrong, what was passed over, and its `lines`; give all of it.

    `lost` stands in for a file whose process died. Raises OptionError as `listed` does.
    """
    files, done = listed(args.paths), []
    progress = Progress(sys.stderr, len(files))
    for each in pool.ordered(work, files, jobs=processes(args, len(files)), lost=lost):
        done.append(each)
        if each.error:
            progress.say(sys.stderr, f"llmvcr {command}: {each.error}")
        if each.skipped and args.verbose:
            progress.say(sys.stderr, f"passed over: {each.path}: {each.skipped}")
        for line in lines(each) if not args.json else ():
            progress.say(sys.stdout, line)
        progress.step(each.path)
    progress.clear()
    return done


def processes(args: argparse.Namespace, files: int) -> int:
    """Say how many processes are to work: as many as asked for, else as are worth their start."""
    if args.jobs is not None:
        return min(int(args.jobs), files)
    return min(pool.cores(), files) if files >= _WORTH else 1
