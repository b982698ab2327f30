"""A miss: the right error for each kind of traffic, with the place of the change, and one attempt only."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
import requests
from vcr.errors import CannotOverwriteExistingCassetteException

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, get, post
from llmvcr.diff import ABSENT, Change

KEY = "sk-made-up-key"


@pytest.fixture
def path(server: Counting, tmp_path: Path) -> Path:
    """A cassette of one chat request and one page."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        post(server.url + CHAT, json=chat_body("recorded words", temperature=0.5))
        get(server.url + "/page")
    return tmp_path / "c.yaml"


def _openai(server: Counting, words: str) -> Any:
    with openai.OpenAI(base_url=server.url + "/v1", api_key=KEY) as client:
        return client.chat.completions.create(model="made-up-model", messages=[{"role": "user", "content": words}])


def test_raise_is_the_default(path: Path, server: Counting) -> None:
    """use_cassette raises Miss: vcrpy's error, and an openai error, so that the SDK asks once and lets it through."""
    with pytest.raises(llmvcr.Miss) as caught, llmvcr.use_cassette(path) as cassette:
        _openai(server, "other words")
    assert isinstance(caught.value, CannotOverwriteExistingCassetteException)
    assert isinstance(caught.value, openai.OpenAIError)
    assert caught.value.__cause__ is None
    assert caught.value.cassette is cassette
    assert caught.value.failed_request.path == CHAT
    assert caught.value.reason == "no_match"
    assert len(server.seen) == 2


def test_one_attempt(path: Path, server: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK makes one attempt and takes no pause, sync and async, raising and aborting."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("anyio.sleep", slept.append)
    attempts = []

    def count(request: Any) -> Any:
        attempts.append(request.path)
        return request

    async def ask() -> None:
        async with openai.AsyncOpenAI(base_url=server.url + "/v1", api_key=KEY) as client:
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "other"}])

    for kind, error in (("raise", llmvcr.Miss), ("abort", llmvcr.MissAbort)):
        for call in (lambda: _openai(server, "other"), lambda: asyncio.run(ask())):
            with llmvcr.use_cassette(path, llmvcr_miss=kind, before_record_request=count):
                attempts.clear()  # vcrpy calls the hook for what it loads, too
                with pytest.raises(error):
                    call()
            assert len(attempts) == 1
    assert slept == []


def test_anthropic(path: Path, server: Counting) -> None:
    """A miss is an error of anthropic's SDK too."""
    client = anthropic.Anthropic(base_url=server.url, api_key=KEY)
    with client, pytest.raises(anthropic.AnthropicError) as caught, llmvcr.use_cassette(path):
        client.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "x"}])
    assert isinstance(caught.value, llmvcr.Miss)


def test_place_of_the_change(path: Path, server: Counting) -> None:
    """The message names the path of each change, with what was recorded and what was received."""
    with pytest.raises(llmvcr.Miss) as caught, llmvcr.use_cassette(path):
        post(server.url + CHAT, json=chat_body("recorded word", temperature=0.7))
    said = str(caught.value)
    for part in ("messages[0].content", "recorded words", "temperature", "0.5", "0.7", str(path), "How to fix"):
        assert part in said


def test_late_change_in_a_long_prompt(server: Counting, tmp_path: Path) -> None:
    """A change late in a long prompt is seen in the message."""
    words = "word " * 2000
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        post(server.url + CHAT, json=chat_body(words + "before"))
    with pytest.raises(llmvcr.Miss) as caught, llmvcr.use_cassette(tmp_path / "c.yaml"):
        post(server.url + CHAT, json=chat_body(words + "after"))
    assert "before" in str(caught.value)
    assert "after" in str(caught.value)
    assert len(str(caught.value)) < 5000


def _patient(server: Counting) -> None:
    """An application that swallows all."""
    with suppress(Exception):
        _openai(server, "other words")


def test_abort(path: Path, server: Counting) -> None:
    """With abort a miss of an LLM call is no Exception, so nothing swallows it; `.miss` is the error itself."""
    with pytest.raises(llmvcr.MissAbort) as caught, llmvcr.use_cassette(path, llmvcr_miss="abort"):
        _patient(server)
    assert not isinstance(caught.value, Exception)
    assert isinstance(caught.value.miss, llmvcr.Miss)
    assert str(caught.value) == str(caught.value.miss)
    assert len(server.seen) == 2


