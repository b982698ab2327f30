"""The presets: what each makes the same, and what stays different under it."""

from __future__ import annotations

import copy
import gzip
import json
from typing import Any

import pytest

from llmvcr.canonical import canonical
from llmvcr.interaction import Request
from llmvcr.rulesets import ruleset

OPENAI = "https://api.openai.com/v1/chat/completions"
RESPONSES = "https://api.openai.com/v1/responses"
ANTHROPIC = "https://api.anthropic.com/v1/messages"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"
CONVERSE = "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-pro-v1:0/converse"
COHERE = "https://api.cohere.com/v1/chat"
ONE, TWO = "5c0de1b8-9f5c-4c65-bb1c-7a2f4bd10d7e", "0b6f2f0e-27a1-4ac5-8d5e-3f0c7f1f9a55"

Steps = tuple[str | int, ...]


def post(url: str, body: Any) -> Request:
    """A call with this body."""
    return Request("POST", url, (), (body if isinstance(body, str) else json.dumps(body)).encode())


CALL = {"id": "call_A1b2C3d4E5", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
BODIES: dict[str, Any] = {
    OPENAI: {
        "model": "m",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "said", "reasoning_content": "said", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_A1b2C3d4E5", "content": "found"},
            {"role": "assistant", "content": [{"type": "text", "text": "said"}]},
        ],
    },
    RESPONSES: {
        "model": "m",
        "input": [
            {"role": "user", "content": "hi"},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "said"}]},
            {"type": "function_call", "call_id": "call_A1b2C3d4E5", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_A1b2C3d4E5", "output": "found"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "said"}]},
            {"role": "assistant", "content": "said"},
        ],
    },
    ANTHROPIC: {
        "model": "m",
        "max_tokens": 5,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "said", "signature": "x"},
                    {"type": "text", "text": "said"},
                    {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
                ],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "found"}]},
        ],
    },
    GEMINI: {
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}]},
            {"role": "model", "parts": [{"text": "said"}, {"functionCall": {"name": "f", "args": {"a": 1}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"a": "found"}}}]},
        ]
    },
    CONVERSE: {
        "messages": [
            {"role": "user", "content": [{"text": "hi"}]},
            {"role": "assistant", "content": [{"text": "said"}, {"toolUse": {"toolUseId": "t", "name": "f"}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "found"}]}}]},
        ]
    },
    COHERE: {
        "message": "hi",
        "chat_history": [{"role": "USER", "message": "hi"}, {"role": "CHATBOT", "message": "said"}],
        "tool_results": [{"call": {"name": "f"}, "outputs": [{"a": "found"}]}],
    },
}


def texts(value: Any, steps: Steps = ()) -> list[tuple[Steps, str]]:
    """Every text of a body, with where it stands."""
    if isinstance(value, str):
        return [(steps, value)]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, one in inner for found in texts(one, (*steps, key))]


def changed(body: Any, steps: Steps, text: str) -> Any:
    """The body with another text there."""
    other = copy.deepcopy(body)
    place = other
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = text
    return other


ECHOED = [(url, steps) for url, body in BODIES.items() for steps, text in texts(body) if text in ("said", "found")]
ASKED = [
    (url, steps)
    for url, body in BODIES.items()
    for steps, text in texts(body)
    if text not in ("said", "found") and steps[-1] not in ("id", "call_id", "tool_call_id", "tool_use_id", "toolUseId")
    and steps[-1] not in ("signature", "role", "type")
]  # fmt: skip


def test_the_table_is_full() -> None:
    """Each API has texts of the model, of tools and of the user in the tables below."""
    assert {url for url, _ in ECHOED} == {url for url, _ in ASKED} == set(BODIES)
    assert (len(ECHOED), len(ASKED)) == (17, 20)


@pytest.mark.parametrize(("url", "steps"), ECHOED)
def test_echo_leaves_out(url: str, steps: Steps) -> None:
    """Under llm_echo what the model or a tool said before may be another text; by default it may not."""
    one, two = post(url, BODIES[url]), post(url, changed(BODIES[url], steps, "other"))
    rules = ruleset(match="llm_echo")
    assert canonical(one, rules).key == canonical(two, rules).key
    assert canonical(one).key != canonical(two).key


@pytest.mark.parametrize(("url", "steps"), ASKED)
def test_echo_compares(url: str, steps: Steps) -> None:
    """Under llm_echo the model, what the user and the application say, names of tools and arguments are compared."""
    rules = ruleset(match="llm_echo")
    one, two = post(url, BODIES[url]), post(url, changed(BODIES[url], steps, "other"))
    assert canonical(one, rules).key != canonical(two, rules).key


