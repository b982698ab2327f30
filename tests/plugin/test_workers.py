"""Cassettes that several tests, workers or processes write: everything recorded is kept once, nothing stays behind."""

from __future__ import annotations

from collections import Counter

import pytest

import llmvcr
from plugin.suite import Suite
from shared import LONG

_MANY = """
import threading

@pytest.mark.vcr
@pytest.mark.default_cassette("shared.yaml")
@pytest.mark.parametrize("number", range({tests}))
def test_it(number):
    for call in range({calls}):
        ask(f"{{number}}/{{call}}")
"""

_THREADS = """
from concurrent.futures import ThreadPoolExecutor

@pytest.mark.vcr
def test_threads():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, [str(number) for number in range(40)]))
"""

_POOL = """
import multiprocessing, os
import llmvcr

def opens(number):
    with llmvcr.use_cassette(os.environ["MADE_UP_CASSETTE"], record_mode="new_episodes"):
        ask(str(number))

def asks(number):
    ask(str(number))

@pytest.mark.vcr
def test_forked():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(asks, range(8), chunksize=1)
    ask("parent")

def test_spawned():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(opens, range(8), chunksize=1)
"""


def _prompts(suite: Suite, name: str) -> list[str]:
    path = suite.cassette(name)
    return [one.request.body.decode().split('"content":"')[1].split('"')[0] for one in llmvcr.load(path).interactions]  # type: ignore[union-attr]


def _left(suite: Suite) -> list[str]:
    return [
        path.name for path in (suite.path / "cassettes").rglob("*") if ".llmvcr" in path.parts or ".tmp" in path.name
    ]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["plain", "xdist"])
def test_a_shared_cassette_under_once(workers: tuple[str, ...], suite: Suite) -> None:
    """Tests that share a cassette all record into it in the run that begins it, on whichever worker; then none does."""
    suite.tests(_MANY.format(tests=4, calls=2))
    suite.run("--record-mode=once", *workers, passed=4)
    assert sorted(_prompts(suite, "test_it/shared.yaml")) == sorted(f"{a}/{b}" for a in range(4) for b in range(2))
    suite.run(*workers, passed=4)
    suite.tests(_MANY.format(tests=5, calls=2))
    suite.run("--record-mode=once", *workers, passed=4, failed=1)
    assert len(_prompts(suite, "test_it/shared.yaml")) == 8
    assert _left(suite) == []


def test_many_workers(suite: Suite) -> None:
    """Of 200 calls that eight workers (in short 60 of three) record into one cassette, each is in it once."""
    tests, workers = (40, "-n8") if LONG else (12, "-n3")
    suite.tests(_MANY.format(tests=tests, calls=5))
    suite.run("--record-mode=new_episodes", workers, passed=tests)
    found = Counter(_prompts(suite, "test_it/shared.yaml"))
    assert found == Counter(f"{a}/{b}" for a in range(tests) for b in range(5))
    assert _left(suite) == []


def test_threads(suite: Suite) -> None:
    """What eight threads record side by side is all there."""
    suite.tests(_THREADS)
    suite.run("--record-mode=once", passed=1)
    assert sorted(_prompts(suite, "test_it/test_threads.yaml")) == sorted(map(str, range(40)))
    suite.run(passed=1)


