"""Run the test suites of vcrpy and pytest-recording without llmvcr and with it, and name every test that is worse.

    python3 tools/suites.py [--suite NAME] [--run NAME] [--cache FOLDER]

Each suite is the one in its project's source distribution, run in environments of its own under a cache folder
outside this project. The runs:

    baseline   without llmvcr installed
    recording  with llmvcr installed and switched off: what pytest-recording, which comes with it, does to vcrpy's suite
    plugin     with llmvcr installed, so that pytest loads its plugin (held against `recording`, else `baseline`)
    alone      llmvcr's plugin loaded, pytest-recording's not
    replaced   as `alone`, with `vcr.VCR` replaced by `llmvcr.VCR` (reported, never an error)

A test that is worse is run again by itself, up to three times: if it then does as well as before, it is called flaky.
Exit code 0 where no test is worse for llmvcr's plugin, 1 where one is, 2 where something could not be set up.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["SUITES", "Result", "SetupError", "Suite", "main", "worse"]

PROJECT = Path(__file__).resolve().parent.parent
PLUGINS = PROJECT / "tools" / "suite_plugins"
RUNS = ("baseline", "recording", "plugin", "alone", "replaced")
_SWITCHES = {
    "recording": ("-p", "no:llmvcr"),
    "alone": ("-p", "no:recording"),
    "replaced": ("-p", "no:recording", "-p", "llmvcr_as_vcr"),
}
_RANK = {"passed": 0, "skipped": 1, "failed": 2}
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite: the distribution that holds it, the extra that it names for its tests, and how it is run."""

    name: str
    version: str
    extra: str
    needs: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """Files of the project's repository that its tests read and its distribution lacks."""
    certificates: bool = False
    """Whether requests has to trust the certificate of pytest-httpbin's server."""
    runs: tuple[str, ...] = RUNS


