"""What the README says of cassettes in git, tried with git itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmvcr.storage import load
from readme import blocks, section
from shared import CASSETTES


def _git(folder: Path, *arguments: str) -> str:
    """Run git there, as somebody made up, without the settings of this machine; gives what it printed."""
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@made-up.invalid", "-c", "core.hooksPath=/dev/null")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *who, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with the README's attributes and one cassette, committed."""
    if shutil.which("git", path="/usr/bin:/bin") is None:
        pytest.skip("git is not installed")
    folder = tmp_path / "tests" / "cassettes"
    folder.mkdir(parents=True)
    shutil.copy(CASSETTES / "samples" / "chat.yaml", folder)
    (tmp_path / ".gitattributes").write_text(blocks("gitattributes")[0])
    _git(tmp_path, "init", "-q", "-b", "main")
    settings = re.findall(r'^\$ git config (\S+) "llmvcr (.+?)"', section("Cassettes in git"), re.MULTILINE)
    assert [name for name, _ in settings] == ["diff.llmvcr.textconv", "merge.llmvcr.driver"]
    for name, command in settings:
        _git(tmp_path, "config", name, f'"{sys.executable}" -m llmvcr {command}')
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def test_git_shows_what_was_said(clone: Path) -> None:
    """With the attributes and the setting a diff of a cassette is one of the conversation."""
    cassette = clone / "tests" / "cassettes" / "chat.yaml"
    cassette.write_bytes(cassette.read_bytes().replace(b"Italy is Rome", b"Italy is Milan"))
    lines = _git(clone, "diff", "-U0").splitlines()
    assert "-  The capital of Italy is Rome." in lines
    assert "+  The capital of Italy is Milan." in lines
    assert not any("message" in line for line in lines)


_RECORD = """
import sys, httpx2, llmvcr
branch, asked, path = sys.argv[1:]
live = httpx2.MockTransport(lambda _: httpx2.Response(200, json={"said by": branch}))
with llmvcr.use_cassette(path, record_mode="new_episodes"), httpx2.Client(transport=live) as client:
    client.post("http://made-up.invalid/v1/chat/completions", json={"model": "m", "messages": asked})
"""


def _branch(clone: Path, name: str, asked: str) -> None:
    _git(clone, "checkout", "-q", "-b", name, "main")
    command = [sys.executable, "-c", _RECORD, name, asked, "tests/cassettes/chat.yaml"]
    subprocess.run(command, cwd=clone, check=True)
    _git(clone, "commit", "-qam", name)


def test_git_merges_what_two_branches_recorded(clone: Path) -> None:
    """Both branches' interactions are there after a merge without a conflict, ours first."""
    _branch(clone, "one", "first")
    _branch(clone, "two", "second")
    _git(clone, "merge", "-q", "-m", "both", "one")
    bodies = [one.response.body for one in load(clone / "tests" / "cassettes" / "chat.yaml")]
    assert bodies[2:] == [b'{"said by":"two"}', b'{"said by":"one"}']
    assert _git(clone, "status", "--porcelain") == ""


def test_a_request_that_both_branches_answered_is_a_conflict(clone: Path) -> None:
    """Git leaves the file in conflict, with both answers in it and no marks."""
    _branch(clone, "one", "the same")
    _branch(clone, "two", "the same")
    assert "POST http://made-up.invalid/v1/chat/completions" in _git(clone, "merge", "one")
    assert len(load(clone / "tests" / "cassettes" / "chat.yaml")) == 4
    assert _git(clone, "status", "--porcelain") == "UU tests/cassettes/chat.yaml\n"
