"""Measure what llmvcr costs, beside vcrpy, pytest-recording, cassetter and no recorder at all, and print one table.

    python3 tools/bench.py [--quick] [--only NAME]... [--cassetter PYTHON] [--corpus FOLDER]

How to read it. Each row says what was done, what came of it, and the bar of the project where there is one, with
"met" or "NOT met". Every comparison is made in one run, the two sides in turn, many times: a figure is the median of
the ratios, in brackets the quarter of them below and above. Times are CPU time of the process (a busy machine waits,
but does not count), where nothing else is said; "wall" is time on the clock. "floor" is the same call of the same
client, built already, over a transport that gives the answer from memory: nothing that replays can be faster. "by
bytes" is a request equal byte for byte to a recorded one, "by form" one in other bytes with the same meaning. Traffic
is generated in the sizes of real cassettes: requests of 9.4 KB, from N = 10,000 on the median of all (294 B).

No network is used: servers stand on loopback. --quick takes about a minute, all of it some ten. cassetter needs
an environment of its own, since its plugin and pytest-recording's exclude each other: `python3 -m venv E`,
`E/bin/pip install cassetter`, then `--cassetter E/bin/python`; without it its rows say so. Exit code 0, whether or not
the bars are met; 2 for a name that --only does not know.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from tools._venv import ensure  # noqa: E402 - the line above makes it importable

if __name__ == "__main__":
    ensure()

from tools import _bench_files, _bench_live, _bench_pytest, _bench_replay  # noqa: E402 - as above
from tools._bench import Row, Scale  # noqa: E402

__all__ = ["MEASURES", "main"]

CORPUS = PROJECT.parent / "shared" / "corpus" / "vcrpy"

MEASURES: dict[str, Callable[[Scale], Iterator[Row]]] = {
    "match": _bench_replay.match,
    "tee": _bench_live.tee,
    "chunks": _bench_live.chunks,
    "miss": _bench_replay.miss,
    "enter": _bench_replay.enter,
    "replay": _bench_replay.replay,
    "load": _bench_files.load,
    "memory": _bench_files.memory,
    "add": _bench_files.add,
    "convert": _bench_files.convert,
    "record": _bench_live.record,
    "pytest": _bench_pytest.marked,
    "startup": _bench_pytest.startup,
}
"""What is measured, by the names that --only takes."""

_PACKAGES = ("vcrpy", "pytest-recording", "openai", "httpx2", "PyYAML")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller sizes: about a minute")
    parser.add_argument("--only", action="append", metavar="NAME", help=f"only this (of {', '.join(MEASURES)})")
    parser.add_argument("--cassetter", default="", metavar="PYTHON", help="the Python of an environment with cassetter")
    parser.add_argument("--corpus", default=str(CORPUS), metavar="FOLDER", help="real cassettes beside the project's")
    options = parser.parse_args(argv)
    if unknown := set(options.only or ()) - set(MEASURES):
        print(f"there is nothing called {', '.join(sorted(unknown))} to measure; known are {', '.join(MEASURES)}")
        return 2
    warnings.simplefilter("ignore")  # the SDKs' own
    os.environ["LLMVCR_CACHE"] = "off"  # but for what measures it: every figure is that of a first run
    scale = Scale(options.quick, options.cassetter, options.corpus)
    started = time.monotonic()
    print(f"{time.strftime('%Y-%m-%d')}, CPython {platform.python_version()}, {os.cpu_count()} cores, load {_load()}")
    print(", ".join(f"{name} {version(name)}" for name in _PACKAGES))
    print(f"{'work':<70}{'figure':<50}{'bar':<18}")
    parts: dict[str, float] = {}
    for name in MEASURES if not options.only else dict.fromkeys(options.only):
        began = time.monotonic()
        for row in MEASURES[name](scale):
            met = "" if row.met is None else "met" if row.met else "NOT met"
            print(f"{row.work:<70}{row.figure:<50}{row.bar:<18}{met}".rstrip(), flush=True)
            for note in row.notes:
                print(f"    {note}", flush=True)
        parts[name] = time.monotonic() - began
    each = ", ".join(f"{name} {took:.0f}" for name, took in parts.items())
    print(f"took {time.monotonic() - started:.0f} s ({each}), load {_load()}")
    return 0


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    raise SystemExit(main())
