"""Which recorded bodies may hold a request, without reading them."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet

from llmvcr.canonical import Canonical, canonical
from llmvcr.index import Index
from llmvcr.index.sieve import Sieve, rarest
from llmvcr.interaction import Request

CHAT = "https://api.openai.com/v1/chat/completions"


def ask(number: int, indent: int | None = None) -> Request:
    """A chat that tells itself from others by one number."""
    messages = [
        {"role": "system", "content": "You are a harbour master who answers in one sentence."},
        {"role": "user", "content": f"Which ships came in on day {number:05}, and what did they bring?"},
    ]
    return Request("POST", CHAT, (), json.dumps({"model": "gpt-4o", "messages": messages}, indent=indent).encode())


def test_few_of_many_come_into_question() -> None:
    """A request of many that share most of their text leaves a handful."""
    found = Sieve([ask(number) for number in range(1000)]).holding(canonical(ask(700, indent=1)))
    assert found is not None
    assert 700 in found
    assert len(found) <= 8


def test_what_says_nothing_rules_out_nothing() -> None:
    """Without a phrase there is nothing to go by."""
    said = b'{"model": "m", "messages": [{"role": "me", "content": "?"}]}'
    assert Sieve([ask(1)]).holding(canonical(Request("POST", CHAT, (), said))) is None


def test_what_is_no_llm_call_goes_by_its_host() -> None:
    """Of plain HTTP those of the same host come into question, and those whose URL may be spelt in another way."""
    urls = ("https://Example.com/a", "https://example.org/a", "https://ex\tample.com/a", "https://example.com:1/b")
    recorded = [Request("GET", url) for url in urls]
    assert Sieve(recorded).holding(canonical(Request("GET", "https://example.com/a"))) == [0, 2, 3]


def test_the_rarest_phrase_comes_first() -> None:
    """Of phrases that are as rare as each other the longest comes first."""
    assert rarest(["ships", "day 7", "harbour"], ["harbour", "harbour, ships", "harbour"]) == [
        "day 7",
        "ships",
        "harbour",
    ]


def test_a_hit_by_form_among_many_reads_few() -> None:
    """Wherever in a large cassette a request in another spelling stands, a few are read to find it."""
    read: list[Request] = []

    def form(request: Request, known: AbstractSet[str] = frozenset()) -> Canonical:
        read.append(request)
        return canonical(request, known=known)

    index = Index([ask(number) for number in range(2000)], form=form)
    assert index.take(ask(1700, indent=1)) == 1700
    assert index.take(ask(200, indent=1)) == 200
    assert index.take(Request("POST", CHAT, (), b'{"model": "m", "messages": ["none has said this"]}')) is None
    assert len(read) < 100
