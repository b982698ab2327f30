"""Which files a test reads and writes: names, `default_cassette`, several cassettes in one mark, folders."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import llmvcr
from plugin.suite import LATER_PARALLEL, Suite
from shared import CASSETTES

_SEED = CASSETTES / "seeds" / "weather.json"


def _ask_the_seed(times: int = 1) -> str:
    """Source of a test's body that sends the seed's own request."""
    (interaction,) = llmvcr.load(_SEED).interactions
    body = interaction.request.body or b""
    return f"""
    import httpx2
    for _ in range({times}):
        answer = httpx2.post({interaction.request.url!r}, content={body!r}, verify=False)
        assert answer.status_code == 200 and answer.text.startswith("data: ")
"""


def test_names(suite: Suite) -> None:
    """Cassettes are named by module, class, test and parameters, as by pytest-recording."""
    suite.tests("""
@pytest.mark.vcr
def test_plain():
    ask("a")

class TestIt:
    @pytest.mark.vcr
    def test_method(self):
        ask("b")

@pytest.mark.vcr
@pytest.mark.parametrize("value", ["x", "y"])
def test_values(value):
    ask(value)
""")
    suite.tests('@pytest.mark.vcr\ndef test_plain():\n    ask("c")\n', name="test_other")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=5)
    assert suite.files == [
        "test_it/TestIt.test_method.yaml",
        "test_it/test_plain.yaml",
        "test_it/test_values[x].yaml",
        "test_it/test_values[y].yaml",
        "test_other/test_plain.yaml",
    ]


@pytest.mark.parametrize("length", [250, 251])
@pytest.mark.parametrize("kind", ["yaml", "json", "off"])
def test_long_names(kind: str, length: int, suite: Suite) -> None:
    """A name too long for the disk is cut in every format, in yaml exactly as without llmvcr."""
    suite.ini("llmvcr = off" if kind == "off" else f"llmvcr_format = {kind}")
    suite.tests(f"""
@pytest.mark.vcr
@pytest.mark.default_cassette("x" * {length})
def test_it():
    ask("a")
""")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)
    (name,) = suite.files
    mark = hashlib.md5(b"x" * length, usedforsecurity=False).hexdigest()
    stem = "x" * length if length <= 250 else "x" * (250 - 35) + "..." + mark
    assert name == f"test_it/{stem}.{'json' if kind == 'json' else 'yaml'}"


def test_default_cassette(suite: Suite) -> None:
    """`default_cassette` names the file, with the suffix of the format where it has none."""
    suite.tests("""
@pytest.mark.vcr
@pytest.mark.default_cassette("named")
def test_one():
    ask("one")

@pytest.mark.vcr(serializer="json")
@pytest.mark.default_cassette("named.json")
def test_two():
    ask("two")
""")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=2)
    assert suite.files == ["test_it/named.json", "test_it/named.yaml"]


def test_cassette_dir(suite: Suite) -> None:
    """A `vcr_cassette_dir` and a `default_cassette_name` of the user's are used."""
    suite.conftest("""
import pytest

@pytest.fixture(scope="module")
def vcr_cassette_dir(request):
    return str(request.config.rootpath / "cassettes" / "elsewhere")

@pytest.fixture
def default_cassette_name(request):
    return request.node.name.upper()
""")
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n')
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)
    assert suite.files == ["elsewhere/TEST_IT.yaml"]


def test_who_asks_for_the_name(suite: Suite) -> None:
    """A `default_cassette_name` that a test is parametrized with is used, and one that asks for it gets its own."""
    suite.tests("""
@pytest.mark.vcr
@pytest.mark.parametrize("default_cassette_name", ["drawn"])
def test_drawn(default_cassette_name):
    ask("one")

@pytest.mark.vcr
@pytest.mark.parametrize("what", ["a/b"])
def test_asking(what, request, default_cassette_name, allowed_hosts, vcr):
    ask("one")
    assert default_cassette_name.startswith("test_asking[a-b]~") and allowed_hosts is None
    assert vcr.path.endswith(f"{default_cassette_name}.yaml")

@pytest.mark.vcr
@pytest.mark.parametrize("what", ["a/b"])
def test_later(what, request, vcr):
    ask("one")
    assert vcr.path.endswith(request.getfixturevalue("default_cassette_name") + ".yaml")
""")
    suite.run("--record-mode=once", passed=3)
    assert "test_it/drawn.yaml" in suite.files
    assert len(suite.files) == 3


@LATER_PARALLEL
def test_several_cassettes(workers: tuple[str, ...], suite: Suite) -> None:
    """A mark may name more cassettes, relative to the module's folder or absolute, of any format."""
    suite.tests("""
@pytest.mark.vcr
def test_a():
    ask("one")

@pytest.mark.vcr(serializer="json")
def test_b():
    ask("two")
""")
    suite.run("--record-mode=once", passed=2)
    absolute = str(suite.cassette("test_it/test_b.json"))
    suite.tests(f"""
@pytest.mark.vcr("test_a.yaml", {absolute!r})
def test_both():
    assert [ask("two")[3:], ask("one")[3:]] == ["two", "one"]

@pytest.mark.vcr("test_a.yaml")
@pytest.mark.vcr("test_b.json")
def test_marks():
    assert [ask("two")[3:], ask("one")[3:]] == ["two", "one"]
""")
    suite.run(*workers, passed=2)
    assert sorted(suite.server.words) == ["one", "two"]


