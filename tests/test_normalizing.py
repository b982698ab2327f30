"""Recordings without what only varies: two runs that say the same are written the same, byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from llmvcr.index import Index
from llmvcr.interaction import Interaction, Json, Request, Response
from llmvcr.normalizing import What, normalized

_ALL: frozenset[What] = frozenset({"ids", "times"})
_URL = "https://api.openai.com/v1/chat/completions"

# What two servers drew: ids of a call and of an answer, when it was, and headers.
_RUNS = (
    ("chatcmpl-CeL2r7ZqVb0nY4mKJtW8xPdQa1Gh", "call_D8sKfL2mQ0pZr7VtYbNw3XcE", 1763800000, "fp_4e5a1b2c3d"),
    ("chatcmpl-BzA9k3WmTn5vX1cRJqD7yLpFs2Ue", "call_a1B2c3D4e5F6g7H8i9J0kLmN", 1763899999, "fp_9f8e7d6c5b"),
)


def _head(run: int) -> tuple[tuple[str, str], ...]:
    return (
        ("Date", f"Sun, 22 Nov 2026 09:00:0{run} GMT"),
        ("content-type", "application/json"),
        ("x-request-id", ("req_0a1B2c3D4e5F6g7H8", "req_z9Y8x7W6v5U4t3S2r")[run]),
        ("openai-processing-ms", str(300 + run)),
        ("x-ratelimit-remaining-tokens", str(9000 - run)),
        ("x-ratelimit-limit-tokens", "10000"),
    )


def _said(interaction: Interaction) -> Json:
    return json.loads(interaction.response.body)


def _asked(*messages: Json) -> Request:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "weather?"}, *messages]}
    return Request("POST", _URL, (("Content-Type", "application/json"),), json.dumps(body).encode())


def _conversation(run: int) -> list[Interaction]:
    """Two calls: a tool call, and its result under the id of that call, which the user's text quotes, too."""
    answer_id, call_id, created, build = _RUNS[run]
    call = {"id": call_id, "type": "function", "function": {"name": "weather", "arguments": '{"created": 1763811111}'}}
    whole = {"id": answer_id, "created": created, "system_fingerprint": build, "object": "chat.completion"}
    first = {**whole, "choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": [call]}}]}
    result = {"role": "tool", "tool_call_id": call_id, "content": f"sunny (of {call_id})"}
    chunk = {**whole, "object": "chat.completion.chunk", "obfuscation": "x" * (run + 1)}
    events = [
        f"data: {json.dumps({**chunk, 'choices': [{'index': 0, 'delta': {'content': text}}]})}\n\n".encode()
        for text in ("It is ", "sunny.")
    ]
    return [
        Interaction(
            _asked(),
            Response(200, "OK", _head(run), (json.dumps(first).encode(),), times=(1.0 + run, 2.0)),
            f"2026-11-22T09:00:0{run}Z",
        ),
        Interaction(
            _asked({"role": "assistant", "tool_calls": [call]}, result),
            Response(200, "OK", _head(run), (events[0][: 20 + run], events[0][20 + run :], events[1])),
            f"2026-11-22T09:00:0{run}Z",
        ),
    ]


def _texts(found: Sequence[Interaction]) -> str:
    return "".join(repr((one.request, one.response)) for one in found)


def test_two_runs_are_written_alike() -> None:
    """Two runs in which a server draws other ids, at other times, give the same interactions."""
    one, two = (normalized((), _conversation(run), _ALL) for run in (0, 1))
    assert one == two
    for gone in (value for run in _RUNS for value in run):
        assert str(gone) not in _texts(one)


def test_ids_are_renamed_in_step() -> None:
    """An id keeps prefix, length and looks, and whoever quotes it, in a field or in a text, quotes the new one."""
    (first, second) = normalized((), _conversation(0), frozenset({"ids"}))
    answer = _said(first)
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    assert re.fullmatch(r"chatcmpl-[0-9A-Za-z]{28}", answer["id"])
    assert re.fullmatch(r"call_[0-9A-Za-z]{24}", call["id"])
    told = json.loads(second.request.body or b"")["messages"]
    assert told[1]["tool_calls"][0]["id"] == told[2]["tool_call_id"] == call["id"]
    assert told[2]["content"] == f"sunny (of {call['id']})"
    assert b'"id": "chatcmpl-' in second.response.body


