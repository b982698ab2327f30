"""Ask for many answers at once, through every client library, and count what of it is recorded or replayed wrongly.

    python3 tools/crowd.py [--runs N] [--library NAME] [--mode NAME] [--calls N]

320 questions from 8 threads, 1000 from as many tasks (a library without async in a thread of each), and 1000 from tasks
under 4 cassettes that are open side by side. Every answer says which question it belongs to. Wrong is what is missing
from the file, there twice, beside another question, or out of the order in which a thread asked; what the application
got and had not asked for, on recording and on replay, which asks in another order; and what the server was asked more
than once. Exit code 0 where nothing was wrong, 1 otherwise.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from tools._venv import ensure  # noqa: E402 - the line above makes it importable

if __name__ == "__main__":
    ensure()

from taps.crowds import LIBRARIES, MODES, Library, crowd, serving  # noqa: E402 - the environment has to be there first

__all__ = ["main"]

_CALLS = (("threads", 320), ("gather", 1000), ("side by side", 1000))
_SUFFIXES = ("yaml", "json")
_SHOWN = 5  # of what was wrong in a row of the table


def main(argv: Sequence[str] | None = None) -> int:
    """Run the crowds that were asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1, help="how often each is run (default: 1)")
    names = [library.name for library in LIBRARIES]
    parser.add_argument("--library", action="append", choices=names, help="only this (may be repeated)")
    parser.add_argument("--mode", action="append", choices=list(MODES), help="only this (may be repeated)")
    parser.add_argument("--calls", type=int, help="how many calls a run makes (default: as above)")
    options = parser.parse_args(argv)
    print(f"{'library':<10}{'mode':<14}{'calls':>7}{'runs':>6}{'wrong':>7}{'s/run':>8}")
    wrong = 0
    for library in LIBRARIES:
        for mode, calls in _CALLS:
            if library.name in (options.library or names) and mode in (options.mode or MODES):
                wrong += _row(library, mode, options.calls or calls, options.runs)
    return int(wrong > 0)


def _row(library: Library, mode: str, calls: int, runs: int) -> int:
    began = time.monotonic()
    problems: list[str] = []
    for run in range(runs):
        with serving() as server, tempfile.TemporaryDirectory() as folder:
            problems += crowd(library, mode, calls, server, Path(folder), _SUFFIXES[run % len(_SUFFIXES)])
    took = (time.monotonic() - began) / runs
    print(f"{library.name:<10}{mode:<14}{calls:>7}{runs:>6}{len(problems):>7}{took:>8.1f}", flush=True)
    for line in problems[:_SHOWN]:
        print(f"    {line}")
    return len(problems)


if __name__ == "__main__":
    raise SystemExit(main())
