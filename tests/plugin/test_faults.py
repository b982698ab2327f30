"""The mark `llm_fault`: what a test sees, what is refused, and what a fault that never happened does to its test."""

from __future__ import annotations

import pytest
import yaml

from plugin.suite import LATER_PARALLEL, PARALLEL, Suite

_SDKS = """
import anthropic, httpx2, openai
from asking import SERVER

WORDS = [{"role": "user", "content": "hello"}]

def chat(retries=2, **more):
    with openai.OpenAI(base_url=SERVER + "/v1", api_key="sk-made-up-key", max_retries=retries) as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=WORDS, **more)
        return [one.choices[0].delta.content for one in answer] if more else answer.choices[0].message.content

def message(retries=2):
    with anthropic.Anthropic(base_url=SERVER, api_key="sk-ant-made-up-key", max_retries=retries) as client:
        return client.messages.create(model="claude", max_tokens=9, messages=WORDS)

"""

_RETRIED = """
@pytest.mark.vcr
@pytest.mark.llm_fault(status=429, retry_after=30)
def test_retried(vcr):
    assert chat() == "1: hello"

@pytest.mark.vcr
@pytest.mark.llm_fault(status=429)
@pytest.mark.llm_fault(status=529)
def test_retried_twice(vcr):
    assert chat() in ("1: hello", "2: hello")

@pytest.mark.vcr
@pytest.mark.llm_fault(status=429, retry_after=7)
@pytest.mark.llm_fault(status=500)
@pytest.mark.llm_fault(status=529)
def test_raised():
    for error in (openai.RateLimitError, openai.InternalServerError, openai.InternalServerError):
        with pytest.raises(error) as raised:
            chat(retries=0)
    assert raised.value.status_code == 529
    assert "Overloaded" in raised.value.message

@pytest.mark.vcr
@pytest.mark.llm_fault(status=529, times="always")
def test_overloaded():
    with pytest.raises(anthropic.OverloadedError) as raised:
        message()
    assert raised.value.body["error"]["type"] == "overloaded_error"

@pytest.mark.vcr
@pytest.mark.llm_fault(refuse=True)
def test_refused():
    with pytest.raises(openai.APIConnectionError):
        chat(retries=0)
"""


@PARALLEL
def test_refusals_while_recording_and_on_replay(workers: tuple[str, ...], suite: Suite) -> None:
    """What comes in place of an answer happens on replay and while the test is recorded; nothing of it is kept."""
    suite.tests(_SDKS + _RETRIED)
    suite.run("--record-mode=once", *workers, passed=5)
    assert len(suite.server.seen) == 2
    assert suite.files == ["test_it/test_retried.yaml", "test_it/test_retried_twice.yaml"]
    suite.run(*workers, passed=5)
    assert len(suite.server.seen) == 2
    kept = yaml.safe_load(suite.cassette("test_it/test_retried.yaml").read_text(encoding="utf-8"))
    assert [one["response"]["status"]["code"] for one in kept["interactions"]] == [200]


_STREAMED = """
@pytest.mark.vcr
@pytest.mark.llm_fault(cut_after=1)
@pytest.mark.llm_fault(stall_after=2)
def test_cut():
    with pytest.raises(openai.APIConnectionError) as cut:
        chat(stream=True)
    assert isinstance(cut.value.__cause__, httpx2.RemoteProtocolError)
    with pytest.raises(openai.APITimeoutError):
        chat(stream=True)
    assert chat(stream=True) == ["1:", " hello"]
"""


def test_a_fault_in_an_answer_needs_a_recording_of_an_earlier_run(suite: Suite) -> None:
    """The run that records ends in an error that says so, and keeps the recording; the next one has the faults."""
    suite.tests(_SDKS + _STREAMED)
    result = suite.run("--record-mode=once", failed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*llm_fault(cut_after=1) never happened: *recorded in this run; run the test once more*"]
    )
    assert suite.files == ["test_it/test_cut.yaml"]
    suite.run(passed=1)
    assert len(suite.server.seen) == 1