def test_abort_gathered_as_an_answer(path: Path, server: Counting) -> None:
    """Who gathers errors beside answers, takes a miss for no Exception and reads its `generations` gets the miss."""

    async def asked() -> Any:
        return _openai(server, "other words")

    async def gathered() -> list[Any]:
        found: Any = await asyncio.gather(asked(), return_exceptions=True)
        return [one.generations for one in found if not isinstance(one, Exception)]

    with pytest.raises(llmvcr.MissAbort), llmvcr.use_cassette(path, llmvcr_miss="abort"):
        asyncio.run(gathered())


def test_other_traffic_never_aborts(path: Path, server: Counting) -> None:
    """Traffic that is no LLM call raises vcrpy's exception, with either option, under httpx2, urllib and requests."""
    asks = (
        get,
        lambda url: urllib.request.urlopen(url, timeout=5),  # noqa: S310 - loopback
        lambda url: requests.get(url, timeout=5),
    )
    for ask in asks:
        for kind in ("raise", "abort"):
            with (
                pytest.raises(CannotOverwriteExistingCassetteException),
                llmvcr.use_cassette(path, llmvcr_miss=kind),
            ):
                ask(server.url + "/another")
    assert len(server.seen) == 2


def test_already_played(path: Path, server: Counting) -> None:
    """A request whose answers are all played says so, and does not say that it differs."""
    with llmvcr.use_cassette(path):
        get(server.url + "/page")
        with pytest.raises(llmvcr.Miss, match="already been played") as caught:
            get(server.url + "/page")
    assert caught.value.reason == "already_played"


def test_no_cassette(server: Counting, tmp_path: Path) -> None:
    """Without a file the message says that there is none."""
    with (
        pytest.raises(llmvcr.Miss, match="cassette doesn't exist"),
        llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"),
    ):
        post(server.url + CHAT, json=chat_body("x"))
    assert server.seen == []


def test_nothing_near(path: Path, server: Counting) -> None:
    """A request to an endpoint that the cassette does not have says that nothing is like it, or what is nearest."""
    with pytest.raises(llmvcr.Miss) as caught, llmvcr.use_cassette(path):
        post(server.url + "/v1/embeddings", json={"model": "m", "input": "x"})
    assert caught.value.reason in ("nothing_similar", "no_match")


def test_own_match_on(path: Path, server: Counting) -> None:
    """Under a match_on of the user's the message is vcrpy's, by matcher."""
    with pytest.raises(llmvcr.Miss, match="body differs"), llmvcr.use_cassette(path, match_on=["method", "body"]):
        post(server.url + CHAT, json=chat_body("other"))


def test_secrets_of_hooks(server: Counting, tmp_path: Path) -> None:
    """The message shows the request as before_record_request left it."""

    def hide(request: Any) -> Any:
        request.body = request.body.replace(b"made-up-secret", b"HIDDEN")
        return request

    with llmvcr.use_cassette(tmp_path / "c.yaml", before_record_request=hide):
        post(server.url + CHAT, json=chat_body("one"))
    with pytest.raises(llmvcr.Miss) as caught, llmvcr.use_cassette(tmp_path / "c.yaml", before_record_request=hide):
        post(server.url + CHAT, json=chat_body("two made-up-secret"))
    assert "HIDDEN" in str(caught.value)
    assert "made-up-secret" not in str(caught.value)


def test_machine_readable(path: Path, server: Counting) -> None:
    """What the message says stands on the error, too: the request, the file, the nearest, each change."""
    with pytest.raises(llmvcr.Miss) as caught, llmvcr.use_cassette(path):
        post(server.url + CHAT, json=chat_body("recorded word", top_p=1))
    error = caught.value
    assert error.request.url == server.url + CHAT
    assert error.request.body == json.dumps(chat_body("recorded word", top_p=1), separators=(",", ":")).encode()
    assert error.cassette_path == str(path)
    assert error.nearest == 0
    assert error.reason == "no_match"
    assert error.changes == (
        Change("messages[0].content", "recorded words", "recorded word"),
        Change("temperature", 0.5, ABSENT),
        Change("top_p", ABSENT, 1),
    )
    ((similar, agreeing, differing),) = error.similar_requests
    assert similar.uri == server.url + CHAT
    assert agreeing == []
    assert [name for name, _ in differing] == ["llm"]


