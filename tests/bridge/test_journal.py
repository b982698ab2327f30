"""The journal of an open cassette: what is in it, in every mode and with every hook; when it goes and comes."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, post, said
from made_up_keys import drawn

_CHILD = """
import os, sys
sys.path.insert(0, sys.argv[4])
import llmvcr
from bridge.counting import CHAT, chat_body, post
options = eval(sys.argv[3])
with llmvcr.use_cassette(sys.argv[1], **options) as cassette:
    cassette.get_metadata("seed", 7) if options.get("record_mode") != "none" else None
    for words in sys.argv[5:]:
        post(sys.argv[2] + CHAT, json=chat_body(words))
    os.kill(os.getpid(), 9)
"""

KINDS = pytest.mark.parametrize("kind", ["yaml", "json", "vcr_json"])


def _ask(server: Counting, words: str) -> str:
    return said(post(server.url + CHAT, json=chat_body(words)))


def _die(cassette: Path, server: Counting, *words: str, options: str = "{}") -> None:
    """Record in a process of its own that is killed with the cassette open."""
    command = [sys.executable, "-c", _CHILD, str(cassette), server.url, options, str(Path(__file__).parent.parent)]
    assert subprocess.run([*command, *words], check=False).returncode == -9


def _prompts(cassette: Path) -> list[str]:
    bodies = [one.request.body or b"" for one in llmvcr.load(cassette).interactions]
    return [json.loads(body)["messages"][-1]["content"] for body in bodies]


def _journal(cassette: Path) -> str:
    (path,) = (cassette.parent / ".llmvcr").glob("*.journal")
    return path.read_text()


def _clean(folder: Path, *names: str) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


@KINDS
def test_after_a_kill(kind: str, server: Counting, tmp_path: Path) -> None:
    """What was recorded comes back in every dialect, its metadata too; the rest is recorded under `once`."""
    path = tmp_path / "c"
    _die(path, server, "one", "two", options=f"dict(serializer={kind!r})")
    assert not path.exists()
    with llmvcr.use_cassette(path, serializer=kind) as cassette:
        assert cassette.recovered == 2
        assert cassette.get_metadata("seed", 8) == 7
        assert [_ask(server, words) for words in ("one", "two", "three")] == ["1: one", "2: two", "3: three"]
    assert _prompts(path) == ["one", "two", "three"]
    _clean(tmp_path, "c")


def test_the_format_is_the_one_that_was_meant(server: Counting, tmp_path: Path) -> None:
    """Brought back by whoever looks, the cassette is in the format that its process would have written."""
    path = tmp_path / "c.json"
    _die(path, server, "one", options="dict(serializer='vcr_json')")
    with llmvcr.use_cassette(path, record_mode="none"):
        assert _ask(server, "one") == "1: one"
    assert "__type__" not in path.read_text()


def test_under_none(server: Counting, tmp_path: Path) -> None:
    """Also a replay brings back what there is; it stays incomplete until a run that may record ends well."""
    path = tmp_path / "c.yaml"
    _die(path, server, "one")
    with llmvcr.use_cassette(path, record_mode="none"):
        assert _ask(server, "one") == "1: one"
    with llmvcr.use_cassette(path):
        assert [_ask(server, words) for words in ("one", "two")] == ["1: one", "2: two"]
    with llmvcr.use_cassette(path), pytest.raises(llmvcr.Miss):
        _ask(server, "three")
    _clean(tmp_path, "c.yaml")


def test_under_all(server: Counting, tmp_path: Path) -> None:
    """Of a run that records anew, what came back is played before what it replaces."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        _ask(server, "one")
        _ask(server, "two")
    _die(path, server, "one", options="dict(record_mode='all')")
    with llmvcr.use_cassette(path, record_mode="none"):
        assert [_ask(server, words) for words in ("one", "two")] == ["3: one", "2: two"]
    assert _prompts(path) == ["one", "one", "two"]


def _hide(request: Any, response: Any) -> Any:
    if b"drop" in response["body"]["string"]:
        return None
    response["body"]["string"] = response["body"]["string"].replace(b"secret", b"hidden")
    return request, response


