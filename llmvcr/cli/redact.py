"""`llmvcr redact`: takes the secrets out of cassettes and recordings, in place."""

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
from llmvcr.scrubbing import Cleaned

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Put placeholders in the place of secrets in cassettes and recordings: what recording does by itself, for files that were
there before. Each file is read, redacted, written in the format it has, read back and compared, and looked through once
more; only if nothing is left does it replace the old one, whole or not at all. Requests are still found by their
content. What was replaced is named by place and kind. A file without secrets is not touched. The name of a recording
stays, since llama-stack looks a request up by it, also where it is no longer the hash of the content: that is said."""

_CODES = """\
examples:
  llmvcr redact tests --dry-run
  llmvcr redact tests/cassettes --name x-tenant --keep x-session
  llmvcr redact tests --json | jq .totals

exit codes: 0 done, nothing is left (with --dry-run: nothing to do), 1 with --dry-run: something would be replaced,
2 some file could not be read or cleaned (it is as it was; the others are done) or wrong usage, 130 interrupted"""

_VERSION = 1
_TO_DO, _TROUBLE = 1, 2


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "redact",
        help="take the secrets out of cassettes and recordings",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    secret_options.add(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be replaced, and write nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Clean, printing one line for each place and kind; raises OptionError for a name or shape without sense."""
    work = partial(_clean, entries=secret_options.entries(args), dry=args.dry_run)
    done = secret_options.worked(args, "redact", work, _lost, partial(_lines, dry=args.dry_run))
    if args.json:
        say(sys.stdout, json.dumps(_as_json(done, dry=args.dry_run), indent=2))
    else:
        say(sys.stderr, _total(done, dry=args.dry_run))
    if any(each.error for each in done):
        return _TROUBLE
    return _TO_DO if args.dry_run and any(each.replaced for each in done) else 0


def _clean(path: Path, *, entries: tuple[dict[str, str], ...], dry: bool) -> Cleaned:
    return scrubbing.clean(path, secret_options.redactor(entries), dry=dry)


def _lost(path: Path) -> Cleaned:
    return Cleaned(str(path), error=f"{path}: the process that cleaned it died; the file is whole, old or new")


def _lines(each: Cleaned, *, dry: bool) -> list[str]:
    word = "would replace" if dry else "replaced"
    lines = [f"{each.path}: {word} {kind} in {place}{_times(many)}" for place, kind, many in each.replaced]
    if each.renamed:
        lines.append(f"{each.path}: keeps its name, which is no longer the hash of its content")
    return lines


def _times(many: int) -> str:
    return "" if many == 1 else f", {many} interactions"


def _total(done: list[Cleaned], *, dry: bool) -> str:
    changed, read = sum(bool(each.replaced) for each in done), sum(bool(each.format) for each in done)
    text = f"{changed} of {read} files {'would be cleaned' if dry else 'cleaned and verified'}"
    failed = sum(bool(each.error) for each in done)
    return f"{text}; {failed} failed" if failed else text


def _as_json(done: list[Cleaned], *, dry: bool) -> dict[str, object]:
    keys = ("place", "kind", "count")
    return {
        "version": _VERSION,
        "mode": "dry-run" if dry else "redact",
        "files": [
            dataclasses.asdict(each) | {"replaced": [dict(zip(keys, row, strict=True)) for row in each.replaced]}
            for each in done
        ],
        "totals": {
            "files": len(done),
            "interactions": sum(each.interactions for each in done),
            "changed": sum(bool(each.replaced) for each in done),
            "skipped": sum(bool(each.skipped) for each in done),
            "failed": sum(bool(each.error) for each in done),
        },
    }
