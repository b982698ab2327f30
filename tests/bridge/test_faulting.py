"""Faults in a cassette: what is used up, recorded and counted, in each record mode and from many threads."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from vcr.errors import CannotOverwriteExistingCassetteException
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, post, said
from llmvcr import Fault, FaultError, OptionError

TOO_MANY = 429


def ask(server: Counting, words: str = "hello", **fields: Any) -> httpx2.Response:
    """Make a call through a client without retries."""
    return post(server.url + CHAT, json=chat_body(words, **fields))


def record(server: Counting, path: Path, *more: dict[str, Any]) -> Path:
    """Record a call, and further ones with these fields."""
    with llmvcr.use_cassette(path, record_mode="once"):
        for fields in ({}, *more):
            ask(server, **fields)
    return path


def replay(path: Path, *faults: Fault, **options: Any) -> Any:
    """Open a recorded cassette with these faults."""
    return llmvcr.use_cassette(path, record_mode="none", llmvcr_faults=faults, **options)


@pytest.mark.parametrize("fault", [Fault(status=429), Fault(malformed=1)], ids=str)
def test_the_recorded_answer_is_for_the_call_after_it(fault: Fault, server: Counting, tmp_path: Path) -> None:
    """A fault does not use the recorded answer up: the next call gets it, whole, and nothing reaches the server."""
    path = record(server, tmp_path / "c.yaml")
    with replay(path, fault) as cassette:
        spoiled = ask(server)
        assert cassette.play_count == 0
        good = ask(server)
    assert spoiled.status_code == (fault.status or 200)
    assert said(good) == "1: hello"
    assert cassette.all_played
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(refuse=True), httpx2.ConnectError),
        (Fault(dns=True), httpx2.ConnectError),
        (Fault(timeout=True), httpx2.ReadTimeout),
        (Fault(cut_after=0), httpx2.RemoteProtocolError),
        (Fault(stall_after=1), httpx2.ReadTimeout),
    ],
    ids=str,
)
def test_what_fails_is_an_exception_of_the_client(
    fault: Fault, error: type[Exception], server: Counting, tmp_path: Path
) -> None:
    """What fails raises the client library's own exception, which names the fault; the next call gets the answer."""
    with replay(record(server, tmp_path / "c.yaml"), fault):
        with pytest.raises(error, match=r"llm_fault\("):
            ask(server)
        assert said(ask(server)) == "1: hello"


def test_a_split_answer_is_used_up(server: Counting, tmp_path: Path) -> None:
    """A client that gets the whole answer, byte by byte, has had it: the next equal call gets the next answer."""
    with replay(record(server, tmp_path / "c.yaml", {}), Fault(split=1)) as cassette:
        assert [said(ask(server)), said(ask(server))] == ["1: hello", "2: hello"]
    assert cassette.all_played


def test_a_recorded_refusal_stays_as_it_is(server: Counting, tmp_path: Path) -> None:
    """A fault in the answer waits for a good one: a recorded 429 is played, and used up."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path, llmvcr_faults=Fault(status=429)):
        ask(server)
        ask(server)
    (good,) = llmvcr.load(path).interactions
    refused = llmvcr.Interaction(good.request, llmvcr.Response(TOO_MANY, "", (), (b"no",)))
    both = tmp_path / "both.yaml"
    llmvcr.dump([refused, good], both)
    with replay(both, Fault(malformed=1)):
        assert ask(server).text == "no"
        with pytest.raises(json.JSONDecodeError):
            ask(server).json()
        assert said(ask(server)) == "1: hello"


def test_nothing_of_a_fault_is_recorded(server: Counting, tmp_path: Path) -> None:
    """Recording with a refusal leaves the cassette that recording without it leaves."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path, record_mode="once", llmvcr_faults=Fault(status=529, times=2)):
        assert [ask(server).status_code for _ in range(3)] == [529, 529, 200]
    (only,) = llmvcr.load(path).interactions
    assert only.response.status == 200
    assert len(server.seen) == 1


