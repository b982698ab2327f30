"""The command line: one command a file, listed here by name."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from llmvcr.cli import convert, diff, lint, recover, redact, rules, show, stats
from llmvcr.errors import LlmvcrError, OptionError

__all__ = ["COMMANDS", "main"]

COMMANDS = (convert, diff, lint, recover, redact, rules, show, stats)
"""Every command: a module with `add(subparsers)`, which names its `run(args) -> int` as the default `run`."""

_ABOUT = "Recordings of LLM traffic: what they hold, how they differ, what is wrong with them, other formats for them."
_DONE, _FAILED, _USAGE, _INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 something failed, 2 wrong usage; never a traceback."""
    parser = argparse.ArgumentParser(prog="llmvcr", description=_ABOUT)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(subparsers)
    try:
        args = parser.parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else _DONE
    try:
        return int(args.run(args))
    except BrokenPipeError:
        # Whoever read our output has gone; what was written to disk is whole.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except OptionError as error:
        return _complain(str(error), _USAGE)
    except (LlmvcrError, OSError) as error:
        return _complain(str(error), _FAILED)
    except KeyboardInterrupt:
        return _complain("interrupted", _INTERRUPTED)


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"llmvcr: {message}\n")
    return code
