"""Test suites of other projects, run in several ways and held against each other test by test.

A tool that uses this gives two tables, its suites and its runs (see `SUITES` and `RUNS` in suites.py, sdk_suites.py),
and `main` does the rest.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tools import _suite_runs
from tools._suite_runs import Result, Run, SetupError, Suite

__all__ = ["main", "worse"]

_RANK = {"passed": 0, "skipped": 1, "failed": 2}


def worse(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Name the tests that did better before, those that are gone, and new ones that fail."""
    names = [name for name in before if _RANK[after.get(name, "failed")] > _RANK[before[name]]]
    names += [name for name in after if name not in before and after[name] == "failed"]
    return tuple(sorted(names))


def main(caption: str, suites: Sequence[Suite], runs: Sequence[Run], argv: Sequence[str] | None = None) -> int:
    """Run the suites that were asked for and print the table; `caption` is the tool's own docstring."""
    options = _options(caption, suites, runs, argv)
    cache = Path(options.cache or tempfile.mkdtemp(prefix="llmvcr-suites-")).resolve()
    print(f"environments and sources: {cache}", flush=True)
    table = [f"{'suite':<18}{'run':<18}{'tests':>9}{'passed':>9}{'failed':>9}{'skipped':>9}{'worse':>9}{'time':>10}"]
    words: list[str] = []
    bad = False
    wanted = [run for run in runs if options.run is None or run.name in options.run]
    try:
        for suite in suites:
            if options.suite in (None, suite.name):
                rows, said, is_worse = _compare(suite, wanted, cache, options.clone)
                table += rows
                words += said
                bad |= is_worse
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n" + "\n".join(table))
    print("\n".join(words) or "no test is worse")
    if not options.cache and not options.keep:
        shutil.rmtree(cache)
    return int(bad)


def _options(
    caption: str, suites: Iterable[Suite], runs: Iterable[Run], argv: Sequence[str] | None
) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=caption, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=[suite.name for suite in suites], help="only this suite")
    names = [run.name for run in runs]
    parser.add_argument("--run", action="append", choices=names, help="only this run (may be repeated)")
    parser.add_argument("--cache", help="folder for environments and sources; kept (default: a temporary one, removed)")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder")
    for suite in suites:
        if suite.folder:
            parser.add_argument("--clone", type=Path, help=f"a clone of {suite.name}'s repository, for {suite.folder}")
    parser.set_defaults(clone=None)
    return parser.parse_args(argv)


def _compare(suite: Suite, runs: Iterable[Run], cache: Path, clone: Path | None) -> tuple[list[str], list[str], bool]:
    """Give the rows of the table, the tests to name, and whether one is worse where none may be."""
    folder = cache / f"{suite.name}-{suite.version}"
    tests = _suite_runs.source(suite, folder)
    _suite_runs.borrow(suite, tests, clone)
    rows: list[str] = []
    words: list[str] = []
    done: dict[str, Result] = {}
    bad = False
    for run in runs:
        if suite.runs and run.name not in suite.runs:
            continue
        python = _suite_runs.environment(suite, folder / ("llmvcr" if run.installed else "plain"), llmvcr=run.installed)
        result = _suite_runs.run(suite, run, python, tests)
        before = done.get(run.against, done.get("baseline"))
        if before is None:
            failed = [name for name, how in result.outcomes.items() if how == "failed"]
            lasting = _lasting(suite, run, (python, tests), dict.fromkeys(failed, "passed"))
            better = {name: "passed" for name in failed if name not in lasting}
            # what the others are held against
            done[run.name] = Result(run.name, {**result.outcomes, **better}, result.seconds)
            rows.append(result.row(suite.name, "-"))
            words += [
                f"{suite.name}, {run.name}: {name} {'fails' if name in lasting else 'is flaky'}" for name in failed
            ]
            continue
        done[run.name] = result
        found = worse(before.outcomes, result.outcomes)
        words += [
            f"{suite.name}, {run.name}: {n} fails on purpose: {why}" for n, why in suite.expected.items() if n in found
        ]
        names = tuple(name for name in found if name not in suite.expected)
        lasting = _lasting(suite, run, (python, tests), {n: before.outcomes.get(n, "passed") for n in names})
        rows.append(result.row(suite.name, str(len(lasting))))
        for name in names:
            how = "worse" if name in lasting else "flaky, no worse"
            reason = f": {result.reasons[name]}" if name in result.reasons else ""
            words.append(f"{suite.name}, {run.name}: {name} is {how} than in {before.run}{reason}")
        bad |= bool(lasting) and run.counts
    return rows, words, bad


def _lasting(suite: Suite, run: Run, where: tuple[Path, Path], before: Mapping[str, str]) -> tuple[str, ...]:
    """Run tests again by themselves, and give those that never do as well as `before`."""
    names = tuple(before)
    for _ in range(3 if run.counts or run.name == "baseline" else 1):
        if names:
            names = worse({name: before[name] for name in names}, _suite_runs.run(suite, run, *where, names).outcomes)
    return names
