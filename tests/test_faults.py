"""Faults as values: what may be asked for, which call it happens to, and what it makes of an answer."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

import pytest

from llmvcr.errors import FaultError, OptionError
from llmvcr.faults import Fault, Plan, altered, checked, from_mark, made
from llmvcr.faults.making import NEVER
from llmvcr.interaction import Request, Response, header
from llmvcr.taps.failures import in_library
from llmvcr.wire import eventstream

EVENTS = (b'data: {"n": 1}\n\n', b": ping\n\n", 'data: {"n": "☔☔☔"}\n\n'.encode(), b"data: [DONE]\n\n")
STREAM = Response(200, "OK", (("content-type", "text/event-stream"),), EVENTS, times=(1.0, 2.0, 3.0, 4.0, 5.0))
ODD = Response(
    200, "OK", (), (b'\xef\xbb\xbfdata: {\r\nid: 1\r\ndata: "n": 1}\r\n\r\nmore: x\r\n', b'data: {"n": 2}\r\n\r\n')
)
PLAIN = Response(200, "OK", (("Content-Length", "8"),), (b'{"n": 1}',))
LINES = Response(200, "OK", (), (b'{"n": 1}\n{"n"', b': 2}\n\n{"n": 3}\n'))


def message(payload: bytes) -> bytes:
    """One message of an Amazon event stream."""
    name = b"\x0b:event-type\x07\x00\x05chunk"
    lengths = struct.pack(">II", 16 + len(name) + len(payload), len(name))
    body = lengths + struct.pack(">I", crc32(lengths)) + name + payload
    return body + struct.pack(">I", crc32(body))


MESSAGES = tuple(message(b'{"n": %d}' % n) for n in (1, 2, 3))
AMAZON = Response(200, "OK", (), (MESSAGES[0], MESSAGES[1] + MESSAGES[2]))


def chat(model: str = "gpt-4o", **more: Any) -> Request:
    """A call of OpenAI's chat."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello."}], **more}).encode()
    return Request("POST", "https://api.openai.com/v1/chat/completions", (), body)


GEMINI = Request("POST", "https://generativelanguage.googleapis.com/v1beta/models/gemini-x:generateContent", (), b"{}")
OTHER = Request("GET", "https://example.invalid/weather/rome?unit=c")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "names no fault"),
        ({"call": 2}, "names no fault"),
        ({"status": 200}, "status"),
        ({"status": 599}, "status"),
        ({"status": True}, "status"),
        ({"status": "429"}, "status"),
        ({"status": 429, "retry_after": -1}, "retry_after"),
        ({"status": 429, "retry_after": float("nan")}, "retry_after"),
        ({"status": 429, "retry_after": "2"}, "retry_after"),
        ({"status": 429, "retry_after": float("inf")}, "retry_after"),
        ({"status": 429, "body": b"no"}, "body is text, or JSON"),
        ({"refuse": True, "retry_after": 2}, "retry_after needs a status"),
        ({"refuse": True, "body": "no"}, "body needs a status"),
        ({"malformed": 0}, "malformed"),
        ({"split": 0}, "split"),
        ({"split": "all"}, "split"),
        ({"cut_after": -1}, "cut_after"),
        ({"stall_after": 1.5}, "stall_after"),
        ({"refuse": 1}, "refuse"),
        ({"status": 429, "refuse": True}, "refuse needs a mark of its own"),
        ({"status": 429, "cut_after": 1}, "cut_after needs a mark of its own"),
        ({"cut_after": 1, "stall_after": 1}, "an answer ends once"),
        ({"cut_after": 1, "malformed": 2}, "event 2 does not come"),
        ({"refuse": True, "call": 0}, "call"),
        ({"refuse": True, "times": 0}, "times"),
        ({"refuse": True, "times": "ever"}, "times"),
        ({"refuse": True, "when": "gpt-4o"}, "when"),
        ({"refuse": True, "wait": True}, "wait"),
        ({"refuse": True, "path": "("}, "path is no regular expression"),
        ({"refuse": True, "provider": "opnai"}, "no provider 'opnai'; did you mean 'openai'?"),
        ({"refuse": True, "endpoint": "chat.completion"}, "did you mean 'chat.completions'?"),
        ({"refuse": True, "provider": "anthropic", "endpoint": "chat.completions"}, "no endpoint"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_cannot_be_is_refused_by_name(options: dict[str, Any], named: str) -> None:
    """A fault that could not happen, or a value that an option cannot have, is refused when it is written."""
    with pytest.raises(OptionError, match=r"^llm_fault\(") as refused:
        Fault(**options)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("args", "kwargs", "named"),
    [
        ((), {"statsu": 429}, "no option 'statsu'; did you mean 'status'?"),
        ((429,), {}, "429 has no name"),
        ((), {"status": 20}, "status is an error's"),
    ],
    ids=["unknown", "positional", "value"],
)
def test_a_mark_is_checked(args: tuple[object, ...], kwargs: Mapping[str, Any], named: str) -> None:
    """A mark with an unknown name, a value without a name or an impossible value is refused by name."""
    with pytest.raises(OptionError) as refused:
        from_mark(args, kwargs)
    assert named in str(refused.value)