def test_a_refusal_needs_no_recording(server: Counting, tmp_path: Path) -> None:
    """What comes in place of an answer is made of nothing recorded, and leaves no file."""
    with replay(tmp_path / "c.yaml", Fault(status=429)):
        assert ask(server).status_code == TOO_MANY
    assert list(tmp_path.iterdir()) == []


def test_a_fault_in_an_answer_needs_a_recording(server: Counting, tmp_path: Path) -> None:
    """Where nothing is recorded and nothing may be, a fault in the answer is a miss."""
    path = record(server, tmp_path / "c.yaml")
    with replay(path, Fault(cut_after=0, optional=True)), pytest.raises(CannotOverwriteExistingCassetteException):
        ask(server, "something else")


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_while_its_answer_is_recorded_a_fault_waits(mode: str, server: Counting, tmp_path: Path) -> None:
    """Recording goes on as without the fault, and the end says that the next run will have it."""
    path = tmp_path / "c.yaml"
    with (
        pytest.raises(FaultError, match="recorded in this run; run the test once more"),
        llmvcr.use_cassette(path, record_mode=mode, llmvcr_faults=Fault(cut_after=0)),
    ):
        assert said(ask(server)) == "1: hello"
    with replay(path, Fault(cut_after=0)), pytest.raises(httpx2.RemoteProtocolError):
        ask(server)
    assert len(server.seen) == 1


def test_a_fault_that_never_happened_is_an_error_at_the_end(server: Counting, tmp_path: Path) -> None:
    """A fault that no call got is an error when the cassette is closed, unless it is optional; it hides no other."""
    path = record(server, tmp_path / "c.yaml")
    fault = Fault(status=429, provider="anthropic")
    with pytest.raises(FaultError, match=r"no call fits; there were openai chat\.completions"), replay(path, fault):
        ask(server)
    with replay(path, Fault(status=429, optional=True)):
        pass
    with pytest.raises(ZeroDivisionError), replay(path, fault):
        raise ZeroDivisionError


def test_a_fault_that_never_happened_in_a_decorated_function(server: Counting, tmp_path: Path) -> None:
    """A decorated function, sync or async, ends in the same error."""
    path = record(server, tmp_path / "c.yaml")

    async def quiet() -> None:
        await asyncio.sleep(0)

    with pytest.raises(FaultError, match="no call was made"):
        replay(path, Fault(status=429))(list)()
    with pytest.raises(FaultError, match="no call was made"):
        asyncio.run(replay(path, Fault(status=429))(quiet)())


def test_an_error_of_ours_is_told_again_at_the_end(server: Counting, tmp_path: Path) -> None:
    """A fault that cannot be made is an error also where the application swallows the first one."""
    path = record(server, tmp_path / "c.yaml")
    with (
        pytest.raises(FaultError, match="the recorded answer has 1 event, as it is no stream"),
        replay(path, Fault(cut_after=7)),
        pytest.raises(FaultError, match="choose the call by"),
    ):
        ask(server)


def test_a_client_that_no_tap_hears(server: Counting, tmp_path: Path) -> None:
    """A call through vcrpy's own stub, where no fault can be made, is an error and not a good answer."""
    path = record(server, tmp_path / "c.yaml")
    with (
        pytest.raises(FaultError, match="heard by vcrpy's own stub"),
        replay(path, Fault(status=429)),
        pytest.raises(FaultError, match="heard by vcrpy's own stub"),
    ):
        _ask_by_http_client(server)
    with replay(path, Fault(status=429, provider="anthropic", optional=True)):
        assert b"1: hello" in _ask_by_http_client(server)


def _ask_by_http_client(server: Counting) -> bytes:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)
    connection.request("POST", CHAT, json.dumps(chat_body("hello")), {"content-type": "application/json"})
    body = connection.getresponse().read()
    connection.close()
    return body


def test_hosts_that_are_left_alone_have_no_faults(server: Counting, tmp_path: Path) -> None:
    """A request that the cassette is told to ignore is neither faulted nor counted."""
    path = record(server, tmp_path / "c.yaml")
    with pytest.raises(FaultError, match="no call was made"), replay(path, Fault(status=429), ignore_localhost=True):
        assert ask(server).status_code == 200