@pytest.mark.parametrize(
    "options",
    [
        {"before_save_interaction": _hide},
        {"filter_sensitive_data": {"<hidden>": "secret"}},
        {"before_record_response": lambda response: _hide(None, response) and response},
    ],
    ids=["before_save_interaction", "filter_sensitive_data", "before_record_response"],
)
def test_hooks_are_respected(options: dict[str, Any], server: Counting, tmp_path: Path) -> None:
    """The journal never holds what a hook hides from the file, nor what one drops."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path, **options):
        _ask(server, "open secret")
        assert "1: open" in _journal(path)
        assert "1: open secret" not in _journal(path).replace("<hidden>", "hidden")


def test_what_a_hook_drops(server: Counting, tmp_path: Path) -> None:
    """What a hook drops is in no journal."""
    with llmvcr.use_cassette(tmp_path / "c.yaml", before_save_interaction=_hide):
        _ask(server, "drop")
        _clean(tmp_path)
    assert _prompts(tmp_path / "c.yaml") == []


def test_a_hook_that_fails(server: Counting, tmp_path: Path) -> None:
    """A hook that fails fails when the cassette is saved, not in the middle of the application's call."""

    def fails(_request: Any, _response: Any) -> Any:
        raise ValueError("made up")

    with (
        pytest.raises(ValueError, match="made up"),
        llmvcr.use_cassette(tmp_path / "c.yaml", before_save_interaction=fails),
    ):
        assert _ask(server, "one") == "1: one"


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_nothing_is_left_behind(mode: str, server: Counting, tmp_path: Path) -> None:
    """After a clean run there is the cassette, and nothing else."""
    path = tmp_path / "c.yaml"
    for _ in range(2):
        with llmvcr.use_cassette(path, record_mode=mode):
            _ask(server, "one")
        _clean(tmp_path, "c.yaml")


def test_what_is_not_wanted(server: Counting, tmp_path: Path) -> None:
    """With `record_on_exception=False` a run that fails leaves nothing, nor a journal."""
    cassette = llmvcr.use_cassette(tmp_path / "c.yaml", record_on_exception=False)
    cassette.__enter__()
    _ask(server, "one")
    cassette.__exit__(ValueError, ValueError(), None)
    _clean(tmp_path)


def test_drop_unused_requests(server: Counting, tmp_path: Path) -> None:
    """What was not used goes, what was recorded by others meanwhile stays."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        _ask(server, "one")
        _ask(server, "two")
    with llmvcr.use_cassette(path, record_mode="new_episodes", drop_unused_requests=True):
        _ask(server, "one")
        with llmvcr.use_cassette(path, record_mode="new_episodes"):
            _ask(server, "three")
    assert _prompts(path) == ["one", "three"]
    _clean(tmp_path, "c.yaml")


def test_nested_on_one_file(server: Counting, tmp_path: Path) -> None:
    """Two cassettes that are open on one file at once both keep what they recorded, each once."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        _ask(server, "one")
        with llmvcr.use_cassette(path, record_mode="new_episodes"):
            _ask(server, "two")
        _ask(server, "three")
    assert _prompts(path) == ["two", "one", "three"]
    _clean(tmp_path, "c.yaml")


def test_saved_twice(server: Counting, tmp_path: Path) -> None:
    """Saving once more keeps what others recorded before the first time, between the two, and after."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path) as cassette:
        _ask(server, "one")
        for words in ("two", "three"):
            with llmvcr.use_cassette(path, record_mode="new_episodes"):
                _ask(server, words)
            for _ in range(2):
                cassette._save(force=True)  # noqa: SLF001 - vcrpy's users do, having nothing else
        _ask(server, "four")
    assert sorted(_prompts(path)) == ["four", "one", "three", "two"]
    _clean(tmp_path, "c.yaml")


def test_what_was_loaded_and_filtered(server: Counting, tmp_path: Path) -> None:
    """Two that hide something from a cassette recorded without hiding it do not take it for each other's recording."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        post(server.url + CHAT + "?key=made-up", json=chat_body("one"))
    options: dict[str, Any] = {"record_mode": "new_episodes", "filter_query_parameters": ["key"]}
    with llmvcr.use_cassette(path, **options):
        _ask(server, "two")
        with llmvcr.use_cassette(path, **options):
            _ask(server, "three")
    assert sorted(_prompts(path)) == ["one", "three", "two"]


