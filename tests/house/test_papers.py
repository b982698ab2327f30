"""Each rule about tests, texts and folders finds what it is there to find, and nothing in a sound sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from house.papers import asserting, bare_marks, docstrings, foreign_words, plain_functions, readmes, strangers
from house.source import sample

MACHINE = "/" + "work"  # put together here, so that this file does not break the rule that it tests
SOUND = 'def test_a():\n    """It is so."""\n    assert True\n'


@pytest.mark.parametrize(
    "text",
    [
        "def test_a(): ...",
        "async def test_a(): ...",
        'def test_a():\n    """One.\n\n    Two."""',
        'def outer():\n    def test_a():\n        """"""',
    ],
)
def test_a_test_without_its_one_line_is_found(text: str) -> None:
    """No docstring, an empty one and one of several lines are complaints."""
    assert len(docstrings([sample("tests.test_a", text)])) == 1
    assert docstrings([sample("tests.test_a", SOUND)]) == []


@pytest.mark.parametrize("body", ["run()", "print(value == 1)", "value.assertion = 1", "asserts()"])
def test_a_test_that_asserts_nothing_is_found(body: str) -> None:
    """Running code without looking at what it did is no test."""
    assert len(asserting([sample("tests.test_a", f"def test_a():\n    {body}")])) == 1


@pytest.mark.parametrize(
    "body",
    [
        "assert value == 1",
        "with pytest.raises(ValueError): run()",
        "with pytest.warns(UserWarning): run()",
        "assert_same(a, b)",
        "helpers.check_round_trip(a)",
        "result.stdout.fnmatch_lines(['*'])",
        "suite.run(passed=1)",
    ],
)
def test_every_way_to_assert_counts(body: str) -> None:
    """An assert, raises, warns, pytester's matching and counting, and helpers called assert_… or check_… count."""
    assert asserting([sample("tests.test_a", f"def test_a():\n    {body}")]) == []


def test_a_helper_counts_only_if_it_asserts() -> None:
    """A helper of the same module that asserts, itself or through another, speaks for the test; any other does not."""
    test = "def test_a():\n    helper()\n"
    deep = f"def last():\n    assert True\ndef helper():\n    helper()\n    last()\n{test}"
    assert asserting([sample("tests.test_a", deep)]) == []
    assert len(asserting([sample("tests.test_a", f"def helper():\n    helper()\n{test}")])) == 1


def test_a_helper_may_be_imported() -> None:
    """A helper of another test module counts where it is imported, and only there."""
    helper = sample("shared", "def same():\n    assert True")
    assert asserting([helper, sample("test_a", "from shared import same\ndef test_a():\n    same()")]) == []
    assert len(asserting([helper, sample("test_a", "def test_a():\n    same()")])) == 1


def test_never_raises_is_asserted_by_running() -> None:
    """Only a test that is called so may do without an assert."""
    assert asserting([sample("tests.test_a", "def test_parse_never_raises():\n    parse(b'')")]) == []


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.skip\ndef test_a(): ...",
        "@pytest.mark.skip()\ndef test_a(): ...",
        "@pytest.mark.skipif(True)\ndef test_a(): ...",
        "@pytest.mark.xfail\ndef test_a(): ...",
        "@pytest.mark.xfail(strict=True)\ndef test_a(): ...",
        "pytestmark = pytest.mark.skip",
        "def test_a():\n    pytest.skip()",
    ],
)
def test_a_mark_left_without_a_reason_is_found(text: str) -> None:
    """A skip or xfail has to say why."""
    assert len(bare_marks([sample("tests.test_a", text)])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.skip(reason='why')\ndef test_a(): ...",
        "@pytest.mark.skip('why')\ndef test_a(): ...",
        "@pytest.mark.skipif(True, reason='why')\ndef test_a(): ...",
        "def test_a():\n    pytest.skip('why')",
        "counts.skip",
    ],
)
def test_a_mark_with_a_reason_is_fine(text: str) -> None:
    """A reason by keyword or, where pytest takes it so, as the first argument is enough."""
    assert bare_marks([sample("tests.test_a", text)]) == []


def test_a_test_class_is_found() -> None:
    """Tests are plain functions, not methods."""
    assert len(plain_functions([sample("tests.test_a", "class TestA: ...")])) == 1
    assert plain_functions([sample("tests.test_a", "class Server: ...")]) == []


@pytest.mark.parametrize(
    "line",
    [
        f"open('{MACHINE}/main/x')",
        f"see {MACHINE}",
        "/" + "root/.cache",
        "HOME=/" + "home/someone/project",
        "/" + "Users/someone/x",
        "C:" + "\\Users\\someone",
        "https://pypi" + ".org/simple",
        "files.python" + "hosted.org",
        "registry.npm" + "js.org",
        "--index-url " + "https://mirror.example/simple",
    ],
)
def test_a_line_that_names_a_machine_or_a_registry_is_found(line: str) -> None:
    """Paths of one machine and hosts of package registries do not belong into the project."""
    assert len(foreign_words({"a.txt": f"first\n{line}\nlast"})) == 1


@pytest.mark.parametrize("line", ["../work/x", "https://example.com/work", "pip install x", "/v1/rooted", "a/root/b"])
def test_words_that_only_look_alike_are_fine(line: str) -> None:
    """Relative paths, paths of URLs and longer words are no machine's paths."""
    assert foreign_words({"a.txt": line}) == []


def test_what_does_not_belong_to_the_top_level_is_found() -> None:
    """Beside the seven names of the top level only dotfiles stand."""
    files = [Path("README.md"), Path("llmvcr/a.py"), Path(".ci/run"), Path("notes/a.txt"), Path("setup.py")]
    assert strangers(files) == ["notes: not of the top level", "setup.py: not of the top level"]


def test_a_folder_without_a_readme_is_found() -> None:
    """Top-level folders and folders without code below them carry a README."""
    files = [Path("tools/check.py"), Path("cassettes/README.md"), Path("cassettes/data/a.yaml"), Path(".ci/run")]
    assert readmes(files) == ["cassettes/data: no README.md", "tools: no README.md"]
    files += [Path("tools/README.md"), Path("cassettes/data/README.md"), Path("tools/parts/a.py")]
    assert readmes(files) == []
