"""What opening, adding to and converting cassettes costs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import vcr
import yaml
from vcr.cassette import Cassette

import llmvcr
from llmvcr import formats
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Request, Response
from tools import _bench_traffic as traffic
from tools._bench import Figure, Row, Scale, clocked, ratio, turns

__all__ = ["add", "convert", "load", "memory"]

_LONG = traffic.Size(request=9_400, plain=4_000, event=860, events=100)
"""Calls of 96 KB each: what an agent's thousand calls are on disk."""

_MOST_FOR_CASSETTER = 600
"""Calls of that length in one file: cassetter 0.16.1 refuses more than 64 MiB of text."""

_AGAIN_BAR = 1 / 3
_PARSED_BAR, _VCRPY_BAR, _MEMORY_BAR, _SAVE_BAR, _CONVERT_BAR = 0.5, 0.5, 1.5, 0.2, 0.8
_FRESH = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Which ships came in on Monday?"}]}'
"""A request that nothing recorded is like."""
_PROJECT = Path(__file__).resolve().parent.parent


def load(scale: Scale) -> Iterator[Row]:
    """Give what opening a cassette of long streams and its first answer take, typed and YAML."""
    count = scale.pick(100, 1000)
    recorded = traffic.interactions(_LONG, count, streamed=True)
    with tempfile.TemporaryDirectory() as folder:
        typed, plain = Path(folder, "bench.json"), Path(folder, "bench.yaml")
        for path in (typed, plain):
            llmvcr.dump(Document(recorded), path)
        ways = (
            partial(_first, typed, recorded[0].request),
            partial(_first, plain, recorded[0].request),
            lambda: json.loads(typed.read_bytes()),
            lambda: Cassette.load(path=str(plain)),
        )
        with _cache(None):
            json_, yaml_, parsed, vcrpy = turns(scale.pick(3, 5), ways)
        size = typed.stat().st_size / 1e6
        name = f"load {count:,} SSE calls ({size:.0f} MB), typed JSON"
        for said, against, bar in (("json.loads", parsed, _PARSED_BAR), ("vcrpy's YAML", vcrpy, _VCRPY_BAR)):
            figure = ratio(json_, against)
            yield Row(name, figure.said(f"x {said}"), f"<= {bar} x", figure.median <= bar)
        yield Row(name.replace("typed JSON", "YAML"), ratio(yaml_, vcrpy).said("x vcrpy's YAML"))
        yield from _beside_cassetter(scale, Path(folder), recorded[:_MOST_FOR_CASSETTER])


def _first(path: Path, request: Request) -> None:
    with llmvcr.use_cassette(str(path), record_mode="none") as cassette:
        if cassette.call(request).answer is None:
            raise AssertionError("the first request of the cassette has no answer")


@contextlib.contextmanager
def _cache(folder: Path | None) -> Iterator[None]:
    """Keep what reading large cassettes has shown in this folder alone, and nothing where there is none."""
    told = {"LLMVCR_CACHE": "off" if folder is None else "on"}
    told |= {} if folder is None else {name: str(folder) for name in ("HOME", "LOCALAPPDATA", "XDG_CACHE_HOME")}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ |= {} if value is None else {name: value}


_OURS = """
import sys, time
import llmvcr
from llmvcr.interaction import Request
request = Request("POST", sys.argv[1], (), open(sys.argv[2], "rb").read())
for path in sys.argv[3:]:  # the first warms it up
    start = time.process_time()
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        assert cassette.call(request).answer is not None
    took = time.process_time() - start
print(took)
"""
_CASSETTER = """
import sys, time
import cassetter
for path in sys.argv[1:]:
    start = time.process_time()
    with cassetter.use_cassette(path, record_mode="none"):
        pass
    took = time.process_time() - start
print(took)
"""


