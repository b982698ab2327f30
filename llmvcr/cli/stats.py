"""`llmvcr stats`: what recordings hold: calls by provider, endpoint and model, tokens, bytes, errors, money."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr import storage
from llmvcr.cli.paper import Paper
from llmvcr.cli.progress import Progress, say
from llmvcr.conversation import LlmCall, read_call
from llmvcr.errors import CassetteError, OptionError
from llmvcr.interaction import Interaction, Json
from llmvcr.prices import Prices

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Count what recordings hold: LLM calls by provider, endpoint and model, with the tokens that their answers name, the
bytes of their bodies, the calls that failed (status 400 and up, or no answer) and those whose answer is incomplete.
PATH is a file of any format, or a folder, with all that is below it. Where the package genai-prices is installed
(pip install 'pytest-llmvcr[cost]') a column says what the calls would cost today, in US dollars."""

_CODES = """\
examples:
  llmvcr stats tests
  llmvcr stats tests/cassettes evals/cassettes --json | jq .tokens

exit codes: 0 printed, 1 a file could not be read (the others are counted), 2 wrong usage, or nothing is there"""

_VERSION = 1
_FIRST_ERROR = 400
_HEADS = ("provider", "endpoint", "model", "calls", "failed", "incomplete", "tokens in", "cached", "out", "bytes")


@dataclass(slots=True)
class _Sum:
    """What the calls of one row come to; tokens are those that answers name, bytes those of both bodies."""

    calls: int = 0
    failed: int = 0
    incomplete: int = 0
    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0
    request_bytes: int = 0
    answer_bytes: int = 0
    priced: int = 0
    cost: Decimal = Decimal(0)

    def __iadd__(self, other: _Sum) -> _Sum:  # noqa: PYI034 - a private class that nobody inherits from
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        return self


_Key = tuple[str, str, str]


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "stats",
        help="count what recordings hold",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="a file, or a folder of files")
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Count and print; raises OptionError for a path that is not there."""
    files = tuple(dict.fromkeys(file for path in args.paths for file in _files(path)))
    if not files:
        raise OptionError(f"{', '.join(map(str, args.paths))}: no file that could be a recording")
    rows: dict[_Key, _Sum] = {}
    prices = Prices()
    progress = Progress(sys.stderr, len(files))
    failed: list[tuple[Path, str]] = []
    try:
        for file in files:
            progress.step(str(file))
            try:
                for interaction in storage.load(file):
                    call = read_call(interaction)
                    key = (call.provider, call.endpoint, call.model)
                    total = rows.setdefault(key, _Sum())
                    total += _counted(interaction, call, prices)
            except CassetteError as error:
                failed.append((file, str(error)))
    finally:
        progress.clear()
    for _, reason in failed:
        say(sys.stderr, f"failed: {reason}")
    if args.json:
        say(sys.stdout, json.dumps(_as_json(len(files), failed, rows, prices), indent=2))
    else:
        _tell(Paper(sys.stdout), len(files) - len(failed), rows, prices)
    return 1 if failed else 0


def _files(path: Path) -> Sequence[Path]:
    if not path.exists():
        raise OptionError(f"{path} is not there")
    return storage.members(path) if path.is_dir() else (path,)


def _counted(interaction: Interaction, call: LlmCall, prices: Prices) -> _Sum:
    cost = prices.of(call) if call.provider else None
    return _Sum(
        calls=1,
        failed=int(call.status >= _FIRST_ERROR),
        incomplete=int(bool(call.ended) and not interaction.response.failed),
        input=call.usage.input or 0,
        cached=call.usage.cached or 0,
        output=call.usage.output or 0,
        reasoning=call.usage.reasoning or 0,
        request_bytes=len(interaction.request.body or b""),
        answer_bytes=len(interaction.response.body),
        priced=int(cost is not None),
        cost=cost or Decimal(0),
    )


def _tell(paper: Paper, files: int, rows: dict[_Key, _Sum], prices: Prices) -> None:
    llm, others = _total(rows, llm=True), _total(rows, llm=False)
    count = f"{_number(files, 'file')}, {_number(llm.calls + others.calls, 'interaction')}"
    paper.line(f"{count}: {_number(llm.calls, 'LLM call')}, {_number(others.calls, 'other')}", "bold")
    if llm.calls:
        table: list[tuple[str, ...]] = [(*_HEADS, "US dollars") if prices.known else _HEADS]
        table += [_row(key, rows[key], prices) for key in sorted(rows) if key[0]]
        table += [_row(("all", "", ""), llm, prices)] if len(table) > 2 else []
        paper.line()
        for line in _aligned(table):
            paper.line(line)
    if prices.known and llm.priced < llm.calls:
        paper.line()
        paper.line(f"without a price, or without tokens to price: {_number(llm.calls - llm.priced, 'LLM call')}")


def _row(key: _Key, total: _Sum, prices: Prices) -> tuple[str, ...]:
    counts = (total.calls, total.failed, total.incomplete, total.input, total.cached, total.output)
    row = (*key, *(f"{count:,}" for count in counts), f"{total.request_bytes + total.answer_bytes:,}")
    return (*row, f"{total.cost:.4f}" if total.priced else "-") if prices.known else row


def _aligned(table: Sequence[tuple[str, ...]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row[:3], widths, strict=False)]
        cells += [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
        yield "  ".join(cells)


def _total(rows: dict[_Key, _Sum], *, llm: bool) -> _Sum:
    total = _Sum()
    for key, one in rows.items():
        if bool(key[0]) == llm:
            total += one
    return total


def _as_json(files: int, failed: Sequence[tuple[Path, str]], rows: dict[_Key, _Sum], prices: Prices) -> dict[str, Json]:
    llm, others = _total(rows, llm=True), _total(rows, llm=False)
    return {
        "version": _VERSION,
        "files": files,
        "unreadable": [{"path": str(path), "reason": reason} for path, reason in failed],
        "interactions": llm.calls + others.calls,
        "others": others.calls,
        **_sum_as_json(llm, prices),
        "rows": [
            {"provider": key[0], "endpoint": key[1], "model": key[2], **_sum_as_json(rows[key], prices)}
            for key in sorted(rows)
            if key[0]
        ],
    }


def _sum_as_json(total: _Sum, prices: Prices) -> dict[str, Json]:
    tokens = {name: getattr(total, name) for name in ("input", "cached", "output", "reasoning")}
    money = {"usd": float(total.cost), "priced": total.priced} if prices.known else None
    return {
        "calls": total.calls,
        "failed": total.failed,
        "incomplete": total.incomplete,
        "tokens": tokens,
        "bytes": {"request": total.request_bytes, "answer": total.answer_bytes},
        "cost": money,
    }


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
