"""Kill recording processes at random moments, and count what was lost, what is there twice, and what cannot be read.

    python3 tools/kill.py [--kills N] [--how kill|term|exit|fold ...] [--seed N] [--keep DIR]

Each process records from a server on loopback through the openai SDK, sync or async, plain answers and streams, and
opens and closes its cassette every few calls. What the application has received it notes in a file before it goes on.
Then it is killed: by SIGKILL (`kill`), SIGTERM (`term`), os._exit in a thread, as by pytest-timeout (`exit`), or by
SIGKILL while a cassette of 1000 interactions is written (`fold`). Afterwards the cassette is opened, which brings the
journal back, and is held against the notes. Exit code 0 where nothing was lost, doubled or broken, 1 where something
was (named, and kept with --keep).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from tools._venv import ensure  # noqa: E402 - the line above makes it importable

if __name__ == "__main__":
    ensure()

import openai  # noqa: E402 - only the project's own environment is sure to have what it needs

import llmvcr  # noqa: E402
from llmvcr.keeping import recover  # noqa: E402
from openai_server import serve  # noqa: E402

__all__ = ["HOWS", "Tally", "campaign", "look", "main"]

HOWS = ("kill", "term", "exit", "fold")
"""The ways to end a process."""

_LONGEST = 0.7  # seconds that a process lives at most after its first answer; after a fold has begun: 1.5 folds
_LARGE = 1000
_OPTIONS: dict[str, Any] = {"api_key": "sk-made-up", "max_retries": 0}
_MODEL = "gpt-4o-mini"

Note = Callable[[int], None]
"""Notes that the application has received the answer of this number."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a campaign; numbers of interactions, but for `kills` and `unreadable`."""

    kills: int = 0
    received: int = 0
    recorded: int = 0
    recovered: int = 0
    lost: int = 0
    doubled: int = 0
    unreadable: int = 0
    litter: int = 0
    """Files that stayed beside cassettes."""

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, broken or left lying about."""
        return not (self.lost or self.doubled or self.unreadable or self.litter)

    def __add__(self, other: Tally) -> Tally:
        """Give the sum."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def __str__(self) -> str:
        """Give one line."""
        return ", ".join(f"{getattr(self, name)} {name}" for name in self.__slots__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the campaign that was asked for and print what came of it, a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="how many processes are killed each way (default: 100)")
    parser.add_argument("--how", action="append", choices=HOWS, help="only this way (may be repeated)")
    parser.add_argument("--seed", type=int, default=0, help="where the random moments start (default: 0)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the cassettes of which something is wrong")
    parser.add_argument("--url", help=argparse.SUPPRESS)  # the process that kills is not the one that serves
    options = parser.parse_args(argv)
    if options.url:
        return _kill_all(options)
    results = [campaign(how, options.kills, options.seed, options.keep) for how in options.how or HOWS]
    return max(results)


def campaign(how: str, kills: int, seed: int = 0, keep: Path | None = None) -> int:
    """Serve, have another process kill, and give its exit code."""
    command = [sys.executable, __file__, "--kills", str(kills), "--how", how, "--seed", str(seed)]
    command += ["--keep", str(keep)] if keep else []
    # Of each client that dies the server has something to say.
    with contextlib.redirect_stderr(io.StringIO()), serve(delay=0.001) as server:
        return subprocess.run([*command, "--url", server.base_url], check=False).returncode


def _kill_all(options: argparse.Namespace) -> int:
    logging.disable(logging.WARNING)  # each kill would tell what came back
    (how,) = options.how
    begun, tally, longest = time.monotonic(), Tally(), _LONGEST
    with tempfile.TemporaryDirectory() as folder:
        _warm_up(Path(folder), options.url)
        if how == "fold":
            longest = _fold(Path(folder), options.url)
        for number in range(options.kills):
            place = Path(folder, str(number))
            place.mkdir()
            one = _one(how, place, options.url, longest, random.Random(f"{options.seed}/{how}/{number}"))  # noqa: S311 - no secret
            tally += one
            if not one.clean:
                print(f"{how}, seed {options.seed}, number {number}: {one}", flush=True)
                if options.keep:
                    shutil.copytree(place, options.keep / f"{how}-{options.seed}-{number}")
            shutil.rmtree(place)
    print(f"{how}: {tally}; {time.monotonic() - begun:.0f} s", flush=True)
    return 0 if tally.clean else 1


def _one(how: str, folder: Path, url: str, longest: float, rng: random.Random) -> Tally:
    """Let one process record and die, and look at what it leaves."""
    cassette, notes = folder / rng.choice(("c.yaml", "c.json")), folder / "notes"
    if how == "fold":
        _fill(cassette)
    start, started = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _record(how, cassette, notes, url, rng, started)
    os.close(started)
    os.read(start, 1)  # a fold begins, or the first answer was received
    os.close(start)
    if how != "exit":
        time.sleep(rng.random() * longest)
        os.kill(child, signal.SIGTERM if how == "term" else signal.SIGKILL)
    os.waitpid(child, 0)
    return replace(look(cassette, notes, how), kills=1)


