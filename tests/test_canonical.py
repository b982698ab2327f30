"""Which requests are the same, and which are not: two tables, and what no table says."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from llmvcr.canonical import canonical
from llmvcr.interaction import Request
from shared import CASSETTES

CHAT = "https://api.openai.com/v1/chat/completions"
RESPONSES = "https://api.openai.com/v1/responses"
IDS = ("call_319QZhydsGa9KKOaVafYDMO2", "call_BQ5nZrVKvHhXz2nLrQ0dTs8W", "call_fI4tZ0JYw7yX1cGQp2eUvN6a")
OTHER_IDS = ("call_0aA9bB8cC7dD6eE5fF4gG3hH", "call_1zZ2yY3xX4wW5vV6uU7tT8sS", "call_9kK8jJ7iI6hH5gG4fF3eE2dD")
PNG = "data:image/png;base64,iVBORw0KGgo+/+8="

Row = tuple[str, Request, Request]


def post(url: str, body: object, *headers: tuple[str, str]) -> Request:
    """A POST of `body`: bytes as they are, anything else as JSON."""
    return Request("POST", url, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def conversation(first: str = IDS[0], second: str = IDS[1]) -> dict[str, Any]:
    """A chat with two parallel tool calls, their results, and texts around them."""
    return {
        "model": "gpt-4o",
        "temperature": 0.7,
        "messages": [
            {"role": "system", "content": "You are terse. Call get_weather when asked."},
            {"role": "user", "content": "Is it warmer in Paris or in Rome?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": one,
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": f'{{"city": "{city}"}}'},
                    }
                    for one, city in ((first, "Paris"), (second, "Rome"))
                ],
            },
            {"role": "tool", "tool_call_id": first, "content": '{"celsius": 21}'},
            {"role": "tool", "tool_call_id": second, "content": '{"celsius": 27}'},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "get_weather",
                    "description": "The weather of a city.",
                    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
                },
            }
        ],
    }


def agent(
    call: str = "call_319QZhydsGa9KKOaVafYDMO2", item: str = "fc_68c1a0b2d3e4f5a6b7c8d9e0f1a2b3c4"
) -> dict[str, Any]:
    """A call of the responses API that hands a tool's output back."""
    return {
        "model": "gpt-4o",
        "input": [
            {"role": "user", "content": "What time is it in Rome?"},
            {"type": "function_call", "id": item, "call_id": call, "name": "clock", "arguments": '{"city":"Rome"}'},
            {"type": "function_call_output", "call_id": call, "output": "12:00"},
        ],
    }


def chat(change: Callable[[dict[str, Any]], object] = lambda _: None, **ids: str) -> Request:
    """The conversation, changed in place by `change`."""
    body = conversation(**ids)
    change(body)
    return post(CHAT, body)


def put(value: object, *path: str | int) -> Callable[[dict[str, Any]], object]:
    """A change that puts `value` at a path."""

    def change(body: Any) -> None:
        for step in path[:-1]:
            body = body[step]
        body[path[-1]] = value

    return change


def cut(*path: str | int) -> Callable[[dict[str, Any]], object]:
    """A change that takes out what stands at a path."""

    def change(body: Any) -> None:
        for step in path[:-1]:
            body = body[step]
        del body[path[-1]]

    return change


def said(text: str, **more: object) -> Request:
    """A chat of one message."""
    return post(CHAT, {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more})


def quoted(one: str, text: str) -> Request:
    """A chat whose tool call `one` is followed by a text of the user."""
    body = conversation(first=one)
    body["messages"].append({"role": "user", "content": text})
    return post(CHAT, body)


def spelt(text: str) -> Request:
    """A chat whose body is this very text."""
    return post(CHAT, text.encode())


def form(boundary: str, *parts: tuple[str, bytes], end: bytes = b"\r\n") -> bytes:
    """A multipart body of parts, each with its Content-Disposition parameters and whatever follows them."""
    lines = [
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (boundary.encode(), p.encode(), data)
        for p, data in parts
    ]
    return b"".join(lines) + b"--%b--" % boundary.encode() + end


def audio(
    boundary: str = "abc",
    data: bytes = b"\xff\xfb\x90",
    name: str = "a.mp3",
    model: bytes = b"whisper-1",
    kind: str = "audio/mpeg",
) -> bytes:
    """The body of an audio transcription."""
    return form(boundary, ('name="model"', model), (f'name="file"; filename="{name}"\r\nContent-Type: {kind}', data))


def transcription(body: bytes, *headers: tuple[str, str]) -> Request:
    """An audio transcription."""
    return post("https://api.openai.com/v1/audio/transcriptions", body, *headers)


def get(url: str, method: str = "GET") -> Request:
    """A request without a body."""
    return Request(method, url)


def vision(url: str) -> Request:
    """A chat with one picture."""
    return post(
        CHAT,
        {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}],
        },
    )


SMALL = {"model": "gpt-4o", "messages": [{"role": "user", "content": "é/ü"}], "n": 1}
PLAIN = json.dumps(SMALL)
RESP, RESP_2 = "resp_68c1a0b2d3e4f5a6b7c8d9e0", "resp_11aa22bb33cc44dd55ee66ff"
UUID, UUID_2 = "0b6b0c9e-6a0e-4f0e-9b1a-3f1f6c2d7e58", "d3b07384-d9a0-4c9b-8f2e-5a6b7c8d9e0f"

