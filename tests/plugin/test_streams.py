"""What pytest users say about streams: how much is kept, in which form, and at what pace it is replayed."""

from __future__ import annotations

import pytest

from llmvcr.storage import load
from plugin.suite import Suite

_ONE = '@pytest.mark.vcr\ndef test_one():\n    ask("one", stream=False)\n'


def _times(suite: Suite) -> tuple[float, ...]:
    (interaction,) = load(suite.cassette("test_it/test_one.yaml")).interactions
    return interaction.response.times


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("llmvcr_timing = fast", "ini option llmvcr_timing is none, recorded or a factor such as 0.5, not 'fast'"),
        ("llmvcr_timing = -1", "ini option llmvcr_timing is none, recorded or a factor such as 0.5, not '-1'"),
        ("llmvcr_keep = all", "ini option llmvcr_keep is bytes or boundaries or times, not 'all'"),
        ("llmvcr_compressed = no", "ini option llmvcr_compressed is unpack or keep, not 'no'"),
    ],
)
def test_wrong_in_the_ini(line: str, said: str, suite: Suite) -> None:
    """A value that an option cannot have stops the run with one line that names those it can have."""
    suite.ini(line)
    suite.tests(_ONE)
    assert said in suite.start().stderr.str()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ('llmvcr_timing="fast"', "llmvcr_timing is 'none', 'recorded' or a factor such as 0.5, not 'fast'"),
        ("llmvcr_timing=True", "llmvcr_timing is 'none', 'recorded' or a factor such as 0.5, not True"),
        ('llmvcr_keep="all"', "llmvcr_keep is 'bytes', 'boundaries' or 'times', not 'all'"),
        ('llmvcr_compressed="no"', "llmvcr_compressed is 'unpack' or 'keep', not 'no'"),
    ],
)
def test_wrong_in_the_mark(option: str, said: str, suite: Suite) -> None:
    """The same is said of a mark."""
    suite.tests(f"@pytest.mark.vcr({option})\ndef test_one():\n    pass\n")
    assert said in suite.run(errors=1).stdout.str()


def test_kept(suite: Suite) -> None:
    """Times are kept unless the ini option, or the mark, says otherwise."""
    suite.tests(_ONE)
    suite.run("--record-mode=once", passed=1)
    assert len(_times(suite)) == 2
    suite.ini("llmvcr_keep = boundaries")
    suite.run("--record-mode=rewrite", passed=1)
    assert _times(suite) == ()


_HASTY = """
import httpx2
from asking import SERVER

def hasty():
    httpx2.post(SERVER + "/made/up", content=b"{}", verify=False, timeout=0.2)

@pytest.mark.vcr
def test_one():
    hasty()

@pytest.mark.vcr(llmvcr_timing="none")
@pytest.mark.default_cassette("test_one")
def test_two():
    hasty()
"""


def test_paced(suite: Suite) -> None:
    """`llmvcr_timing` in the ini file paces a replay, and that of a mark wins over it."""
    suite.tests(_HASTY)
    suite.run("--record-mode=once", "-k", "test_one", passed=1)
    path = suite.cassette("test_it/test_one.yaml")
    text = path.read_text()
    line = next(line for line in text.splitlines() if "times:" in line)
    path.write_text(text.replace(line, line[: line.index("[")] + "[60000, 60000]"))
    suite.ini("llmvcr_timing = 0.1")
    result = suite.run(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*httpx2.ReadTimeout: replayed: *"])
