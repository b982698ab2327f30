"""Refusals, retries and questions that nobody recorded, as the openai SDK shows them."""

from __future__ import annotations

import openai
import pytest
import vcr
from vcr.errors import CannotOverwriteExistingCassetteException

import llmvcr
from openai_server import serve
from sdk.calls import CHAT, How, Row, ask, chat, client, dumped

TOO_HOT = Row("too_hot", CHAT, chat("Say hello.", temperature=3))
TOO_HOT_STREAMED = Row("too_hot_streamed", CHAT, chat("Say hello.", temperature=3, stream=True), "stream")
NO_MODEL = Row("no_model", CHAT, {"model": "no-such-model", "messages": [{"role": "user", "content": "Hello."}]})
LIMITED = Row("limited", CHAT, chat("Please rate limit me."))
LIMITED_STREAMED = Row("limited_streamed", CHAT, chat("Please rate limit me.", stream=True), "stream")
HELLO = Row("hello", CHAT, chat("Say hello."))
GOODBYE = Row("goodbye", CHAT, chat("Say goodbye."))


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (TOO_HOT, openai.BadRequestError),
        (TOO_HOT_STREAMED, openai.BadRequestError),
        (NO_MODEL, openai.NotFoundError),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_refusal_is_raised_again(
    row: Row, error: type[openai.APIStatusError], how: How, serializer: str, path: str
) -> None:
    """A recorded 400 or 404 raises the same error with the same body, and the server is not asked."""
    with (
        serve() as server,
        llmvcr.use_cassette(path, record_mode="once", serializer=serializer),
        pytest.raises(error) as recorded,
    ):
        ask(how, server.base_url, row)
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer), pytest.raises(error) as replayed:
        ask(how, server.base_url, row)
    assert _facts(replayed.value) == _facts(recorded.value)
    assert len(server.requests) == 1


def _facts(error: openai.APIStatusError) -> list[object]:
    return [error.status_code, error.message, error.body, error.code, error.param, error.type]


@pytest.mark.parametrize("row", [LIMITED, LIMITED_STREAMED], ids=lambda row: row.name)
def test_a_retry_is_replayed_as_two_interactions(row: Row, how: How, serializer: str, path: str) -> None:
    """A 429 and the 200 that the SDK's own retry got are both recorded, and both are replayed."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = ask(how, server.base_url, row)
    assert [one.response.status for one in llmvcr.load(path).interactions] == [429, 200]
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer) as cassette:
        replayed = ask(how, server.base_url, row)
    assert dumped(replayed) == dumped(recorded)
    assert cassette.play_count == len(server.requests) == 2


def test_a_replayed_429_asks_for_no_wait(serializer: str, path: str) -> None:
    """The wait that the server asked for is kept in the file and not asked for again."""
    with serve() as server:
        with llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
            ask("sync", server.base_url, LIMITED)
        with (
            llmvcr.use_cassette(path, record_mode="none", serializer=serializer),
            client(server.base_url, max_retries=0) as replaying,
            pytest.raises(openai.RateLimitError) as raised,
        ):
            replaying.chat.completions.create(**LIMITED.arguments)
    headers = raised.value.response.headers
    assert (headers["retry-after-ms"], headers.get("retry-after")) == ("1", None)
    recorded = dict(llmvcr.load(path).interactions[0].response.headers)
    assert (recorded["retry-after-ms"], recorded["retry-after"]) == ("40", "1")


def test_without_retries_the_429_comes_first(serializer: str, path: str) -> None:
    """Equal requests are answered in recorded order: the 429 for the first call, the 200 for the second."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        (recorded,) = ask("sync", server.base_url, LIMITED)
    with (
        llmvcr.use_cassette(path, record_mode="none", serializer=serializer),
        client(server.base_url, max_retries=0) as replaying,
    ):
        with pytest.raises(openai.RateLimitError):
            replaying.chat.completions.create(**LIMITED.arguments)
        assert replaying.chat.completions.create(**LIMITED.arguments) == recorded


def test_another_prompt_is_not_answered(how: How, serializer: str, path: str) -> None:
    """A prompt that nobody recorded fails, at once and by vcrpy's own error, though the server would answer."""
    with serve() as server:
        with llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
            ask(how, server.base_url, HELLO)
        with (
            llmvcr.use_cassette(path, record_mode="none", serializer=serializer),
            pytest.raises(CannotOverwriteExistingCassetteException) as missed,
        ):
            ask(how, server.base_url, GOODBYE)
        assert not isinstance(missed.value, openai.APIConnectionError)
        assert len(server.requests) == 1


def test_a_recorded_cassette_takes_no_other_prompt_under_once(how: How, serializer: str, path: str) -> None:
    """Under `once` an existing cassette is as closed as under `none`."""
    with serve() as server:
        for row in (HELLO, HELLO):
            with llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
                ask(how, server.base_url, row)
        with (
            llmvcr.use_cassette(path, record_mode="once", serializer=serializer),
            pytest.raises(CannotOverwriteExistingCassetteException),
        ):
            ask(how, server.base_url, GOODBYE)
        assert len(server.requests) == 1


def test_plain_vcrpy_answers_another_prompt(how: How, tmp_path: object) -> None:
    """What llmvcr is for: vcrpy by itself gives the recorded answer to a prompt that nobody recorded."""
    path = f"{tmp_path}/plain.yaml"
    with serve() as server, vcr.VCR().use_cassette(path, record_mode="once"):
        recorded = ask(how, server.base_url, HELLO)
    with vcr.VCR().use_cassette(path, record_mode="none"):
        assert ask(how, server.base_url, GOODBYE) == recorded
    with llmvcr.use_cassette(path, record_mode="none"), pytest.raises(CannotOverwriteExistingCassetteException):
        ask(how, server.base_url, GOODBYE)
    with llmvcr.use_cassette(path, record_mode="none"):
        assert ask(how, server.base_url, HELLO) == recorded
