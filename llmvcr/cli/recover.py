"""`llmvcr recover`: what runs that were cut short have recorded, brought into the cassettes it belongs to."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr import redaction, storage
from llmvcr.cli.progress import Progress, say
from llmvcr.errors import CassetteError, LeakError, OptionError
from llmvcr.keeping import Recovered, recover

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Bring back what runs that were cut short have recorded: a journal in `.llmvcr` beside each cassette holds it. The next
run that opens a cassette does this by itself; here it is done by hand, for one cassette or all below a folder. What
processes record that live is left to them, and what a persister of your own saves to that. What comes back is looked
through for secrets before it is written."""

_CODES = """\
examples:
  llmvcr recover tests --dry-run
  llmvcr recover tests/cassettes/test_chat.yaml
  llmvcr recover tests --json | jq .cassettes

exit codes: 0 all is recovered, or there was nothing to; 1 something could not be, in whole or in part (each is named,
nothing is removed); 2 wrong usage, such as a PATH that is not there"""

_VERSION = 1


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "recover",
        help="bring back what runs that were cut short have recorded",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="a cassette (it need not be there yet), or a folder")
    parser.add_argument("--dry-run", action="store_true", help="say what would come back, and write nothing")
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Recover, printing a line for each cassette; raises OptionError for a PATH that is not there."""
    if not args.path.is_dir() and not args.path.exists() and not storage.unsettled(args.path):
        raise OptionError(f"{args.path} is not there, and no journal of it")
    logging.getLogger("llmvcr").addHandler(logging.NullHandler())  # all of it is printed
    from llmvcr.bridge.gating import Gate  # noqa: PLC0415 - vcr comes with it

    gate = Gate("fail", redaction.redactor(None))
    found: list[tuple[Path, Recovered]] = []
    failed: list[CassetteError | LeakError] = []
    paths = storage.orphans(args.path) if args.path.is_dir() else (args.path,)
    progress = Progress(sys.stderr, len(paths))
    for path in paths:
        kind = "yaml" if path.suffix in (".yaml", ".yml") else "json"
        check = partial(gate.check, kept=0, path=str(path), format=kind)
        try:
            found.append((path, recover(path, dry=args.dry_run, check=check)))
        except (CassetteError, LeakError) as error:
            failed.append(error)
        progress.step(str(path))
    progress.clear()
    if args.json:
        say(sys.stdout, json.dumps(_as_json(found, failed), indent=2))
    else:
        _print(found, failed, dry=args.dry_run)
    return 1 if failed or any(one.aside or one.unread for _, one in found) else 0


def _print(found: Sequence[tuple[Path, Recovered]], failed: Sequence[CassetteError | LeakError], *, dry: bool) -> None:
    word = "would be recovered" if dry else "recovered"
    for path, one in found:
        if one.interactions:
            say(sys.stdout, f"{path}: {_number(one.interactions)} {word}")
        kept = "would be kept" if dry else "is kept"
        for aside in one.aside:
            say(sys.stderr, f"damaged: {path}: a line of a journal cannot be read; it {kept} as {aside}")
        for unread in one.unread:
            say(sys.stderr, f"left alone: {unread}")
    for error in failed:
        say(sys.stderr, f"failed: {error}")
    total = sum(one.interactions for _, one in found)
    say(sys.stdout, f"{_number(total)} {word}; {len(failed)} failed")


def _number(count: int) -> str:
    return f"{count} interaction{'' if count == 1 else 's'}"


def _as_json(found: Sequence[tuple[Path, Recovered]], failed: Sequence[CassetteError | LeakError]) -> dict[str, object]:
    return {
        "version": _VERSION,
        "cassettes": [
            {
                "path": str(path),
                "interactions": one.interactions,
                "damaged": [str(aside) for aside in one.aside],
                "left_alone": list(one.unread),
            }
            for path, one in found
        ],
        "failed": [str(error) for error in failed],
    }
