"""Record modes of llmvcr: refresh records what no longer matches, verify says what has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, counting, post, said
from plugin.suite import Suite

_WORKERS = ("-n", "1")

_THREE = '@pytest.mark.vcr\ndef test_it():\n    print("said", ask("one"), ask("two"), ask("three"))\n'


def _words(path: Path) -> list[str]:
    told = [one.response.body.decode().split('"content": "')[1].split('"')[0] for one in llmvcr.load(path)]
    return [one.partition(": ")[2] for one in told]


def test_refresh(suite: Suite) -> None:
    """What matches is played and stays as it was, what does not is recorded where it is asked, the rest goes."""
    suite.tests(_THREE)
    suite.run("--record-mode=once", passed=1)
    path = suite.cassette("test_it/test_it.yaml")
    one, _, three = llmvcr.load(path)
    suite.tests(_THREE.replace("two", "2"))
    result = suite.run("--llmvcr-mode=refresh", *_WORKERS, passed=1)
    assert suite.server.words == ["one", "two", "three", "2"]
    assert _words(path) == ["one", "2", "three"]
    assert llmvcr.load(path)[0] == one
    assert llmvcr.load(path)[2] == three
    result.stdout.fnmatch_lines(["cassettes/test_it/test_it.yaml: 1 interaction taken out that no test plays"])
    before = path.read_bytes()
    suite.run("--llmvcr-mode=refresh", passed=1)
    assert path.read_bytes() == before
    assert len(suite.server.seen) == 4


def test_refresh_spares(suite: Suite) -> None:
    """Nothing is taken out where the test fails, or where tests that did not run may play it."""
    tests = '@pytest.mark.vcr\n@pytest.mark.default_cassette("shared")\ndef test_{0}():\n    ask("{0}")\n\n'
    suite.tests(tests.format("a") + tests.format("b"))
    suite.run("--record-mode=once", passed=2)
    shared = suite.cassette("test_it/shared.yaml")
    suite.tests(tests.format("a").replace('ask("a")', 'ask("c")') + tests.format("b"))
    result = suite.run("--llmvcr-mode=refresh", "-k", "test_a", passed=1, deselected=1)
    result.stdout.fnmatch_lines(["*shared.yaml: 2 interactions not played stay: other tests may play them"])
    assert sorted(_words(shared)) == ["a", "b", "c"]
    suite.run("--llmvcr-mode=refresh", passed=2)
    assert sorted(_words(shared)) == ["b", "c"]
    suite.tests(tests.format("b").replace('ask("b")', 'ask("d"), 1 / 0'))
    suite.run("--llmvcr-mode=refresh", failed=1)
    assert sorted(_words(shared)) == ["b", "c", "d"]


def test_refresh_leaves_an_extra_alone(suite: Suite) -> None:
    """A cassette that a mark names beside the test's own keeps its bytes, and comes into no other file."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n', "test_other")
    suite.run("--record-mode=once", passed=1)
    extra = suite.cassette("test_other/test_it.yaml")
    own = suite.cassette("test_it/test_it.yaml")
    before = extra.read_bytes()
    suite.tests(f'@pytest.mark.vcr({str(extra)!r})\ndef test_it():\n    print(ask("one"), ask("two"))\n')
    suite.run("--llmvcr-mode=refresh", "test_it.py", passed=1)
    assert (extra.read_bytes(), _words(own)) == (before, ["two"])
    suite.tests(f'@pytest.mark.vcr({str(extra)!r})\ndef test_it():\n    ask("two")\n')
    (suite.path / "test_other.py").unlink()
    suite.run("--llmvcr-mode=refresh", passed=1)
    assert (extra.read_bytes(), _words(own), suite.server.words) == (before, ["two"], ["one", "two"])


def test_refresh_spares_what_others_play(suite: Suite) -> None:
    """What another test plays stays: through an extra of its mark, or from a shared cassette without refresh."""
    test = '@pytest.mark.vcr{0}\n@pytest.mark.default_cassette("{1}")\ndef test_{2}():\n    {3}\n\n'
    calls = 'ask("one"), ask("two"), ask("three")'
    suite.tests(test.format("", "own", "a", calls) + test.format("", "shared", "b", calls))
    suite.run("--record-mode=once", passed=2)
    own, shared = suite.cassette("test_it/own.yaml"), suite.cassette("test_it/shared.yaml")
    suite.tests(
        test.format("", "own", "a", 'ask("one")')
        + test.format(f"({str(own)!r})", "empty", "extra", 'ask("two")')
        + test.format("", "shared", "b", 'ask("one")')
        + test.format('(record_mode="none")', "shared", "plain", 'ask("two")')
    )
    suite.run("--llmvcr-mode=refresh", passed=4)
    assert (_words(own), _words(shared)) == (["one", "two"], ["one", "two"])
    assert len(suite.server.seen) == 6


