"""--record-mode, `vcr_config` and the mark: every record mode of pytest-recording, and which of the three wins."""

from __future__ import annotations

import pytest

import llmvcr
from plugin.suite import FORMATS, PARALLEL, Suite

_TWO = """
@pytest.mark.vcr
def test_one():
    print("said", ask("one"))

@pytest.mark.vcr
def test_two():
    print("said", ask("two"), get("/page"))
"""


def _recorded(suite: Suite, name: str = "test_it/test_it.yaml") -> int:
    return len(llmvcr.load(suite.cassette(name)).interactions)


@PARALLEL
def test_once_then_none(workers: tuple[str, ...], suite: Suite) -> None:
    """`--record-mode=once` records, and from then on the tests replay without a server: also with no option at all."""
    suite.tests(_TWO)
    suite.run("--record-mode=once", *workers, passed=2)
    assert suite.files == ["test_it/test_one.yaml", "test_it/test_two.yaml"]
    assert len(suite.server.seen) == 3
    for mode in ([], ["--record-mode=none"], ["--record-mode=once"])[: 1 if workers else 3]:
        suite.run(*mode, *workers, passed=2)
    assert len(suite.server.seen) == 3


def test_none_without_a_cassette(suite: Suite) -> None:
    """Without a cassette and without a record mode a test fails, asks no server and writes nothing."""
    suite.tests(_TWO)
    result = suite.run(failed=2)
    result.stdout.fnmatch_lines(["*Can't play back this request: the cassette doesn't exist*"])
    assert suite.server.seen == []
    assert not (suite.path / "cassettes").exists()


def test_once_does_not_add(suite: Suite) -> None:
    """`once` adds nothing to a cassette that is there."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n')
    suite.run("--record-mode=once", passed=1)
    before = suite.cassette("test_it/test_it.yaml").read_bytes()
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n    ask("two")\n')
    suite.run("--record-mode=once", failed=1)
    assert suite.server.words == ["one"]
    assert suite.cassette("test_it/test_it.yaml").read_bytes() == before


def test_new_episodes(suite: Suite) -> None:
    """`new_episodes` replays what is there and adds what is not."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n')
    suite.run("--record-mode=once", passed=1)
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    assert (ask("one"), ask("two")) == ("1: one", "2: two")\n')
    suite.run("--record-mode=new_episodes", passed=1)
    suite.run(passed=1)
    assert suite.server.words == ["one", "two"]
    assert _recorded(suite) == 2


def test_all(suite: Suite) -> None:
    """`all` asks the server each time and keeps what it said last."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    print("said", ask("one"))\n')
    for _ in range(2):
        suite.run("--record-mode=all", passed=1)
    assert suite.server.words == ["one", "one"]
    suite.run("-s", passed=1).stdout.fnmatch_lines(["*said 2: one*"])
    assert _recorded(suite) == 1


@FORMATS
def test_rewrite(kind: str, workers: tuple[str, ...], suite: Suite) -> None:
    """`rewrite` removes the cassette of the test and records it anew."""
    suite.ini(f"llmvcr_format = {kind}")
    name = f"test_it/test_it.{kind}"
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n    ask("two")\n')
    suite.run("--record-mode=rewrite", *workers, passed=1)
    assert (_recorded(suite, name), suite.files) == (2, [name])
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    print("said", ask("two"))\n')
    suite.run("--record-mode=rewrite", *workers, passed=1)
    assert (_recorded(suite, name), suite.files) == (1, [name])
    assert suite.server.words == ["one", "two", "two"]
    suite.run("-s", passed=1).stdout.fnmatch_lines(["*said 3: two*"])


@pytest.mark.parametrize("where", ["config", "mark"])
@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_mode_in_config_or_mark(where: str, mode: str, suite: Suite) -> None:
    """Each mode can stand in `vcr_config` and in the mark."""
    fixture, arguments = f"    return {{'record_mode': {mode!r}}}", ""
    if where == "mark":
        fixture, arguments = "    return {}", f"record_mode={mode!r}"
    suite.tests(f"""
@pytest.fixture
def vcr_config():
{fixture}

@pytest.mark.vcr({arguments})
def test_it():
    ask("one")
""")
    suite.run(passed=1)
    assert _recorded(suite) == 1


def test_precedence(suite: Suite) -> None:
    """The mark's mode wins over `vcr_config`'s, and that over the option, as in pytest-recording."""
    suite.tests("""
@pytest.fixture
def vcr_config(request):
    return {"record_mode": "once"} if "config" in request.node.name else {}

@pytest.mark.vcr
def test_option(vcr):
    assert vcr.record_mode.value == "new_episodes"

@pytest.mark.vcr
def test_config(vcr):
    assert vcr.record_mode.value == "once"

@pytest.mark.vcr(record_mode="none")
def test_config_and_mark(vcr):
    assert vcr.record_mode.value == "none"

@pytest.mark.vcr(record_mode="all")
def test_mark(vcr):
    assert vcr.record_mode.value == "all"
""")
    suite.run("--record-mode=new_episodes", passed=4)


def test_failing_test_keeps_its_cassette(suite: Suite) -> None:
    """What a failing test recorded is kept."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n    assert 0\n')
    suite.run("--record-mode=once", failed=1)
    assert _recorded(suite) == 1


def test_plugin_by_entry_point(suite: Suite) -> None:
    """Another process has the plugin by being installed: records, and replays with warnings as errors."""
    suite.tests(_TWO)
    for mode in ("once", "none"):
        result = suite.start(f"--record-mode={mode}", subprocess=True)
        result.assert_outcomes(passed=2)
    assert len(suite.server.seen) == 3
    assert "recorded_at" in suite.cassette("test_it/test_one.yaml").read_text(encoding="utf-8")