def test_pools(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """What forked workers record goes into their parent's cassette; spawned ones open one themselves."""
    monkeypatch.setenv("MADE_UP_CASSETTE", str(suite.path / "cassettes" / "test_it" / "pool.yaml"))
    suite.tests(_POOL)
    suite.start("--record-mode=once", subprocess=True).assert_outcomes(passed=2)
    assert sorted(_prompts(suite, "test_it/test_forked.yaml")) == sorted(["parent", *map(str, range(8))])
    assert sorted(_prompts(suite, "test_it/pool.yaml")) == sorted(map(str, range(8)))
    assert _left(suite) == []


_IDS = """
@pytest.mark.vcr
@pytest.mark.parametrize("value", ["a/b", "a:b", "a-b"])
def test_it(value):
    assert ask("same").endswith("same")
    print("said", ask(value))
"""


def test_ids_that_look_alike(suite: Suite) -> None:
    """Parametrised tests whose ids differ only in `/`, `:` or `-` have cassettes of their own."""
    suite.tests(_IDS)
    suite.run("--record-mode=once", passed=3)
    first, second, third = suite.files
    assert first == "test_it/test_it[a-b].yaml"
    assert (second[:21], third[:21]) == ("test_it/test_it[a-b]~", "test_it/test_it[a-b]~")
    assert len(second) == len(third) == len("test_it/test_it[a-b]~01234567.yaml")
    assert len(suite.server.seen) == 6
    suite.run("--record-mode=once", passed=3)
    suite.run(passed=3)
    assert len(suite.server.seen) == 6


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_the_older_name(kind: str, suite: Suite) -> None:
    """A cassette under the name that pytest-recording gives is played until there is one of the test's own."""
    suite.ini(f"llmvcr_format = {kind}")
    one = _IDS.replace('["a/b", "a:b", "a-b"]', '["a/b"]')
    suite.tests(one)
    suite.run("--record-mode=once", passed=1)
    (own,) = suite.files
    old = suite.cassette(f"test_it/test_it[a-b].{kind}")
    suite.cassette(own).rename(old)
    data = old.read_bytes()
    suite.run(passed=1)
    suite.run("--record-mode=once", passed=1)
    assert suite.files == [f"test_it/test_it[a-b].{kind}"]
    suite.tests(one + '    ask("more")\n')
    suite.run(failed=1)
    suite.run("--record-mode=new_episodes", passed=1)
    assert suite.files == sorted([f"test_it/test_it[a-b].{kind}", own])
    assert old.read_bytes() == data
    assert len(llmvcr.load(suite.cassette(own)).interactions) == 3
    suite.run(passed=1)
    assert suite.server.words == ["same", "a/b", "more"]


_DIES = """
import os

@pytest.mark.vcr
def test_it():
    ask("one")
    ask("two")
    if "MADE_UP_DEATH" in os.environ:
        os._exit(3)
    ask("three")
"""


@pytest.mark.parametrize("mode", ["once", "new_episodes", "none"])
def test_after_a_crash(mode: str, suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run had recorded that died comes back with the next one, which says so in a line, and records the rest."""
    suite.tests(_DIES)
    monkeypatch.setenv("MADE_UP_DEATH", "1")
    suite.start("--record-mode=once", subprocess=True)
    monkeypatch.delenv("MADE_UP_DEATH")
    result = suite.start(f"--record-mode={mode}")
    result.assert_outcomes(passed=mode != "none", failed=mode == "none")
    path = "cassettes/test_it/test_it.yaml"
    result.stdout.fnmatch_lines([f"{path}: 2 interactions recovered from a run that was cut short"])
    suite.run("--record-mode=once", passed=1)
    assert suite.server.words == ["one", "two", "three"]
    assert _prompts(suite, "test_it/test_it.yaml") == ["one", "two", "three"]
    assert _left(suite) == []
    result = suite.run("--record-mode=once", passed=1)
    result.stdout.no_fnmatch_line("*recovered*")


def test_a_worker_that_crashes(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controller of pytest-xdist says what came back on a worker."""
    suite.tests(_DIES)
    monkeypatch.setenv("MADE_UP_DEATH", "1")
    suite.start("--record-mode=once", subprocess=True)
    monkeypatch.delenv("MADE_UP_DEATH")
    result = suite.run("--record-mode=once", "-n1", passed=1)
    result.stdout.fnmatch_lines(["*test_it.yaml: 2 interactions recovered from a run that was cut short"])


def test_a_test_that_fails_may_go_on(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as a test fails after a crash, its cassette may be added to under `once`."""
    suite.tests(_DIES)
    monkeypatch.setenv("MADE_UP_DEATH", "1")
    suite.start("--record-mode=once", subprocess=True)
    monkeypatch.delenv("MADE_UP_DEATH")
    suite.tests(_DIES.replace('    ask("three")', '    ask("three")\n    assert False'))
    suite.run("--record-mode=once", failed=1)
    suite.tests(_DIES.replace('    ask("three")', '    ask("three")\n    ask("four")'))
    suite.run("--record-mode=once", passed=1)
    assert _prompts(suite, "test_it/test_it.yaml") == ["one", "two", "three", "four"]
    suite.tests(_DIES.replace('    ask("three")', '    ask("three")\n    ask("five")'))
    suite.run("--record-mode=once", failed=1)
