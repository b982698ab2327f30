"""The one check command: format, lint, types, rules of the house and tests, at home as in CI.

    python3 tools/check.py [--fix] [--quick] [TEST ...]

Works from a bare clone: the first run makes `.venv` with all that is needed. Every step runs, also after one that
failed; the exit code is 0 where all passed, and 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["Step", "main", "steps"]

ROOT = Path(__file__).resolve().parent.parent


class Step(NamedTuple):
    """One step: its name and the arguments to `python -m`."""

    name: str
    module: tuple[str, ...]

    def run(self) -> bool:
        """Run it, with its output going to this terminal, and say how it went and how long it took."""
        print(f"== {self.name}: {' '.join(self.module)}", flush=True)
        started = time.monotonic()
        command = [sys.executable, "-m", *self.module]
        done = subprocess.run(command, cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL, check=False)
        passed = done.returncode == 0
        print(f"{self.name}: {'ok' if passed else 'FAILED'} in {time.monotonic() - started:.1f} s\n", flush=True)
        return passed


def _environment() -> dict[str, str]:
    """Give ours, with a place for bytecode: the tests start hundreds of processes, each of which would compile all."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(Path(sys.prefix, "bytecode"))}


def steps(*, fix: bool = False, quick: bool = False, tests: Sequence[str] = ()) -> tuple[Step, ...]:
    """Give the steps in order; the tests, with the rules of the house among them, come last."""
    chosen = [
        Step("format", ("ruff", "format", ".") if fix else ("ruff", "format", "--check", ".")),
        Step("lint", ("ruff", "check", "--fix", ".") if fix else ("ruff", "check", ".")),
    ]
    if fix:
        chosen.reverse()  # a fix may leave lines that the formatter would break
    if not quick:
        chosen.append(Step("types", ("mypy",)))
    left_out = ("-m", "not slow") if quick else ()
    chosen.append(Step("tests", ("pytest", "-q", "-n", str(min(4, os.cpu_count() or 1)), *left_out, *tests)))
    return tuple(chosen)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the steps that were asked for and name those that failed."""
    parser = argparse.ArgumentParser(
        prog="tools/check.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fix", action="store_true", help="let ruff format, and fix what it can, instead of telling")
    parser.add_argument("--quick", action="store_true", help="leave out the type check and the tests marked slow")
    parser.add_argument("tests", nargs="*", metavar="TEST", help="run only these test files or folders (default: all)")
    options = parser.parse_args(argv)
    chosen = steps(fix=options.fix, quick=options.quick, tests=options.tests)
    failed = [step.name for step in chosen if not step.run()]
    print(f"check: FAILED: {', '.join(failed)}" if failed else "check: all passed", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    if not {"-h", "--help"} & set(sys.argv):
        sys.path.insert(0, str(ROOT))  # a script sees its own folder only
        from tools._venv import ensure

        ensure()
    raise SystemExit(main())
