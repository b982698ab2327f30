"""What the README says of a miss: its text, and what each SDK makes of it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import httpx2
import pytest

import llmvcr
from readme import blocks, table
from sdk.test_misses import CLIENTS

MISSED = blocks("text")[0]
_URL = "https://api.openai.com/v1/chat/completions"
_WEATHER = "What is the weather in Paris?"


def _ask(client: httpx2.Client, words: str, run: str) -> None:
    messages = [{"role": "user", "content": words}]
    client.post(_URL, json={"model": "gpt-4o", "messages": messages, "metadata": {"run_id": run}})


def test_the_text_of_a_miss_is_the_one_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example is, below its heading, what the exception says, word for word."""
    monkeypatch.chdir(tmp_path)
    path = "tests/cassettes/test_weather/test_paris.yaml"
    live = httpx2.MockTransport(lambda _request: httpx2.Response(200, json={"choices": []}))
    with llmvcr.use_cassette(path), httpx2.Client(transport=live) as client:
        for words, run in (("Hello?", "run-1"), ("And now?", "run-1"), (_WEATHER, "run-0a1b2c3d4e5f")):
            _ask(client, words, run)
    with llmvcr.use_cassette(path, record_mode="none"), httpx2.Client(verify=False) as client:
        _ask(client, "Hello?", "run-1")
        with pytest.raises(llmvcr.Miss) as caught:
            _ask(client, _WEATHER, "run-ffeeddccbbaa")
    assert MISSED.split("\n", 1)[1].rstrip() == str(caught.value).rstrip()


def test_the_table_of_sdks_is_whole() -> None:
    """Each SDK whose misses are tested stands in the row that says what it makes of them, and no other."""
    told = {name: row for row in table("SDK | `abort`") for name in row[0].split(", ")}
    rows = {name: list(group) for name, group in groupby(CLIENTS, lambda one: one.name.split("-a")[0].split("-")[0])}
    assert {name.split("-")[0] for name in told} == rows.keys()
    for name, (_, abort, raised) in told.items():
        (said,) = {one.said for one in rows[name.split("-")[0]]}
        assert abort == "the miss, by one attempt"
        assert said in raised.replace("Connection error.", "APIConnectionError")
        assert (not said) == (raised == abort)
