"""`llmvcr stats`: its exact table, its JSON, and money where prices are known."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cli.schemas import fitting
from llmvcr.cli import main
from llmvcr.interaction import Interaction, Request, Response, failure
from llmvcr.storage import dump
from shared import CASSETTES

SAMPLES = CASSETTES / "samples"
TABLE = """\
3 files, 5 interactions: 5 LLM calls, 0 others

provider  endpoint          model                  calls  failed  incomplete  tokens in  cached  out  bytes
openai    chat.completions  smollm2-135m-instruct      3       1           0         54       0   16  1,900
openai    models.list                                  1       0           0          0       0    0    697
openai    models.retrieve   no-such-model              1       1           0          0       0    0     74
all                                                    5       2           0         54       0   16  2,671
"""


@pytest.fixture
def without_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where genai-prices is not installed."""
    monkeypatch.setitem(sys.modules, "genai_prices", None)


@pytest.mark.usefixtures("without_prices")
def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Calls by provider, endpoint and model, and their sum; without prices no money."""
    assert main(["stats", *(str(SAMPLES / f"{name}.yaml") for name in ("chat", "errors", "models"))]) == 0
    assert capsys.readouterr() == (TABLE, "")


@pytest.mark.usefixtures("without_prices")
def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same as data, over a tree."""
    assert main(["stats", str(CASSETTES), "--json"]) == 0
    value = fitting("stats", capsys.readouterr().out)
    assert (value["files"], value["calls"], value["failed"], value["cost"]) == (18, 28, 4, None)
    assert value["tokens"] == {"input": 794, "cached": 0, "output": 236, "reasoning": 0}
    assert sum(row["calls"] for row in value["rows"]) == value["calls"]


def test_a_file_named_twice_counts_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A folder and a file in it are not counted twice."""
    assert main(["stats", str(SAMPLES), str(SAMPLES / "chat.yaml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"] == 16


def test_money(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where genai-prices is installed, calls whose tokens and model are known have a price; others are counted."""
    pytest.importorskip("genai_prices", reason="the package genai-prices is not installed")
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    answer = {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}}],
        "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 0},
    }
    said = Response(200, chunks=(json.dumps(answer).encode(),))
    hosts = ("https://api.openai.com", "http://127.0.0.1:9")
    calls = [Interaction(Request("POST", f"{host}/v1/chat/completions", (), body), said) for host in hosts]
    dump(calls, tmp_path / "c.yaml")
    assert main(["stats", str(tmp_path), "--json"]) == 0
    cost = fitting("stats", capsys.readouterr().out)["cost"]
    assert cost["priced"] == 1
    assert cost["usd"] > 0
    assert main(["stats", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "US dollars" in out
    assert out.endswith("without a price, or without tokens to price: 1 LLM call\n")


def test_failed_and_incomplete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An attempt without an answer has failed; an answer that was cut is incomplete."""
    request = Request("POST", "https://api.openai.com/v1/chat/completions", (), b'{"messages": [], "model": "m"}')
    cut = Response(200, chunks=(b'data: {"choices": []}\n\n',), ended="ReadTimeout", error="timed out")
    dump([Interaction(request, cut), Interaction(request, failure("ConnectError", "refused"))], tmp_path / "c.yaml")
    assert main(["stats", str(tmp_path), "--json"]) == 0
    value = fitting("stats", capsys.readouterr().out)
    assert (value["calls"], value["failed"], value["incomplete"]) == (2, 1, 1)


def test_bad_files_and_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be read is named and exit is 1; what is not there is wrong usage, 2."""
    (tmp_path / "bad.yaml").write_text("interactions: [")
    assert main(["stats", str(tmp_path), "--json"]) == 1
    out, err = capsys.readouterr()
    assert fitting("stats", out)["unreadable"][0]["path"] == str(tmp_path / "bad.yaml")
    assert err.startswith(f"failed: {tmp_path / 'bad.yaml'}, line 2, column 1: ")
    assert main(["stats", str(tmp_path / "no")]) == 2
    assert capsys.readouterr() == ("", f"llmvcr: {tmp_path / 'no'} is not there\n")
    (tmp_path / "empty").mkdir()
    assert main(["stats", str(tmp_path / "empty")]) == 2
    assert capsys.readouterr() == ("", f"llmvcr: {tmp_path / 'empty'}: no file that could be a recording\n")