def test_a_fault_reads_as_its_mark() -> None:
    """A fault is told as the mark that asks for it, without what is the default."""
    assert str(from_mark((), {"status": 529, "times": 2})) == "llm_fault(status=529, times=2)"


def test_the_option_is_checked() -> None:
    """`llmvcr_faults` is one fault or a list of them, and nothing else."""
    fault = Fault(refuse=True)
    assert checked(fault) == checked([fault]) == (fault,)
    for wrong in ("refuse", [{"refuse": True}], {"refuse": True}):
        with pytest.raises(OptionError, match="llmvcr_faults"):
            checked(wrong)


@pytest.mark.parametrize(
    ("provider", "status", "told"),
    [
        ("openai", 429, {"type": "requests", "code": "rate_limit_exceeded", "param": None}),
        ("groq", 500, {"type": "server_error", "code": None, "param": None}),
        ("anthropic", 429, {"type": "rate_limit_error"}),
        ("anthropic", 500, {"type": "api_error"}),
        ("anthropic", 529, {"type": "overloaded_error", "message": "Overloaded"}),
        ("gemini", 429, {"code": 429, "status": "RESOURCE_EXHAUSTED"}),
        ("gemini", 500, {"code": 500, "status": "INTERNAL"}),
        ("azure", 429, {"code": "429"}),
    ],
    ids=str,
)
def test_a_refusal_has_its_providers_shape(provider: str, status: int, told: dict[str, Any]) -> None:
    """The body of a refusal is what the provider writes for that status."""
    answer = made(Fault(status=status), provider)
    error = json.loads(answer.body)["error"]
    assert answer.status == status
    assert {name: error[name] for name in told} == told


@pytest.mark.parametrize(
    ("provider", "path"),
    [("ollama", "error"), ("cohere", "message"), ("bedrock", "message"), ("", "error"), ("mistral", "message")],
    ids=lambda value: value or "other",
)
def test_bare_refusals(provider: str, path: str) -> None:
    """Providers without an error object say what is wrong in one text."""
    answer = made(Fault(status=429), provider)
    assert json.loads(answer.body)[path] == "Rate limit reached (a fault made by llmvcr)."
    assert header(answer.headers, "x-amzn-errortype") == ("ThrottlingException" if provider == "bedrock" else None)


def test_a_refusal_makes_nobody_wait_unless_asked() -> None:
    """The wait that was asked for stands in the headers, and SDKs are told not to wait, unless with `wait`."""
    told = made(Fault(status=429, retry_after=2), "openai").headers
    assert (header(told, "retry-after"), header(told, "retry-after-ms")) == ("2", "1")
    told = made(Fault(status=429, retry_after=2, wait=True), "openai").headers
    assert (header(told, "retry-after"), header(told, "retry-after-ms")) == ("2", None)
    details = json.loads(made(Fault(status=429, retry_after=1.5), "gemini").body)["error"]["details"]
    assert details[0]["retryDelay"] == "1.5s"


@pytest.mark.parametrize(("body", "kind"), [("no\n", "text/plain; charset=utf-8"), ({"a": 1}, "application/json")])
def test_a_body_of_the_users_own(body: object, kind: str) -> None:
    """A body is sent as it is given: text as it stands, anything else as JSON."""
    answer = made(Fault(status=400, body=body), "openai")
    assert (answer.body.decode() if isinstance(body, str) else json.loads(answer.body)) == body
    assert header(answer.headers, "content-type") == kind
    assert header(answer.headers, "content-length") == str(len(answer.body))


