"""The command line: one command a file, listed here by name."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from llmvcr.cli import check, convert, diff, lint, merge, prune, recover, redact, rules, schemas, show, stats, view
from llmvcr.cli.asking import PrintSchema, PrintVersion
from llmvcr.cli.progress import say
from llmvcr.errors import LlmvcrError, OptionError

__all__ = ["COMMANDS", "main"]

COMMANDS = (show, view, diff, stats, check, lint, redact, prune, merge, recover, convert, rules)
"""Every command, in the order in which a person comes to need them.

Each is a module with `add(subparsers)`, which names its `run(args) -> int` as the default `run`.
"""

_ABOUT = "Recordings of LLM traffic: read, compare, check, clean and convert them."
_MORE = "`llmvcr COMMAND --help` has examples, exit codes, and what --json prints."
_DONE, _FAILED, _USAGE, _FAULT, _INTERRUPTED = 0, 1, 2, 70, 130
_LONGEST = 300


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; never a traceback.

    0 is done, 2 wrong usage, 130 interrupted, 70 a fault of llmvcr itself; what 1 means each command's help says.
    LLMVCR_TRACEBACK=1 in the environment shows where such a fault is.
    """
    try:
        code = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _complain("interrupted", _INTERRUPTED)
    except Exception as error:
        if os.environ.get("LLMVCR_TRACEBACK"):
            raise
        return _excused(error)
    return code


def _run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="llmvcr", description=_ABOUT, epilog=_MORE)
    parser.add_argument("--version", action=PrintVersion, help="print the version and exit")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(subparsers)
    for name in schemas.NAMES:
        about = "print the schema of what --json prints, and exit"
        subparsers.choices[name].add_argument("--json-schema", action=PrintSchema, const=name, help=about)
    if not argv:
        parser.print_help()
        return _USAGE
    try:
        args = parser.parse_args(argv)
    except SystemExit as stop:  # it has said what there was to say
        return stop.code if isinstance(stop.code, int) else _DONE
    return int(args.run(args))


def _excused(error: Exception) -> int:
    """Say in a line what went wrong, and give the exit code."""
    match error:
        case BrokenPipeError():
            # Whoever read our output has gone; what was written to disk is whole.
            return _silenced()
        case OptionError():
            return _complain(str(error), _USAGE)
        case LlmvcrError():
            return _complain(str(error), _FAILED)
        case OSError():
            # A disk that is full under our own output would say so once more at the end of the process.
            return _complain(str(error), _silenced() if _is_stuck() else _FAILED)
        case _:
            said = f"{type(error).__name__}: {error}"[:_LONGEST]
            return _complain(f"a fault of llmvcr itself, please report it: {said}", _FAULT)


def _complain(message: str, code: int) -> int:
    say(sys.stderr, f"llmvcr: {message}")
    return code


def _is_stuck() -> bool:
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _silenced() -> int:
    """Let the rest of our output go nowhere, so that the end of the process has nothing more to say of it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _FAILED
