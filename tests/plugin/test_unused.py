"""Recordings that nobody plays: reported, failed or removed, and only where the whole suite ran."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import llmvcr
from plugin.recorded import ASKING, chat, write
from plugin.suite import Suite

_TESTS = f"""{ASKING}
import llmvcr, os, vcr

HERE = os.path.dirname(__file__)

@pytest.mark.vcr
def test_one():
    call("one")

@pytest.mark.vcr("extra.yaml")
@pytest.mark.default_cassette("shared")
@pytest.mark.parametrize("words", ["two", "three", "more"])
def test_shared(words):
    call(words)

@pytest.mark.vcr
@pytest.mark.skipif("MADE_UP" not in os.environ, reason="made up")
def test_elsewhere():
    call("elsewhere")

def test_own():
    with llmvcr.use_cassette(HERE + "/cassettes/own.yaml", record_mode="none"):
        call("own")
    with vcr.use_cassette(HERE + "/cassettes/plain.yaml", record_mode="none"):
        pass
"""


@pytest.fixture
def used(suite: Suite) -> Suite:
    """A project with cassettes that are played, in part, by nobody, by others, and files that are none."""
    place = suite.path / "cassettes"
    write(place / "test_it/test_one.yaml", chat("one", "said"), chat("old", "said"))
    write(place / "test_it/shared.yaml", chat("two", "said"), chat("three", "said"), chat("four", "said"))
    write(place / "test_it/extra.yaml", chat("more", "said"), chat("less", "said"))
    write(place / "own.yaml", chat("own", "said"), chat("unasked", "said"))
    write(place / "plain.yaml", chat("plain", "said"))
    write(place / "test_gone/test_gone.yaml", chat("gone", "said"))
    (place / "data.json").write_text('{"made": "up"}', encoding="utf-8")
    (place / "README.md").write_text("Made up.\n", encoding="utf-8")
    write(suite.path / "elsewhere" / "it.yaml", chat("elsewhere", "said"))
    suite.tests(_TESTS)
    return suite


_LEFT = [
    "cassettes/test_it/extra.yaml: no test plays 1 interaction",
    '  #1 openai chat.completions, model gpt-4o-mini: "less"',
    "cassettes/test_it/shared.yaml: no test plays 1 interaction",
    '  #2 openai chat.completions, model gpt-4o-mini: "four"',
    "cassettes/test_it/test_one.yaml: no test plays 1 interaction",
    '  #1 openai chat.completions, model gpt-4o-mini: "old"',
    "cassettes/test_gone/test_gone.yaml: no test opens it",
]


def _tree(root: Path) -> dict[str, bytes]:
    files = (path for folder in ("cassettes", "elsewhere") for path in (root / folder).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_reported_and_failed(used: Suite) -> None:
    """What no test plays is named, file by file, over all workers; `fail` fails the run; nothing is changed."""
    before = _tree(used.path)
    for how, where in (("report", ()), ("fail", ("-n", "2"))):
        result = used.start(f"--llmvcr-unused={how}", *where)
        result.assert_outcomes(passed=5, skipped=1)
        assert result.ret == {"report": pytest.ExitCode.OK, "fail": pytest.ExitCode.TESTS_FAILED}[how]
        lines = result.stdout.lines
        start = lines.index(_LEFT[0])
        assert lines[start : start + len(_LEFT)] == _LEFT
        assert lines[start + len(_LEFT)] == (
            "not judged, since not all of their tests ran to the end: cassettes/test_it"
        )
    assert _tree(used.path) == before


def test_pruned(used: Suite) -> None:
    """`prune` takes out just that, says so, and leaves everything else as it was, byte for byte."""
    before = _tree(used.path)
    used.start("--llmvcr-unused=prune").stdout.fnmatch_lines(
        [
            "cassettes/test_it/extra.yaml: 1 interaction taken out that no test plays",
            "cassettes/test_it/shared.yaml: 1 interaction taken out that no test plays",
            "cassettes/test_it/test_one.yaml: 1 interaction taken out that no test plays",
            "cassettes/test_gone/test_gone.yaml: removed, since no test opens it",
        ]
    )
    after = _tree(used.path)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {f"cassettes/test_it/{name}.yaml" for name in ("extra", "shared", "test_one")} | {
        "cassettes/test_gone/test_gone.yaml"
    }
    assert not (used.path / "cassettes/test_gone").exists()
    assert len(llmvcr.load(used.cassette("test_it/shared.yaml"))) == 2
    result = used.start("--llmvcr-unused=fail")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["no recording is left that no test plays"])
    assert _tree(used.path) == after


@pytest.mark.parametrize(
    ("args", "reasons"),
    [
        (
            ("-k", "one", "-m", "vcr", "--deselect", "test_it.py::test_own", "--disable-recording", "test_it.py"),
            [
                "-k was given; -m was given",
                "--deselect was given; --disable-recording was given",
                "tests were deselected",
                "only a part of the suite was asked for (test_it.py)",
            ],
        ),
        (("test_it.py::test_one",), ["single tests were named"]),
        (("-x", "test_bad.py", "."), ["it was stopped before its end"]),
    ],
    ids=["chosen", "named", "stopped"],
)
def test_only_of_the_whole(args: tuple[str, ...], reasons: list[str], used: Suite) -> None:
    """A part of the suite says nothing of what the rest uses: that is told, and nothing is removed."""
    used.tests("def test_bad():\n    assert False\n" if "-x" in args else "", name="test_bad")
    before = _tree(used.path)
    output = used.start("--llmvcr-unused=prune", *args).stdout.str()
    assert "unused recordings are not looked for: " in output
    assert [one for one in reasons if one not in output] == []
    assert _tree(used.path) == before


def test_files_that_cannot_be_collected(used: Suite) -> None:
    """Where a test file cannot be collected, or was left out, by whomever, nobody knows what it uses."""
    used.tests("import nonsense_that_is_not_there\n", name="test_gone")
    before = _tree(used.path)
    output = used.start("--llmvcr-unused=prune", "--continue-on-collection-errors").stdout.str()
    assert "unused recordings are not looked for: test_gone.py could not be collected" in output
    assert _tree(used.path) == before
    used.tests('pytest.importorskip("nonsense_that_is_not_there")\n', name="test_gone")
    output = used.start("--llmvcr-unused=report").stdout.str()
    assert "not all of their tests ran to the end: cassettes/test_gone, cassettes/test_it" in output
    assert "no test opens it" not in output
    used.conftest('collect_ignore = ["test_gone.py"]\n')
    output = used.start("--llmvcr-unused=report").stdout.str()
    assert "not all of their tests ran to the end: cassettes/test_gone, cassettes/test_it" in output
    used.conftest("def pytest_collection_modifyitems(items):\n    del items[1:]\n")
    output = used.start("--llmvcr-unused=prune").stdout.str()
    assert "unused recordings are not looked for: tests were deselected" in output
    assert _tree(used.path) == before


def test_a_plugin_that_puts_others_in_their_places(used: Suite) -> None:
    """Where tests were deselected, nothing is removed, though as many are run as were collected."""
    used.conftest(
        "def pytest_collection_modifyitems(config, items):\n"
        "    one, *others = items\n"
        "    items[:] = [*others, type(one).from_parent(others[-1].parent, name='more', callobj=others[-1].obj)]\n"
        "    config.hook.pytest_deselected(items=[one])\n"
    )
    before = _tree(used.path)
    result = used.run("--llmvcr-unused=prune", passed=5, skipped=1, deselected=1)
    assert "unused recordings are not looked for: tests were deselected" in result.stdout.str()
    assert _tree(used.path) == before


def test_a_failed_test_is_not_judged(suite: Suite) -> None:
    """What a test did not come to play is not unused; nor is what is played by its second try alone."""
    write(suite.cassette("test_it/test_bad.yaml"), chat("one", "said"), chat("two", "said"))
    suite.tests(f'{ASKING}\n@pytest.mark.vcr\ndef test_bad():\n    call("one")\n    assert False\n    call("two")\n')
    result = suite.start("--llmvcr-unused=fail")
    assert "no recording is left that no test plays" in result.stdout.str()
    shutil.rmtree(suite.path / "cassettes")


def test_what_is_recorded_in_the_run_is_used(suite: Suite) -> None:
    """What one test records and another loads, but does not play, was asked for in this run."""
    suite.tests(
        '@pytest.mark.vcr\n@pytest.mark.default_cassette("shared")\n@pytest.mark.parametrize("words", ["a", "b"])\n'
        "def test_it(words):\n    ask(words)\n"
    )
    output = suite.run("--record-mode=new_episodes", "--llmvcr-unused=prune", passed=2).stdout.str()
    assert "no recording is left that no test plays" in output
    assert len(llmvcr.load(suite.cassette("test_it/shared.yaml"))) == 2


def test_what_was_not_seen_is_spared(suite: Suite) -> None:
    """Folders of recordings that were opened, what tests that did not pass open themselves, and children play, stay."""
    tests = """
import os
import llmvcr

@pytest.mark.vcr
def test_child():
    child = os.fork()
    if not child:
        ask("child")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

@pytest.mark.vcr("../folder")
def test_marked():
    ask("one")

def test_folder():
    with llmvcr.use_cassette("cassettes/other", record_mode="none"):
        ask("one")

@pytest.mark.skip
def test_itself():
    with llmvcr.use_cassette("cassettes/test_it/itself.yaml"):
        ask("itself")
"""
    suite.tests(tests.replace('("../folder")', "").replace('other", record_mode="none"', 'test_it/itself.yaml"'))
    suite.start("--record-mode=once", "-W", "default")
    for name in ("folder", "other"):
        llmvcr.convert(suite.cassette("test_it/test_marked.yaml"), suite.cassette(name), to="recordings")
    suite.cassette("test_it/test_marked.yaml").unlink()
    before = suite.files
    suite.tests(tests)
    for asked in ("--llmvcr-unused=prune", "--llmvcr-mode=refresh"):
        suite.run(asked, "-W", "default", passed=3, skipped=1)
        assert suite.files == before
    assert len(llmvcr.load(suite.cassette("test_it/test_child.yaml"))) == 1
