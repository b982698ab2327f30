"""The campaign of kills in short form: nothing received is lost, nothing is there twice; and the tool can fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import llmvcr
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.storage import Journal
from openai_server import serve
from tools import kill

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the campaign forks")

_KILLS = {"kill": 6, "term": 3, "exit": 4, "fold": 2}

_WAITS = """
import time
import openai, pytest
import llmvcr.bridge

@pytest.mark.vcr
def test_it():
    client = openai.OpenAI(base_url={url!r}, api_key="sk-made-up")
    for number in range(3):
        messages = [{{"role": "user", "content": str(number)}}]
        client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    print("received", flush=True)
    if {waits}:
        time.sleep(60)
"""


@pytest.mark.parametrize("how", kill.HOWS)
def test_nothing_is_lost(how: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Of what the application had received all is there, once, in a cassette that can be read."""
    kills = 250 if os.environ.get("LLMVCR_LONG") else _KILLS[how]
    assert kill.campaign(how, kills) == 0
    found = re.search(rf"^{how}: (\d+) kills, (\d+) received", capfd.readouterr().out, re.MULTILINE)
    assert found is not None
    assert int(found[1]) == kills
    assert int(found[2]) > 0


def test_what_is_wrong_is_counted(tmp_path: Path) -> None:
    """A number that was noted and is nowhere is lost, one that is there twice is doubled, litter is seen."""
    one = Interaction(Request("POST", "http://x/", (), b"<<1>>"), Response(200))
    cassette, notes = tmp_path / "c.yaml", tmp_path / "notes"
    llmvcr.dump([one, one], cassette)
    notes.write_text("1\n2\n")
    (tmp_path / "odd.tmp").write_bytes(b"")
    tally = kill.look(cassette, notes, "kill")
    assert (tally.received, tally.recorded, tally.lost, tally.doubled, tally.litter) == (2, 2, 1, 1, 1)
    assert not tally.clean
    cassette.write_bytes(b"- my\n- notes\n")
    journal = Journal(cassette)
    journal.add(0, one)
    journal.abandon()
    assert kill.look(cassette, notes, "kill").unreadable == 1


def test_a_timeout_by_thread(tmp_path: Path) -> None:
    """pytest-timeout's thread ends the process at once: the next run has all that was recorded."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "no:cacheprovider",
        "--record-mode=once",
        str(tmp_path),
    ]
    with serve() as server:
        test = tmp_path / "test_it.py"
        test.write_text(_WAITS.format(url=server.base_url, waits=True))
        late = subprocess.run(
            [*command, "--timeout=4", "--timeout-method=thread", "-o", "timeout_func_only=true"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "received" in late.stdout
        assert late.returncode == 1
        test.write_text(_WAITS.format(url=server.base_url, waits=False))
        again = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "3 interactions recovered from a run that was cut short" in again.stdout
        assert again.returncode == 0
        assert len(server.requests) == 3
