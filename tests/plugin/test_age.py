"""Cassettes that are too old: a warning, a failure, or recorded anew; and those that do not say how old they are."""

from __future__ import annotations

import re
import socket
from dataclasses import replace

import pytest

import llmvcr
from plugin.recorded import ASKING, chat, write
from plugin.suite import Suite

_WARN = ("-W", "default::llmvcr.StaleWarning")
_OLD = "2020-01-01T00:00:00Z"
_CALL = f'{ASKING}\n@pytest.mark.vcr\ndef test_it():\n    assert call("one") == "first"\n'


def test_a_warning(suite: Suite) -> None:
    """A cassette that is too old is played, with a warning of a category of its own that names it and its age."""
    path = suite.cassette("test_it/test_it.yaml")
    write(path, chat("two", "second"), chat("one", "first", _OLD))
    suite.ini("llmvcr_max_age = 30d")
    suite.tests(_CALL)
    result = suite.run(*_WARN, passed=1)
    result.stdout.re_match_lines(
        [r".*StaleWarning: .*test_it\.yaml: its oldest .* was recorded \d+ days ago, and llmvcr_max_age is 30d"]
    )
    suite.run(errors=1)  # this project has every warning an error
    suite.tests(_CALL.replace("mark.vcr", 'mark.vcr(llmvcr_max_age="5000w")'))
    suite.run(passed=1)


def test_a_failure(suite: Suite) -> None:
    """With `fail` the test of a cassette that is too old fails, told what to do, and the file stays as it is."""
    path = suite.cassette("test_it/test_it.yaml")
    write(path, chat("one", "first", _OLD))
    before = path.read_bytes()
    suite.ini("llmvcr_max_age = 30d", "llmvcr_stale = fail")
    suite.tests(_CALL)
    output = suite.run(errors=1).stdout.str()
    assert re.search(r"test_it\.yaml: its oldest interaction was recorded \d+ days ago", output)
    assert "How to fix: record it again (--record-mode=rewrite)" in output
    assert "Traceback" not in output
    assert path.read_bytes() == before


def test_recorded_anew(suite: Suite) -> None:
    """With `record` what is too old is recorded anew in its place, where the mode records; under none it warns."""
    suite.ini("llmvcr_max_age = 30d", "llmvcr_stale = record")
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    print(ask("one"), get("/page"), ask("two"), ask("three"))\n')
    suite.run("--record-mode=once", passed=1)
    path = suite.cassette("test_it/test_it.yaml")
    one, page, two, three = llmvcr.load(path)
    write(path, one, replace(two, recorded_at=_OLD), three, page)
    suite.run(*_WARN, passed=1)
    assert len(suite.server.seen) == 4
    suite.run("--record-mode=once", passed=1)
    assert suite.server.words == ["one", "two", "three", "two"]
    again = llmvcr.load(path)
    assert [b"5: two" in one.response.body for one in again] == [False, True, False, False]
    assert [each.request.body for each in again] == [each.request.body for each in (one, two, three, page)]
    suite.run("--record-mode=once", passed=1)
    assert len(suite.server.seen) == 5


def test_no_time(suite: Suite) -> None:
    """Cassettes that do not say when they were recorded are named once, and never too old."""
    for name in ("one", "two"):
        write(suite.cassette(f"test_it/test_it[{name}].yaml"), chat(name, "said"), at=None)
    suite.ini("llmvcr_max_age = 1h", "llmvcr_stale = fail")
    marks = '@pytest.mark.vcr\n@pytest.mark.parametrize("name", ["one", "two"])'
    suite.tests(f"{ASKING}\n{marks}\ndef test_it(name):\n    call(name)\n")
    lines = suite.run(passed=2).stdout.lines
    (line,) = [one for one in lines if "llmvcr_max_age" in one]
    assert line.startswith("llmvcr_max_age says nothing of cassettes without the time of their recording: cassettes/")
    assert line.endswith("test_it[one].yaml, cassettes/test_it/test_it[two].yaml")


def test_refused(suite: Suite) -> None:
    """An age that is none stops the run, in the ini, or the test, in the mark; so does what nothing can do."""
    suite.ini("llmvcr_max_age = 30")
    suite.tests(_CALL)
    assert "ini option llmvcr_max_age is a number of hours, days or weeks" in suite.start().stderr.str()
    suite.ini("llmvcr_stale = shout")
    assert "ini option llmvcr_stale is warn or fail or record, not 'shout'" in suite.start().stderr.str()
    suite.ini()
    suite.tests(_CALL.replace("mark.vcr", 'mark.vcr(llmvcr_max_age="a month")'))
    assert "llmvcr_max_age is a number of hours" in suite.run(errors=1).stdout.str()


def test_no_failure_in_the_place_of_an_answer(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the provider is down the old recording stays, to the byte, and may be asked for again."""
    suite.ini("llmvcr_max_age = 30d", "llmvcr_stale = record")
    suite.tests(
        "import httpx2\n\n@pytest.mark.vcr\ndef test_it():\n    for _ in range(2):\n        try:\n"
        '            ask("one")\n        except httpx2.ConnectError:\n            pass\n'
    )
    suite.run("--record-mode=once", passed=1)
    path = suite.cassette("test_it/test_it.yaml")
    write(path, *llmvcr.load(path), at=_OLD)
    before = path.read_bytes()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # taken, and nobody listens
        monkeypatch.setenv("MADE_UP_SERVER", f"http://127.0.0.1:{free.getsockname()[1]}")
        suite.run("--record-mode=once", passed=1)
    assert path.read_bytes() == before
    monkeypatch.setenv("MADE_UP_SERVER", suite.server.url)
    suite.run("--record-mode=once", passed=1)
    assert len(suite.server.seen) == 4
    assert _OLD not in path.read_text(encoding="utf-8")


def test_stale_without_an_age(suite: Suite) -> None:
    """What a recording does that is too old is named in vain where no age is: refused in a mark, told of elsewhere."""
    write(suite.cassette("test_it/test_it.yaml"), chat("one", "first", _OLD))
    suite.tests(_CALL.replace("mark.vcr", 'mark.vcr(llmvcr_stale="fail")'))
    refused = "*UsageError: pytest.mark.vcr: llmvcr_stale: of no effect without llmvcr_max_age*"
    suite.run(errors=1).stdout.fnmatch_lines([refused])
    suite.ini("llmvcr_stale = fail")
    suite.tests(_CALL)
    idle = "ini option llmvcr_stale: of no effect without llmvcr_max_age, which no test of this run has"
    suite.run("-n", "1", passed=1).stdout.fnmatch_lines([idle])
    suite.tests(_CALL.replace("mark.vcr", 'mark.vcr(llmvcr_max_age="5000w")'))
    assert idle not in suite.run(passed=1).stdout.str()
    suite.ini()
    suite.conftest('import pytest\n\n@pytest.fixture\ndef vcr_config():\n    return {"llmvcr_stale": "fail"}\n')
    aged, plain = _CALL.replace("mark.vcr", 'mark.vcr(llmvcr_max_age="5000w")'), _CALL.replace("test_it", "test_that")
    write(suite.cassette("test_it/test_that.yaml"), chat("one", "first", _OLD))
    suite.tests(f"{aged}\n{plain}")  # for many tests, some of which have an age: nothing is wrong
    assert "llmvcr_stale" not in suite.run(passed=2).stdout.str()
    suite.tests(_CALL)
    told = "vcr_config: llmvcr_stale: of no effect without llmvcr_max_age, which no test of this run has"
    suite.run("-n", "1", passed=1).stdout.fnmatch_lines([told])
