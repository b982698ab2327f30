"""A miss under the mark: it reaches the report, whole, after one attempt, whatever the SDK or the application does."""

from __future__ import annotations

import pytest

from plugin.suite import PARALLEL, Suite

_CHAT = """
import openai
import anthropic
from asking import SERVER

def chat(words):
    with openai.OpenAI(base_url=SERVER + "/v1", api_key="sk-made-up-key") as client:
        return client.chat.completions.create(model="m", messages=[{"role": "user", "content": words}])
"""


@PARALLEL
def test_abort_is_reported(workers: tuple[str, ...], suite: Suite) -> None:
    """The report shows MissAbort, not wrapped, with the path of the change and both texts; the server is not asked."""
    suite.tests(_CHAT + "\n@pytest.mark.vcr\ndef test_it(record_mode):\n    chat('prompt of ' + record_mode)\n")
    suite.run("--record-mode=once", passed=1)
    result = suite.run(*workers, failed=1)
    result.stdout.fnmatch_lines(
        ["*MissAbort: Can't play back this request*", "*messages[[]0].content*", "*How to fix*"]
    )
    output = result.stdout.str()
    assert "prompt of once" in output
    assert "prompt of none" in output
    assert "Connection error" not in output
    assert len(suite.server.seen) == 1


def test_nothing_swallows_it(suite: Suite) -> None:
    """An application that catches every Exception, and retries, cannot hide it: one attempt, and the test fails."""
    suite.tests(
        _CHAT
        + """
attempts = []

@pytest.fixture
def vcr_config():
    return {"before_record_request": lambda request: attempts.append(request) or request}

@pytest.mark.vcr
def test_it():
    for _ in range(3):
        try:
            return chat("x")
        except Exception:
            pass

def test_attempts():
    assert len({id(one) for one in attempts}) <= 2  # vcrpy's message asks the hook once more
"""
    )
    suite.run(failed=1, passed=1).stdout.fnmatch_lines(["*MissAbort*"])


def test_other_tests_go_on(suite: Suite) -> None:
    """Though it is no Exception, it ends its own test only, and fixtures are torn down."""
    suite.tests(
        _CHAT
        + """
torn_down = []

@pytest.fixture
def thing():
    yield
    torn_down.append(1)

@pytest.mark.vcr
def test_it(thing):
    chat("x")

def test_after():
    assert torn_down == [1]
"""
    )
    suite.run(failed=1, passed=1)


def test_async(suite: Suite) -> None:
    """In an async test it comes out of gather and of a task group, too."""
    suite.tests("""
import asyncio
import openai
from asking import SERVER

async def chat(words):
    async with openai.AsyncOpenAI(base_url=SERVER + "/v1", api_key="sk-made-up-key") as client:
        return await client.chat.completions.create(model="m", messages=[{"role": "user", "content": words}])

@pytest.mark.vcr
@pytest.mark.asyncio
async def test_gather():
    await asyncio.gather(chat("x"), chat("y"))

@pytest.mark.vcr
@pytest.mark.asyncio
async def test_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(chat("x"))
""")
    suite.run(failed=2).stdout.fnmatch_lines(["*MissAbort*"])


def test_raise(suite: Suite) -> None:
    """With `llmvcr_miss = raise` it is vcrpy's exception and the SDK's own base error at once."""
    suite.ini("llmvcr_miss = raise")
    suite.tests(
        _CHAT
        + """
import vcr as vcrpy

@pytest.mark.vcr
def test_it():
    with pytest.raises(vcrpy.errors.CannotOverwriteExistingCassetteException) as caught:
        chat("x")
    assert isinstance(caught.value, openai.OpenAIError)
    assert caught.value.__cause__ is None
"""
    )
    suite.run(passed=1)


def test_anthropic(suite: Suite) -> None:
    """Raised, it is an error of anthropic's SDK just as well."""
    suite.tests(
        _CHAT
        + """
import llmvcr

@pytest.mark.vcr(llmvcr_miss="raise")
def test_raise():
    with anthropic.Anthropic(base_url=SERVER, api_key="sk-made-up-key") as client:
        with pytest.raises(anthropic.AnthropicError) as caught:
            client.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "x"}])
    assert isinstance(caught.value, llmvcr.Miss)
"""
    )
    suite.run(passed=1)


def test_other_traffic(suite: Suite) -> None:
    """A miss of traffic that is no LLM call raises vcrpy's exception, as without llmvcr."""
    suite.tests("""
import httpx2
import vcr as vcrpy
from asking import SERVER

@pytest.mark.vcr
def test_it():
    for call in (lambda: get("/page"), lambda: httpx2.get(SERVER + "/page")):
        with pytest.raises(vcrpy.errors.CannotOverwriteExistingCassetteException):
            call()
""")
    suite.run(passed=1)


@pytest.mark.parametrize("kind", ["raise", "abort"])
def test_pytest_raises_catches_it(kind: str, suite: Suite) -> None:
    """A test may expect a miss, by the name that README gives it."""
    suite.tests(
        _CHAT
        + f"""
import llmvcr

@pytest.mark.vcr(llmvcr_miss={kind!r})
def test_it():
    with pytest.raises((llmvcr.Miss, llmvcr.MissAbort), match="cassette doesn't exist"):
        chat("x")
"""
    )
    suite.run(passed=1)
