"""A bad cassette under the mark: an error that names it, with no long traceback, and the file as it was."""

from __future__ import annotations

import pytest

from plugin.suite import Suite

_BAD = {
    "empty": b"",
    "foreign": b'{"log": {"version": "1.2", "entries": []}}\n',
    "text": b"Dear diary,\n",
    "binary": b"\x89PNG\r\n\x1a\n\x00\x00",
}


@pytest.mark.parametrize(
    ("kind", "mode"), [*((kind, "once") for kind in sorted(_BAD)), ("empty", "none"), ("empty", "new_episodes")]
)
def test_no_cassette(kind: str, mode: str, suite: Suite) -> None:
    """What is no cassette is named in the report, is not recorded over, and keeps its bytes."""
    path = suite.cassette("test_it/test_it.yaml")
    path.parent.mkdir(parents=True)
    path.write_bytes(_BAD[kind])
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n')
    result = suite.run(f"--record-mode={mode}", errors=1)
    result.stdout.fnmatch_lines(["*ReadError: *test_it.yaml: *"])
    assert path.read_bytes() == _BAD[kind]
    assert suite.server.seen == []


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_cut(kind: str, suite: Suite) -> None:
    """A cassette that was cut is named in the report, with what to do, and keeps its bytes."""
    suite.ini(f"llmvcr_format = {kind}")
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one"), ask("two")\n')
    suite.run("--record-mode=once", passed=1)
    path = suite.cassette(f"test_it/test_it.{kind}")
    cut = path.read_bytes()[:-200]
    path.write_bytes(cut)
    result = suite.run("--record-mode=new_episodes", errors=1)
    result.stdout.fnmatch_lines([f"*ReadError: *test_it.{kind}*"])
    assert path.read_bytes() == cut
    assert len(suite.server.seen) == 2


def test_place(suite: Suite) -> None:
    """The report names the interaction and the path inside it."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one"), ask("two")\n')
    suite.run("--record-mode=once", passed=1)
    path = suite.cassette("test_it/test_it.yaml")
    head, _, tail = path.read_text(encoding="utf-8").rpartition("method: POST")
    path.write_text(f"{head}methods: POST{tail}", encoding="utf-8")
    suite.run(errors=1).stdout.fnmatch_lines(["*test_it.yaml, interaction 1, request.method: *"])


def test_folder_in_its_place(suite: Suite) -> None:
    """A folder that has the cassette's name is never recorded into: the error names it."""
    path = suite.cassette("test_it/test_it.yaml")
    path.mkdir(parents=True)
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n')
    result = suite.start("--record-mode=once")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*Error: *test_it.yaml*"])
    assert list(path.iterdir()) == []


def test_bad_extra(suite: Suite) -> None:
    """Of several cassettes the error names the one that is bad."""
    path = suite.cassette("test_it/extra.yaml")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"Dear diary,\n")
    suite.tests('@pytest.mark.vcr("extra.yaml")\ndef test_it():\n    ask("one")\n')
    suite.run("--record-mode=once", errors=1).stdout.fnmatch_lines(["*ReadError: *extra.yaml: *"])


def test_others_run(suite: Suite) -> None:
    """One bad cassette fails one test."""
    path = suite.cassette("test_it/test_bad.yaml")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    suite.tests(
        '@pytest.mark.vcr\ndef test_bad():\n    ask("one")\n\n@pytest.mark.vcr\ndef test_good():\n    ask("two")\n'
    )
    suite.run("--record-mode=once", errors=1, passed=1)
