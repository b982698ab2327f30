"""Mutated cassettes and recordings through load, match and convert: only documented errors, and bounded.

    python3 tools/fuzz.py [--count N] [--first N] [--seed N] [--seconds S] [--sources FOLDER ...] [--guided]

Case N of a seed is always the same one: a file of the sources, changed in a few places drawn by the seed. What raises
anything but a documented error, or takes longer than the limit, is printed with the command that does it again
(`--only N`). Exit code 0 where there was no fault, else 1.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools._venv import ensure  # noqa: E402 - the line above makes it importable

if __name__ == "__main__":
    ensure()

from tools import _fuzz_cases, _fuzzing  # noqa: E402 - only the project's own environment is sure to have what it needs

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the cases, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="tools/fuzz.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000, help="how many cases (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the first of them (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (default: %(default)s)")
    parser.add_argument("--only", type=int, metavar="N", help="do case N alone, and let its error through")
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after this time (default: never)")
    parser.add_argument("--sources", type=Path, nargs="+", help="default: cassettes/ and ../shared/corpus")
    parser.add_argument("--guided", action="store_true", help="let atheris look for new paths in our code; no --count")
    args = parser.parse_args(argv)
    sources = _fuzz_cases.sources(args.sources or [ROOT / "cassettes", ROOT.parent / "shared" / "corpus"])
    if args.guided:
        return _fuzzing.guided(sources, int(args.seconds))
    if args.only is not None:
        print(_fuzzing.attempt(_fuzz_cases.case(sources, args.seed, args.only)))
        return 0
    told: Counter[str] = Counter()
    cases, faults, slowest = 0, 0, 0.0
    began = time.monotonic()
    for number in range(args.first, args.first + args.count):
        cases += 1
        data = _fuzz_cases.case(sources, args.seed, number)
        started = time.process_time()
        try:
            told[_fuzzing.attempt(data)] += 1
        except Exception as error:  # noqa: BLE001 - any is a fault; it is counted and named
            faults += 1
            command = f"tools/fuzz.py --seed {args.seed} --only {number}"
            print(f"FAULT {type(error).__name__}: {str(error)[:200]}\n  again: python3 {command}", flush=True)
        spent = time.process_time() - started
        slowest = max(slowest, spent)
        if spent > _fuzzing.SECONDS:
            faults += 1
            print(f"SLOW {spent:.1f} s\n  again: python3 tools/fuzz.py --seed {args.seed} --only {number}", flush=True)
        if args.seconds and time.monotonic() - began > args.seconds:
            break
    rows = ", ".join(f"{many} {what}" for what, many in told.most_common())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{cases} cases of {len(sources.files)} files: {rows}; {faults} faults; slowest {slowest:.2f} s, {memory} MiB"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
