"""Secrets under pytest: what the ini file, `vcr_config` and the mark say of them, and the gate."""

from __future__ import annotations

import pytest

from made_up_keys import drawn
from plugin.suite import Suite

KEY = f"sk-proj-{drawn('a', 48)}"
_TELLING = f'@pytest.mark.vcr\ndef test_it():\n    ask("my key is {KEY}, and I am tenant-4711")\n'


def _text(suite: Suite) -> str:
    return suite.cassette("test_it/test_it.yaml").read_text()


def test_by_default(suite: Suite) -> None:
    """Nothing has to be said for a key to stay out of the cassette, and the test replays."""
    suite.tests(_TELLING)
    suite.run("--record-mode=once", passed=1)
    assert KEY not in _text(suite)
    suite.run("--record-mode=none", passed=1)
    assert len(suite.server.seen) == 1


@pytest.mark.parametrize("line", ["llmvcr_redact = shape = tenant-[0-9]+", "llmvcr_redact = value = tenant-4711"])
def test_more_in_the_ini(line: str, suite: Suite) -> None:
    """The ini file names more to redact, by KEY = TEXT or a name, one a line."""
    suite.ini(line, "    x-made-up")
    suite.tests(_TELLING)
    suite.run("--record-mode=once", passed=1)
    assert "tenant-4711" not in _text(suite)
    suite.run("--record-mode=none", passed=1)


def test_the_gate(suite: Suite) -> None:
    """A secret that is left in is an error of its test: no cassette is written, and the place is told, masked."""
    suite.ini("llmvcr_redact = off")
    suite.tests(_TELLING)
    result = suite.run("--record-mode=once", passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*LeakError: *test_it.yaml: is not written, since*", "*request.body: OpenAI key sk-…*"]
    )
    assert KEY not in result.stdout.str().replace(f'ask("my key is {KEY}', "")
    assert not suite.cassette("test_it/test_it.yaml").exists()


def test_the_gate_in_the_mark(suite: Suite) -> None:
    """`llmvcr_leaks` of the mark wins over the ini file."""
    suite.ini("llmvcr_redact = off", "llmvcr_leaks = warn")
    suite.tests(_TELLING.replace("vcr\n", 'vcr(llmvcr_leaks="off")\n', 1))
    suite.run("--record-mode=once", passed=1)
    assert KEY in _text(suite)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("llmvcr_leaks = maybe", "ini option llmvcr_leaks is fail or warn or off, not 'maybe'"),
        ("llmvcr_redact = shape = [", "llmvcr_redact: the shape '[' is no regular expression"),
    ],
)
def test_wrong_in_the_ini(line: str, said: str, suite: Suite) -> None:
    """A value that cannot be is refused by name."""
    suite.ini(line)
    suite.tests(_TELLING)
    result = suite.start("--record-mode=once")
    assert result.ret != 0
    assert said in result.stdout.str() + result.stderr.str()