@pytest.mark.parametrize("wrong", ["refuse", [{"refuse": True}], 429], ids=str)
def test_the_option_is_checked(wrong: object, tmp_path: Path) -> None:
    """What is no fault is refused by the name of the option."""
    with pytest.raises(OptionError, match="llmvcr_faults"):
        llmvcr.use_cassette(tmp_path / "c.yaml", llmvcr_faults=wrong)


def test_faults_of_a_vcr_begin_anew_with_each_cassette(server: Counting, tmp_path: Path) -> None:
    """A fault among the defaults of a VCR happens in each cassette that it opens."""
    path = record(server, tmp_path / "c.yaml")
    ours = llmvcr.VCR(record_mode="none", llmvcr_faults=[Fault(status=429)])
    for _ in range(2):
        with ours.use_cassette(str(path)):
            assert [ask(server).status_code, ask(server).status_code] == [TOO_MANY, 200]


def _statuses(answers: Sequence[httpx2.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def test_threads_and_tasks_are_counted_together(server: Counting, tmp_path: Path) -> None:
    """Of calls made at the same time just as many fail as were asked for, whoever makes them."""
    path = record(server, tmp_path / "c.yaml")
    faults = Fault(status=429, call=5, times=3), Fault(status=500)
    wanted = [200] * 36 + [TOO_MANY] * 3 + [500]
    with replay(path, *faults, allow_playback_repeats=True), ThreadPoolExecutor(8) as pool:
        assert _statuses(list(pool.map(lambda _: ask(server), range(40)))) == wanted

    async def gathered() -> Sequence[httpx2.Response]:
        async with httpx2.AsyncClient(verify=False, trust_env=False) as client:
            calls = (client.post(server.url + CHAT, json=chat_body("hello")) for _ in range(40))
            return await asyncio.gather(*calls)

    with replay(path, *faults, allow_playback_repeats=True):
        assert _statuses(asyncio.run(gathered())) == wanted


def test_timing_is_waited_for(server: Counting, tmp_path: Path) -> None:
    """Where the recorded pace is asked for, a refusal asks to wait, and a stall ends in the client's own timeout."""
    path = record(server, tmp_path / "c.yaml")
    with replay(path, Fault(status=429, retry_after=2), Fault(stall_after=0), llmvcr_timing="recorded"):
        assert "retry-after-ms" not in ask(server).headers
        with pytest.raises(httpx2.ReadTimeout, match="longer than the read timeout"):
            post(server.url + CHAT, json=chat_body("hello"), timeout=0.05)


@pytest.mark.parametrize("calls", [1, 2], ids=["broken", "and-again"])
def test_what_a_fault_is_made_of_is_in_use(calls: int, server: Counting, tmp_path: Path) -> None:
    """A recording that only a broken call asked for is not dropped as unused, and one asked for twice is kept once."""
    path = record(server, tmp_path / "c.yaml", {"temperature": 1})
    with llmvcr.use_cassette(path, drop_unused_requests=True, llmvcr_faults=Fault(malformed=1)):
        for _ in range(calls):
            ask(server)
    (kept,) = llmvcr.load(path).interactions
    assert json.loads(kept.request.body or b"") == chat_body("hello")


SOCKET = "ws://127.0.0.1:9/v1/realtime?model=made-up"


@pytest.mark.parametrize(
    ("fault", "error", "word"),
    [
        (Fault(status=429), InvalidStatus, "HTTP 429"),
        (Fault(refuse=True), ConnectionRefusedError, "refused"),
        (Fault(dns=True), socket.gaierror, "not known"),
        (Fault(timeout=True), TimeoutError, "timed out"),
        (Fault(cut_after=1), FaultError, "it can be refused, but not altered"),
    ],
    ids=str,
)
def test_a_websocket_can_be_refused(fault: Fault, error: type[Exception], word: str, tmp_path: Path) -> None:
    """The handshake of a WebSocket is refused as a call is; what flows through one is not altered, which is said."""
    found = contextlib.nullcontext() if error is not FaultError else pytest.raises(FaultError, match=word)
    with found, replay(tmp_path / "c.yaml", fault), pytest.raises(error, match=word), connect(SOCKET):
        pass
    assert list(tmp_path.iterdir()) == []
