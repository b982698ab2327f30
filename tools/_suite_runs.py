"""One run of another project's test suite: where its tests, its environment and its outcomes come from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Result", "Run", "SetupError", "Suite", "borrow", "call", "environment", "run", "source"]

PROJECT = Path(__file__).resolve().parent.parent
PLUGINS = PROJECT / "tools" / "suite_plugins"
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Run:
    """One way to run a suite."""

    name: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    installed: bool = True
    """Whether llmvcr is in the environment."""
    counts: bool = False
    """Whether a test that is worse here is an error (exit code 1)."""
    against: str = ""
    """The run that this one is held against where the suite has it; else `baseline`."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite: the distribution that holds it, the extra that its tests need, and how it is run."""

    name: str
    version: str
    extra: str
    needs: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    tests: tuple[str, ...] = ("tests",)
    """Which of its files and folders are run."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files of the project's repository that its tests read and its distribution lacks."""
    folder: str = ""
    """A folder of the project's repository that its tests read and its distribution lacks; taken from a clone."""
    certificates: bool = False
    """Whether requests has to trust the certificate of pytest-httpbin's server."""
    runs: tuple[str, ...] = ()
    """The runs that it is for; () means all."""
    expected: Mapping[str, str] = field(default_factory=dict)
    """By node id: the tests that llmvcr fails on purpose, each with why; they are named and are no error."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of each test of one run, by node id ("passed", "skipped", "failed"), and how long it took."""

    run: str
    outcomes: Mapping[str, str]
    seconds: float
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why a test failed, in one line."""

    def row(self, suite: str, worse_than_baseline: str) -> str:
        """One line of the table."""
        counts = Counter(self.outcomes.values())
        numbers = [len(self.outcomes), counts["passed"], counts["failed"], counts["skipped"]]
        cells = "".join(f"{number:>9}" for number in numbers)
        return f"{suite:<18}{self.run:<18}{cells}{worse_than_baseline:>9}{self.seconds:>8.0f} s"


class SetupError(Exception):
    """Something that a suite needs could not be fetched, built or started."""


def source(suite: Suite, folder: Path) -> Path:
    """Give the folder with the suite's tests and configuration, without the package itself beside them."""
    tests = folder / "suite"
    if tests.is_dir():
        return tests
    folder.mkdir(parents=True, exist_ok=True)
    what = f"{suite.name}=={suite.version}"
    call([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder), what])
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


def borrow(suite: Suite, tests: Path, clone: Path | None) -> None:
    """Take the folder that the distribution lacks out of a clone, bare or not, or say that it is missing."""
    if not suite.folder or (tests / suite.folder).is_dir():
        return
    if clone is None:
        print(f"{suite.name}: {suite.folder} is missing, and what reads it fails; give --clone", flush=True)
        return
    with tempfile.TemporaryDirectory(dir=tests.parent) as scratch:
        archive = Path(scratch, "folder.tar")
        call(["git", "-C", str(clone), "archive", "-o", str(archive), "HEAD", suite.folder])
        with tarfile.open(archive) as opened:
            opened.extractall(tests, filter="data")


def environment(suite: Suite, folder: Path, *, llmvcr: bool) -> Path:
    """Give the Python of an environment that holds what the suite needs, and llmvcr as it now stands if asked."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / "ready"
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    exact = f"{suite.name}[{suite.extra}]=={suite.version}"
    if not ready.is_file():
        print(f"{suite.name}: making the environment {folder.name}", flush=True)
        call([sys.executable, "-m", "venv", "--clear", str(folder)])
        call([*pip, exact, *suite.needs, *([str(PROJECT)] if llmvcr else [])])
        ready.touch()
    if llmvcr:
        call([*pip, str(PROJECT)])  # what it depends on by now
        call([*pip, "--force-reinstall", "--no-deps", str(PROJECT)])
    return python


def run(suite: Suite, how: Run, python: Path, tests: Path, only: Sequence[str] = ()) -> Result:
    """Run the suite, or the tests named in `only`, and give the outcomes."""
    print(f"{suite.name}: {how.name}" + (f", {len(only)} again" if only else ""), flush=True)
    with tempfile.TemporaryDirectory(dir=tests.parent) as scratch:
        report = Path(scratch, "outcomes.json")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
        environment |= {"PYTHONPATH": str(PLUGINS), "PYTHONDONTWRITEBYTECODE": "1", "SUITE_OUTCOMES": str(report)}
        environment |= how.environment
        if suite.certificates:
            environment["REQUESTS_CA_BUNDLE"] = call([str(python), "-m", "pytest_httpbin.certs"]).strip()
        command = [str(python), "-m", "pytest", "-q", "-p", "outcomes", "-p", "no:cacheprovider", *how.arguments]
        command += [*suite.arguments, f"--basetemp={Path(scratch, 'base')}", *(only or suite.tests)]
        log = tests.parent / f"{how.name}{'-again' if only else ''}.log"
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
            message = f"{suite.name}, {how.name}: pytest ended with {done.returncode} and told no outcomes; see {log}"
            raise SetupError(message)
        told: dict[str, list[str]] = json.loads(report.read_text(encoding="utf-8"))
    outcomes = {name: outcome for name, (outcome, _) in told.items()}
    return Result(how.name, outcomes, seconds, {name: reason for name, (_, reason) in told.items() if reason})


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "(no output)")


def call(command: Sequence[str]) -> str:
    """Run a command that has to work and give what it printed; raises SetupError with its output where it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_HOUR, check=False)
    if done.returncode:
        message = f"this did not work (exit code {done.returncode}): {' '.join(command)}\n{done.stdout}{done.stderr}"
        raise SetupError(message)
    return done.stdout
