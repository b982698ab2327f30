"""The summary of a run: counts, and what a replay saved; once for all workers, and nothing where nothing happened."""

from __future__ import annotations

from plugin.recorded import ASKING, chat, write
from plugin.suite import PARALLEL, Suite

_TESTS = f"""{ASKING}
@pytest.mark.vcr
def test_one():
    assert call("one") == "first"

@pytest.mark.vcr
def test_two():
    assert call("two") == "second"
    assert call("three") == "third"

@pytest.mark.vcr(llmvcr_miss="raise")
def test_missed():
    with pytest.raises(Exception, match="Can't play back"):
        call("four")

@pytest.mark.vcr(record_mode="once")
def test_recorded():
    ask("five"), get("/page")

def test_unmarked():
    pass
"""


@PARALLEL
def test_counts_and_savings(workers: tuple[str, ...], suite: Suite) -> None:
    """Replayed, recorded and missed are counted over all workers, with tokens, money and seconds that were saved."""
    write(suite.cassette("test_it/test_one.yaml"), chat("one", "first"))
    write(suite.cassette("test_it/test_two.yaml"), chat("two", "second"), chat("three", "third"))
    suite.tests(_TESTS)
    result = suite.run("-v", *workers, passed=5)
    lines = result.stdout.lines
    start = next(number for number, line in enumerate(lines) if line.strip("= ") == "llmvcr")
    counts, saved, loads = lines[start + 1 : start + 4]
    assert counts == "3 replayed, 2 recorded, 1 missed"
    # 3 x 1,000 x $0.15 + 3 x 200 x $0.60, each a million.
    assert saved == ("saved by replay: 3 LLM calls, 3,000 tokens in and 600 out, about $0.0008, 4.5 s of waiting")
    assert loads.startswith("slowest to open: cassettes/test_it/test_")
    assert loads.count(" s (") == 2
    assert sum(line.strip("= ") == "llmvcr" for line in lines) == 1


def test_only_where_asked_for(suite: Suite) -> None:
    """Without -v there is none, unless the ini says so; with it none where nothing happened, or `off` is said."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    pass\n\n@pytest.mark.vcr\ndef test_ask():\n    ask("one")\n')
    assert "llmvcr =" not in suite.run("-v", "-k", "not ask", passed=1, deselected=1).stdout.str()
    assert "1 recorded" not in suite.run("--record-mode=once", passed=2).stdout.str()
    suite.ini("llmvcr_summary = on")
    assert "1 replayed, 0 recorded" in suite.run(passed=2).stdout.str()
    suite.ini("llmvcr_summary = off")
    assert "1 replayed" not in suite.run("-v", passed=2).stdout.str()