@pytest.mark.parametrize(
    ("fault", "classes"),
    [
        (Fault(refuse=True), ("ConnectError", "ClientConnectorError", "NewConnectionError")),
        (Fault(dns=True), ("ConnectError", "ClientConnectorDNSError", "NameResolutionError")),
        (Fault(timeout=True), ("ReadTimeout", "SocketTimeoutError", "ReadTimeoutError")),
    ],
    ids=str,
)
def test_a_call_that_fails_fails_in_each_librarys_words(fault: Fault, classes: tuple[str, ...]) -> None:
    """What no answer comes to is named so that each library has a class for it."""
    answer = made(fault, "openai")
    assert answer.failed
    assert tuple(in_library(name, answer.ended) for name in ("httpx", "aiohttp", "urllib3")) == classes
    assert answer.times == ()
    assert str(fault) in answer.error


def test_a_timeout_that_is_waited_for_is_due_never() -> None:
    """With `wait` the head of an answer that does not come is due when no client waits any more."""
    assert made(Fault(timeout=True, wait=True), "openai").times == (NEVER,)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (STREAM, (b"", EVENTS[0], b"".join(EVENTS[:3]), b"".join(EVENTS))),
        (LINES, (b"", b'{"n": 1}\n', b'{"n": 1}\n{"n": 2}\n', LINES.body)),
        (AMAZON, (b"", MESSAGES[0], MESSAGES[0] + MESSAGES[1], b"".join(MESSAGES))),
        (PLAIN, (b"", PLAIN.body)),
    ],
    ids=["sse", "ndjson", "eventstream", "plain"],
)
def test_a_cut_comes_after_just_so_many_events(answer: Response, kept: tuple[bytes, ...]) -> None:
    """After k events the connection is lost, whatever the framing; comments and blank lines are no events."""
    for events, body in enumerate(kept):
        cut = altered(answer, [Fault(cut_after=events)])
        assert (cut.body, cut.ended) == (body, "RemoteProtocolError")
        assert cut.error
        stalled = altered(answer, [Fault(stall_after=events)])
        assert (stalled.body, stalled.ended) == (body, "ReadTimeout")


@pytest.mark.parametrize("answer", [STREAM, LINES, AMAZON, PLAIN], ids=["sse", "ndjson", "eventstream", "plain"])
@pytest.mark.parametrize("fault", [Fault(cut_after=5), Fault(malformed=4), Fault(split=9)], ids=str)
def test_an_event_that_is_not_there_is_named(answer: Response, fault: Fault) -> None:
    """A fault at an event behind the last is an error that says how many there are."""
    with pytest.raises(FaultError, match=r"the recorded answer has (3 events|1 event, as it is no stream);"):
        altered(answer, [fault])


@pytest.mark.parametrize(
    ("answer", "event", "body"),
    [
        (STREAM, 1, b'data: {"n"\n\n' + b"".join(EVENTS[1:])),
        (STREAM, 2, b"".join(EVENTS[:2]) + b'data: {"n": "\n\n' + EVENTS[3]),
        (STREAM, 3, b"".join(EVENTS[:3]) + b"data: [DO\n\n"),
        (LINES, 2, b'{"n": 1}\n{"n"\n\n{"n": 3}\n'),
        (AMAZON, 3, MESSAGES[0] + MESSAGES[1] + message(b'{"n"')),
        (PLAIN, 1, b'{"n"'),
        (ODD, 1, b'\xef\xbb\xbfdata: {\r\nid: 1\r\ndata: "n"\r\n\r\nmore: x\r\ndata: {"n": 2}\r\n\r\n'),
        (ODD, 2, b'\xef\xbb\xbfdata: {\r\nid: 1\r\ndata: "n": 1}\r\n\r\nmore: x\r\ndata: {"n"\r\n\r\n'),
    ],
    ids=["sse", "sse-utf8", "sse-done", "ndjson", "eventstream", "plain", "sse-bom", "sse-odd"],
)
def test_a_malformed_event_breaks_off(answer: Response, event: int, body: bytes) -> None:
    """The JSON of one event ends in its middle, between two characters; the framing and all else stay whole."""
    broken = altered(answer, [Fault(malformed=event)])
    assert (broken.body, broken.ended) == (body, "")
    length = header(broken.headers, "content-length")
    assert length in (None, str(len(body)))