def _beside_cassetter(scale: Scale, folder: Path, recorded: tuple[Interaction, ...]) -> Iterator[Row]:
    """Give what opening and a first answer take, beside opening alone of cassetter, which keeps no cache.

    Each in a process of its own: cassetter has one, and what else this one holds costs every collection of garbage.
    """
    name = f"load {len(recorded):,} SSE calls"
    if not scale.cassetter:
        yield Row(f"{name}, cassetter", "not measured: see --cassetter in --help")
        return
    for few, count in (("few", len(recorded)), ("warm", 1)):
        for suffix in ("json", "yaml"):
            llmvcr.dump(Document(recorded[:count]), folder / f"{few}.{suffix}")
    body, cache = folder / "body", folder / "cache"
    body.write_bytes(recorded[0].request.body or b"")
    ours = [sys.executable, "-c", _OURS, recorded[0].request.url, str(body)]
    typed, plain = ([str(folder / f"{few}.{suffix}") for few in ("warm", "few")] for suffix in ("json", "yaml"))
    rows: list[list[float]] = []
    for _ in range(scale.pick(3, 5) + 1):
        shutil.rmtree(cache, ignore_errors=True)
        with _cache(cache):
            took = [_seconds([*ours, *paths]) for paths in (typed, plain)]
            if not any(cache.rglob("*")):
                raise AssertionError("nothing is kept of the cassette that was read")
            took.append(_seconds([*ours, *plain]))
        try:
            theirs = _seconds([scale.cassetter, "-c", _CASSETTER, *plain])
        except subprocess.CalledProcessError as error:
            told = next((line for line in reversed(error.stderr.splitlines()) if "Error" in line), "no reason told")
            yield Row(f"{name}, cassetter", f"refused: {told[:80]}")
            return
        rows.append([one / theirs for one in took])
    bars = (("typed JSON", 1.0), ("YAML, first time", 1.0), ("YAML, again", _AGAIN_BAR))
    for (said, bar), found in zip(bars, zip(*rows[1:], strict=True), strict=True):
        figure = Figure.of(found)
        yield Row(f"{name}, {said}", figure.said("x cassetter's YAML"), f"<= {bar:.2g} x", figure.median <= bar)


def _seconds(command: list[str]) -> float:
    """Give the CPU time that a process prints; raises CalledProcessError."""
    return float(subprocess.run(command, cwd=_PROJECT, capture_output=True, text=True, check=True).stdout)


_PEAK = """
import pathlib, re, resource, sys
import llmvcr, vcr
from llmvcr.interaction import Request
from llmvcr.bridge.config import use_cassette
path, request = sys.argv[1], Request("POST", sys.argv[2], (), open(sys.argv[3], "rb").read())
status = pathlib.Path("/proc/self/status")

def peak():
    if status.exists():  # ru_maxrss of a child begins with what its parent had
        return int(re.search("VmHWM:\\s+(\\d+) kB", status.read_text())[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

before = peak()
with use_cassette(path, record_mode="none") as cassette:
    assert cassette.call(request).answer is not None
print(peak() - before)
"""


def memory(scale: Scale) -> Iterator[Row]:
    """Give what opening a cassette and its first answer take of memory at most, beside the size of the file."""
    recorded = traffic.interactions(_LONG, scale.pick(100, 1000), streamed=True)
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder, "body")
        body.write_bytes(recorded[0].request.body or b"")
        for suffix in ("json", "yaml"):
            path = Path(folder, f"bench.{suffix}")
            llmvcr.dump(Document(recorded), path)
            command = [sys.executable, "-c", _PEAK, str(path), recorded[0].request.url, str(body)]
            peaks = [_peak(command, Path(folder, f"{suffix}{number}")) for number in range(scale.pick(1, 3))]
            figure = Figure.of([peak / path.stat().st_size for peak in peaks])
            size = path.stat().st_size / 1e6
            name = f"peak memory to the first answer, {size:.0f} MB of {suffix}"
            yield Row(name, figure.said("x the file"), f"<= {_MEMORY_BAR} x", figure.median <= _MEMORY_BAR)


def _peak(command: list[str], cache: Path) -> int:
    with _cache(cache):  # an empty one: the first time takes the most
        return int(subprocess.check_output(command, cwd=_PROJECT))