SAME: list[Row] = [
    ("the very same bytes", chat(), chat()),
    # Spelling of JSON
    ("blanks between tokens", spelt(PLAIN), post(CHAT, json.dumps(SMALL, indent=4).encode())),
    ("no blanks at all", spelt(PLAIN), post(CHAT, json.dumps(SMALL, separators=(",", ":")).encode())),
    ("escapes or the characters themselves", spelt(PLAIN), post(CHAT, json.dumps(SMALL, ensure_ascii=False).encode())),
    ("escapes in upper case", spelt(PLAIN), spelt(PLAIN.replace("\\u00e9", "\\u00E9"))),
    ("an escaped slash", spelt(PLAIN), spelt(PLAIN.replace("/", "\\/"))),
    ("an escaped letter", spelt(PLAIN), spelt(PLAIN.replace("gpt", "\\u0067pt"))),
    ("another order of keys", spelt(PLAIN), post(CHAT, json.dumps(dict(reversed(SMALL.items()))).encode())),
    ("another order of keys, with tool ids", chat(), post(CHAT, json.dumps(conversation(), sort_keys=True).encode())),
    ("a byte order mark", spelt(PLAIN), post(CHAT, b"\xef\xbb\xbf" + PLAIN.encode())),
    ("UTF-16", spelt(PLAIN), post(CHAT, PLAIN.encode("utf-16"))),
    ("UTF-32 without a mark", spelt(PLAIN), post(CHAT, PLAIN.encode("utf-32-le"))),
    ("a line end behind the body", spelt(PLAIN), spelt(PLAIN + "\r\n")),
    ("gzip'd", spelt(PLAIN), post(CHAT, gzip.compress(PLAIN.encode(), mtime=0))),
    ("1 and 1.0", said("x", temperature=1), said("x", temperature=1.0)),
    ("1 and 1e0", spelt(PLAIN), spelt(PLAIN.replace('"n": 1', '"n": 1e0'))),
    ("1 and 10E-1", spelt(PLAIN), spelt(PLAIN.replace('"n": 1', '"n": 10E-1'))),
    ("0 and -0.0", said("x", temperature=0), said("x", temperature=-0.0)),
    ("0.1 and 1e-1", spelt(PLAIN.replace('"n": 1', '"n": 0.1')), spelt(PLAIN.replace('"n": 1', '"n": 1e-1'))),
    (
        "0.1 with more digits than a double has",
        spelt(PLAIN.replace(": 1", ": 0.1")),
        spelt(PLAIN.replace(": 1", ": 0.10000000000000000")),
    ),
    (
        "a large whole number with an exponent",
        spelt(PLAIN.replace(": 1", ": 1e23")),
        spelt(PLAIN.replace(": 1", f": {10**23}")),
    ),
    ("larger than any double", spelt(PLAIN.replace(": 1", ": 1e400")), spelt(PLAIN.replace(": 1", ": 10.0e399"))),
    ("NaN is itself", spelt(PLAIN.replace(": 1", ": NaN")), spelt(PLAIN.replace(": 1", ":NaN"))),
    # Headers
    (
        "the SDK's headers",
        said("x"),
        Request("POST", CHAT, (("User-Agent", "OpenAI/Python 3.54"), ("x-stainless-os", "Linux")), said("x").body),
    ),
    (
        "another key",
        Request("POST", CHAT, (("Authorization", "Bearer sk-made-up-key"),), said("x").body),
        Request("POST", CHAT, (("Authorization", "Bearer sk-made-up-other"),), said("x").body),
    ),
    ("no content type", post(CHAT, SMALL, ("content-type", "application/json")), post(CHAT, SMALL)),
    (
        "a wrong content type",
        post(CHAT, SMALL, ("Content-Type", "text/plain")),
        post(CHAT, SMALL, ("content-type", "application/json; charset=utf-8")),
    ),
    (
        "an idempotency key",
        post(CHAT, SMALL, ("Idempotency-Key", "stainless-python-retry-1")),
        post(CHAT, SMALL, ("Idempotency-Key", "stainless-python-retry-2")),
    ),
    # Method and URL
    ("method in lower case", said("x"), Request("post", CHAT, (), said("x").body)),
    (
        "a doubled /v1",
        said("x"),
        post("https://api.openai.com/v1/v1/chat/completions", json.loads(said("x").body or b"")),
    ),
    (
        "the default port",
        said("x"),
        post("https://api.openai.com:443/v1/chat/completions", json.loads(said("x").body or b"")),
    ),
    (
        "host in capitals",
        said("x"),
        post("https://API.OpenAI.com/v1/chat/completions", json.loads(said("x").body or b"")),
    ),
    ("a fragment", said("x"), post(CHAT + "#stream", json.loads(said("x").body or b""))),
    ("a slash at the end", said("x"), post(CHAT + "/", json.loads(said("x").body or b""))),
    (
        "another port of loopback",
        post("http://127.0.0.1:8080/v1/chat/completions", SMALL),
        post("http://127.0.0.1:41237/v1/chat/completions", SMALL),
    ),
    (
        "another name of loopback",
        post("http://localhost:8080/v1/chat/completions", SMALL),
        post("http://[::1]:9/v1/chat/completions", SMALL),
    ),
    (
        "any address of loopback",
        post("http://0.0.0.0:80/v1/chat/completions", SMALL),
        post("http://localhost/v1/chat/completions", SMALL),
    ),
    (
        "order of query parameters",
        get("https://api.openai.com/v1/files?limit=2&order=asc"),
        get("https://api.openai.com/v1/files?order=asc&limit=2"),
    ),
    (
        "spelling of a query",
        get("https://api.openai.com/v1/files?after=a%20b"),
        get("https://api.openai.com/v1/files?after=a+b"),
    ),
    (
        "a percent sign that need not be",
        get("https://api.openai.com/v1/models/gpt-4o"),
        get("https://api.openai.com/v1/models/gpt%2D4o"),
    ),
    (
        "a base path that need not be quoted",
        post("http://gateway.test/acme/v1/chat/completions", SMALL),
        post("http://gateway.test/%61cme/v1/chat/completions", SMALL),
    ),
    (
        "an empty body and none",
        Request("GET", "https://api.openai.com/v1/models", (), b""),
        get("https://api.openai.com/v1/models"),
    ),
    # Ids
    ("tool ids", chat(), chat(first=OTHER_IDS[0], second=OTHER_IDS[1])),
    ("tool ids of the application's making", chat(), chat(first="1", second="2")),
    ("tool ids that are names", chat(first="get_weather", second="get_weather_2"), chat(first="a", second="b")),
    (
        "tool ids of Mistral's shape",
        chat(first="D681PevKs", second="a1B2c3D4e"),
        chat(first="x9Y8z7W6v", second="Q1w2E3r4T"),
    ),
    ("tool ids in exchanged spelling", chat(), chat(first=IDS[1], second=IDS[0])),
    (
        "an id quoted in a text",
        quoted(IDS[0], f"Why did {IDS[0]} say so?"),
        quoted(OTHER_IDS[0], f"Why did {OTHER_IDS[0]} say so?"),
    ),
    (
        "an id quoted at the end of a sentence",
        quoted(IDS[0], f"See {IDS[0]}."),
        quoted(OTHER_IDS[0], f"See {OTHER_IDS[0]}."),
    ),
    (
        "an id in JSON held in a string",
        quoted(IDS[0], json.dumps({"ref": IDS[0]})),
        quoted(OTHER_IDS[0], json.dumps({"ref": OTHER_IDS[0]})),
    ),
    (
        "an id behind an escape of JSON held in a string",
        quoted(IDS[0], json.dumps({"log": f"\n{IDS[0]}\t"})),
        quoted(OTHER_IDS[0], json.dumps({"log": f"\n{OTHER_IDS[0]}\t"})),
    ),
    (
        "an id in JSON in JSON",
        quoted(IDS[0], json.dumps(json.dumps({"log": f"\n{IDS[0]}"}))),
        quoted(OTHER_IDS[0], json.dumps(json.dumps({"log": f"\n{OTHER_IDS[0]}"}))),
    ),
    ("an id inside a longer one", quoted(IDS[0], f"{IDS[0]}:call_0"), quoted(OTHER_IDS[0], f"{OTHER_IDS[0]}:call_0")),
    (
        "an id in a quoted URL",
        quoted(IDS[0], f"https://a.test/?id=%2F{IDS[0]}"),
        quoted(OTHER_IDS[0], f"https://a.test/?id=%2F{OTHER_IDS[0]}"),
    ),
    (
        "an id beside letters that are no ASCII",
        quoted(IDS[0], f"编号{IDS[0]}号"),
        quoted(OTHER_IDS[0], f"编号{OTHER_IDS[0]}号"),
    ),
    (
        "an id in arguments",
        chat(put(f'{{"after":"{IDS[0]}"}}', "messages", 2, "tool_calls", 1, "function", "arguments")),
        chat(
            put(f'{{"after":"{OTHER_IDS[0]}"}}', "messages", 2, "tool_calls", 1, "function", "arguments"),
            first=OTHER_IDS[0],
        ),
    ),
    (
        "an id with a provider's prefix in a text",
        said(f"Explain {IDS[0]} please."),
        said(f"Explain {OTHER_IDS[0]} please."),
    ),
    ("two ids with a prefix in a text", said(f"{IDS[0]} then {IDS[1]}"), said(f"{OTHER_IDS[2]} then {OTHER_IDS[1]}")),
    ("an id with a prefix and a uuid", said(f"msg_{UUID} is odd"), said(f"msg_{UUID_2} is odd")),
    (
        "an escaped id in a text",
        quoted(IDS[0], f"Why {IDS[0]}?"),
        spelt((quoted(OTHER_IDS[0], f"Why {OTHER_IDS[0]}?").body or b"").decode().replace("call_", "\\u0063all_")),
    ),
    ("a uuid as id, and quoted", quoted(UUID, f"run-{UUID}-0"), quoted(UUID_2, f"run-{UUID_2}-0")),
    (
        "call and item ids of responses",
        post(RESPONSES, agent()),
        post(RESPONSES, agent(OTHER_IDS[0], "fc_00ff11ee22dd33cc44bb55aa66997788")),
    ),
    *(
        (
            f"null and no {name}",
            post(RESPONSES, {"model": "m", "input": "go on", name: None}),
            post(RESPONSES, {"model": "m", "input": "go on"}),
        )
        for name in ("previous_response_id", "conversation")
    ),
    (
        "a previous response",
        post(RESPONSES, {"model": "m", "input": "go on", "previous_response_id": RESP}),
        post(RESPONSES, {"model": "m", "input": "go on", "previous_response_id": RESP_2}),
    ),
    (
        "a previous response inside a call id",
        post(RESPONSES, {**agent(f"{RESP}:call_0"), "previous_response_id": RESP}),
        post(RESPONSES, {**agent(f"{RESP_2}:call_0"), "previous_response_id": RESP_2}),
    ),
    (
        "sealed reasoning",
        post(
            RESPONSES, {"model": "m", "input": [{"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAAAABo"}]}
        ),
        post(
            RESPONSES, {"model": "m", "input": [{"type": "reasoning", "id": "rs_2", "encrypted_content": "gAAAAABp"}]}
        ),
    ),
    (
        "a conversation by its id, or in an object",
        post(RESPONSES, {"model": "m", "input": "x", "conversation": {"id": "conv_1"}}),
        post(RESPONSES, {"model": "m", "input": "x", "conversation": {"id": "conv_2"}}),
    ),
    # Rows of the provider's table
    ("null where the API says it is the default", said("x", temperature=None), said("x")),
    ("a cache key", said("x", prompt_cache_key="one"), said("x", prompt_cache_key="two")),
    ("a cache key that is not there", said("x", prompt_cache_key="one"), said("x")),
    # base64
    (
        "a data: URL in the other alphabet",
        vision(PNG),
        vision(PNG.replace("+", "-").replace("/8", "_8").replace("/-", "/-")),
    ),
    ("a data: URL without padding", vision(PNG), vision(PNG.rstrip("="))),
    # Forms
    ("another boundary", transcription(audio("abc")), transcription(audio("------------------------0f1e2d"))),
    (
        "another boundary, named in the header",
        transcription(audio("abc"), ("content-type", "multipart/form-data; boundary=abc")),
        transcription(audio("xyz"), ("content-type", "multipart/form-data; boundary=xyz")),
    ),
    (
        "a form whose header is lost",
        transcription(audio("abc"), ("content-type", "multipart/form-data; boundary=abc")),
        transcription(audio("abc")),
    ),
    (
        "a form whose header lies",
        transcription(audio("abc"), ("content-type", "application/json")),
        transcription(audio("abc")),
    ),
    ("no line end behind a form", transcription(audio("abc")), transcription(audio("abc")[:-2])),
    (
        "another order of differently named parts",
        transcription(form("b", ('name="model"', b"m"), ('name="file"; filename="f"', b"1"))),
        transcription(form("b", ('name="file"; filename="f"', b"1"), ('name="model"', b"m"))),
    ),
    ("a form, gzip'd", transcription(audio("abc")), transcription(gzip.compress(audio("xyz"), mtime=0))),
    (
        "the percent signs of form data",
        post(CHAT, b"model=gpt%2D4o&prompt=a+b"),
        post(CHAT, b"model=gpt-4o&prompt=a%20b"),
    ),
    ("the order of form data", post(CHAT, b"model=m&prompt=p"), post(CHAT, b"prompt=p&model=m")),
    ("lines of JSON in any spelling", post(CHAT, b'{"a": 1}\n{"b": 2}\n'), post(CHAT, b'{"a":1.0}\r\n{"b":2}')),
    # What is no LLM call compares as vcrpy's default does.
    ("no LLM call: another body", post("https://example.com/x", {"a": 1}), post("https://example.com/x", {"a": 2})),
    ("no LLM call: an empty path", get("https://example.com"), get("https://example.com/")),
    ("no LLM call: order of the query", get("https://example.com/?a=1&b=2"), get("https://example.com/?b=2&a=1")),
    ("no LLM call: the default port", get("https://example.com:443/"), get("https://example.com/")),
    ("no LLM call: a fragment", get("https://example.com/#a"), get("https://example.com/#b")),
]


