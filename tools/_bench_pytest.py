"""What the plugin costs a run of pytest: marked tests, and a run that uses no cassette."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import llmvcr
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Request, Response
from tools import _bench_traffic as traffic
from tools._bench import Figure, Row, Scale

__all__ = ["marked", "startup"]

_MARKED_BAR, _STARTUP_BAR = 0.5, 5.0  # times; milliseconds
_TESTS = """
import httpx2, openai, pytest
{setup}
WANTED = {wanted!r}

@pytest.mark.parametrize("number", range({count}))
{mark}
def test_asks(number):
    said = CLIENT.chat.completions.create(**WANTED)
    assert said.object == "chat.completion"
"""
_CLIENT = (
    'CLIENT = openai.OpenAI(api_key="sk-made-up-for-the-bench", max_retries=0, http_client=httpx2.Client({transport}))'
)
_NO_OTHERS = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly")


def marked(scale: Scale) -> Iterator[Row]:
    """Give the overhead of marked tests over the same tests on a MockTransport, beside pytest-recording's."""
    count = scale.pick(20, 200)
    recorded = traffic.interactions(traffic.SMALL, 1, streamed=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, recorded[0], count)
        ways = (
            partial(_cpu, folder, "test_marked.py", ()),
            partial(_cpu, folder, "test_marked.py", ("-p", "no:llmvcr")),
            partial(_cpu, folder, "test_floor.py", ("-p", "no:llmvcr")),
        )
        took: tuple[list[float], ...] = ([], [], [])
        rounds = scale.pick(2, 5)
        for turn in range(rounds + 1):
            for place in range(len(ways)):
                way = (place + turn) % len(ways)
                found = ways[way]()
                if turn:
                    took[way].append(found)
    ours, theirs, floor = took
    figure = Figure.of([(a - c) / max(b - c, 1e-6) for a, b, c in zip(ours, theirs, floor, strict=True)])
    each = [Figure.of([(a - c) / count * 1000 for a, c in zip(way, floor, strict=True)]).median for way in took[:2]]
    yield Row(
        f"{count} marked tests, overhead over MockTransport",
        figure.said("x pytest-recording"),
        f"<= {_MARKED_BAR} x",
        figure.median <= _MARKED_BAR,
        (f"a test: llmvcr +{each[0]:.1f} ms, pytest-recording +{each[1]:.1f} ms, imports included",),
    )


def startup(scale: Scale) -> Iterator[Row]:
    """Give what the plugin adds to a run that uses no cassette."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
        added = []
        for turn in range(scale.pick(5, 25)):
            ways = [("-p", "no:llmvcr"), ()]
            took = {}
            for way in ways if turn % 2 else reversed(ways):
                took[way] = _cpu(folder, "test_nothing.py", way)
            if turn:
                added.append((took[()] - took[ways[0]]) * 1000)
    figure = Figure.of(added)
    yield Row(
        "a run without a cassette, the plugin's start",
        f"+{figure.said('ms', 1)}",
        f"<= +{_STARTUP_BAR:.0f} ms",
        figure.median <= _STARTUP_BAR,
    )


def _write(folder: Path, one: Interaction, count: int) -> None:
    wanted = traffic.asked(traffic.SMALL, 0)
    body = f"httpx2.Response(200, headers=[('content-type', 'application/json')], content={one.response.body!r})"
    transports = {
        "marked": "transport=httpx2.HTTPTransport()",
        "floor": f"transport=httpx2.MockTransport(lambda _: {body})",
    }
    for name, transport in transports.items():
        mark = "@pytest.mark.vcr" if name == "marked" else ""
        setup = _CLIENT.format(transport=transport)
        text = _TESTS.format(setup=setup, wanted=wanted, count=count, mark=mark)
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
    cassettes = folder / "cassettes" / "test_marked"
    cassettes.mkdir(parents=True)
    response = Response(200, "OK", one.response.headers, one.response.chunks)
    request = Request("POST", one.request.url, one.request.headers, one.request.body)
    for number in range(count):
        llmvcr.dump(Document((Interaction(request, response),)), cassettes / f"test_asks[{number}].yaml")


def _cpu(folder: Path, file: str, options: Sequence[str]) -> float:
    """Give the seconds of CPU time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pytest", *_NO_OTHERS, *options, file]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