SUITES = (
    Suite("pytest-recording", "0.14.1", "tests", needs=("pycurl",), runs=("baseline", "plugin")),
    Suite(
        "vcrpy",
        "9.4.2",
        "tests",
        arguments=("-m", "not online"),
        files={".editorconfig": "root = true\n\n[*]\ncharset = utf-8\nindent_style = space\n"},
        certificates=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of each test of one run, by node id ("passed", "skipped", "failed"), and how long it took."""

    run: str
    outcomes: Mapping[str, str]
    seconds: float

    def row(self, suite: str, worse_than_baseline: str) -> str:
        """One line of the table."""
        counts = Counter(self.outcomes.values())
        numbers = [len(self.outcomes), counts["passed"], counts["failed"], counts["skipped"]]
        cells = "".join(f"{number:>9}" for number in numbers)
        return f"{suite:<18}{self.run:<10}{cells}{worse_than_baseline:>9}{self.seconds:>8.0f} s"


class SetupError(Exception):
    """Something that a suite needs could not be fetched, built or started."""


def worse(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Name the tests that did better before, those that are gone, and new ones that fail."""
    names = [name for name in before if _RANK[after.get(name, "failed")] > _RANK[before[name]]]
    names += [name for name in after if name not in before and after[name] == "failed"]
    return tuple(sorted(names))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suites that were asked for and print the table."""
    options = _options(argv)
    cache = Path(options.cache or tempfile.mkdtemp(prefix="llmvcr-suites-")).resolve()
    print(f"environments and sources: {cache}", flush=True)
    table = [f"{'suite':<18}{'run':<10}{'tests':>9}{'passed':>9}{'failed':>9}{'skipped':>9}{'worse':>9}{'time':>10}"]
    words: list[str] = []
    bad = False
    try:
        for suite in SUITES:
            if options.suite in (None, suite.name):
                rows, said, is_worse = _compare(suite, options.run or list(RUNS), cache)
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


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="tools/suites.py"
    )
    parser.add_argument("--suite", choices=[suite.name for suite in SUITES], help="only this suite")
    parser.add_argument("--run", action="append", choices=RUNS, help="only this run (may be repeated)")
    parser.add_argument("--cache", help="folder for environments and sources; kept (default: a temporary one, removed)")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder")
    return parser.parse_args(argv)


def _compare(suite: Suite, runs: Iterable[str], cache: Path) -> tuple[list[str], list[str], bool]:
    """Give the rows of the table, the tests to name, and whether one is worse where none may be."""
    folder = cache / f"{suite.name}-{suite.version}"
    tests = _source(suite, folder)
    rows: list[str] = []
    words: list[str] = []
    done: dict[str, Result] = {}
    bad = False
    for run in [name for name in suite.runs if name in runs]:
        python = _environment(suite, folder / ("plain" if run == "baseline" else "llmvcr"), llmvcr=run != "baseline")
        result = done[run] = _run(suite, run, python, tests)
        before = done.get("recording" if run == "plugin" else "", done.get("baseline", result))
        if before is result:
            failed = [name for name, how in result.outcomes.items() if how == "failed"]
            lasting = _lasting(suite, run, (python, tests), dict.fromkeys(failed, "passed"))
            better = {name: "passed" for name in failed if name not in lasting}
            done[run] = Result(run, {**result.outcomes, **better}, result.seconds)  # what others are held against
            rows.append(result.row(suite.name, "-"))
            words += [f"{suite.name}, {run}: {name} {'fails' if name in lasting else 'is flaky'}" for name in failed]
            continue
        names = worse(before.outcomes, result.outcomes)
        lasting = _lasting(suite, run, (python, tests), {n: before.outcomes.get(n, "passed") for n in names})
        rows.append(result.row(suite.name, str(len(lasting))))
        words += [
            f"{suite.name}, {run}: {name} is {'worse' if name in lasting else 'flaky, no worse'} than in {before.run}"
            for name in names
        ]
        bad |= bool(lasting) and run in {"plugin", "alone"}
    return rows, words, bad


def _lasting(suite: Suite, run: str, where: tuple[Path, Path], before: Mapping[str, str]) -> tuple[str, ...]:
    """Run tests again by themselves, and give those that never do as well as `before`."""
    names = tuple(before)
    for _ in range(3):
        if names:
            names = worse({name: before[name] for name in names}, _run(suite, run, *where, names).outcomes)
    return names


def _source(suite: Suite, folder: Path) -> Path:
    """Give the folder with the suite's tests and configuration, without the package itself beside them."""
    tests = folder / "suite"
    if tests.is_dir():
        return tests
    folder.mkdir(parents=True, exist_ok=True)
    what = f"{suite.name}=={suite.version}"
    _call([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder), what])
    archive = next(folder.glob("*.tar.gz"))
    with tempfile.TemporaryDirectory(dir=folder) as unpacked:
        with tarfile.open(archive) as opened:
            opened.extractall(unpacked, filter="data")
        root = next(Path(unpacked).iterdir())
        partial = folder / "suite.part"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        shutil.move(root / "tests", partial / "tests")
        shutil.move(root / "pyproject.toml", partial / "pyproject.toml")
    for name, text in suite.files.items():
        (partial / name).write_text(text, encoding="utf-8")
    return partial.rename(tests)


def _environment(suite: Suite, folder: Path, *, llmvcr: bool) -> Path:
    """Give the Python of an environment that holds what the suite needs, and llmvcr as it now stands if asked."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / "ready"
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    exact = f"{suite.name}[{suite.extra}]=={suite.version}"
    if not ready.is_file():
        print(f"{suite.name}: making the environment {folder.name}", flush=True)
        _call([sys.executable, "-m", "venv", "--clear", str(folder)])
        _call([*pip, exact, *suite.needs, *([str(PROJECT)] if llmvcr else [])])
        ready.touch()
    if llmvcr:
        _call([*pip, "--force-reinstall", "--no-deps", str(PROJECT)])
    return python


def _run(suite: Suite, run: str, python: Path, tests: Path, only: Sequence[str] = ()) -> Result:
    """Run the suite, or the tests named in `only`, and give the outcomes."""
    print(f"{suite.name}: {run}" + (f", {len(only)} again" if only else ""), flush=True)
    with tempfile.TemporaryDirectory(dir=tests.parent) as scratch:
        report = Path(scratch, "outcomes.json")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
        environment |= {"PYTHONPATH": str(PLUGINS), "PYTHONDONTWRITEBYTECODE": "1", "SUITE_OUTCOMES": str(report)}
        if suite.certificates:
            environment["REQUESTS_CA_BUNDLE"] = _call([str(python), "-m", "pytest_httpbin.certs"]).strip()
        command = [str(python), "-m", "pytest", "-q", "-p", "outcomes", "-p", "no:cacheprovider"]
        command += [
            *_SWITCHES.get(run, ()),
            *suite.arguments,
            f"--basetemp={Path(scratch, 'base')}",
            *(only or ["tests"]),
        ]
        log = tests.parent / f"{run}{'-again' if only else ''}.log"
        started = time.monotonic()
        with log.open("w", encoding="utf-8") as out:
            done = subprocess.run(
                command,
                cwd=tests,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                timeout=_HOUR,
                check=False,
            )
        seconds = time.monotonic() - started
        print(f"  {_last_line(log)} ({log})", flush=True)
        if not report.is_file():
            message = f"{suite.name}, {run}: pytest ended with {done.returncode} and told no outcomes; see {log}"
            raise SetupError(message)
        outcomes: dict[str, str] = json.loads(report.read_text(encoding="utf-8"))
    return Result(run, outcomes, seconds)


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "(no output)")


def _call(command: Sequence[str]) -> str:
    """Run a command that has to work and give what it printed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_HOUR, check=False)
    if done.returncode:
        message = f"this did not work (exit code {done.returncode}): {' '.join(command)}\n{done.stdout}{done.stderr}"
        raise SetupError(message)
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
