"""What the plugin costs a run of pytest: marked tests, and a run that uses no cassette."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
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


_CHILD = """
import gc, sys, time, pytest

def ran(*options):
    gc.collect()  # what the run before has left
    start = time.process_time()
    code = pytest.main([*{plain!r}, *options])
    took = time.process_time() - start
    if code:
        sys.exit(f"{{options}} ended with {{code}}")
    return took

{runs}
"""
"""One process for one measurement: pytest, and what the tests import by themselves, is there before the clock runs."""

_MARKED = """
floor = lambda: ran("-p", "no:llmvcr", "test_floor.py")
marked = lambda: ran(*sys.argv[1:], "test_marked.py")
floor()
floors, first, later = [floor()], marked(), []
for _ in range(2):
    floors.append(floor())
    later.append(marked())
print(sorted(floors)[1], first, sum(later) / 2)
"""
"""The floor is taken before, between and after: a machine's clock may change in the middle of a process."""

_NOTHING = """
ran("-p", "no:llmvcr", "test_nothing.py")
before = ran("-p", "no:llmvcr", "test_nothing.py")
there = ran("test_nothing.py")
print(there - (before + ran("-p", "no:llmvcr", "test_nothing.py")) / 2)
"""


def marked(scale: Scale) -> Iterator[Row]:
    """Give the overhead of marked tests over the same tests on a MockTransport, beside pytest-recording's."""
    count = scale.pick(40, 200)
    recorded = traffic.interactions(traffic.SMALL, 1, streamed=False)
    whole: list[list[float]] = [[], []]
    later: list[list[float]] = [[], []]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, recorded[0], count)
        ways: tuple[tuple[str, ...], ...] = ((), ("-p", "no:llmvcr"))
        for way in ways:
            _said(folder, _MARKED, *way)  # compiles
        for turn in range(scale.pick(3, 6)):
            for number in (0, 1) if turn % 2 else (1, 0):
                floor, first, second = map(float, _said(folder, _MARKED, *ways[number]).split())
                whole[number].append((first - floor) / count * 1000)
                later[number].append((second - floor) / count * 1000)
    names = ("with the imports of the first", "once all is imported")
    for said, (ours, theirs), bar in zip(names, (whole, later), (_MARKED_BAR, 0), strict=True):
        figure = Figure.of([a / max(b, 1e-6) for a, b in zip(ours, theirs, strict=True)])
        yield Row(
            f"{count} marked tests, over MockTransport, {said}",
            f"{figure.said('x pytest-recording')}, +{Figure.of(ours).median:.2f} ms",
            f"<= {bar} x" if bar else "",
            figure.median <= bar if bar else None,
            (f"a test: llmvcr +{Figure.of(ours).said('ms')}, pytest-recording +{Figure.of(theirs).said('ms')}",),
        )


def startup(scale: Scale) -> Iterator[Row]:
    """Give what the plugin adds to a run that uses no cassette."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
        _said(folder, _NOTHING)  # compiles
        added = [float(_said(folder, _NOTHING)) * 1000 for _ in range(scale.pick(5, 25))]
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


def _said(folder: Path, runs: str, *options: str) -> str:
    """Give the last line of what a process prints that runs pytest in a folder."""
    command = [sys.executable, "-c", _CHILD.format(plain=list(_NO_OTHERS), runs=runs), *options]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONDONTWRITE"))}
    # Compiled once, as on any machine where tests run twice; beside the project, whose folders stay as they are.
    plain["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    done = subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"pytest failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout.splitlines()[-1]
