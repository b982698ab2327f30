"""`llmvcr prune`: what can be removed from a tree of recordings without running a test."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llmvcr import storage
from llmvcr.cli.orphans import Tests, collected, orphan
from llmvcr.cli.progress import Progress, say
from llmvcr.errors import CassetteError, OptionError
from llmvcr.formats import Document
from llmvcr.interaction import Json
from llmvcr.scrubbing import files

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Name what can be removed without running a test, and remove it with --yes: cassettes that hold no interaction; working
files in `.llmvcr` that nobody needs any longer; and with --tests, which has pytest collect them, cassettes of tests
that no longer exist. A cassette is taken for one of these only where pytest-recording would have put it, in
`cassettes/<module>/` below that folder, and where no test's source has its name. What can still be recovered, and
files that cannot be read, are left alone. Which interactions of a cassette are not used is not known here, since equal
requests are answered in recorded order: `pytest --llmvcr-unused=prune` removes them."""

_CODES = """\
examples:
  llmvcr prune tests
  llmvcr prune tests --tests tests
  llmvcr prune tests/cassettes --tests tests --yes

exit codes: 0 nothing can be removed, or it is; 1 without --yes: something can be removed, 2 something could not be
removed, or wrong usage, 130 interrupted"""

_VERSION = 1
_TO_DO, _TROUBLE = 1, 2


@dataclass(frozen=True, slots=True)
class _Dead:
    """A file that can be removed; `bytes` is its size, `error` says why it is there still."""

    path: str
    kind: Literal["empty", "leftover", "orphan"]
    reason: str
    bytes: int = 0
    error: str = ""


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "prune",
        help="remove empty cassettes, leftovers, those of tests that are gone",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="a cassette, or a folder of them")
    parser.add_argument(
        "--tests",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="where all tests are that these cassettes may be of; pytest collects them, and runs none",
    )
    parser.add_argument("--yes", action="store_true", help="remove it; without this nothing is changed")
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look, and with --yes remove; raises OptionError for a path that is not there, or tests that are not known."""
    for path in (*args.paths, *args.tests):
        if not path.exists():
            raise OptionError(f"{path} is not there")
    for path in args.tests:
        if not path.is_dir():
            raise OptionError(f"--tests {path}: is no folder")
    tests = collected(args.tests) if args.tests else None
    done = []
    for dead in _dead(args.paths, tests):
        done.append(_removed(dead) if args.yes else dead)
        if not args.json:
            _tell(done[-1], removed=args.yes)
    if args.json:
        say(sys.stdout, json.dumps(_as_json(done, removed=args.yes), indent=2))
    else:
        say(sys.stderr, _total(done, removed=args.yes))
    if any(each.error for each in done):
        return _TROUBLE
    return _TO_DO if done and not args.yes else 0


def _dead(paths: Sequence[Path], tests: Tests | None) -> Iterator[_Dead]:
    found = list(files(paths))
    progress = Progress(sys.stderr, len(found))
    try:
        for path in found:
            progress.step(str(path))
            if (dead := _judged(path, tests)) is not None:
                progress.clear()
                yield dead
    finally:
        progress.clear()
    for folder in (path for path in paths if path.is_dir()):
        for one in storage.leftovers(folder):
            yield _Dead(str(one.path), "leftover", one.reason, _size(one.path))


def _judged(path: Path, tests: Tests | None) -> _Dead | None:
    try:
        document = storage.load(path)
    except (CassetteError, OSError):
        return None  # `llmvcr check` says what is wrong with it
    if storage.unsettled(path):
        return None  # something of it can be recovered, or is being recorded
    if _is_empty(document):
        return _Dead(str(path), "empty", "holds no interaction", _size(path))
    reason = orphan(path, tests) if tests is not None else None
    return None if reason is None else _Dead(str(path), "orphan", reason, _size(path))


def _is_empty(document: Document) -> bool:
    return not document.interactions and not document.extra


def _removed(dead: _Dead) -> _Dead:
    path = Path(dead.path)
    try:
        if dead.kind == "leftover":
            storage.clear(storage.Leftover(path, dead.reason))
        else:
            with storage.only_one(path):
                storage.remove(path)
            storage.remove_empty(path.parent)
    except (CassetteError, OSError) as error:
        return replace(dead, error=str(error))
    return dead


def _tell(dead: _Dead, *, removed: bool) -> None:
    if dead.error:
        say(sys.stderr, f"failed: {dead.error}")
    else:
        say(sys.stdout, f"{'removed' if removed else 'would remove'} {dead.path}: {dead.reason}")


def _total(done: Sequence[_Dead], *, removed: bool) -> str:
    gone = [each for each in done if not each.error]
    word = "removed" if removed else "can be removed"
    text = f"{len(gone)} file{'' if len(gone) == 1 else 's'} {word}, {sum(each.bytes for each in gone):,} bytes"
    if failed := len(done) - len(gone):
        text += f"; {failed} failed"
    return text if removed or not gone else f"{text}; --yes removes {'it' if len(gone) == 1 else 'them'}"


def _as_json(done: Sequence[_Dead], *, removed: bool) -> dict[str, Json]:
    gone = [each for each in done if not each.error]
    return {
        "version": _VERSION,
        "mode": "prune" if removed else "dry-run",
        "files": [asdict(each) for each in done],
        "totals": {
            "files": len(gone),
            "bytes": sum(each.bytes for each in gone),
            "failed": len(done) - len(gone),
        },
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