def test_echo_keeps_references() -> None:
    """Under llm_echo ids may be others, but a result for another call, or one message less, is another request."""
    rules = ruleset(match="llm_echo")
    body = BODIES[OPENAI]
    renamed = json.dumps(body).replace("call_A1b2C3d4E5", "call_Z9y8X7w6V5")
    assert canonical(post(OPENAI, renamed), rules).key == canonical(post(OPENAI, body), rules).key
    for other in (
        changed(body, ("messages", 3, "tool_call_id"), "call_Z9y8X7w6V5"),
        {**body, "messages": body["messages"][:-1]},
    ):
        assert canonical(post(OPENAI, other), rules).key != canonical(post(OPENAI, body), rules).key


def test_echo_says_what_it_did() -> None:
    """The rows of the preset that applied are among the rules of the form, each with its reason."""
    form = canonical(post(COHERE, BODIES[COHERE]), ruleset(match="llm_echo"))
    assert [(rule.path, rule.action) for rule in form.rules] == [
        ("$.chat_history[?@.role=='CHATBOT'].message", "ignore"),
        ("$.tool_results[*].outputs", "ignore"),
    ]


STRICT_DIFFERENT = [
    ('{"model": "m", "messages": []}', '{"model":"m","messages":[]}'),
    ('{"model": "m", "messages": []}', '{"messages": [], "model": "m"}'),
    ('{"model": "m", "messages": [], "n": 1}', '{"model": "m", "messages": [], "n": 1.0}'),
    ('{"model": "m", "messages": ["\\u00e9"]}', '{"model": "m", "messages": ["\u00e9"]}'),
    ('{"model": "m", "messages": [], "n": null}', '{"model": "m", "messages": []}'),
    (
        '{"model": "m", "messages": [{"tool_call_id": "call_A1b2C3d4E5"}]}',
        '{"model": "m", "messages": [{"tool_call_id": "call_Z9y8X7w6V5"}]}',
    ),
]


@pytest.mark.parametrize(("one", "two"), STRICT_DIFFERENT)
def test_strict(one: str, two: str) -> None:
    """Under llm_strict JSON is its text: what `llm` holds equal is another request, the same text the same."""
    rules = ruleset(match="llm_strict")
    a, b = post(OPENAI, one), post(OPENAI, two)
    assert canonical(a).key == canonical(b).key
    assert canonical(a, rules).key != canonical(b, rules).key
    assert canonical(a, rules) == canonical(post(OPENAI, one), rules)
    assert canonical(a, rules).rules == ()


def test_strict_about_what() -> None:
    """Under llm_strict packing, method's case, a port of this machine and rules on the URL are as ever."""
    rules = ruleset(match="llm_strict", ignore="query.trace")
    body = b'{"model": "m", "messages": []}'
    one = Request("POST", "http://localhost:1/v1/chat/completions?trace=1", (), body)
    two = Request("post", "http://127.0.0.1:2/v1/chat/completions", (), gzip.compress(body, mtime=0))
    assert canonical(one, rules).key == canonical(two, rules).key


def chat(*words: str) -> Request:
    """A chat with these messages of the user."""
    return post(OPENAI, {"model": "m", "messages": [{"role": "user", "content": one} for one in words]})


UUID_SAME = [
    (chat(f"look at {ONE}"), chat(f"look at {TWO}")),
    (chat(ONE), chat(TWO)),
    (chat(f"{ONE} {TWO}", ONE), chat(f"{TWO} {ONE}", TWO)),
    (chat(f'{{"id":"{ONE}"}}'), chat(f'{{"id":"{TWO}"}}')),
    (chat(f"item_{ONE}:0"), chat(f"item_{TWO}:0")),
    (chat(ONE.upper()), chat(TWO)),
]
UUID_DIFFERENT = [
    (chat(ONE, ONE), chat(ONE, TWO)),
    (chat(f"look at {ONE}"), chat("look at it")),
    (chat(f"look at {ONE}"), chat(f"see {ONE}")),
    (chat(f"a{ONE}"), chat(f"b{ONE}")),
    (chat(f"{ONE}0"), chat(f"{TWO}0")),
    (chat(ONE), chat("\u27e8id 1\u27e9")),
]


@pytest.mark.parametrize(("one", "two"), UUID_SAME)
def test_uuid_same(one: Request, two: Request) -> None:
    """Under llm_uuid a bare uuid in a text is renamed; by default it is compared (decision 18)."""
    rules = ruleset(match="llm_uuid")
    assert canonical(one, rules).key == canonical(two, rules).key
    assert canonical(one).key != canonical(two).key
    assert [rule.reason for rule in canonical(one, rules).rules][
        -1
    ] == "a uuid in a text, wherever it stands (decision 18)"


@pytest.mark.parametrize(("one", "two"), UUID_DIFFERENT)
def test_uuid_different(one: Request, two: Request) -> None:
    """Under llm_uuid which uuid stands where is compared, and so is all else."""
    rules = ruleset(match="llm_uuid")
    assert canonical(one, rules).key != canonical(two, rules).key
