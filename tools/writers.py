"""Record into one cassette from many writers at once, again and again, and count what is lost, doubled or misplaced.

    python3 tools/writers.py [--who NAME ...] [--runs N] [--calls N] [--workers N]

Each writer is a real pytest, or a process or a thread of one, that asks a server on loopback; every answer has a number
of its own, and the application notes what it received. The writers: 8 workers of pytest-xdist on one cassette
(`xdist`); two runs of pytest at once on one tree of cassettes, in the record modes once, new_episodes and all
(`twice`); 8 threads of requests (`threads`); a pool of forked processes (`fork`) and one of spawned ones (`spawn`).
Meanwhile a reader opens the cassettes as a replay does. Wrong is an answer that was received and is not in the file, or
there twice; one out of the order in which its test asked; a cassette that the reader could not read, or that had
shrunk; and a working file that stays. Exit code 0 where nothing was wrong, 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from tools._venv import ensure  # noqa: E402 - the line above makes it importable

if __name__ == "__main__":
    ensure()

import llmvcr  # noqa: E402 - only the project's own environment is sure to have what it needs
from bridge.counting import counting  # noqa: E402
from llmvcr.keeping import recover  # noqa: E402
from tools._writers import ASKING, SOURCES  # noqa: E402

__all__ = ["WHO", "Found", "look", "main", "once"]

WHO = tuple(SOURCES)
"""The kinds of writers."""

_TESTS = {"xdist": 40, "twice": 4}
_CALLS = {"xdist": 200, "twice": 240}
_FEW = 40  # calls of the others
_OFF = ("cacheprovider", "hypothesispytest", "pytest_httpserver", "timeout")
_SAID = re.compile(rb'"content": ?"(\d+): ([^"]*)"')


@dataclass(slots=True)
class Found:
    """What came of one run; numbers of answers, but for `looks` of the reader and `litter`, which are files."""

    received: int = 0
    kept: int = 0
    doubled: int = 0
    misplaced: int = 0
    unasked: int = 0
    looks: int = 0
    litter: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What else was wrong, a line each."""

    @property
    def clean(self) -> bool:
        """Whether nothing was wrong."""
        wrong = self.received - self.kept or self.doubled or self.misplaced or self.unasked
        return not (wrong or self.litter or self.problems) and self.received > 0

    def __str__(self) -> str:
        """Give one line, and one more for each problem."""
        line = f"{self.kept} of {self.received} kept, {self.doubled} doubled, {self.misplaced} out of order"
        line += f", {self.unasked} that nobody received, {len(self.litter)} files left, {self.looks} looks of a reader"
        return "\n    ".join([line, *self.litter, *self.problems])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the writers that were asked for, and print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--who", action="append", choices=WHO, help="only these writers (may be repeated)")
    parser.add_argument("--runs", type=int, default=1, help="how often each is run (default: 1)")
    parser.add_argument("--calls", type=int, help="how many calls xdist and twice make (default: 200 and 240)")
    parser.add_argument("--workers", type=int, default=8, help="how many workers xdist has (default: 8)")
    parser.add_argument(
        "--cassettes", type=int, default=1, help="how many xdist records in each run, one after another (default: 1)"
    )
    options = parser.parse_args(argv)
    wrong = 0
    for who in options.who or WHO:
        for run in range(1, options.runs + 1):
            begun = time.monotonic()
            found = once(who, options.calls or _CALLS.get(who, _FEW), options.workers, options.cassettes)
            wrong += not found.clean
            print(f"{who}, run {run}: {found}; {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{wrong} runs with something wrong", flush=True)
    return int(wrong > 0)