def test_extra_keeps_its_bytes(suite: Suite) -> None:
    """What is recorded beside an extra cassette lands in the test's own; the extra keeps its bytes."""
    suite.tests('@pytest.mark.vcr\ndef test_a():\n    ask("one")\n')
    suite.run("--record-mode=once", passed=1)
    before = suite.cassette("test_it/test_a.yaml").read_bytes()
    suite.tests("""
@pytest.mark.vcr("test_a.yaml", record_mode="new_episodes")
def test_b():
    assert [ask("one"), ask("two")] == ["1: one", "2: two"]
""")
    suite.run(passed=1)
    assert suite.cassette("test_it/test_a.yaml").read_bytes() == before
    recorded = [one.request.body or b"" for one in llmvcr.load(suite.cassette("test_it/test_b.yaml")).interactions]
    assert "two" in [json.loads(body)["messages"][0]["content"] for body in recorded]


def test_recording_as_extra(suite: Suite) -> None:
    """A single typed recording can be an extra, beside a YAML cassette; it answers again and again."""
    seed = Path(suite.cassette("test_it/weather.json"))
    seed.parent.mkdir(parents=True)
    seed.write_bytes(_SEED.read_bytes())
    suite.tests(f'@pytest.mark.vcr("weather.json")\ndef test_it():\n{_ask_the_seed(3)}\n')
    suite.run(passed=1)
    assert seed.read_bytes() == _SEED.read_bytes()


def test_folder_as_extra(suite: Suite) -> None:
    """A folder of recordings can be an extra, too."""
    folder = suite.cassette("test_it/recordings")
    folder.mkdir(parents=True)
    for name in ("weather", "web_search"):
        (folder / f"{name}.json").write_bytes((_SEED.parent / f"{name}.json").read_bytes())
    suite.tests(f"""
@pytest.mark.vcr("recordings")
def test_it(vcr):
    assert len(vcr) == 2
{_ask_the_seed(2)}
""")
    suite.run(passed=1)


def test_absent_extra(suite: Suite) -> None:
    """An extra that is not there is no error, as in pytest-recording."""
    suite.tests('@pytest.mark.vcr("nowhere.yaml")\ndef test_it():\n    ask("one")\n')
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)


@pytest.mark.parametrize("off", [True, False])
def test_cassette_without_interactions(suite: Suite, *, off: bool) -> None:
    """A cassette without interactions counts as none, with llmvcr as without: `once` records into it."""
    suite.ini(*(["llmvcr = off"] if off else []))
    path = suite.cassette("test_it/test_it.yaml")
    path.parent.mkdir(parents=True)
    path.write_text("interactions: []\nversion: 1\n", encoding="utf-8")
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n')
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)
    assert suite.server.words == ["one"]


def test_a_miss_while_fixtures_end(suite: Suite) -> None:
    """What a miss ends in a fixture's own end is that test alone: each of the others has its own cassette, or none."""
    suite.tests(
        """
@pytest.fixture
def uploaded(vcr):
    yield
    ask("delete it again")  # is not recorded

@pytest.fixture
def also(uploaded):
    yield
    ask("nor is this")

@pytest.mark.vcr
def test_1(request):
    if request.config.getoption("record_mode") is None:
        request.getfixturevalue("also")
    assert ask("one") == "1: one"

@pytest.mark.vcr
def test_2(vcr):
    assert ask("two") == "2: two"
    assert vcr._path.endswith("test_2.yaml")

def test_3(vcr):
    assert vcr is None
"""
    )
    suite.run("--record-mode=once", passed=3)
    result = suite.run(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*MissAbort: Can't play back this request: *"])
    assert suite.files == ["test_it/test_1.yaml", "test_it/test_2.yaml"]


def test_modules_that_a_test_hides(suite: Suite) -> None:
    """A miss is one class, and is shown, also where a test hides and shows modules while it happens."""
    suite.tests(
        """
import sys
from unittest import mock
import llmvcr

@pytest.mark.vcr
@pytest.mark.parametrize("hidden", [True, False])
def test_caught(hidden):
    with mock.patch.dict(sys.modules) if hidden else mock.MagicMock(), pytest.raises((llmvcr.Miss, llmvcr.MissAbort)):
        ask("nothing like it")

@pytest.mark.vcr
def test_told():
    with mock.patch.dict(sys.modules):
        ask("nothing like it at all")
"""
    )
    suite.run(passed=2, failed=1).stdout.fnmatch_lines(["*- llmvcr: not in the cassette -*"])
