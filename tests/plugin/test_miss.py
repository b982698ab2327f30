"""A miss under the mark: it reaches the report, whole, after one attempt, whatever the SDK or the application does."""

from __future__ import annotations

import pytest

from plugin.suite import LATER_PARALLEL, PARALLEL, Suite

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
    """The report shows the user's own line, then the miss in a section of its own, once; the server is not asked."""
    suite.tests(_CHAT + "\n@pytest.mark.vcr\ndef test_it(record_mode):\n    chat('prompt of ' + record_mode)\n")
    suite.run("--record-mode=once", passed=1)
    result = suite.run(*workers, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">  *return client.chat.completions.create(*",
            "E  *llmvcr.MissAbort: Can't play back this request: no recorded interaction matches it; *",
            "",
            "test_it.py:*: MissAbort",
            "*- llmvcr: not in the cassette -*",
            "Can't play back this request: *",
            '*messages[[]0].content: recorded "prompt of once", sent "prompt of none"',
            "How to fix:",
        ],
    )
    output = result.stdout.str()
    assert output.count("How to fix") == 1
    assert "_base_client.py" not in output
    assert "Connection error" not in output
    assert "\x1b" not in output
    assert len(suite.server.seen) == 1


@pytest.mark.parametrize("style", ["short", "line", "native", "no"])
def test_other_styles(style: str, suite: Suite) -> None:
    """With any --tb the message is there once, and with `no` not at all."""
    suite.tests(_CHAT + "\n@pytest.mark.vcr\ndef test_it():\n    chat('x')\n")
    output = suite.run(f"--tb={style}", failed=1).stdout.str()
    assert output.count("How to fix") == (0 if style == "no" else 1)
    assert "MissAbort" in output


def test_full_trace(suite: Suite) -> None:
    """With --full-trace every frame is there."""
    suite.tests(_CHAT + "\n@pytest.mark.vcr\ndef test_it():\n    chat('x')\n")
    output = suite.run("--full-trace", failed=1).stdout.str()
    assert "_base_client.py" in output
    assert output.count("How to fix") == 1


@LATER_PARALLEL
def test_colour(workers: tuple[str, ...], suite: Suite) -> None:
    """On a terminal both sides have their colours."""
    suite.tests(_CHAT + "\n@pytest.mark.vcr\ndef test_it(record_mode):\n    chat('prompt of ' + record_mode)\n")
    suite.run("--record-mode=once", passed=1)
    output = suite.start("--color=yes", *workers).stdout.str()
    assert '\x1b[31mrecorded "prompt of once"\x1b[0m, \x1b[32msent "prompt of none"\x1b[0m' in output


def test_junit_is_plain(suite: Suite) -> None:
    """A report in XML has the section without colours."""
    suite.tests(_CHAT + "\n@pytest.mark.vcr\ndef test_it():\n    chat('x')\n")
    suite.start("--color=yes", "--junitxml=out.xml")
    told = (suite.path / "out.xml").read_text()
    assert "llmvcr: not in the cassette" in told
    assert "#x1B[1mCassette" not in told


_SWALLOWING = (
    _CHAT
    + """
import concurrent.futures
import llmvcr

@pytest.mark.vcr
def test_swallowing():
    try:
        chat("x")
    except BaseException:
        pass

@pytest.mark.vcr
def test_pool():
    with concurrent.futures.ThreadPoolExecutor() as pool:
        pool.submit(chat, "x")

@pytest.mark.vcr
def test_expecting():
    with pytest.raises(llmvcr.MissAbort):
        chat("x")

@pytest.mark.vcr
def test_expecting_a_call():
    pytest.raises(llmvcr.MissAbort, chat, "x")

@pytest.mark.vcr(llmvcr_miss="raise")
def test_falling_back():
    try:
        chat("x")
    except Exception:
        pass
"""
)


@LATER_PARALLEL
def test_swallowed(workers: tuple[str, ...], suite: Suite) -> None:
    """A test that passes though it swallowed an abort fails; one that expects it does not, nor one that falls back."""
    suite.tests(_SWALLOWING)
    result = suite.run(*workers, failed=2, passed=3)
    result.stdout.fnmatch_lines(
        ["The test passed, though a call that it made is not in the cassette: *", "*, model m: *x*"]
    )


@pytest.mark.parametrize(("value", "failed"), [("ignore", 0), ("fail", 3)])
def test_swallowed_option(value: str, failed: int, suite: Suite) -> None:
    """With `ignore` none fails, with `fail` a swallowed exception counts as well."""
    suite.ini(f"llmvcr_swallowed = {value}")
    suite.tests(_SWALLOWING)
    suite.run(failed=failed, passed=5 - failed)


def test_swallowed_though_modules_were_taken_out(suite: Suite) -> None:
    """A swallowed miss is told of, too, where a fixture takes out of sys.modules what was imported under it."""
    suite.tests(
        _CHAT + "\nimport sys\n\n@pytest.mark.vcr\ndef test_swallowing(monkeypatch):\n"
        '    try:\n        chat("x")\n    except BaseException:\n        pass\n'
        '    monkeypatch.delitem(sys.modules, "llmvcr.bridge")\n'
    )
    result = suite.run(failed=1)
    result.stdout.fnmatch_lines(["The test passed, though a call that it made is not in the cassette: *"])


def test_swallowed_and_failed(suite: Suite) -> None:
    """A test that fails of what follows from a swallowed miss shows that one, too."""
    suite.tests(
        _CHAT
        + """
@pytest.mark.vcr
def test_it():
    answer = None
    try:
        answer = chat("x")
    except BaseException:
        pass
    assert answer is not None
"""
    )
    suite.run(failed=1).stdout.fnmatch_lines(
        [
            "E       assert None is not None",
            "*- llmvcr: not in the cassette; swallowed on its way -*",
            "Can't play back *",
        ]
    )


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
    assert len(attempts) == 1
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