def once(who: str, calls: int, workers: int = 8, cassettes: int = 1) -> Found:
    """Let the writers of one kind record so many calls into each cassette, and look at what they leave."""
    with tempfile.TemporaryDirectory() as folder, counting() as server:
        place = Path(folder).resolve()
        (place / "asking.py").write_text(ASKING)
        (place / "pytest.ini").write_text("[pytest]\n")
        (place / f"test_{who}.py").write_text(f"import pytest\nfrom asking import *\n{SOURCES[who]}")
        numbers = {"CALLS": calls, "TESTS": _TESTS.get(who, 1), "CASSETTES": cassettes}
        settings = {"SERVER": server.url, "FOLDER": str(place), **{name: str(one) for name, one in numbers.items()}}
        tree = place / "cassettes" / f"test_{who}"
        with _reading(tree) as read:
            for said in _recorded(
                place, settings, runs="ab" if who == "twice" else "a", workers=workers * (who == "xdist")
            ):
                read.problems.append(said)
        found = look(tree, place)
        found.looks, found.problems = read.looks, [*read.problems, *found.problems]
        return found


def look(tree: Path, folder: Path) -> Found:
    """Hold the cassettes of a tree against the notes in a folder."""
    found = Found()
    noted: dict[str, Counter[tuple[int, str]]] = {}
    for notes in folder.glob("notes-*"):
        for line in notes.read_text().splitlines():
            cassette, _, said = line.partition("\t")
            number, _, words = said.partition(": ")
            noted.setdefault(cassette, Counter())[int(number), words] += 1
    for cassette, answers in noted.items():
        found.received += len(answers)
        try:
            held = _answers(tree / cassette)
        except (llmvcr.LlmvcrError, OSError) as error:
            found.problems.append(str(error))
            continue
        counted = Counter(held)
        found.kept += len(answers.keys() & counted.keys())
        found.unasked += len(counted.keys() - answers.keys())
        found.doubled += sum(count - 1 for count in counted.values())
        found.misplaced += _misplaced([words for _, words in held])
    found.litter = [str(path) for path in tree.rglob("*") if ".llmvcr" in path.parts or path.suffix == ".tmp"]
    return found


def _answers(cassette: Path) -> list[tuple[int, str]]:
    """Give number and words of each answer in a cassette."""
    found = (_SAID.search(one.response.body) for one in llmvcr.load(cassette).interactions)
    return [(int(said[1]), said[2].decode()) for said in found if said is not None]


def _misplaced(words: Sequence[str]) -> int:
    """Count the answers that stand after one that their test asked for later; `words` end in the call's number."""
    last: dict[str, int] = {}
    wrong = 0
    for one in words:
        test, slash, call = one.rpartition("/")
        if slash:
            wrong += int(call) < last.get(test, -1)
            last[test] = int(call)
    return wrong


def _recorded(place: Path, settings: dict[str, str], *, runs: str, workers: int) -> Iterator[str]:
    """Run pytest, as many at once as there are runs, and say what went wrong."""
    command = [sys.executable, "-m", "pytest", "-q", "--record-mode=new_episodes", *(f"-pno:{name}" for name in _OFF)]
    command += [f"-n{workers}", "--maxschedchunk=1"] if workers else []  # all of them at each cassette
    told = {f"MADE_UP_{name}": value for name, value in settings.items()}
    started = [
        subprocess.Popen(
            [*command, f"--basetemp={place / run}"],
            cwd=place,
            env={**os.environ, **told, "MADE_UP_RUN": run},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for run in runs
    ]
    for one in started:
        said, _ = one.communicate()
        if one.returncode:
            yield said


@contextmanager
def _reading(tree: Path) -> Iterator[Found]:
    """Open every cassette of a tree as a replay does, over and over, until the block ends."""
    over, found, most = threading.Event(), Found(), Counter[Path]()

    def read() -> None:
        while not over.wait(0.02):
            for cassette in (path for path in tree.glob("*.*") if path.suffix in (".yaml", ".json")):
                try:
                    back = recover(cassette).interactions
                    many = len(llmvcr.load(cassette).interactions)
                except (llmvcr.LlmvcrError, OSError) as error:
                    found.problems.append(f"the reader: {error}")
                    continue
                found.looks += 1
                if back:
                    found.problems.append(f"the reader: {back} interactions of the living came back")
                if many < most[cassette]:
                    found.problems.append(f"the reader: {cassette.name} has shrunk to {many} of {most[cassette]}")
                most[cassette] = max(most[cassette], many)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