def test_equal_to_the_second(server: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that are equal in all, the second that they were recorded in too, are still each kept."""
    monkeypatch.setattr("bridge.counting._chat", lambda _number, words: {"made": words})
    path = tmp_path / "c.yaml"
    for _ in range(2):
        _die(path, server, "one", options="dict(record_mode='all')")
    with llmvcr.use_cassette(path, record_mode="none"):
        pass
    assert _prompts(path) == ["one", "one"]


def test_killed_after_the_fold(server: Counting, tmp_path: Path) -> None:
    """Killed when the cassette is written and its journal is still there, nothing is there twice, whoever looks."""
    for kind in ("yaml", "json", "vcr_json"):
        for again in ("none", "all"):
            path = tmp_path / f"{kind}-{again}"
            code = _CHILD.replace(
                "    os.kill(os.getpid(), 9)",
                "    from llmvcr.storage import Left, Journal\n"
                "    Journal.discard = lambda self: os.kill(os.getpid(), 9)",
            )
            command = [sys.executable, "-c", code, str(path), server.url, f"dict(serializer={kind!r})"]
            command += [str(Path(__file__).parent.parent), "one", "two"]
            assert subprocess.run(command, check=False).returncode == -9
            with llmvcr.use_cassette(path, record_mode=again, serializer=kind) as cassette:
                assert cassette.recovered == 0
                cassette._save(force=True)  # noqa: SLF001 - as above
            assert _prompts(path) == ["one", "two"]
            assert [one.name for one in (tmp_path / ".llmvcr").glob("*")] if (tmp_path / ".llmvcr").exists() else True


def test_another_writer_finds_it(server: Counting, tmp_path: Path) -> None:
    """Who saves a cassette takes in what one recorded that died meanwhile; before or after its own fold."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        _ask(server, "one")
        _die(path, server, "two", options="dict(record_mode='new_episodes')")
    assert Counter(_prompts(path)) == Counter(["one", "two"])


def test_the_working_folder_changes(server: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cassette that was opened by a relative path is written where it was opened."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with llmvcr.use_cassette("c.yaml"):
        os.chdir("elsewhere")
        _ask(server, "one")
    _clean(tmp_path, "c.yaml", "elsewhere")
    _clean(tmp_path / "elsewhere")


def test_links(server: Counting, tmp_path: Path) -> None:
    """A cassette behind links has one journal and one lock, whichever way leads there."""
    (tmp_path / "real").mkdir()
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "link.yaml").symlink_to("real/c.yaml")
    with llmvcr.use_cassette(tmp_path / "link.yaml"):
        _ask(server, "one")
        with llmvcr.use_cassette(tmp_path / "folder" / "c.yaml", record_mode="new_episodes"):
            _ask(server, "two")
    assert sorted(_prompts(tmp_path / "real" / "c.yaml")) == ["one", "two"]
    _clean(tmp_path, "folder", "link.yaml", "real")
    _clean(tmp_path / "real", "c.yaml")
    _die(tmp_path / "link.yaml", server, "three", options="dict(record_mode='new_episodes')")
    with llmvcr.use_cassette(tmp_path / "folder" / "c.yaml", record_mode="none") as cassette:
        assert cassette.recovered == 1


@pytest.mark.parametrize("name", ["n" * 250 + ".yaml", "packed.yaml.gz", "with space & é.yaml", "no-suffix"])
def test_names(name: str, server: Counting, tmp_path: Path) -> None:
    """Whatever a cassette is called, it has a journal."""
    path = tmp_path / name
    _die(path, server, "one")
    _die(path, server, "two", options="dict(record_mode='new_episodes')")
    with llmvcr.use_cassette(path):
        assert [_ask(server, words) for words in ("one", "two")] == ["1: one", "2: two"]
    assert _prompts(path) == ["one", "two"]
    _clean(tmp_path, name)


def test_names_that_differ_in_case(server: Counting, tmp_path: Path) -> None:
    """Where `A.yaml` and `a.yaml` are two files, each has its own journal."""
    _die(tmp_path / "A.yaml", server, "one")
    with llmvcr.use_cassette(tmp_path / "a.yaml") as cassette:
        assert cassette.recovered == (tmp_path / "a.yaml").exists()
    with llmvcr.use_cassette(tmp_path / "A.yaml", record_mode="none"):
        assert _ask(server, "one") == "1: one"


def test_a_newer_journal(server: Counting, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A journal that another version wrote is left alone, and the log says so."""
    path = tmp_path / "c.yaml"
    _die(path, server, "one")
    (journal,) = (tmp_path / ".llmvcr").glob("*.journal")
    data = journal.read_text().replace('"llmvcr_journal": 1', '"llmvcr_journal": 2')
    journal.write_text(data)
    with caplog.at_level(logging.WARNING, "llmvcr"), llmvcr.use_cassette(path):
        _ask(server, "two")
    assert f"{journal}: it was written by another version of llmvcr; it is left alone" in caplog.text
    assert journal.read_text() == data
    assert _prompts(path) == ["two"]


def test_a_damaged_line(server: Counting, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of a damaged journal the other lines come back; it is kept aside, and the log says where."""
    path = tmp_path / "c.yaml"
    _die(path, server, "one", "two", "three")
    (journal,) = (tmp_path / ".llmvcr").glob("*.journal")
    lines = journal.read_bytes().split(b"\n")
    lines[3] = lines[3][:50]
    journal.write_bytes(b"\n".join(lines))
    with caplog.at_level(logging.WARNING, "llmvcr"), llmvcr.use_cassette(path) as cassette:
        assert cassette.recovered == 2
    aside = journal.with_suffix(".damaged")
    assert f"{journal}: a line of it cannot be read; it is kept as {aside}" in caplog.text
    assert aside.read_bytes() == b"\n".join(lines)
    assert _prompts(path) == ["one", "three"]


def test_a_folder_of_recordings(server: Counting, tmp_path: Path) -> None:
    """A folder is only played, and nothing is written beside it."""
    with llmvcr.use_cassette(tmp_path / "folder" / "c.yaml"):
        _ask(server, "one")
    with llmvcr.use_cassette(tmp_path / "folder", record_mode="none"):
        assert _ask(server, "one") == "1: one"
    _clean(tmp_path, "folder")


def test_a_forked_child_that_leaves_the_cassette(server: Counting, tmp_path: Path) -> None:
    """A forked child that runs to the end of the block leaves its part to its parent; nothing is there twice."""
    path = tmp_path / "c.yaml"
    child = -1
    try:
        with llmvcr.use_cassette(path):
            _ask(server, "one")
            child = os.fork()
            if child:
                os.waitpid(child, 0)
            _ask(server, "parent" if child else "child")
    finally:
        if child == 0:
            os._exit(0)
    assert sorted(_prompts(path)) == ["child", "one", "parent"]
    _clean(tmp_path, "c.yaml")


def test_a_secret_that_comes_back(server: Counting, tmp_path: Path) -> None:
    """The gate looks at what a crash left, and at what forked children did, before it is in any cassette."""
    secret = f"sk-proj-{drawn('a', 48)}"
    path = tmp_path / "c.yaml"
    _die(path, server, secret, options="dict(llmvcr_redact='off')")
    with pytest.raises(llmvcr.LeakError) as leak, llmvcr.use_cassette(path):
        pass
    kept = [leak.value.kept]
    assert not path.exists()

    def ask_forked() -> None:
        if (child := os.fork()) == 0:
            _ask(server, secret)
            os._exit(0)
        os.waitpid(child, 0)
        _ask(server, "one")

    with pytest.raises(llmvcr.LeakError) as leak, llmvcr.use_cassette(path, llmvcr_redact="off"):
        ask_forked()
    kept.append(leak.value.kept)
    assert not path.exists()
    assert all(secret not in Path(place).read_text() for place in kept)
    assert len(llmvcr.load(kept[1]).interactions) == 2
    assert list(tmp_path.glob(".llmvcr/*.journal")) == []