def look(cassette: Path, notes: Path, how: str) -> Tally:
    """Open what a process left, and hold it against its notes."""
    received = notes.read_text().splitlines() if notes.exists() else []
    expected = [f"{number:04}" for number in range(_LARGE)] if how == "fold" else []
    try:
        recovered = recover(cassette, "json" if cassette.suffix == ".json" else "yaml").interactions
        there = llmvcr.load(cassette).interactions if cassette.exists() else ()
        found = Counter((one.request.body or b"").decode().split("<<")[1].split(">>")[0] for one in there)
    except (llmvcr.LlmvcrError, LookupError) as error:
        print(error)
        return Tally(received=len(received), unreadable=1)
    litter = [
        path for path in cassette.parent.rglob("*") if path not in (cassette, notes) and path.suffix != ".damaged"
    ]
    litter = [path for path in litter if path.name not in (".llmvcr", ".gitignore") and path.suffix != ".incomplete"]
    return Tally(
        received=len(received),
        recorded=sum(found.values()),
        recovered=recovered,
        lost=len({*received, *expected} - set(found)),
        doubled=sum(count - 1 for count in found.values()),
        litter=len(litter),
    )


def _warm_up(folder: Path, url: str) -> None:
    """Import, before any process is forked, what the first calls would."""
    for kind in ("yaml", "json"):
        with llmvcr.use_cassette(folder / f"warm.{kind}", serializer=kind, record_mode="new_episodes"):
            _sync(range(2), url, lambda _number: None)
            asyncio.run(_async(range(2, 4), url, lambda _number: None))


def _fold(folder: Path, url: str) -> float:
    """Give somewhat more than the seconds that writing a large cassette takes."""
    cassette = folder / "fold.yaml"
    _fill(cassette)
    opened = llmvcr.use_cassette(cassette, record_mode="new_episodes")
    opened.__enter__()
    _sync(range(1), url, lambda _number: None)
    begun = time.monotonic()
    opened.__exit__(None, None, None)
    return 1.5 * (time.monotonic() - begun)


def _fill(cassette: Path) -> None:
    head = llmvcr.Response(200, "OK", (("content-type", "application/json"),), (b'{"made": "up"}',))
    many = (
        llmvcr.Interaction(llmvcr.Request("POST", "http://127.0.0.1/v1/x", (), f'"<<{number:04}>>"'.encode()), head)
        for number in range(_LARGE)
    )
    llmvcr.dump(many, cassette)


def _record(how: str, cassette: Path, notes: Path, url: str, rng: random.Random, started: int) -> None:
    """Record until somebody ends this process."""
    dies = threading.Timer(rng.random() * _LONGEST, os._exit, (1,))
    write = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    kind = "json" if cassette.suffix == ".json" else "yaml"
    options = {"serializer": kind, "record_mode": "new_episodes", "llmvcr_miss": "raise"}
    number = 0

    def note(number: int) -> None:
        os.write(write, f"{number}\n".encode())
        if number == 0 and how != "fold":
            os.write(started, b"x")
            if how == "exit":
                dies.start()

    while True:
        calls = range(number, number + rng.randint(1, 6))
        with llmvcr.use_cassette(cassette, **options):
            if rng.random() < 0.5:
                _sync(calls, url, note)
            else:
                asyncio.run(_async(calls, url, note))
            if how == "fold":
                os.write(started, b"x")
        number = calls.stop


def _asked(number: int) -> Any:
    return [{"role": "user", "content": f"<<{number}>>"}]


def _sync(calls: range, url: str, note: Note) -> None:
    http = openai.DefaultHttpxClient(verify=False)
    with openai.OpenAI(**_OPTIONS, base_url=url, http_client=http) as client:
        for number in calls:
            answer = client.chat.completions.create(model=_MODEL, messages=_asked(number), stream=bool(number % 2))
            if isinstance(answer, openai.Stream):
                for _ in answer:
                    pass
            note(number)


async def _async(calls: range, url: str, note: Note) -> None:
    http = openai.DefaultAsyncHttpxClient(verify=False)
    async with openai.AsyncOpenAI(**_OPTIONS, base_url=url, http_client=http) as client:
        completions = client.chat.completions

        async def ask(number: int) -> None:
            answer = await completions.create(model=_MODEL, messages=_asked(number), stream=bool(number % 2))
            if isinstance(answer, openai.AsyncStream):
                async for _ in answer:
                    pass
            note(number)

        await asyncio.gather(*map(ask, calls))


if __name__ == "__main__":
    sys.exit(main())