def test_a_broken_message_keeps_its_checksums() -> None:
    """A malformed message of an event stream is still one message: what is wrong is its JSON."""
    broken = altered(AMAZON, [Fault(malformed=2)])
    assert [frame.data for frame in eventstream.frames(broken.body)] == ['{"n": 1}', '{"n"', '{"n": 3}']


@pytest.mark.parametrize("answer", [STREAM, LINES, AMAZON, PLAIN], ids=["sse", "ndjson", "eventstream", "plain"])
def test_a_split_event_is_the_same_bytes(answer: Response) -> None:
    """A split event comes byte by byte, and the body is as it was."""
    for event in (1,) if answer is PLAIN else (1, 2, 3):
        split = altered(answer, [Fault(split=event)])
        assert split.body == answer.body
        assert sum(len(chunk) == 1 for chunk in split.chunks) >= 7
        assert len(split.times) in (0, 1 + len(split.chunks))


def test_faults_add_up_in_any_order() -> None:
    """A broken event, a split one and a cut happen to the same answer, in whatever order they are named."""
    faults = [Fault(cut_after=2), Fault(split=1), Fault(malformed=1)]
    both = altered(STREAM, faults)
    assert both == altered(STREAM, [Fault(malformed=1, split=1), faults[0]])
    assert both.body == b'data: {"n"\n\n' + b"".join(EVENTS[1:3])
    assert both.chunks[:12] == tuple(bytes((one,)) for one in b'data: {"n"\n\n')
    assert both.times == (1.0, *([2.0] * 12), 3.0, 4.0)


def test_a_stall_that_is_waited_for_has_a_piece_that_never_comes() -> None:
    """With `wait` a stall is one more piece, due when no client waits any more."""
    stalled = altered(STREAM, [Fault(stall_after=1, wait=True)])
    assert stalled.times == (1.0, 2.0, NEVER)
    stalled = altered(PLAIN, [Fault(stall_after=1, wait=True)])
    assert (stalled.chunks[0], stalled.times) == (PLAIN.body, (0.0, 0.0, NEVER))


def _at_home(fields: dict[str, Any]) -> bool:
    return bool(fields["host"].startswith("api."))


@pytest.mark.parametrize(
    ("options", "fitting"),
    [
        ({}, ("chat", "gemini")),
        ({"provider": "openai"}, ("chat",)),
        ({"endpoint": "generateContent"}, ("gemini",)),
        ({"when": {"model": "gpt-4o"}}, ("chat",)),
        ({"when": {"model": "gemini-x"}}, ("gemini",)),
        ({"when": {"model": "gpt-4o", "stream": True}}, ()),
        ({"when": {"nonsense": None}}, ()),
        ({"when": _at_home}, ("chat",)),
        ({"path": "^/v1/chat"}, ("chat",)),
        ({"path": "/rome$"}, ("other",)),
        ({"path": "o", "provider": "gemini"}, ("gemini",)),
    ],
    ids=lambda value: re.sub(r"<function (\w+).*?>", r"\1", str(value)),
)
def test_which_calls_fit(options: dict[str, Any], fitting: tuple[str, ...]) -> None:
    """A fault happens to calls of LLMs that fit, and to any other call where its path is named."""
    calls = {"chat": chat(), "gemini": GEMINI, "other": OTHER}
    plan = Plan([Fault(refuse=True, times="always", **options)])
    assert tuple(name for name, request in calls.items() if plan.due(request).faults) == fitting
    assert tuple(name for name, request in calls.items() if plan.fits(request)) == fitting


def run(*faults: Fault, calls: int = 4) -> list[tuple[int, ...]]:
    """Which of the faults, by place, happen to each of some equal calls."""
    plan = Plan(faults)
    found = []
    for _ in range(calls):
        due = plan.due(chat())
        due.happened()
        found.append(tuple(place for place, fault in enumerate(faults) if any(fault is one for one in due.faults)))
    return found


