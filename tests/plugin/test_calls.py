"""`vcr.calls`: a test asks its fixture what the application sent, when it records and when it replays."""

from __future__ import annotations

from plugin.suite import LATER_PARALLEL, Suite

_TESTS = """
@pytest.mark.vcr
def test_it(vcr):
    assert vcr.calls == ()
    ask("day 7", temperature=0, tools=[{"type": "function", "function": {"name": "look_up"}}])
    (call,) = vcr.calls
    assert (call.provider, call.endpoint, call.model) == ("openai", "chat.completions", "made-up-model")
    assert call.messages[-1].text == "day 7"
    assert call.tools == ("look_up",)
    assert call.parameters == {"temperature": 0}
    assert call.text == "1: day 7"
    assert call.tool_calls == ()
"""


@LATER_PARALLEL
def test_the_fixture_tells_its_calls(workers: tuple[str, ...], suite: Suite) -> None:
    """The same is told of a call that is recorded and of one that is played."""
    suite.tests(_TESTS)
    suite.run("--record-mode=once", *workers, passed=1)
    suite.run(*workers, passed=1)
    assert len(suite.server.seen) == 1
