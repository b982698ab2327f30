"""Which recorded request answers the next one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from llmvcr.canonical import Canonical, canonical
from llmvcr.index import Index, taking
from llmvcr.interaction import Request
from llmvcr.providers import PROVIDERS, goes_by_headers
from llmvcr.rulesets import ruleset

CHAT = "https://api.openai.com/v1/chat/completions"


def ask(text: str, call: str = "call_1", indent: int | None = None) -> Request:
    """A chat whose tool id is `call`."""
    messages = [
        {"role": "user", "content": text},
        {"role": "assistant", "tool_calls": [{"id": call, "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": call, "content": "ok"},
    ]
    return Request("POST", CHAT, (), json.dumps({"model": "gpt-4o", "messages": messages}, indent=indent).encode())


def taken(index: Index, requests: Sequence[Request]) -> list[int | None]:
    """What the index gives for requests one after the other."""
    return [index.take(request) for request in requests]


def test_empty() -> None:
    """An empty index answers nothing."""
    index = Index()
    assert len(index) == 0
    assert index.take(ask("a")) is None
    assert index.peek(ask("a")) is None
    assert index.positions(ask("a")) == ()
    assert index.nearest(ask("a")) is None


def test_each_once_in_recorded_order() -> None:
    """Equal requests are answered in recorded order, each once."""
    index = Index([ask("a"), ask("b"), ask("a")])
    assert taken(index, [ask("a"), ask("a"), ask("a"), ask("b"), ask("b")]) == [0, 2, None, 1, None]


def test_other_ids_in_recorded_order() -> None:
    """Requests that differ in ids alone are answered in recorded order."""
    index = Index([ask("a", "x"), ask("a", "y")])
    assert taken(index, [ask("a", "p"), ask("a", "q"), ask("a", "r")]) == [0, 1, None]


def test_equal_bytes_go_first() -> None:
    """Among unplayed recordings of one canonical key the one of the very same bytes goes first (decision 16)."""
    index = Index([ask("a", "x"), ask("a", "y"), ask("a", "y")])
    assert taken(index, [ask("a", "y"), ask("a", "z"), ask("a", "y"), ask("a", "y")]) == [1, 0, 2, None]


def test_spelling_plays_no_part() -> None:
    """A request in another spelling takes what is left of its canonical key."""
    index = Index([ask("a"), ask("a", indent=2)])
    assert taken(index, [ask("a", indent=2), ask("a", indent=4), ask("a", indent=2)]) == [1, 0, None]


def test_repeats() -> None:
    """With repeats the unplayed go first, then the last recording of that very request answers for good."""
    index = Index([ask("a"), ask("a"), ask("b")], repeats=True)
    assert taken(index, [ask("a")] * 4) == [0, 1, 1, 1]
    assert taken(index, [ask("a", indent=1)] * 2) == [1, 1]
    assert taken(index, [ask("c")]) == [None]


def test_repeats_of_the_very_bytes() -> None:
    """With repeats a request is answered by its own recording before one that differs in ids is touched."""
    index = Index([ask("a", "x"), ask("a", "y")], repeats=True)
    assert taken(index, [ask("a", "x"), ask("a", "x"), ask("a", "z"), ask("a", "z")]) == [0, 0, 1, 1]


def test_repeats_of_the_very_bytes_where_headers_count() -> None:
    """So it is also where equal bytes may ask for two things."""
    url = "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation"
    bodies = (b'{"model":"m","input":{"prompt":"a"}}', b'{"model": "m", "input": {"prompt": "a"}}')
    one, other = (Request("POST", url, (), body) for body in bodies)
    assert taken(Index([one, other], repeats=True), [one, one, other, other, one]) == [0, 1, 1, 1, 0]


def test_peek_takes_nothing() -> None:
    """Looking ahead gives what taking would give, again and again."""
    index = Index([ask("a"), ask("a")])
    assert [index.peek(ask("a")), index.peek(ask("a")), index.take(ask("a")), index.peek(ask("a"))] == [0, 0, 0, 1]


def test_mark_and_rewind() -> None:
    """A marked position is not given again until the index is rewound."""
    index = Index([ask("a"), ask("a")])
    index.mark(0)
    assert taken(index, [ask("a"), ask("a")]) == [1, None]
    index.rewind()
    assert taken(index, [ask("a"), ask("a")]) == [0, 1]
    with pytest.raises(IndexError):
        index.mark(2)


def test_add_goes_on() -> None:
    """What is added after the first miss is found as well."""
    index = Index([ask("a")])
    assert index.take(ask("b")) is None
    assert index.add(ask("b", "x")) == 1
    assert index.take(ask("b", "y")) == 1
    assert index.add(ask("b", "z")) == 2
    assert (index.positions(ask("b")), len(index)) == ((1, 2), 3)


def test_positions_keep_what_was_played() -> None:
    """All positions of a canonical key are given, played or not."""
    index = Index([ask("a", "x"), ask("b"), ask("a", "y")])
    index.take(ask("a"))
    assert index.positions(ask("a", "z")) == (0, 2)


def test_lazy() -> None:
    """As long as requests are equal byte for byte, no canonical form is made; then of what may still be played."""
    made: list[Request] = []

    def form(request: Request) -> Canonical:
        made.append(request)
        return canonical(request)

    index = Index([ask("a"), ask("b"), ask("c")], form=form)
    assert taken(index, [ask("b"), ask("a")]) == [1, 0]
    assert made == []
    index.take(ask("b"))
    assert made == [ask("b"), ask("c")]


def test_no_call_as_vcrpy_does() -> None:
    """What is no LLM call is found by method and URL alone, whatever its body."""
    index = Index([Request("POST", "https://example.com/log", (), b"1"), Request("POST", "https://example.com/log")])
    assert taken(index, [Request("POST", "https://example.com/log", (), b"2")] * 3) == [0, 1, None]


def test_nearest() -> None:
    """The nearest is the one with the fewest and smallest changes, and it says them."""
    index = Index([ask("Tell me of Paris"), ask("What is the weather in Rome today?"), ask("Sing")])
    found = index.nearest(ask("What is the weather in Pisa today?"))
    assert found is not None
    position, changes = found
    assert position == 1
    assert [(one.path, one.received) for one in changes] == [
        ("messages[0].content", "What is the weather in Pisa today?")
    ]


def test_nearest_of_the_same_endpoint() -> None:
    """A request of another endpoint is the nearest only where there is none of the same."""
    other = Request("POST", "https://api.openai.com/v1/embeddings", (), b'{"model": "m", "input": "Sing a song"}')
    song = Request("POST", CHAT, (), b'{"model": "m", "messages": [{"role": "user", "content": "Sing a song"}]}')
    near = Index([other, ask("Weather")]).nearest(song)
    assert near is not None
    assert near[0] == 1
    only = Index([other]).nearest(song)
    assert only is not None
    assert only[0] == 0


def test_nearest_prefers_unplayed() -> None:
    """Of two equally near the unplayed one is named, then the first."""
    index = Index([ask("a b c"), ask("a b c")])
    near = index.nearest(ask("a b d"))
    assert near is not None
    assert near[0] == 0
    index.mark(0)
    near = index.nearest(ask("a b d"))
    assert near is not None
    assert near[0] == 1


def test_nearest_of_hostile_bytes() -> None:
    """Bytes and texts of any kind have a nearest."""
    odd = [b"\xff\xfe\x00", b'{"messages": "\\ud800 x"}', b"{" * 999, b""]
    index = Index([Request("POST", CHAT, (), body) for body in odd])
    for body in (*odd, b'{"messages": "\\ud800 y"}'):
        assert index.nearest(Request("POST", CHAT, (), body)) is not None


def test_eight_threads() -> None:
    """Under eight threads every caller gets an answer for its own request, and no answer is given twice."""
    texts = [f"question {n % 25}" for n in range(400)]
    index = Index(ask(text, f"call_{n}") for n, text in enumerate(texts))
    wanted = [text for text in texts for _ in range(1)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: index.take(ask(text, "call_x")), wanted))
    assert sorted(position for position in found if position is not None) == list(range(400))
    assert [texts[position] for position in found if position is not None] == wanted


def files(*ids: str) -> Request:
    """A response that looks into files."""
    told = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": list(ids)}}
    body = {"model": "m", "input": "Sum up", "tools": [told]}
    return Request("POST", "https://api.openai.com/v1/responses", (), json.dumps(body).encode())


def test_the_same_ids_go_first() -> None:
    """Among unplayed recordings of one canonical key, of other bytes, the one with the very ids goes first."""
    index = Index([files("file-a"), files("file-b"), files("file-b")])
    respelt = replace(files("file-b"), body=(files("file-b").body or b"") + b"\n")
    assert taken(index, [respelt, respelt, respelt, files("file-a")]) == [1, 2, 0, None]


def test_the_most_ids_in_common_go_first() -> None:
    """Where none has all ids, the one with the most of them in their places goes first, then the first recorded."""
    index = Index([files("a", "b", "c"), files("a", "y", "z"), files("x", "y", "z")])
    assert taken(index, [files("x", "b", "z"), files("x", "b", "c"), files("n", "o", "p")]) == [2, 0, 1]


def test_ids_in_prose_find_their_own() -> None:
    """Two recorded prompts that differ by an id in their prose alone are each answered by their own (decision 18)."""
    one, other = (
        f"What of resp_{letter * 3}{digits}?" for letter, digits in (("aB1", "12345678"), ("cD2", "87654321"))
    )
    index = Index([ask(one), ask(other)])
    assert taken(index, [ask(other, "x"), ask(one, "x")]) == [1, 0]


def test_repeats_of_the_very_ids() -> None:
    """With repeats a request is answered by a recording of its own ids, before one of other ids is touched."""
    index = Index([files("file-a"), files("file-b")], repeats=True)
    respelt = replace(files("file-a"), body=(files("file-a").body or b"") + b"\n")
    assert taken(index, [respelt, respelt, files("file-c"), files("file-c")]) == [0, 0, 1, 1]


def test_no_body_and_an_empty_one() -> None:
    """A request without a body has the bytes of one whose body is empty: recorded order decides."""
    one, other = (Request("GET", "https://example.com/", (), body) for body in (None, b""))
    assert taken(Index([one, other, one]), [other, other, other]) == [0, 1, 2]


def test_a_hit_by_form_reads_no_more_than_it_takes() -> None:
    """In recorded order each request that differs in spelling costs one form of what is recorded, at any number."""
    read: list[Request] = []

    def form(request: Request, known: AbstractSet[str] = frozenset()) -> Canonical:
        read.append(request)
        return canonical(request, known=known)

    recorded = [ask(f"{number}") for number in range(50)]
    index = Index(recorded, form=form, by_value=False)
    for number in range(5):
        assert index.take(ask(f"{number}", indent=1)) == number
    assert len(read) == 10


def test_what_a_users_function_gives_is_compared_as_json() -> None:
    """1 and true in a tuple, which Python takes for equal, are two requests."""
    rules = ruleset(function=lambda fields: {"seeds": (fields["body"]["seed"],)})
    url = "https://api.openai.com/v1/chat/completions"
    one, two = (Request("POST", url, (), f'{{"model":"m","seed":{seed}}}'.encode()) for seed in ("1", "true"))
    index = Index([one], form=lambda request, known=frozenset(): canonical(request, rules, known))
    assert index.take(two) is None
    assert index.take(replace(one, body=(one.body or b"") + b" ")) == 0


def test_headers_that_count_are_no_bytes_of_the_body() -> None:
    """A call that asks for a stream by a header alone is not answered by what was recorded without that header."""
    url = "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation"
    body = b'{"model":"qwen-max","input":{"prompt":"Sing"}}'
    whole = Request("POST", url, (), body)
    streamed = Request("POST", url, (("X-DashScope-SSE", "enable"),), body)
    assert taken(Index([whole, streamed]), [streamed, streamed, whole]) == [1, None, 0]
    assert Index([whole]).take(replace(streamed, body=body.replace(b":", b": "))) is None


def test_equal_bytes_go_first_where_headers_count() -> None:
    """Among calls that go by their headers, too, the recording of the very same bytes goes first (decision 16)."""
    url = "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation"
    spaced = Request("POST", url, (), b'{"model": "qwen-max", "input": {"prompt": "Sing"}}')
    dense = replace(spaced, body=b'{"model":"qwen-max","input":{"prompt":"Sing"}}')
    streamed = replace(dense, headers=(("X-DashScope-SSE", "enable"),))
    assert canonical(spaced).key == canonical(dense).key != canonical(streamed).key
    index = Index([spaced, streamed, dense])
    assert [index.peek(dense), *taken(index, [dense, dense, dense, streamed])] == [2, 2, 0, None, 1]


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_provider_is_asked_in_vain(scheme: str) -> None:
    """What URLs look like whose headers may count, too, is true of every row that names headers."""
    paths = [(row.method, row.path) for provider in PROVIDERS for row in provider.endpoints if row.headers]
    assert paths
    for method, path in paths:
        url = f"{scheme}://dashscope.aliyuncs.com/api/v1{path.replace('{', '').replace('}', '')}"
        assert goes_by_headers(method, url)
        assert taking.MAY_GO_BY_HEADERS.search(url)
    spelt = f"{scheme}://dashscope.aliyuncs.com/api/v1/app%73/x/completion"
    assert goes_by_headers("POST", spelt)
    assert taking.MAY_GO_BY_HEADERS.search(spelt)
    assert not taking.MAY_GO_BY_HEADERS.search(CHAT)
