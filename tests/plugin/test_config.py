"""`vcr_config`, marks and their arguments: scopes, several marks, what wins."""

from __future__ import annotations

import pytest

import llmvcr
from plugin.suite import Suite


@pytest.mark.parametrize("scope", ["function", "class", "module", "package", "session"])
def test_scopes(scope: str, suite: Suite) -> None:
    """`vcr_config` may have any scope, in a conftest or in the module."""
    suite.conftest(f"""
import pytest

@pytest.fixture(scope={scope!r})
def vcr_config():
    return {{"filter_headers": ["x-made-up"], "record_mode": "once"}}
""")
    suite.tests("""
@pytest.mark.vcr
def test_it():
    get("/page", headers={"X-Made-Up": "gone"})
""")
    for _ in range(2):
        suite.run(passed=1)
    assert len(suite.server.seen) == 1
    assert "gone" not in suite.cassette("test_it/test_it.yaml").read_text(encoding="utf-8")


def test_config_is_not_changed(suite: Suite) -> None:
    """What a session-wide `vcr_config` gave stays as it was, whatever marks add and hooks change."""
    suite.conftest("""
import pytest

@pytest.fixture(scope="session")
def vcr_config():
    config = {"filter_headers": ["a"], "serializer": "vcr_json"}
    yield config
    assert config == {"filter_headers": ["a"], "serializer": "vcr_json"}
""")
    suite.tests("""
@pytest.mark.vcr(record_mode="once", llmvcr_miss="raise", filter_headers=["b"])
def test_it(vcr):
    ask("one")
""")
    suite.run(passed=1)


def test_several_marks(suite: Suite) -> None:
    """Arguments of all marks hold together; of the same one the nearest mark's counts: test, class, module."""
    suite.tests("""
pytestmark = pytest.mark.vcr(match_on=["method"], allow_playback_repeats=True)

def names(vcr):
    return [matcher.__name__ for matcher in vcr._match_on], vcr.allow_playback_repeats, vcr.record_mode.value

def test_module(vcr):
    assert names(vcr) == (["method"], True, "none")

@pytest.mark.vcr(match_on=["uri"])
class TestIt:
    def test_class(self, vcr):
        assert names(vcr) == (["uri"], True, "none")

    @pytest.mark.vcr(match_on=["host"], record_mode="once")
    def test_own(self, vcr):
        assert names(vcr) == (["host"], True, "once")

@pytest.mark.vcr(match_on=["path"])
@pytest.mark.vcr(match_on=["port"])
def test_two(vcr):
    assert names(vcr) == (["port"], True, "none")
""")
    suite.run(passed=4)


def test_mark_wins_over_config(suite: Suite) -> None:
    """An argument of the mark wins over the same one of `vcr_config`."""
    suite.tests("""
@pytest.fixture
def vcr_config():
    return {"serializer": "json", "match_on": ["method"]}

@pytest.mark.vcr(serializer="yaml", match_on=["uri"], record_mode="once")
def test_it(vcr):
    ask("one")
    assert [matcher.__name__ for matcher in vcr._match_on] == ["uri"]
""")
    suite.run(passed=1)
    assert suite.files == ["test_it/test_it.yaml"]


def test_match_on_of_the_user(suite: Suite) -> None:
    """A match_on of `vcr_config` or of the mark decides alone: here another prompt gets the recorded answer."""
    suite.tests("""
@pytest.fixture
def vcr_config(request):
    return {"match_on": ["method", "path"]} if "config" in request.node.name else {}

@pytest.mark.vcr
def test_config(record_mode):
    assert ask(record_mode).endswith("once")

@pytest.mark.vcr(match_on=["method", "path"])
def test_mark(record_mode):
    assert ask(record_mode).endswith("once")
""")
    suite.run("--record-mode=once", passed=2)
    suite.run("--record-mode=none", passed=2)
    assert suite.server.words == ["once", "once"]


def test_default_matching(suite: Suite) -> None:
    """Without a match_on a changed prompt is a miss, while other traffic of the same cassette ignores the body."""
    suite.tests("""
@pytest.mark.vcr
def test_other_body(record_mode):
    ask("same")
    assert get("/page", record_mode.encode()) == get("/page2?b=1&a=2") - 1

@pytest.mark.vcr
def test_other_prompt(record_mode):
    ask(record_mode)
""")
    suite.run("--record-mode=once", passed=2)
    suite.run("--record-mode=none", passed=1, failed=1).stdout.fnmatch_lines(["FAILED*::test_other_prompt*"])


def test_ini_and_mark_of_miss(suite: Suite) -> None:
    """llmvcr_miss in `vcr_config` and mark wins over the ini option."""
    suite.ini("llmvcr_miss = raise")
    suite.tests("""
import llmvcr

@pytest.fixture
def vcr_config(request):
    return {"llmvcr_miss": "abort"} if "config" in request.node.name else {}

@pytest.mark.vcr
def test_ini():
    with pytest.raises(llmvcr.Miss):
        ask("x")

@pytest.mark.vcr
def test_config():
    with pytest.raises(llmvcr.MissAbort):
        ask("x")

@pytest.mark.vcr(llmvcr_miss="abort")
def test_mark():
    with pytest.raises(llmvcr.MissAbort):
        ask("x")

@pytest.mark.vcr(llmvcr_miss="raise")
def test_config_and_mark():
    with pytest.raises(llmvcr.Miss):
        ask("x")
""")
    suite.run(passed=4)


def test_async_tests(suite: Suite) -> None:
    """Async tests record and replay under pytest-asyncio."""
    suite.tests("""
import asyncio, httpx2
from asking import SERVER

@pytest.mark.vcr
@pytest.mark.asyncio
async def test_it():
    async with httpx2.AsyncClient(verify=False) as client:
        ask = lambda words: client.post(SERVER + "/v1/chat/completions",
            json={"model": "m", "messages": [{"role": "user", "content": words}]})
        answers = await asyncio.gather(*map(ask, "abcdefgh"))
    said = [one.json()["choices"][0]["message"]["content"][3:] for one in answers]
    assert said == list("abcdefgh")
""")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)
    assert len(suite.server.seen) == 8
    assert len(llmvcr.load(suite.cassette("test_it/test_it.yaml")).interactions) == 8