@pytest.mark.parametrize(
    ("faults", "happening"),
    [
        ((Fault(status=429),), [(0,), (), (), ()]),
        ((Fault(status=429, call=2),), [(), (0,), (), ()]),
        ((Fault(status=429, times=2),), [(0,), (0,), (), ()]),
        ((Fault(status=429, call=3, times="always"),), [(), (), (0,), (0,)]),
        ((Fault(status=429), Fault(status=529)), [(0,), (1,), (), ()]),
        ((Fault(status=429), Fault(cut_after=1)), [(0,), (1,), (), ()]),
        ((Fault(cut_after=1), Fault(status=429)), [(0,), (1,), (), ()]),
        ((Fault(cut_after=1), Fault(cut_after=2)), [(0,), (1,), (), ()]),
        ((Fault(cut_after=1), Fault(malformed=1)), [(0, 1), (), (), ()]),
        ((Fault(cut_after=1), Fault(malformed=2)), [(0,), (1,), (), ()]),
        ((Fault(split=1), Fault(malformed=2), Fault(stall_after=2)), [(0, 1, 2), (), (), ()]),
        ((Fault(status=429, times="always"), Fault(status=500)), [(0,), (0,), (0,), (0,)]),
        ((Fault(status=429), Fault(status=429)), [(0,), (1,), (), ()]),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_what_happens_to_which_call(faults: tuple[Fault, ...], happening: list[tuple[int, ...]]) -> None:
    """Faults are taken in their order; those that alter one answer add up, all others come one after the other."""
    assert run(*faults) == happening


def test_a_fault_that_did_not_happen_stays_due() -> None:
    """What found no recorded answer is due to the next call that fits."""
    fault = Fault(cut_after=1)
    plan = Plan([fault])
    assert plan.due(chat()).faults == plan.due(chat()).faults == (fault,)


@pytest.mark.parametrize(
    ("options", "requests", "why"),
    [
        ({}, (), "no call was made"),
        ({"call": 3}, (chat(), chat()), "only 2 of the calls fit, and it waits for number 3"),
        ({"provider": "anthropic"}, (chat(), chat(), OTHER), "openai chat.completions (2x), GET /weather/rome"),
    ],
    ids=["none", "too-few", "others"],
)
def test_a_fault_that_never_happened_says_why(options: dict[str, Any], requests: tuple[Request, ...], why: str) -> None:
    """A fault that never happened is an error that says what there was instead, unless it is optional."""
    plan = Plan([Fault(status=429, **options), Fault(status=500, optional=True)])
    for request in requests:
        plan.due(request)
    with pytest.raises(FaultError, match="never happened") as idle:
        plan.check()
    assert why in str(idle.value)
    assert "500" not in str(idle.value)


def test_a_fault_that_happened_once_is_enough() -> None:
    """Of a fault for several calls one is enough for its test to have tested something."""
    fault = Fault(status=429, times=3)
    plan = Plan([fault])
    plan.due(chat()).happened()
    assert plan.check() is None  # type: ignore[func-returns-value]


def test_one_fault_may_stand_twice() -> None:
    """The very same fault, named twice, happens twice."""
    fault = Fault(status=429)
    assert run(fault, fault) == [(0, 1), (0, 1), (), ()]


def test_a_function_that_fails_is_named() -> None:
    """An error in the function that chooses calls names the fault, and does not look like a lost connection."""
    plan = Plan([Fault(status=429, when=lambda fields: bool(fields["nonsense"]))])
    with pytest.raises(FaultError, match="its function raised KeyError: 'nonsense'"):
        plan.due(chat())


@pytest.mark.parametrize("cause", ["unrecorded", "taken"])
def test_why_a_fault_that_was_due_did_not_happen(cause: str) -> None:
    """A fault that was due says what it lacked: a recording from an earlier run, or a call of its own."""
    plan = Plan([Fault(status=429, times="always"), Fault(cut_after=1, times=2)][cause == "unrecorded" :])
    due = plan.due(chat())
    due.unrecorded() if cause == "unrecorded" else due.happened()
    why = {"unrecorded": "was recorded in this run; run the test once more", "taken": "stands before it"}[cause]
    with pytest.raises(FaultError, match=why):
        plan.check()


def test_a_long_stream_in_one_piece_is_cut_in_no_time() -> None:
    """A stream of many events that came as one piece is cut in one pass, into as many pieces."""
    whole = Response(200, "OK", (), (b"data: {}\n\n" * 50_000,))
    cut = altered(whole, [Fault(cut_after=49_999)])
    assert (len(cut.chunks), len(cut.body)) == (49_999, 49_999 * 10)