def test_replay_still_works() -> None:
    """An application that is given the new ids asks what was recorded, byte for byte."""
    (first, second) = normalized((), _conversation(0), _ALL)
    index = Index([first.request, second.request])
    assert index.take(_asked()) == 0
    (call,) = _said(first)["choices"][0]["message"]["tool_calls"]
    result = {"role": "tool", "tool_call_id": call["id"], "content": f"sunny (of {call['id']})"}
    asked = _asked({"role": "assistant", "tool_calls": [call]}, result)
    assert asked.body == second.request.body
    assert index.take(asked) == 1


def test_what_a_model_says_stays() -> None:
    """What a model said stays as it is, numbers that look like times among it."""
    (first, _) = normalized((), _conversation(0), _ALL)
    answer = _said(first)
    assert answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == '{"created": 1763811111}'
    assert (answer["created"], answer["system_fingerprint"]) == (1700000000, "fp_0000000000")
    body = json.dumps({"id": "a", "created": 7, "input": {"created": 1763811111}}).encode()
    mixed = Interaction(_asked(), Response(200, "OK", (), (body,)))
    assert normalized((), [mixed], _ALL)[0].response.body == body  # nobody can tell which is whose


def test_each_by_itself() -> None:
    """`ids` leaves times and boundaries, `times` leaves ids; what is not volatile stays under both."""
    before = _conversation(0)
    by_ids = normalized((), before, frozenset({"ids"}))
    assert [one.recorded_at for one in by_ids] == [one.recorded_at for one in before]
    assert [[len(chunk) for chunk in one.response.chunks] for one in by_ids] == [
        [len(chunk) for chunk in one.response.chunks] for one in before
    ]
    by_times = normalized((), before, frozenset({"times"}))
    assert _said(by_times[0])["id"] == _RUNS[0][0]
    assert [one.recorded_at for one in by_times] == [None, None]
    assert [len(one.response.chunks) for one in by_times] == [1, 2]
    for found in (by_ids, by_times):
        assert ("x-ratelimit-limit-tokens", "10000") in found[0].response.headers


def test_again() -> None:
    """Normalising what is normalised changes nothing; equal calls get ids of their own, also after those kept."""
    once = normalized((), _conversation(0), _ALL)
    assert normalized((), once, _ALL) == once
    twice = normalized((), [*_conversation(0)[:1], *_conversation(1)[:1]], _ALL)
    ids = [_said(one)["id"] for one in twice]
    assert len(set(ids)) == 2
    (later,) = normalized([twice[0].request], _conversation(1)[:1], _ALL)
    assert _said(later)["id"] == ids[1]


@pytest.mark.parametrize(
    ("one", "pattern"),
    [
        ("D681PevKs", r"[0-9A-Za-z]{9}"),
        ("7F9B2C1D-3E4A-4B5C-8D6E-9F0A1B2C3D4E", r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"),
        ("resp_68af3b9c2d1e4f5a6b7c8d9e0f1a2b3c", r"resp_[0-9a-f]{32}"),
        ("tooluse_Ab-c_dEfGh1JkLmN0pQrSt", r"tooluse_[0-9A-Za-z]{22}"),
    ],
)
def test_kinds_of_ids(one: str, pattern: str) -> None:
    """An id stays of its kind: short, a uuid, of hex digits, behind a prefix of one provider or of none."""
    answer = Interaction(_asked(), Response(200, "OK", (), (json.dumps({"id": one}).encode(),)))
    new = _said(normalized((), [answer], _ALL)[0])["id"]
    assert re.fullmatch(pattern, new)
    assert new != one


def test_what_cannot_be_read_stays() -> None:
    """Bodies that are compressed, cut or no text stay as they are."""
    for body in (
        b"\x1f\x8b\x08\x00made up",
        b'{"id": "chatcmpl-CeL2r7ZqVb0nY4mKJtW8xPdQa1Gh", "crea',
        b"\xff\xfe\x00",
        b"",
    ):
        one = Interaction(_asked(), Response(200, "OK", (), (body,) if body else ()))
        assert normalized((), [one], _ALL)[0].response.body == body