@pytest.mark.parametrize("kind", ["raise", "abort"])
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301 - our own
def test_copies(path: Path, server: Counting, kind: str, again: Any) -> None:
    """A copy, and what came from another process, says the same, in words and in values."""
    with (
        pytest.raises((llmvcr.Miss, llmvcr.MissAbort)) as caught,
        llmvcr.use_cassette(path, llmvcr_miss=kind),
    ):
        _openai(server, "other words")
    other = again(caught.value)
    assert type(other).__name__ == type(caught.value).__name__
    assert str(other) == str(caught.value)
    both: list[Any] = [getattr(error, "miss", error) for error in (caught.value, other)]
    one, two = both
    assert issubclass(type(two), openai.OpenAIError)
    assert two.cassette is None or two is one  # a shallow copy of MissAbort shares it
    for name in ("request", "cassette_path", "nearest", "changes", "reason"):
        assert getattr(two, name) == getattr(one, name)
    assert (two.changes[1].received is ABSENT) == (one.changes[1].received is ABSENT)
    assert two.failed_request.uri == one.failed_request.uri


def test_through_stubs_of_vcrpy(path: Path, server: Counting) -> None:
    """A client that vcrpy's own stub hears (urllib) gets the same errors as any other."""
    body = json.dumps(chat_body("other words")).encode()
    ask = urllib.request.Request(server.url + CHAT, body, {"content-type": "application/json"})  # noqa: S310 - loopback
    for kind, error in (("raise", llmvcr.Miss), ("abort", llmvcr.MissAbort)):
        with pytest.raises(error, match="the nearest differs in messages") as caught:  # noqa: SIM117 - in this order
            with llmvcr.use_cassette(path, llmvcr_miss=kind):
                urllib.request.urlopen(ask, timeout=5)  # noqa: S310 - loopback
        assert '"other words"' in str(caught.value)
    with pytest.raises(llmvcr.Miss, match=r"nothing similar|nearest differs"), llmvcr.use_cassette(path):
        urllib.request.urlopen(server.url + "/another", timeout=5)  # noqa: S310 - loopback
    assert len(server.seen) == 2


def test_ignored_passes_stubs_of_vcrpy(path: Path, server: Counting) -> None:
    """What a hook drops goes to the server through vcrpy's stub, too, and is no miss."""
    with llmvcr.use_cassette(path, before_record_request=lambda _: None):
        urllib.request.urlopen(server.url + "/another", timeout=5).close()  # noqa: S310 - loopback
    assert len(server.seen) == 3


def test_sibling_of_another_suffix(path: Path, server: Counting) -> None:
    """A missing cassette beside one of another suffix names that one."""
    with (
        pytest.raises(llmvcr.Miss, match=r"c\.json is not there, but c\.yaml is\."),
        llmvcr.use_cassette(path.with_suffix(".json"), record_mode="none"),
    ):
        post(server.url + CHAT, json=chat_body("recorded words"))


def test_no_key_in_the_message(path: Path, server: Counting) -> None:
    """The message shows neither headers nor the URL's query, where keys stand."""
    headers = {"authorization": "Bearer made-up-secret"}
    with pytest.raises(llmvcr.Miss) as caught, llmvcr.use_cassette(path):
        post(server.url + CHAT + "?key=made-up-secret", json=chat_body("other"), headers=headers)
    assert f"POST {server.url}{CHAT}\n" in str(caught.value)


def test_misses_of_a_cassette(path: Path, server: Counting) -> None:
    """A cassette keeps the misses of LLM calls while it is open, and lets go of them at its end."""
    with llmvcr.use_cassette(path) as cassette:
        for words in ("other", "words"):
            with pytest.raises(llmvcr.Miss):
                post(server.url + CHAT, json=chat_body(words))
        with pytest.raises(llmvcr.Miss):
            get(server.url + "/another")
        assert [one.changes[0].received for one in cassette.missed] == ["other", "words"]
    assert cassette.missed == []
