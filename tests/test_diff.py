"""What differs between two requests, and how it is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmvcr.canonical import canonical
from llmvcr.diff import ABSENT, Change, changes, describe
from llmvcr.interaction import Request

CHAT = "https://api.openai.com/v1/chat/completions"


def fields(body: object, url: str = CHAT) -> Any:
    """The canonical fields of a POST."""
    return canonical(Request("POST", url, (), json.dumps(body).encode())).fields


def chat(*texts: str, **more: object) -> Any:
    """The canonical fields of a chat of these messages."""
    messages = [{"role": "user" if i % 2 == 0 else "assistant", "content": one} for i, one in enumerate(texts)]
    return fields({"model": "gpt-4o", "messages": messages, **more})


def tool(kind: str) -> list[Any]:
    """One tool, whose argument is of this type."""
    return [{"type": "function", "function": {"name": "t", "parameters": {"properties": {"city": {"type": kind}}}}}]


def message(text: str) -> dict[str, str]:
    """A message of the user."""
    return {"role": "user", "content": text}


PATHS: list[tuple[str, Any, Any, list[tuple[str, Any, Any]]]] = [
    ("nothing", chat("a"), chat("a"), []),
    ("a text", chat("a", "b"), chat("a", "c"), [("messages[1].content", "b", "c")]),
    ("a number", chat("a", n=1), chat("a", n=2), [("n", 1, 2)]),
    ("true is not 1", chat("a", n=1), chat("a", n=True), [("n", 1, True)]),
    ("something new", chat("a"), chat("a", n=2), [("n", ABSENT, 2)]),
    ("something gone", chat("a", n=2), chat("a"), [("n", 2, ABSENT)]),
    (
        "deep in a schema",
        chat("a", tools=tool("string")),
        chat("a", tools=tool("number")),
        [("tools[0].function.parameters.properties.city.type", "string", "number")],
    ),
    (
        "a message put in front",
        fields({"messages": [message("a"), message("b")]}),
        fields({"messages": [message("x"), message("a"), message("b")]}),
        [("messages[0]", ABSENT, message("x"))],
    ),
    (
        "a message taken from the middle",
        fields({"messages": [message("a"), message("b"), message("c")]}),
        fields({"messages": [message("a"), message("c")]}),
        [("messages[1]", message("b"), ABSENT)],
    ),
    (
        "one put in front and one changed",
        fields({"messages": [message("tell me all of it please")]}),
        fields({"messages": [message("zzz"), message("tell me all of this please")]}),
        [
            ("messages[0]", ABSENT, message("zzz")),
            ("messages[1].content", "tell me all of it please", "tell me all of this please"),
        ],
    ),
    (
        "a window that slides on",
        fields({"messages": [message("a"), message("b"), message("c")]}),
        fields({"messages": [message("b"), message("c"), message("d")]}),
        [("messages[0]", message("a"), ABSENT), ("messages[2]", ABSENT, message("d"))],
    ),
    ("another type", chat("a", stop="x"), chat("a", stop=["x"]), [("stop", "x", ["x"])]),
    ("a key that is no word", chat("a", x={"a.b": 1}), chat("a", x={"a.b": 2}), [('x["a.b"]', 1, 2)]),
    ("a body's own method", chat("a", method=1), chat("a", method=2), [("body.method", 1, 2)]),
    ("the host", chat("a"), fields({"messages": []}, "http://localhost:1/v1/chat/completions"), []),
    ("a list as the body", fields([1, 2]), fields([1, 3]), [("body[1]", 2, 3)]),
    (
        "a long list",
        fields({"input": list(range(3000))}, "https://api.openai.com/v1/embeddings"),
        fields({"input": [*range(1500), -1, *range(1501, 3000)]}, "https://api.openai.com/v1/embeddings"),
        [("input[1500]", 1500, -1)],
    ),
]


@pytest.mark.parametrize(
    ("recorded", "received", "expected"), [pytest.param(a, b, e, id=r) for r, a, b, e in PATHS if r != "the host"]
)
def test_changes(recorded: Any, received: Any, expected: list[tuple[str, Any, Any]]) -> None:
    """A change is named by its path, with what either request has there."""
    assert changes(recorded, received) == tuple(Change(*one) for one in expected)


def test_host_and_path() -> None:
    """What differs in the URL is named by its field."""
    here = canonical(Request("GET", "https://api.openai.com/v1/models/gpt-4o")).fields
    there = canonical(Request("GET", "http://localhost:9/v1/models/gpt-4")).fields
    assert [one.path for one in changes(here, there)] == ["host", "path.model"]


def test_swapped_results() -> None:
    """Two exchanged references are told as such, by the order of the ids."""

    def turn(first: str, second: str) -> Any:
        calls = [{"id": one, "type": "function", "function": {"name": "f", "arguments": "{}"}} for one in "ab"]
        results = [{"role": "tool", "tool_call_id": one, "content": str(n)} for n, one in enumerate((first, second))]
        return fields({"messages": [{"role": "assistant", "tool_calls": calls}, *results]})

    found = changes(turn("a", "b"), turn("b", "a"))
    assert [one.path for one in found] == ["messages[1].tool_call_id", "messages[2].tool_call_id"]
    assert describe(found[0]) == 'messages[1].tool_call_id: recorded "\u27e8id 1\u27e9", sent "\u27e8id 2\u27e9"'


LONG = "The quick brown fox jumps over the lazy dog, again and again, until the evening comes and all are tired. " * 3

SAID: list[tuple[Change, str]] = [
    (Change("temperature", 0.2, 0.7), "temperature: recorded 0.2, sent 0.7"),
    (Change("n", 1, "1"), 'n: recorded 1, sent "1"'),
    (Change("stream", None, received=True), "stream: recorded null, sent true"),
    (Change("n", 1, received=True), "n: recorded 1, sent true"),
    (Change("model", "a", "b"), 'model: recorded "a", sent "b"'),
    (Change("n", ABSENT, 3), "n: sent, but not recorded: 3"),
    (Change("n", 3, ABSENT), "n: recorded, but not sent: 3"),
    (Change("messages[1]", {"role": "user"}, ABSENT), 'messages[1]: recorded, but not sent: {"role":"user"}'),
    (
        Change("x", "a b", "a\u00a0b"),
        (
            'x: recorded "a b", sent "a\\u00a0b"'
            " (at character 2: U+0020 SPACE was recorded, U+00A0 NO-BREAK SPACE was sent)"
        ),
    ),
    (
        Change("x", "p\u0430y", "pay"),
        (
            'x: recorded "p\u0430y", sent "pay" (at character 2: '
            "U+0430 CYRILLIC SMALL LETTER A was recorded, U+0061 LATIN SMALL LETTER A was sent)"
        ),
    ),
    (Change("x", "a\u200bb", "ab"), 'x: recorded "a\\u200bb", sent "ab"'),
    (Change("x", "\u6771\u4eac", "Rome"), 'x: recorded "\u6771\u4eac", sent "Rome"'),
    (Change("x", "\\u00a0", "\u00a0"), 'x: recorded "\\\\u00a0", sent "\\u00a0"'),
    (
        Change("messages[0].content", LONG, LONG.replace("evening", "morning", 1)),
        (
            "messages[0].content:\n"
            "  recorded: …he lazy dog, again and again, until the [evening] comes and all are tired. The quick brow…\n"
            "  sent:     …he lazy dog, again and again, until the [morning] comes and all are tired. The quick brow…"
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), SAID)
def test_describe(change: Change, expected: str) -> None:
    """A change is said in one line, or with the words around it where the text is long."""
    assert describe(change, 200 if "\n" not in expected else 100) == expected


ALIKE = [
    Change("x", "A" * 5000, "A" * 4999 + "B"),
    Change("x", "A" * 5000, "B" + "A" * 4999),
    Change("x", "A" * 5000, "A" * 5001),
    Change("x", LONG, LONG + " "),
    Change("x", LONG, LONG.replace(" ", "\u00a0")),
    Change("x", LONG, LONG.replace("a", "\u0430")),
    Change("x", LONG, LONG.replace("-", "\u2013") + "-"),
    Change("x", LONG + "\u00e9", LONG + "e\u0301"),
    Change("x", LONG + "\n", LONG + "\r\n"),
    Change("x", 10**300, 10**300 + 1),
    Change("x", {"a": LONG}, LONG),
    Change("x", [LONG], {"a": LONG}),
    Change("x", "1" * 200, int("1" * 200)),
    Change("x", "", LONG),
]


@pytest.mark.parametrize("width", [40, 80, 100, 200])
@pytest.mark.parametrize("change", ALIKE, ids=range(len(ALIKE)))
def test_no_two_lines_look_alike(change: Change, width: int) -> None:
    """However long and alike two values are, the lines that show them differ in what a person sees."""
    lines = describe(change, width).splitlines()
    assert len(lines) > 1 or change.recorded == ""
    bare = [line.partition(":")[2].strip() or line for line in lines[1:]]
    assert len(set(bare)) == len(bare)
    assert all(len(line) < width + 160 for line in lines)


def test_many_places() -> None:
    """Of many places in one text the first three are shown, and the rest are counted."""
    said = describe(Change("x", LONG, LONG.replace("again", "once")), 60).splitlines()
    assert len(said) == 1 + 3 * 2 + 1
    assert said[-1] == "  and 3 more places"


def test_describe_is_quick_on_pictures() -> None:
    """Two long texts without blanks are told apart where they differ."""
    one = "iVBORw0KGgo" * 40_000
    said = describe(Change("url", one, one[:200_000] + "X" + one[200_001:]), 100)
    assert "[X]" in said
