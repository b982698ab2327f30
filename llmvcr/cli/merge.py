"""`llmvcr merge`: what two branches recorded into one cassette, brought together; git can call it by itself."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr import formats, storage
from llmvcr.cli.progress import say
from llmvcr.formats import Document
from llmvcr.interaction import Json
from llmvcr.lifecycle import Merged, merged

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Bring together what two branches recorded into one cassette, by the cassette that they both began with: OURS keeps its
interactions without those that THEIRS removed, and gets those that THEIRS added. OURS is written, in the format that it
has, or FILE. Where both recorded another answer to the same request both stay, ours first, and the request is named."""

_CODES = """\
examples:
  git config merge.llmvcr.driver "llmvcr merge %O %A %B"
  echo 'tests/**/cassettes/** merge=llmvcr' >> .gitattributes
  llmvcr merge base.yaml ours.yaml theirs.yaml -o together.yaml

exit codes: 0 it is written; 1 it is written, but both answered a request anew: look which answer is wanted; or a
file could not be read or written (nothing is changed then); 2 wrong usage"""

_VERSION = 1


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "merge",
        help="bring together what two branches recorded into one cassette",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("base", type=Path, metavar="BASE", help="the cassette that both began with; it may be empty")
    parser.add_argument("ours", type=Path, metavar="OURS", help="the one that is written")
    parser.add_argument("theirs", type=Path, metavar="THEIRS", help="the other one")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write here, and leave OURS as it is")
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the two as one; raises ReadError, WriteError or OSError with everything as it was."""
    base = Document(()) if args.base.is_file() and not storage.read(args.base).strip() else storage.load(args.base)
    ours, theirs = storage.load(args.ours), storage.load(args.theirs)
    found = merged(base, ours.interactions, theirs.interactions)
    path = args.output or args.ours
    with storage.only_one(path):
        storage.dump(replace(ours, interactions=found.interactions), path, format=_format(args.ours))
    if args.json:
        say(sys.stdout, json.dumps(_as_json(found, path), indent=2))
    else:
        for line in _told(found, path):
            say(sys.stdout, line)
    return 1 if found.torn else 0


def _format(path: Path) -> str | None:
    """Name the format of a file; a folder of recordings has none, and cannot be written to."""
    return None if path.is_dir() else formats.sniff(storage.read(path), path=str(path)).name


def _told(found: Merged, path: Path) -> Iterator[str]:
    count = len(found.interactions)
    yield f"{path}: {count} interaction{'s' * (count != 1)}, {found.added} added, {found.removed} removed"
    for request in found.torn:
        yield f"answered anew on both sides, and both answers stay: {request}"


def _as_json(found: Merged, path: Path) -> dict[str, Json]:
    return {
        "version": _VERSION,
        "path": str(path),
        "interactions": len(found.interactions),
        "added": found.added,
        "removed": found.removed,
        "torn": list(found.torn),
    }