def add(scale: Scale) -> Iterator[Row]:
    """Give what adding one interaction costs: until the cassette closes, and when it does, beside vcrpy's."""
    counts = (10, scale.pick(1000, 10_000))
    for count in counts:
        recorded = traffic.interactions(traffic.SMALL, count, streamed=False)
        took, ours, theirs, lines = [], [], [], []
        for _ in range(scale.pick(2, 3)):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "bench.yaml")
                llmvcr.dump(Document(recorded), path)
                other = Path(folder, "vcrpy.yaml")
                other.write_bytes(path.read_bytes())
                context: Any = llmvcr.use_cassette(str(path), record_mode="new_episodes")
                cassette = context.__enter__()
                fresh = traffic.interactions(traffic.SMALL, 1, streamed=False)[0]
                request = Request("POST", fresh.request.url, fresh.request.headers, _FRESH)
                cassette.call(Request("GET", "http://nobody.invalid"))  # the index stands
                took.append(clocked(lambda: cassette.call(request).record(fresh.response)).cpu * 1000)  # noqa: B023
                lines.append(sum(one.stat().st_size for one in Path(folder, ".llmvcr").rglob("*.journal")))
                ours.append(clocked(lambda: context.__exit__(None, None, None)))  # noqa: B023
                theirs.append(_vcrpy_saves(other, fresh))
        yield Row(
            f"add one to {count:,}, until it closes",
            f"{Figure.of(took).said('ms')}, {int(max(lines)):,} bytes written",
            "as many at any N",
        )
        figure = ratio(ours, theirs)
        bar = f"<= {_SAVE_BAR} x" if count > counts[0] else ""
        yield Row(
            f"add one to {count:,}, closing",
            f"{figure.said('x vcrpy')}",
            bar,
            figure.median <= _SAVE_BAR if bar else None,
        )


def _vcrpy_saves(path: Path, fresh: Interaction) -> Any:
    context = vcr.use_cassette(str(path), record_mode="new_episodes")
    cassette = context.__enter__()
    response: Response = fresh.response
    said = {
        "status": {"code": response.status, "message": response.reason},
        "headers": {name: [value] for name, value in response.headers},
        "body": {"string": response.body},
    }
    cassette.append(vcr.request.Request("POST", fresh.request.url, b"{}", {}), said)
    return clocked(lambda: context.__exit__(None, None, None))


def convert(scale: Scale) -> Iterator[Row]:
    """Give the speed of conversion to typed JSON on one core, beside parsing and writing alone."""
    folders = (_PROJECT / "cassettes", Path(scale.corpus))
    files = sorted(path for folder in folders if folder.is_dir() for path in folder.rglob("*.yaml"))
    texts = [text for path in files[:: scale.pick(30, 6)] if (text := path.read_bytes()) and _reads(text)]
    typed = formats.by_name("json")
    start = time.monotonic()

    def ours() -> None:
        for text in texts:
            typed.write(formats.read(text, path="bench"), path="bench")

    def alone() -> None:
        for text in texts:
            json.dumps(yaml.load(text, Loader=yaml.CSafeLoader), indent=2, default=repr).encode()

    took, floor = turns(scale.pick(2, 3), (ours, alone), warm=0)
    speed = Figure.of([b.cpu / a.cpu for a, b in zip(took, floor, strict=True)])
    size = sum(map(len, texts)) / 1e6
    yield Row(
        f"convert {len(texts)} cassettes ({size:.1f} MB) to typed JSON",
        speed.said("x the speed of parse + dump"),
        f">= {_CONVERT_BAR} x",
        speed.median >= _CONVERT_BAR,
        (f"{size * len(took) * 2 / max(time.monotonic() - start, 1e-9):.1f} MB/s both ways together (wall)",),
    )


def _reads(text: bytes) -> bool:
    try:
        formats.by_name("json").write(formats.read(text, path="bench"), path="bench")
        yaml.load(text, Loader=yaml.CSafeLoader)
    except (llmvcr.CassetteError, yaml.YAMLError):
        return False
    return True
