"""What the matcher sees: no secret plays a part, whichever it is, and whether there is one at all."""

from __future__ import annotations

import json
import os

import pytest

from llmvcr import storage
from llmvcr.canonical import canonical
from llmvcr.index import Index
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.redaction import redactor
from llmvcr.secrets import placeholders
from made_up_keys import KEYS, drawn
from shared import CASSETTES, corpus

LONG = bool(os.environ.get("LLMVCR_LONG"))
CHAT = "https://api.openai.com/v1/chat/completions"
REDACTOR = redactor(environ={})
KEY = "sk-proj-" + drawn("key", 60)


def chat(body: dict[str, object], url: str = CHAT, authorization: str = f"Bearer {KEY}") -> Request:
    """A chat as JSON."""
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], **body}
    headers = (("Authorization", authorization), ("content-type", "application/json"))
    return Request("POST", url, headers, json.dumps(asked).encode())


def key_of(request: Request) -> bytes:
    """The key by which the matcher knows a request."""
    return canonical(REDACTOR.matched(request)).key


def stored(request: Request) -> Request:
    """The request as a file holds it."""
    return REDACTOR.redact(Interaction(request, Response(200))).interaction.request


TOOL = {"type": "mcp", "server_url": "https://example.com"}
SAME = {
    "a key in the body": (chat({"api_key": KEY}), [chat({"api_key": "test"}), chat({"api_key": None}), chat({})]),
    "a field between others": (chat({"api_key": KEY, "n": 1}), [chat({"n": 1}), chat({"n": 1, "password": "other1"})]),
    "two fields": (chat({"client_secret": KEY, "password": "hunter2"}), [chat({})]),
    "a key in the URL": (
        chat({}, f"{CHAT}?key={KEY}&v=1"),
        [chat({}, f"{CHAT}?key=test&v=1"), chat({}, f"{CHAT}?v=1")],
    ),
    "a tool with credentials": (
        chat({"tools": [{**TOOL, "authorization": KEY}]}),
        [chat({"tools": [TOOL]}), chat({"tools": [{"authorization": "test", **TOOL}]})],
    ),
    "headers of a tool": (
        chat({"tools": [{**TOOL, "headers": {"X-Password": "hunter2!", "x": "1"}}]}),
        [chat({"tools": [{**TOOL, "headers": {"x": "1"}}]})],
    ),
    "a key as an argument of a tool": (
        chat({"arguments": json.dumps({"a": 1, "api_key": KEY})}),
        [chat({"arguments": json.dumps({"a": 1, "api_key": f"sk-proj-{drawn('other', 60)}"})})],
    ),
    "a key in a text": (
        chat({"content": f"it is {KEY}."}),
        [
            chat({"content": f"it is sk-proj-{drawn('other', 60)}."}),
            chat({"content": "it is sk-test-0123456789abcdef0123."}),
        ],
    ),
    "a key in the header and a text": (
        chat({"content": "it is 7f3aQ9xZk2LmN0pRtV5w"}, authorization="Bearer 7f3aQ9xZk2LmN0pRtV5w"),
        [chat({"content": "it is Zk2LmN0pRtV5w7f3aQ9x"}, authorization="Bearer Zk2LmN0pRtV5w7f3aQ9x")],
    ),
    "a form": (
        Request("POST", "https://api.openai.com/v1/files", (), f"purpose=x&client_secret={KEY}".encode()),
        [Request("POST", "https://api.openai.com/v1/files", (), b"purpose=x&client_secret=test")],
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_a_secret_plays_no_part(case: str) -> None:
    """With the key, as it is stored, with a key `test`, and with none at all, it is the same request."""
    recorded, received = SAME[case]
    assert key_of(stored(recorded)) == key_of(recorded)
    for request in received:
        assert key_of(request) == key_of(stored(recorded)), REDACTOR.matched(request)


def _called(arguments: dict[str, object], *, text: bool) -> Request:
    """Quote a call of a tool as OpenAI does, its arguments as a text, or as Anthropic does."""
    if text:
        tool = {"function": {"name": "login", "arguments": json.dumps(arguments)}, "id": "call_1", "type": "function"}
        return chat({"messages": [{"role": "assistant", "tool_calls": [tool]}]})
    return chat({"messages": [{"role": "assistant", "content": [{"type": "tool_use", "input": arguments}]}]})


def _schema(default: object) -> Request:
    schema = {"type": "object", "properties": {"a": {"type": "object", "default": default}}}
    return chat({"tools": [{"type": "function", "function": {"name": "login", "parameters": schema}}]})


LONG_ONE, OTHER_ONE = f"Pa55-{drawn('long', 24)}", f"Pa55-{drawn('another', 24)}"
SAID = {
    "an argument in a text": [_called({"password": one}, text=True) for one in ("hunter2!", "hunter3!", "test")],
    "an argument": [_called({"password": one}, text=False) for one in ("hunter2!", "hunter3!", "test", None)],
    "a long argument": [_called({"user_token": 1, "secret": one}, text=False) for one in (LONG_ONE, OTHER_ONE, "")],
    "an argument left out": [_called({"a": 1, "password": "hunter2!"}, text=False), _called({"a": 1}, text=False)],
    "credentials with a scheme": [
        _called({"authorization": f"Bearer {one}"}, text=True) for one in ("ab12cd34", "ab12cd35")
    ],
    "a schema": [_schema({"password": one}) for one in ("hunter2!", "hunter3!", "")],
    "a result": [
        chat({"messages": [{"role": "tool", "content": json.dumps({"access_token": one})}]})
        for one in ("ya-4711-x", "ya-4712-x", LONG_ONE)
    ],
    "a prompt": [chat({"messages": [{"content": f"{{'password': '{one}'}}"}]}) for one in ("hunter2!", "hunter3!")],
    "what no one knows": [chat({"odd": {"even": {"password": one}}}) for one in ("hunter2!", "hunter3!")],
}


@pytest.mark.parametrize("case", SAID)
def test_what_somebody_said_is_compared(case: str) -> None:
    """Under a name that tells a secret, in arguments, schemas, results and prompts, another value is another call."""
    for one in SAID[case]:
        held = stored(one)
        assert key_of(held) == key_of(one), "as it is stored it is found again"
        assert stored(held) is held
        assert LONG_ONE not in repr(held)
        assert "hunter" not in repr(held)
    assert len({key_of(one) for one in SAID[case]}) == len(SAID[case])


def test_a_mark_proves_no_guess() -> None:
    """What tells two values apart is 16 bits: too few to find the one by trying many."""
    marks = {placeholders.marked("password", f"{number:06}").mark for number in range(2000)}
    assert all(len(mark) == len("--") + 4 for mark in marks)
    assert placeholders.marked("password", "a\\u00e9\\\\n") == placeholders.marked("password", "aén")
    assert placeholders.StandIn("password").text == b"llmvcr-redacted-password"


def test_what_is_no_secret_is_still_compared() -> None:
    """Other fields, parameters and texts keep requests apart."""
    one = chat({"api_key": KEY, "n": 1})
    assert key_of(one) != key_of(chat({"api_key": KEY, "n": 2}))
    assert key_of(chat({}, f"{CHAT}?key={KEY}&v=1")) != key_of(chat({}, f"{CHAT}?key={KEY}&v=2"))
    plain = chat({"content": "nothing"}, authorization="Bearer test")
    assert REDACTOR.matched(plain) is plain


@pytest.mark.parametrize("key", [key for _, key in KEYS[::6]])
def test_every_kind_of_key_matches_again(key: str) -> None:
    """A recorded key in a text, a field and the URL matches itself once it is stored."""
    asked = chat({"content": f"say {key}", "api_key": key}, f"{CHAT}?token={key}")
    assert key not in repr(stored(asked))
    assert key_of(stored(asked)) == key_of(asked) == key_of(chat({"content": f"say {key}"}))


def test_every_stored_request_finds_its_own_answer() -> None:
    """Over redacted cassettes each request of public ones, as it was, finds what it found among them as they were."""
    files = storage.members(corpus("vcrpy"))
    calls = 0
    for path in (*(files if LONG else files[::12]), *storage.members(CASSETTES)):
        requests = [each.request for each in storage.load(path)]
        before = Index(requests)
        after = Index([REDACTOR.matched(stored(each)) for each in requests])
        for each in requests:
            calls += 1
            assert after.take(REDACTOR.matched(each)) == before.take(each), (path, each.url)
    assert calls > 100