def test_verify(suite: Suite) -> None:
    """Every call goes out, what the answers have changed in is said, and the file stays as it is."""
    suite.tests(_THREE.replace("))\n", '), get("/page"))\n'))
    suite.run("--record-mode=once", passed=1)
    path = suite.cassette("test_it/test_it.yaml")
    before = path.read_bytes(), path.stat().st_mtime_ns
    suite.tests(_THREE.replace("))\n", '), get("/page"), ask("new"))\n'))
    lines = suite.run("--llmvcr-mode=verify", "-v", *_WORKERS, passed=1).stdout.lines
    start = lines.index("cassettes/test_it/test_it.yaml: answers have changed since they were recorded")
    assert lines[start + 1 : start + 5] == [
        '  #0 openai chat.completions, model made-up-model: "one"',
        "    text",
        '      - "1: one"',
        '      + "5: one"',
    ]
    assert any(line.endswith("/v1/chat/completions: is not in the cassette") for line in lines[start:])
    assert any(line.startswith("0 replayed, 0 recorded, 5 sent live to verify") for line in lines)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert suite.files == ["test_it/test_it.yaml"]
    assert len(suite.server.seen) == 9


def test_which_mode_counts(suite: Suite) -> None:
    """A mark comes before the command line; two modes for one test are refused."""
    suite.tests(
        '@pytest.mark.vcr(record_mode="none")\ndef test_kept():\n    with pytest.raises(BaseException):\n'
        '        ask("one")\n\n'
        '@pytest.mark.vcr(llmvcr_mode="refresh")\ndef test_marked():\n    ask("two")\n\n'
        '@pytest.mark.vcr(llmvcr_mode="refresh", record_mode="once")\ndef test_both():\n    ask("three")\n'
    )
    suite.conftest("import pytest\n\n@pytest.fixture\ndef vcr_config():\n    return {'record_mode': 'none'}\n")
    result = suite.run("--llmvcr-mode=verify", "--block-network", passed=2, errors=1)
    result.stdout.fnmatch_lines(["*pytest.mark.vcr: llmvcr_mode stands in the place of record_mode*"])
    assert suite.files == ["test_it/test_marked.yaml"]
    refused = suite.start("--llmvcr-mode=verify", "--record-mode=once")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert "--llmvcr-mode stands in the place of --record-mode" in refused.stderr.str()
    suite.ini("llmvcr = off")
    assert "--llmvcr-mode needs llmvcr" in suite.start("--llmvcr-mode=verify").stderr.str()


def test_without_pytest(tmp_path: Path) -> None:
    """`use_cassette` takes the mode, too: what was not played goes when it is closed, where all went well."""
    path = tmp_path / "it.yaml"

    def ask(server: Counting, *words: str, **options: str) -> list[str]:
        with llmvcr.use_cassette(path, **options):
            return [said(post(server.url + CHAT, json=chat_body(word))) for word in words]

    with counting() as server:
        ask(server, "one", "two")
        assert ask(server, "two", "three", llmvcr_mode="refresh") == ["2: two", "3: three"]
        assert _words(path) == ["two", "three"]
        with pytest.raises(ZeroDivisionError), llmvcr.use_cassette(path, llmvcr_mode="refresh"):
            raise ZeroDivisionError
        assert _words(path) == ["two", "three"]
        before = path.read_bytes()
        assert ask(server, "two", "four", llmvcr_mode="verify") == ["4: two", "5: four"]
        assert path.read_bytes() == before
    with pytest.raises(llmvcr.OptionError, match="stands in the place of record_mode"):
        llmvcr.use_cassette(path, llmvcr_mode="verify", record_mode="once")


def test_refresh_of_nested_classes(suite: Suite) -> None:
    """Classes within others may have one cassette for tests of the same name: a part of the suite takes out nothing."""
    test = (
        "@pytest.mark.vcr\nclass Test{0}:\n    class TestInner:\n        def test_it(self):\n            ask('{0}')\n\n"
    )
    suite.tests(test.format("A") + test.format("B"))
    suite.run("--record-mode=new_episodes", passed=2)
    suite.run("--llmvcr-mode=refresh", "-k", "TestA", passed=1, deselected=1)
    assert _words(suite.cassette("test_it/TestInner.test_it.yaml")) == ["A", "B"]