@LATER_PARALLEL
def test_a_fault_that_never_happened_fails_its_test(workers: tuple[str, ...], suite: Suite) -> None:
    """A fault that no call got is an error of the test, without a traceback, unless it is optional."""
    suite.tests(
        """
@pytest.mark.vcr
@pytest.mark.llm_fault(status=429, provider="anthropic")
def test_idle():
    assert ask("hello")

@pytest.mark.vcr
@pytest.mark.llm_fault(status=429, call=2)
def test_too_few():
    assert ask("hello")

@pytest.mark.vcr
@pytest.mark.llm_fault(status=429, call=2, optional=True)
def test_optional():
    assert ask("hello")
"""
    )
    result = suite.run(*workers, "--record-mode=once", passed=3, errors=2)
    result.stdout.fnmatch_lines_random(
        [
            "*llm_fault(status=429, provider='anthropic') never happened: no call fits; there were openai chat*",
            "*llm_fault(status=429, call=2) never happened: only 1 of the calls fit, and it waits for number 2",
        ]
    )
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ("@pytest.mark.llm_fault(refuse=True)", "pytest.mark.llm_fault needs pytest.mark.vcr beside it"),
        ("@pytest.mark.vcr\n@pytest.mark.llm_fault(statsu=429)", "there is no option 'statsu'; did you mean 'status'?"),
        ("@pytest.mark.vcr\n@pytest.mark.llm_fault(429)", "429 has no name"),
        ("@pytest.mark.vcr\n@pytest.mark.llm_fault()", "llm_fault(): it names no fault"),
        ("@pytest.mark.vcr\n@pytest.mark.llm_fault(status=200)", "llm_fault(status=200): status is an error's"),
        ("@pytest.mark.vcr(llmvcr_faults=['x'])\n@pytest.mark.llm_fault(refuse=True)", "llmvcr_faults is a list of"),
    ],
    ids=["no-cassette", "unknown", "positional", "empty", "value", "option"],
)
def test_what_is_refused(marks: str, said: str, suite: Suite) -> None:
    """A mark that could do nothing, or that says what cannot be, is an error before the test runs."""
    suite.tests(f"{marks}\ndef test_it():\n    raise AssertionError('it ran')\n")
    result = suite.run(errors=1)
    assert said in result.stdout.str()
    assert "it ran" not in result.stdout.str()


def test_where_llmvcr_is_off(suite: Suite) -> None:
    """A fault needs llmvcr; where it is off, the test is refused, and where recording is disabled, it is skipped."""
    suite.tests("@pytest.mark.vcr\n@pytest.mark.llm_fault(refuse=True)\ndef test_it():\n    assert False\n")
    suite.run("-o", "llmvcr=off", errors=1).stdout.fnmatch_lines(["*llm_fault needs llmvcr, which is off*"])
    suite.run("--disable-recording", skipped=1)


_ORDER = """
pytestmark = [pytest.mark.vcr, pytest.mark.llm_fault(status=501), pytest.mark.llm_fault(status=502)]

def statuses():
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    return [httpx2.post(SERVER + "/v1/chat/completions", json=body, verify=False).status_code for _ in range(7)]

@pytest.mark.llm_fault(status=503)
@pytest.mark.llm_fault(status=504)
class TestIt:
    @pytest.mark.llm_fault(status=505)
    @pytest.mark.llm_fault(status=506)
    def test_it(self):
        assert statuses() == [418, 501, 502, 503, 504, 505, 506]

@pytest.mark.llm_fault(status=505)
@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.llm_fault(status=504))])
def test_param(n):
    wanted = [418, 501, 502, 504, 505, 200, 200] if n == 2 else [418, 501, 502, 505, 200, 200, 200]
    assert statuses() == wanted
"""


@LATER_PARALLEL
def test_the_order_of_marks(workers: tuple[str, ...], suite: Suite) -> None:
    """Faults come as they are read: `vcr_config`, module, class, then the test's marks from the top."""
    suite.conftest(
        "import llmvcr, pytest\n\n@pytest.fixture\ndef vcr_config():\n"
        "    return {'llmvcr_faults': llmvcr.Fault(status=418), 'allow_playback_repeats': True}\n"
    )
    suite.tests(f"import httpx2\nfrom asking import SERVER\n{_ORDER}")
    suite.run(*workers, "--record-mode=new_episodes", passed=3)


def test_the_mark_is_listed(suite: Suite) -> None:
    """`pytest --markers` tells of the mark, so that --strict-markers knows it."""
    suite.start("--markers").stdout.fnmatch_lines(["@pytest.mark.llm_fault(status=, *llmvcr.Fault*"])
    suite.tests(f"{_SDKS}@pytest.mark.vcr\n@pytest.mark.llm_fault(refuse=True)\ndef test_it():\n"
                "    with pytest.raises(openai.APIConnectionError):\n        chat(retries=0)\n")  # fmt: skip
    suite.run("--strict-markers", passed=1)
