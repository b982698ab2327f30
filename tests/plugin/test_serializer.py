"""The format of cassettes: `serializer` in `vcr_config` and mark, `llmvcr_format` in the ini, and the suffixes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import vcr
from vcr.serializers import jsonserializer

import llmvcr
from plugin.suite import FORMATS, Suite

_ONE = '@pytest.mark.vcr\ndef test_it():\n    assert ask("one") == "1: one"\n'


def _is_typed(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return '"__type__": "openai.types.chat.chat_completion.ChatCompletion"' in text


@FORMATS
def test_format_of_the_suite(kind: str, workers: tuple[str, ...], suite: Suite) -> None:
    """`llmvcr_format` in the ini sets the format of the whole suite, and the suffix with it."""
    suite.ini(f"llmvcr_format = {kind}")
    suite.tests(_ONE)
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", *workers, passed=1)
    assert suite.files == [f"test_it/test_it.{kind}"]
    assert _is_typed(suite.cassette(suite.files[0])) is (kind == "json")


@pytest.mark.parametrize("where", ["config", "mark"])
@pytest.mark.parametrize("kind", ["json", "yaml", "vcr_json"])
def test_named_serializer(kind: str, where: str, suite: Suite) -> None:
    """A serializer that `vcr_config` or the mark names wins over `llmvcr_format`."""
    suite.ini("llmvcr_format = " + ("yaml" if kind == "json" else "json"))
    config, mark = (f"{{'serializer': {kind!r}}}", "") if where == "config" else ("{}", f"(serializer={kind!r})")
    suite.tests(f"""
@pytest.fixture
def vcr_config():
    return {config}

@pytest.mark.vcr{mark}
def test_it():
    assert ask("one") == "1: one"
""")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)
    assert suite.files == ["test_it/test_it.yaml" if kind == "yaml" else "test_it/test_it.json"]
    assert _is_typed(suite.cassette(suite.files[0])) is (kind == "json")


def test_mark_over_config(suite: Suite) -> None:
    """A serializer of the mark wins over one of `vcr_config`, `vcr_json` too."""
    suite.tests("""
@pytest.fixture
def vcr_config(request):
    return {"serializer": "vcr_json" if "plain" in request.node.name else "json"}

@pytest.mark.vcr(serializer="json")
def test_typed_not_plain():
    ask("one")

@pytest.mark.vcr(serializer="vcr_json")
def test_other():
    ask("one")
""")
    suite.run("--record-mode=once", passed=2)
    assert _is_typed(suite.cassette("test_it/test_typed_not_plain.json"))
    assert not _is_typed(suite.cassette("test_it/test_other.json"))


def test_vcr_json_is_vcrpys(suite: Suite) -> None:
    """What `vcr_json` wrote is what vcrpy's own JSON serializer reads, and plain vcrpy replays it."""
    suite.tests('@pytest.mark.vcr(serializer="vcr_json")\ndef test_it():\n    assert get("/page") == 1\n')
    suite.run("--record-mode=once", passed=1)
    path = suite.cassette("test_it/test_it.json")
    document = jsonserializer.deserialize(path.read_text(encoding="utf-8"))
    assert document["interactions"][0]["request"]["uri"] == suite.server.url + "/page"
    with vcr.use_cassette(str(path), serializer="json", record_mode="none") as cassette:
        assert len(cassette) == 1
    suite.ini("llmvcr = off")
    suite.tests('@pytest.mark.vcr(serializer="json")\ndef test_it():\n    assert get("/page") == 1\n')
    suite.run(passed=1)


@pytest.mark.parametrize("asked", ["json", "vcr_json"])
def test_vcrpys_json_keeps_its_dialect(asked: str, suite: Suite) -> None:
    """A JSON cassette of plain vcrpy's is replayed under either name, and keeps its dialect when it is added to."""
    suite.ini("llmvcr = off")
    suite.tests('@pytest.mark.vcr(serializer="json")\ndef test_it():\n    assert ask("one") == "1: one"\n')
    suite.run("--record-mode=once", passed=1)
    path = suite.cassette("test_it/test_it.json")
    before = path.read_bytes()
    suite.ini()
    suite.tests(f'@pytest.mark.vcr(serializer={asked!r})\ndef test_it():\n    assert ask("one") == "1: one"\n')
    suite.run(passed=1)
    assert path.read_bytes() == before
    more = (
        f'@pytest.mark.vcr(serializer={asked!r})\ndef test_it():\n    assert [ask("one"), ask("two")][1] == "2: two"\n'
    )
    suite.tests(more)
    suite.run("--record-mode=new_episodes", passed=1)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert not _is_typed(path)
    assert [one["request"]["method"] for one in document["interactions"]] == ["POST", "POST"]
    suite.run(passed=1)


def test_typed_keeps_its_dialect(suite: Suite) -> None:
    """A typed cassette stays typed when it is added to under `vcr_json`."""
    suite.ini("llmvcr_format = json")
    suite.tests(_ONE)
    suite.run("--record-mode=once", passed=1)
    suite.tests('@pytest.mark.vcr(serializer="vcr_json")\ndef test_it():\n    ask("one"), ask("two")\n')
    suite.run("--record-mode=new_episodes", passed=1)
    path = suite.cassette("test_it/test_it.json")
    assert _is_typed(path)
    assert len(llmvcr.load(path).interactions) == 2


@pytest.mark.parametrize(("before", "after"), [("yaml", "json"), ("json", "yaml")])
def test_change_of_format(before: str, after: str, suite: Suite) -> None:
    """A suite that changes its format has new files; `rewrite` removes the file of the format that is set, no other."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n')
    suite.ini(f"llmvcr_format = {before}")
    suite.run("--record-mode=once", passed=1)
    old = suite.cassette(f"test_it/test_it.{before}").read_bytes()
    suite.ini(f"llmvcr_format = {after}")
    for _ in range(2):
        suite.run("--record-mode=rewrite", passed=1)
    assert suite.files == ["test_it/test_it.json", "test_it/test_it.yaml"]
    assert suite.cassette(f"test_it/test_it.{before}").read_bytes() == old
    assert suite.server.words == ["one"] * 3


def test_rewrite_of_vcr_json(suite: Suite) -> None:
    """`rewrite` under `vcr_json` removes the .json file, whatever dialect it had, and writes vcrpy's own."""
    suite.ini("llmvcr_format = json")
    suite.tests(_ONE)
    suite.run("--record-mode=once", passed=1)
    suite.tests('@pytest.mark.vcr(serializer="vcr_json")\ndef test_it():\n    ask("two")\n')
    suite.run("--record-mode=rewrite", passed=1)
    assert suite.files == ["test_it/test_it.json"]
    assert not _is_typed(suite.cassette("test_it/test_it.json"))


def test_own_serializer(suite: Suite) -> None:
    """A serializer that a conftest registers keeps its say, and its name is the suffix."""
    suite.conftest("""
import pytest
from vcr.serializers import jsonserializer

class Backwards:
    def serialize(self, document):
        return jsonserializer.serialize(document)[::-1]

    def deserialize(self, text):
        return jsonserializer.deserialize(text[::-1])

def pytest_recording_configure(config, vcr):
    vcr.register_serializer("backwards", Backwards())
""")
    suite.tests("""
@pytest.mark.vcr(serializer="backwards")
def test_it():
    assert ask("one") == "1: one"
""")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)
    assert suite.files == ["test_it/test_it.backwards"]
    assert suite.cassette(suite.files[0]).read_text(encoding="utf-8").rstrip().endswith("{")
