"""`llmvcr view`: recordings as one page for a browser."""

from __future__ import annotations

import argparse
import json
import sys
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr import storage
from llmvcr.cli.progress import Progress, say
from llmvcr.errors import CassetteError, OptionError, WriteError
from llmvcr.interaction import Json
from llmvcr.prices import Prices
from llmvcr.viewing import VERSION, Page, is_page, unread, viewed

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Write recordings as one HTML page that needs nothing else and asks no network: the conversations, a timeline of each
stream, requests, answers and headers, what differs between two interactions, and a search over all of it. PATH is a
cassette or recording of any format, or a folder of them. The page holds all that the files hold: who may not read
these may not have the page. Without -o it is written to the current folder, under PATH's name with ".html"."""

_CODES = """\
examples:
  llmvcr view cassettes/test_chat.yaml --open
  llmvcr view tests/cassettes -o cassettes.html
  llmvcr view tests/cassettes --json | jq '.files[].interactions[].usd'

exit codes: 0 written, 1 a file could not be read (the page says so and has the others), or nothing could be written,
2 wrong usage, or nothing is there, 130 interrupted"""

_STDOUT = "-"


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "view",
        help="write recordings as one page for a browser",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="a file, or a folder of files")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the page there; - is standard output")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--force", action="store_true", help="overwrite also a file that is no such page")
    parser.add_argument("--json", action="store_true", help="print the page's data as JSON, and write no page")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the page, or print its data; raises OptionError, and WriteError for a file that is none of ours."""
    for option, given in (("--output", args.output), ("--open", args.open), ("--force", args.force)):
        if args.json and given:
            raise OptionError(f"--json prints the data and writes no page: {option} has no meaning beside it")
    for option, given in (("--open", args.open), ("--force", args.force)):
        if given and args.output == _STDOUT:
            raise OptionError(f"{option} is for a file, and -o - writes none")
    files = _files(args.path)
    target = None if args.json or args.output == _STDOUT else _target(args)
    name = args.path.name or args.path.resolve().name
    page, told = Page(name), list[Json]()
    failed, interactions = 0, 0
    for file in _read(args.path, files):
        failed += bool(file["error"])
        interactions += len(file["interactions"])
        if args.json:
            told.append(file)
        else:
            page.add(file)
    if args.json:
        say(sys.stdout, json.dumps({"version": VERSION, "title": name, "files": told}, indent=2))
    elif failed < len(files):
        _write(page.render(), target, f"{_number(len(files), 'file')}, {_number(interactions, 'interaction')}")
        if args.open and target is not None and not webbrowser.open_new_tab(target.resolve().as_uri()):
            say(sys.stderr, f"no browser is known here; open {target} in one")
    return 1 if failed else 0


def _files(path: Path) -> Sequence[Path]:
    if not path.exists():
        raise OptionError(f"{path} is not there")
    files = storage.members(path) if path.is_dir() else (path,)
    if not files:
        raise OptionError(f"{path} holds no file that could be a recording")
    return files


def _target(args: argparse.Namespace) -> Path:
    target = Path(args.output) if args.output else Path(f"{_stem(args.path)}.html")
    if target.is_dir():
        raise OptionError(f"{target} is a folder; name the file: -o {target / _stem(args.path)}.html")
    if target.exists() and not target.is_file():
        raise OptionError(f"{target} is no file; -o - prints the page")
    if target.exists() and not args.force and not is_page(storage.read(target)):
        raise WriteError(
            str(target), "is no page of llmvcr view", fix="choose another name with -o, or overwrite it with --force"
        )
    return target


def _stem(path: Path) -> str:
    name = path.name or path.resolve().name
    suffix = next((one for one in storage.SUFFIXES if name.endswith(one)), "") if not path.is_dir() else ""
    return name.removesuffix(suffix) or "recordings"


def _read(root: Path, files: Sequence[Path]) -> Iterator[dict[str, Json]]:
    prices = Prices()
    progress = Progress(sys.stderr, len(files))
    try:
        for file in files:
            progress.step(str(file))
            name = file.relative_to(root).as_posix() if file != root else file.name
            try:
                document = storage.load(file)
            except CassetteError as error:
                progress.say(sys.stderr, f"failed: {error}")
                yield unread(name, ": ".join(filter(None, (error.place, error.reason))))
            else:
                yield viewed(name, document, prices.of)
    finally:
        progress.clear()


def _write(page: bytes, target: Path | None, held: str) -> None:
    if target is None:
        sys.stdout.buffer.write(page)
        sys.stdout.flush()
        return
    storage.write(target, page)
    say(sys.stdout, f"{target}: {held}, {len(page):,} bytes")


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
