"""Convert real cassettes and recordings there and back, and print what came of it as a table.

    python tools/corpus.py [FOLDER] [--every N] [--jobs N] [--speed]

FOLDER is laid out as the corpus beside the project (vcrpy/, recordings/ with recordings.tsv, foreign/), which is also
the default. Nothing is written there. The laws: every cassette and recording is read; YAML → typed JSON → YAML gives
the same bytes in every part of every interaction, also as plain vcrpy reads them; typed → YAML → typed gives the same
document and the same file; names are the hash wherever recordings.tsv says so; a foreign file is read or refused with
one sentence. Exit code: 0 all laws hold, 1 one is broken (each case is named), 2 there is no such folder.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))

from tools._venv import ensure  # noqa: E402 - the line above makes it importable

if __name__ == "__main__":
    ensure()

from llmvcr import pool, storage, trees  # noqa: E402 - only the project's own environment is sure to have it
from llmvcr.jobs import Options  # noqa: E402
from tools import _corpus  # noqa: E402

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table, and what broke a law; return the exit code."""
    options = _options(argv)
    if not options.folder.is_dir():
        sys.stderr.write(f"{options.folder} is not there\n")
        return 2
    rows: Counter[str] = Counter()
    broken: list[str] = []
    for kind, law in (("vcrpy", _corpus.cassette), ("recordings", _corpus.recording), ("foreign", _corpus.foreign)):
        files = [path for path in sorted((options.folder / kind).rglob("*")) if path.is_file()][:: options.every]
        for result in pool.ordered(law, files, jobs=options.jobs, lost=partial(_corpus.lost, kind)):
            rows.update(result.counts)
            broken += result.broken
    broken += _names(options.folder, options.every, rows)
    for what, count in rows.items():
        if not what.startswith("bytes "):
            print(f"{count:>8,}  {what}")
    _means(rows)
    for each in broken:
        print(f"broken: {each}")
    if options.speed:
        for line in _speed(options.folder / "vcrpy"):
            print(line)
    print(f"{len(broken)} broken")
    return 1 if broken else 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = PROJECT.parent / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default, help="the corpus")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take only each Nth file")
    parser.add_argument("--jobs", type=int, default=pool.cores(), metavar="N", help="processes")
    parser.add_argument("--speed", action="store_true", help="also time a conversion on one core and on all")
    return parser.parse_args(argv)


def _means(rows: Counter[str]) -> None:
    for what in _corpus.CARRIED:
        for side in ("request", "response"):
            name = f"vcrpy: {side} bodies {what}"
            if rows[name]:
                print(f"{rows['bytes ' + name] / rows[name]:>8,.0f}  bytes on average for {name}")


def _names(folder: Path, every: int, rows: Counter[str]) -> Iterator[str]:
    listed = folder / "recordings.tsv"
    if not listed.is_file():
        return
    with listed.open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file, delimiter="\t"))[::every]
    for row in told:
        if row["hash_versions_matching"] == "-" or row["models_digest"] == "NO":
            rows["recordings: names that no known hash gives"] += 1
        elif _corpus.is_named_by_its_hash(folder / row["path"]):
            rows["recordings: names that are the hash, as listed"] += 1
        else:
            yield f"{row['path']}: its name is the hash, says the list, and llmvcr does not find it"


def _speed(source: Path) -> Iterator[str]:
    size = sum(path.stat().st_size for path in storage.members(source))
    for jobs in sorted({1, pool.cores()}):
        with tempfile.TemporaryDirectory() as folder:
            began, cpu = time.perf_counter(), time.process_time()
            done = sum(not each.error for each in trees.plan(source, Path(folder, "out"), Options("json")).run(jobs))
            seconds = time.perf_counter() - began
            work = f", {time.process_time() - cpu:.1f} s of processor" if jobs == 1 else ""
            yield f"{seconds:>8.1f}  seconds for {done} files ({size / 1e6:.1f} MB) to json, {jobs} at once{work}"


if __name__ == "__main__":
    raise SystemExit(main())