def swap(*path: str | int) -> Callable[[dict[str, Any]], object]:
    """A change that exchanges the last two items of a list."""

    def change(body: Any) -> None:
        for step in path:
            body = body[step]
        body[-1], body[-2] = body[-2], body[-1]

    return change


def swap_contents(body: Any) -> None:
    """Exchange what two tools answered."""
    one, other = body["messages"][3], body["messages"][4]
    one["content"], other["content"] = other["content"], one["content"]


def swap_references(body: Any) -> None:
    """Exchange which call two tools answered."""
    one, other = body["messages"][3], body["messages"][4]
    one["tool_call_id"], other["tool_call_id"] = other["tool_call_id"], one["tool_call_id"]


def refer_to_one(body: Any) -> None:
    """Let both results answer the first call."""
    body["messages"][4]["tool_call_id"] = body["messages"][3]["tool_call_id"]


def same_id_twice(body: Any) -> None:
    """Give both calls the same id."""
    for place in (body["messages"][2]["tool_calls"][1], body["messages"][4]):
        place["id" if "id" in place else "tool_call_id"] = IDS[0]


FUNCTION = ("tools", 0, "function")
CALL = ("messages", 2, "tool_calls", 0)

DIFFERENT: list[Row] = [
    # What is asked
    ("a word of the prompt", chat(), chat(put("Is it colder in Paris or in Rome?", "messages", 1, "content"))),
    ("a blank more", chat(), chat(put("Is it warmer in Paris or in Rome? ", "messages", 1, "content"))),
    ("a letter's case", chat(), chat(put("is it warmer in Paris or in Rome?", "messages", 1, "content"))),
    ("a no-break space", said("a b"), said("a\u00a0b")),
    ("composed and decomposed letters", said("\u00e9"), said("e\u0301")),
    ("a lone surrogate", spelt(PLAIN.replace("gpt", "\\ud83d")), spelt(PLAIN.replace("gpt", "\\ud83e"))),
    ("CRLF for LF in a text", said("a\nb"), said("a\r\nb")),
    ("the system prompt", chat(), chat(put("You are verbose.", "messages", 0, "content"))),
    ("a role", chat(), chat(put("developer", "messages", 0, "role"))),
    ("a message less", chat(), chat(cut("messages", 0))),
    ("two messages exchanged", chat(), chat(swap("messages"))),
    ("a name of the speaker", chat(), chat(put("ada", "messages", 1, "name"))),
    (
        "a text and a list of one text",
        said("x"),
        post(CHAT, {"model": "gpt-4o", "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}),
    ),
    ("the model", chat(), chat(put("gpt-4o-mini", "model"))),
    ("the date of a model", chat(put("gpt-4o-2024-08-06", "model")), chat(put("gpt-4o-2024-05-13", "model"))),
    ("the temperature", chat(), chat(put(0.8, "temperature"))),
    ("the temperature by one ulp", chat(), chat(put(0.7000000000000001, "temperature"))),
    ("no temperature", chat(), chat(cut("temperature"))),
    ("a parameter more", chat(), chat(put(1, "top_p"))),
    ("max_tokens", said("x", max_tokens=10), said("x", max_tokens=11)),
    ("a seed", said("x", seed=1), said("x", seed=2)),
    ("a large seed by one", said("x", seed=2**60), said("x", seed=2**60 + 1)),
    ("a huge number by one", said("x", seed=10**40), said("x", seed=10**40 + 1)),
    ("a huge number with an exponent", spelt(PLAIN.replace(": 1", ": 1e400")), spelt(PLAIN.replace(": 1", ": 1e401"))),
    ("infinity and a huge number", spelt(PLAIN.replace(": 1", ": Infinity")), spelt(PLAIN.replace(": 1", ": 1e400"))),
    ("NaN and its name", spelt(PLAIN.replace(": 1", ": NaN")), spelt(PLAIN.replace(": 1", ': "NaN"'))),
    ("NaN and what stands for it", spelt(PLAIN.replace(": 1", ": NaN")), said("é/ü", n="\u27e8NaN\u27e9")),
    ("1 and true", said("x", n=1), said("x", n=True)),
    ("0 and false", said("x", n=0), said("x", n=False)),
    ("1 and its text", said("x", n=1), said("x", n="1")),
    ("streamed or not", said("x", stream=True), said("x", stream=False)),
    ("streamed or not said", said("x", stream=True), said("x")),
    ("the user", said("x", user="ada"), said("x", user="bob")),
    ("metadata", said("x", metadata={"run": "1"}), said("x", metadata={"run": "2"})),
    ("null where no row says it is the default", said("x", made_up=None), said("x")),
    ("an empty list and nothing", said("x", made_up=[]), said("x")),
    ("an empty object and an empty list", said("x", made_up={}), said("x", made_up=[])),
    ("stop words", said("x", stop=["a", "b"]), said("x", stop=["b", "a"])),
    (
        "the kind of answer",
        said("x", response_format={"type": "text"}),
        said("x", response_format={"type": "json_object"}),
    ),
    ("a key's name", said("x", top_p=1), said("x", top_P=1)),
    ("logit bias", said("x", logit_bias={"50256": -100}), said("x", logit_bias={"50257": -100})),
    # Tools
    ("a tool's name", chat(), chat(put("get_wind", *FUNCTION, "name"))),
    ("a tool's description", chat(), chat(put("The weather of a town.", *FUNCTION, "description"))),
    ("a type in a schema", chat(), chat(put("number", *FUNCTION, "parameters", "properties", "city", "type"))),
    ("what a schema requires", chat(), chat(put([], *FUNCTION, "parameters", "required"))),
    ("a tool less", chat(), chat(put([], "tools"))),
    ("the choice of a tool", chat(), chat(put("required", "tool_choice"))),
    ("what a tool answered", chat(), chat(put('{"celsius": 22}', "messages", 3, "content"))),
    ("blanks in what a tool answered", chat(), chat(put('{"celsius":21}', "messages", 3, "content"))),
    (
        "1 and 1.0 in what a tool answered",
        chat(put('{"n":1}', "messages", 3, "content")),
        chat(put('{"n":1.0}', "messages", 3, "content")),
    ),
    ("arguments of a call", chat(), chat(put('{"city": "Pisa"}', *CALL, "function", "arguments"))),
    ("blanks in arguments", chat(), chat(put('{"city":"Paris"}', *CALL, "function", "arguments"))),
    ("the name in a call", chat(), chat(put("get_wind", *CALL, "function", "name"))),
    ("a call less", chat(), chat(cut("messages", 2, "tool_calls", 1))),
    ("text beside calls", chat(), chat(put("Let me look.", "messages", 2, "content"))),
    # What refers to what
    ("two tool results exchanged", chat(), chat(swap_contents)),
    ("two references exchanged", chat(), chat(swap_references)),
    ("both results for one call", chat(), chat(refer_to_one)),
    ("one id for both calls", chat(), chat(same_id_twice)),
    ("a result without a reference", chat(), chat(cut("messages", 3, "tool_call_id"))),
    ("an id and none", chat(), chat(put("", "messages", 3, "tool_call_id"))),
    ("an id and null", chat(), chat(put(None, "messages", 3, "tool_call_id"))),
    ("a quoted id that is another's", quoted(IDS[0], f"Why {IDS[0]}?"), quoted(IDS[0], f"Why {IDS[1]}?")),
    ("a quoted id that no field has", quoted(IDS[0], f"Why {IDS[0]}?"), quoted(IDS[0], f"Why {IDS[2]}?")),
    ("text behind a quoted id", quoted(IDS[0], f"{IDS[0]}-paris"), quoted(IDS[0], f"{IDS[0]}-rome")),
    ("text behind an id with a prefix", said(f"{IDS[0]}-paris"), said(f"{IDS[0]}-rome")),
    ("letters right behind a quoted id", quoted("a1b2c3d4", "see a1b2c3d4e"), quoted("e5f6a7b8", "see e5f6a7b8f")),
    ("a short id in prose", quoted("1", "I have 1 question"), quoted("2", "I have 2 question")),
    ("a name as id in prose", quoted("get_weather", "use get_weather now"), quoted("get_wind", "use get_wind now")),
    ("a word as id in prose", quoted("Elizabeth", "Call Elizabeth."), quoted("Katharine", "Call Katharine.")),
    ("a counted id in prose", quoted("call_1", "see call_1"), quoted("call_2", "see call_2")),
    ("a bare uuid in a prompt", said(f"Open {UUID}"), said(f"Open {UUID_2}")),
    ("a prefix before a word", said("run_integration_tests_now"), said("run_integration_tests_later")),
    ("a prefix before a date", said("batch_20240806123456789"), said("batch_20240807123456789")),
    (
        "two ids with a prefix, exchanged",
        said(f"{IDS[0]} then {IDS[1]} then {IDS[0]}"),
        said(f"{IDS[0]} then {IDS[1]} then {IDS[1]}"),
    ),
    ("text that looks like a renamed id", quoted(IDS[0], f"see {IDS[0]}"), quoted(IDS[0], "see \u27e8id 1\u27e9")),
    ("text that looks like an escaped renamed id", said("\u27e8id 1\u27e9"), said("\u27e8\u27e8id 1\u27e9")),
    ("an object that looks like an escape", said("x", made_up="\u27e8"), said("x", made_up="\u27e8\u27e8")),
    ("an item's type", post(RESPONSES, agent()), post(RESPONSES, {**agent(), "input": agent()["input"][:2]})),
    ("instructions", post(RESPONSES, {**agent(), "instructions": "be brief"}), post(RESPONSES, agent())),
    (
        "a previous response and none",
        post(RESPONSES, {"model": "m", "input": "x", "previous_response_id": RESP}),
        post(RESPONSES, {"model": "m", "input": "x"}),
    ),
    (
        "a tool's output in responses",
        post(RESPONSES, agent()),
        post(RESPONSES, {**agent(), "input": [*agent()["input"][:2], {**agent()["input"][2], "output": "13:00"}]}),
    ),
    # Pictures, sounds, files
    ("a byte of a picture", vision(PNG), vision(PNG.replace("iVB", "iVC"))),
    ("the type of a picture", vision(PNG), vision(PNG.replace("png", "gif"))),
    ("a picture's address", vision("https://a.test/1.png"), vision("https://a.test/2.png")),
    ("base64 alphabets where no row says so", said("ab+/"), said("ab-_")),
    ("padding where no row says so", said("YWI="), said("YWI")),
    ("a byte of a sound", transcription(audio()), transcription(audio(data=b"\xff\xfb\x91"))),
    ("a file's text", transcription(audio(data=b"one")), transcription(audio(data=b"two"))),
    ("a file's name", transcription(audio()), transcription(audio(name="b.mp3"))),
    ("a file's type", transcription(audio()), transcription(audio(kind="audio/wav"))),
    ("a field of a form", transcription(audio()), transcription(audio(model=b"whisper-2"))),
    (
        "a field more",
        transcription(form("b", ('name="file"', b"1"))),
        transcription(form("b", ('name="file"', b"1"), ('name="x"', b"1"))),
    ),
    (
        "a field twice",
        transcription(form("b", ('name="file"', b"1"))),
        transcription(form("b", ('name="file"', b"1"), ('name="file"', b"1"))),
    ),
    (
        "the order of equal names",
        transcription(form("b", ('name="file"', b"1"), ('name="file"', b"2"))),
        transcription(form("b", ('name="file"', b"2"), ('name="file"', b"1"))),
    ),
    (
        "a file and a field",
        transcription(form("b", ('name="file"', b"1"))),
        transcription(form("b", ('name="file"; filename="f"', b"1"))),
    ),
    ("a value of form data", post(CHAT, b"model=m&prompt=p"), post(CHAT, b"model=m&prompt=q")),
    ("a line of JSON lines", post(CHAT, b'{"a":1}\n{"b":2}'), post(CHAT, b'{"a":1}\n{"b":3}')),
    ("the order of JSON lines", post(CHAT, b'{"a":1}\n{"b":2}'), post(CHAT, b'{"b":2}\n{"a":1}')),
    ("one line and a list", post(CHAT, b'{"a":1}\n{"b":2}'), post(CHAT, b'[{"a":1},{"b":2}]')),
    # Where and how
    ("the method", get("https://api.openai.com/v1/models/m"), get("https://api.openai.com/v1/models/m", "DELETE")),
    (
        "a model in the path",
        get("https://api.openai.com/v1/models/gpt-4o"),
        get("https://api.openai.com/v1/models/gpt-4"),
    ),
    ("the host", said("x"), post("https://other.test/v1/chat/completions", json.loads(said("x").body or b""))),
    (
        "loopback and another host",
        post("http://localhost/v1/chat/completions", SMALL),
        post("http://gateway.test/v1/chat/completions", SMALL),
    ),
    (
        "the port of another host",
        post("http://gateway.test:8080/v1/chat/completions", SMALL),
        post("http://gateway.test:8081/v1/chat/completions", SMALL),
    ),
    (
        "what stands before the call",
        post("http://gateway.test/a/v1/chat/completions", SMALL),
        post("http://gateway.test/b/v1/chat/completions", SMALL),
    ),
    (
        "a quoted slash before the call",
        post("http://gateway.test/a%2Fb/v1/chat/completions", SMALL),
        post("http://gateway.test/a/b/v1/chat/completions", SMALL),
    ),
    (
        "the endpoint",
        post("https://api.openai.com/v1/completions", {"model": "m", "prompt": "p"}),
        post("https://api.openai.com/v1/embeddings", {"model": "m", "prompt": "p", "input": "p"}),
    ),
    ("the query", get("https://api.openai.com/v1/files?limit=2"), get("https://api.openai.com/v1/files?limit=3")),
    ("a query without a value", get("https://api.openai.com/v1/files?limit"), get("https://api.openai.com/v1/files")),
    ("a body and none", post(CHAT, SMALL), post(CHAT, b"")),
    ("null and no body", post(CHAT, b"null"), post(CHAT, b"")),
    # Bodies that are no JSON, or too odd for it
    ("a key that stands twice", spelt('{"model":"a","model":"b","messages":[]}'), spelt('{"model":"b","messages":[]}')),
    (
        "keys that stand twice, in another order",
        spelt('{"model":"a","model":"b","messages":[]}'),
        spelt('{"model":"b","model":"a","messages":[]}'),
    ),
    (
        "keys that stand twice on a host of the user's",
        post("http://localhost/v1/chat/completions", b'{"messages":[{"a":1,"a":2}]}'),
        post("http://localhost/v1/chat/completions", b'{"messages":[{"a":1,"a":3}]}'),
    ),
    ("text that is no JSON", spelt("{broken"), spelt("{broken!")),
    ("bytes that are no text", post(CHAT, b"\xff\x00"), post(CHAT, b"\xff\x01")),
    ("a text and the JSON of it", post(CHAT, b'"x"'), post(CHAT, b"x")),
    ("JSON that looks like a raw body", post(CHAT, b"x"), post(CHAT, b'{"text":"x"}')),
    ("JSON that looks like a form", post(CHAT, b"a=b"), post(CHAT, b'{"a":"b"}')),
    (
        "a cut gzip",
        post(CHAT, gzip.compress(b"x" * 99, mtime=0)[:-9]),
        post(CHAT, gzip.compress(b"y" * 99, mtime=0)[:-9]),
    ),
    (
        "deep nesting",
        post(CHAT, b'{"messages":' + b"[" * 500 + b"1" + b"]" * 500 + b"}"),
        post(CHAT, b'{"messages":' + b"[" * 500 + b"2" + b"]" * 500 + b"}"),
    ),
    ("very deep nesting", post(CHAT, b"[" * 90_000 + b"1"), post(CHAT, b"[" * 90_000 + b"2")),
    # What is no LLM call compares as vcrpy's default does.
    ("no LLM call: method in lower case", get("https://example.com/"), get("https://example.com/", "get")),
    ("no LLM call: the path", get("https://example.com/a"), get("https://example.com/b")),
    ("no LLM call: a slash at the end", get("https://example.com/a"), get("https://example.com/a/")),
    ("no LLM call: the scheme", get("https://example.com/"), get("http://example.com/")),
    ("no LLM call: the port", get("http://127.0.0.1:1/x"), get("http://127.0.0.1:2/x")),
    ("no LLM call: the query", get("https://example.com/?a=1"), get("https://example.com/?a=2")),
    ("no URL at all", get("http://[broken"), get("http://[broken2")),
]


@pytest.mark.parametrize(("one", "other"), [pytest.param(a, b, id=reason) for reason, a, b in SAME])
def test_same(one: Request, other: Request) -> None:
    """Two requests that differ in spelling alone have one canonical form."""
    assert canonical(one).fields == canonical(other).fields
    assert canonical(one).key == canonical(other).key


@pytest.mark.parametrize(("one", "other"), [pytest.param(a, b, id=reason) for reason, a, b in DIFFERENT])
def test_different(one: Request, other: Request) -> None:
    """Two requests that ask for different things have different keys."""
    assert canonical(one).key != canonical(other).key


@pytest.mark.parametrize("name", ["weather", "web_search"])
def test_seed_with_other_ids(name: str) -> None:
    """A seed's request matches with other call ids, and with nothing else changed."""
    body = json.loads((CASSETTES / "seeds" / f"{name}.json").read_bytes())["request"]["body"]
    renamed = copy.deepcopy(body)
    for message in renamed["messages"]:
        for place in (message, *message.get("tool_calls", ())):
            for key in {"id", "tool_call_id"} & set(place):
                place[key] = OTHER_IDS[0]
    assert canonical(post(CHAT, body)).key == canonical(post(CHAT, renamed)).key
    renamed["messages"][-1]["content"] += "!"
    assert canonical(post(CHAT, body)).key != canonical(post(CHAT, renamed)).key


@pytest.mark.parametrize("said", ["{}", "of {}"], ids=["alone", "quoted"])
def test_one_json_has_one_key_however_it_is_spelt(said: str) -> None:
    """A text that is an id and nothing else is given the id's new name, whether or not a key has an escaped letter."""
    keys = set()
    for one in IDS[:2]:
        call = {"id": one, "type": "function", "function": {"name": "f", "arguments": "{}"}}
        result = {"role": "tool", "tool_call_id": one, "content": said.format(one)}
        body = json.dumps({"model": "m", "messages": [{"role": "assistant", "tool_calls": [call]}, result]})
        escaped = body.replace("role", "r\\u006fle")
        assert json.loads(escaped) == json.loads(body)
        keys |= {canonical(post(CHAT, text.encode())).key for text in (body, escaped)}
    assert len(keys) == 1


def test_fields_of_a_call() -> None:
    """The form of an LLM call names method, host, endpoint, path, query, kind and body, and the ids by order."""
    form = canonical(chat())
    assert (form.provider, form.endpoint) == ("openai", "chat.completions")
    assert sorted(form.fields) == ["body", "endpoint", "host", "kind", "method", "path", "query"]
    assert form.fields["kind"] == "json"
    messages = form.fields["body"]["messages"]
    assert [call["id"] for call in messages[2]["tool_calls"]] == ["\u27e8id 1\u27e9", "\u27e8id 2\u27e9"]
    assert [message["tool_call_id"] for message in messages[3:]] == ["\u27e8id 1\u27e9", "\u27e8id 2\u27e9"]


def test_fields_of_no_call() -> None:
    """The form of any other request is what vcrpy's default matchers compare."""
    form = canonical(get("https://Example.com/a?b=2&a=1"))
    assert (form.provider, form.endpoint, form.rules) == ("", "", ())
    assert form.fields == {
        "method": "GET",
        "scheme": "https",
        "host": "example.com",
        "port": 443,
        "path": "/a",
        "query": [["a", "1"], ["b", "2"]],
    }


def test_rules_that_applied() -> None:
    """A form says which rules found something, with their reasons, and no others."""
    form = canonical(quoted(IDS[0], f"Why {IDS[0]}?"))
    assert {rule.path for rule in form.rules} == {
        "**",
        "messages[*].content",
        "messages[*].tool_call_id",
        "messages[*].tool_calls[*].id",
    }
    assert all(rule.reason for rule in form.rules)
    assert canonical(said("x")).rules == ()


def test_request_is_left_alone() -> None:
    """The canonical form is made without touching the request, and is the same each time."""
    request = chat()
    before = request.body
    assert canonical(request).key == canonical(request).key
    assert request.body == before


def test_gzip_bomb() -> None:
    """A gzip'd body that inflates beyond all measure is compared as it stands."""
    bomb = gzip.compress(bytes(65 * 1024 * 1024), mtime=0)
    assert canonical(post(CHAT, bomb)).fields["kind"] == "raw"


@pytest.mark.parametrize(
    "body",
    [
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00" + bytes(20),
        b"--\r\n----",
        b"--a\r\n\r\n\r\n--a--",
        b"\xff\xfe",
        b"\x00\x00\xfe\xff",
        b"{" * 5000,
        b'{"a":' * 2000,
        b"1" * 5000,
        b'"%b"' % (b"[{" * 200),
        b"-",
        b'"\\ud800"',
        b"1e99999999999999999999",
        b"\xed\xa0\x80",
        b'{"messages": [null, 1, "x", [], {"tool_calls": 7}]}',
        b'{"messages": {"a": {"tool_calls": [{"id": {}}]}}}',
        b"[]",
        b"=",
        b"a=%ff%fe",
    ],
)
def test_hostile_bytes(body: bytes) -> None:
    """Whatever the bytes, there is a key of 16 bytes, the same each time."""
    one, other = canonical(post(CHAT, body)), canonical(post(CHAT, bytes(body)))
    assert one.key == other.key
    assert len(one.key) == 16


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "http://[",
        "http://a:b/",
        "x\ud800y",
        "https://api.openai.com/v1/models/\ud800",
        "//",
        "http://h:99999/",
    ],
)
def test_hostile_urls(url: str) -> None:
    """Whatever the URL, there is a key."""
    assert len(canonical(get(url)).key) == 16
