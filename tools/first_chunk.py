"""Measure when the first word of a streamed answer reaches the application: live, while recording, on replay.

    python3 tools/first_chunk.py [--runs N] [--sdk NAME] [--vcrpy]

Every SDK that is installed asks a server on loopback that sends the first of four words at once, and another one every
20 ms. The clock starts when the client is made and asks. Printed are medians of N runs in milliseconds; `added`, the
fastest recording less the fastest live run (what else the machine does is in neither); and how many pieces reached the
application. --vcrpy adds plain vcrpy's recording. Exit code 0 where recording added less than 5 ms and the pieces are
the same, 1 where not.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from statistics import median
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from tools._venv import ensure  # noqa: E402 - the line above makes it importable

if __name__ == "__main__":
    ensure()

import vcr  # noqa: E402 - only the project's own environment is sure to have what it needs

import llmvcr  # noqa: E402
from sdk.sdks import SDKS, Sdk  # noqa: E402
from taps.paced import Paced, Step, paced  # noqa: E402

__all__ = ["Times", "added", "main", "measure"]

GAP = 0.02  # seconds between two words
BAR = 5.0  # milliseconds that recording may add

_WAYS = ("live", "recording", "replay")

Times = dict[str, list[tuple[float, int]]]
"""By way of running: for each run the milliseconds to the first word, and the number of pieces."""


class _Pause(threading.Event):
    """A step of the paced server that waits for the time, and for nobody."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - the signature is the base class's
        time.sleep(GAP)
        return True


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the SDKs that were asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="how often each is measured (default: 9)")
    parser.add_argument(
        "--sdk", action="append", choices=[sdk.name for sdk in SDKS], help="only this (may be repeated)"
    )
    parser.add_argument("--vcrpy", action="store_true", help="measure plain vcrpy's recording, too")
    options = parser.parse_args(argv)
    heads = (*_WAYS, "added", "pieces", *(["vcrpy", "pieces"] if options.vcrpy else []))
    print(f"{'SDK':<40}{'through':<9}" + "".join(f"{head:>11}" for head in heads))
    bad = False
    for sdk in SDKS:
        if options.sdk and sdk.name not in options.sdk:
            continue
        if sdk.missing:
            print(f"{sdk.name:<40}{sdk.library:<9}  {sdk.missing} is not installed")
            continue
        times = measure(sdk, options.runs, with_vcrpy=options.vcrpy)
        pieces = [_pieces(times[way]) for way in _WAYS]
        cells = [*(_ms(times[way]) for way in _WAYS), f"{added(times):.1f}", " ".join(pieces)]
        if options.vcrpy:
            cells += [_ms(times["vcrpy"]), _pieces(times["vcrpy"])]
        print(f"{sdk.name:<40}{sdk.library:<9}" + "".join(f"{cell:>11}" for cell in cells), flush=True)
        bad |= added(times) > BAR or len(set(pieces)) > 1
    return int(bad)


def measure(sdk: Sdk, runs: int, *, with_vcrpy: bool = False) -> Times:
    """Run an SDK live, while recording and on replay in turn, `runs` times, after one round that does not count."""
    times: Times = {way: [] for way in (*_WAYS, *(["vcrpy"] if with_vcrpy else []))}
    with paced() as server, tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDKs' own
        for run in range(runs + 1):
            path = str(Path(folder, f"{run}.yaml"))
            ways: dict[str, Callable[[], AbstractContextManager[Any]]] = {
                "live": nullcontext,
                "recording": lambda path=path: llmvcr.use_cassette(path),  # type: ignore[misc]
                "replay": lambda path=path: llmvcr.use_cassette(path, record_mode="none"),  # type: ignore[misc]
                "vcrpy": lambda path=path: vcr.use_cassette(f"{path}.vcrpy"),  # type: ignore[misc]
            }
            for way, found in times.items():
                gc.collect()  # the client of the run before: freeing its SSL context, 3 ms, would fall into this one
                gc.freeze()  # what is left stays: the next collection need not walk through all the SDKs
                with ways[way]():
                    took = _once(sdk, server)
                if run:
                    found.append(took)
    return times


def added(times: Times) -> float:
    """Give what recording added to a live run, each at its fastest, in milliseconds."""
    recording, live = (min(ms for ms, _ in times[way]) for way in ("recording", "live"))
    return recording - live


def _once(sdk: Sdk, server: Paced) -> tuple[float, int]:
    steps: list[Step] = [*sdk.api.before]
    for word in sdk.api.words:
        steps += [word, _Pause()]
    server.steps = [*steps[:-1], *sdk.api.after]
    server.headers = [("Content-Type", sdk.api.content_type)]
    moments: list[float] = []
    words: Any = sdk.ask(server.url)
    if sdk.asynchronous:
        asyncio.run(_listen(words, moments))
    else:
        for word in words:
            _note(word, moments)
    return (moments[1] - moments[0]) * 1000, len(moments) - 1


async def _listen(words: AsyncIterator[str], moments: list[float]) -> None:
    async for word in words:
        _note(word, moments)


def _note(word: str, moments: list[float]) -> None:
    if word or not moments:  # the first is no word: the client is ready
        moments.append(time.perf_counter())


def _ms(found: list[tuple[float, int]]) -> str:
    return f"{median(ms for ms, _ in found):.1f}"


def _pieces(found: list[tuple[float, int]]) -> str:
    return "/".join(map(str, sorted({pieces for _, pieces in found})))


if __name__ == "__main__":
    raise SystemExit(main())
