"""What a failed test recorded: kept in the cassette, or beside it."""

from __future__ import annotations

import pytest

import llmvcr
from bridge.counting import CHAT, chat_body, post
from plugin.suite import Suite

_TESTS = """
import os

@pytest.mark.vcr
def test_fails():
    ask("one"), get("/page")
    assert not os.environ.get("MADE_UP_FAILURE")

@pytest.mark.vcr
def test_passes():
    ask("two")
"""


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_dropped(kind: str, suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `drop` the cassette stays without it, and a file of a name that is told keeps what was paid for."""
    suite.ini("llmvcr_failed = drop", f"llmvcr_format = {kind}")
    suite.tests(_TESTS)
    monkeypatch.setenv("MADE_UP_FAILURE", "yes")
    result = suite.run("--record-mode=once", passed=1, failed=1)
    many = "2 interactions of a test that failed are not in it"
    place = f"cassettes/test_it/.llmvcr/failed-test_fails.{kind}"
    result.stdout.fnmatch_lines([f"cassettes/test_it/test_fails.{kind}: {many}, but kept in {place}"])
    kept = suite.cassette(f"test_it/.llmvcr/failed-test_fails.{kind}")
    assert len(llmvcr.load(kept).interactions) == 2
    assert not suite.cassette(f"test_it/test_fails.{kind}").exists()
    assert len(llmvcr.load(suite.cassette(f"test_it/test_passes.{kind}")).interactions) == 1
    monkeypatch.delenv("MADE_UP_FAILURE")
    suite.run("--record-mode=once", passed=2)
    assert len(llmvcr.load(suite.cassette(f"test_it/test_fails.{kind}")).interactions) == 2
    assert not kept.exists()


def test_added(suite: Suite) -> None:
    """What a cassette held before stays as it was; hooks hide from that file, too, what they hide from a cassette."""
    suite.conftest("""
import pytest

@pytest.fixture
def vcr_config():
    return {"filter_sensitive_data": [("<HIDDEN>", "sensitive-word")], "drop_unused_requests": True}
""")
    suite.tests(_TESTS)
    suite.run("--record-mode=once", passed=2)
    path = suite.cassette("test_it/test_fails.yaml")
    before = path.read_bytes()
    suite.tests('@pytest.mark.vcr\ndef test_fails():\n    ask("one"), ask("sensitive-word"), 1 / 0\n')
    suite.ini("llmvcr_failed = drop")
    suite.run("--record-mode=new_episodes", failed=1)
    kept = suite.cassette("test_it/.llmvcr/failed-test_fails.yaml").read_text(encoding="utf-8")
    assert path.read_bytes() == before
    assert "<HIDDEN>" in kept
    assert "sensitive-word" not in kept


def test_kept(suite: Suite) -> None:
    """By default the cassette keeps it."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one"), 1 / 0\n')
    suite.run("--record-mode=once", failed=1)
    assert suite.files == ["test_it/test_it.yaml"]


def test_without_pytest(suite: Suite) -> None:
    """Without pytest what ran under a cassette failed if it raised."""
    path = suite.path / "it.yaml"
    with pytest.raises(KeyError), llmvcr.use_cassette(path, llmvcr_failed="drop"):
        post(suite.server.url + CHAT, json=chat_body("one")).json()["nonsense"]
    assert not path.exists()
    assert len(llmvcr.load(suite.path / ".llmvcr" / "failed-it.yaml")) == 1


def test_only_what_failed(suite: Suite) -> None:
    """What was skipped, or failed as expected, is kept; a second try counts; of tests that share each keeps its own."""
    suite.ini("llmvcr_failed = drop")
    suite.conftest("""
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    if item.name == "test_again":
        runtestprotocol(item, nextitem=nextitem, log=False)
        item._initrequest()
""")
    suite.tests("""
TRIES = []

@pytest.mark.vcr
def test_again():
    TRIES.append(ask("again"))
    assert len(TRIES) == 2

@pytest.mark.vcr
def test_skipped():
    ask("skipped"), pytest.skip("enough")

@pytest.mark.vcr
@pytest.mark.xfail
def test_expected():
    ask("expected"), 1 / 0

@pytest.mark.vcr
@pytest.mark.default_cassette("shared")
@pytest.mark.parametrize("word", "ab")
def test_shared(word):
    ask(word), 1 / 0

@pytest.mark.vcr
def test_interrupted():
    ask("interrupted"), pytest.exit("enough")
""")
    result = suite.start("--record-mode=once")
    assert "test_again" not in "".join(line for line in result.stdout.lines if "but kept in" in line)
    whole = [name.partition("/")[2] for name in suite.files if ".llmvcr" not in name]
    assert whole == ["test_again.yaml", "test_expected.yaml", "test_skipped.yaml"]
    aside = [name.rpartition("/failed-")[2] for name in suite.files if "failed-" in name]
    assert [name.partition("~")[0] for name in aside] == ["shared", "shared", "test_interrupted.yaml"]
