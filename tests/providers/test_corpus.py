"""Real cassettes of other projects: whose calls they hold, and that each stored request finds its own place."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from llmvcr.canonical import canonical
from llmvcr.index import Index
from llmvcr.interaction import Request
from llmvcr.providers import PROVIDERS
from llmvcr.storage import load
from shared import corpus

# OpenAI's traces of its agents' SDK are telemetry; Azure's document analysis is another service on a provider's host:
# what asks for an analysis is compared whole, what reads one goes by its URL.
NO_LLM = ("/v1/traces/ingest",)
READ = ("/contentunderstanding/",)


@lru_cache(maxsize=1)
def cassettes() -> tuple[tuple[Path, tuple[Request, ...]], ...]:
    """The requests of each cassette, in recorded order."""
    paths = sorted(path for path in corpus("vcrpy").rglob("*") if path.is_file())
    return tuple((path, tuple(one.request for one in load(path).interactions)) for path in paths)


def is_known(host: str) -> bool:
    """Whether a provider's table names the host."""
    names = (name.partition("*") for provider in PROVIDERS for name in provider.hosts)
    return any(host.startswith(start) and host.endswith(end) if star else host == start for start, star, end in names)


def test_every_call_to_a_provider_is_recognised() -> None:
    """No request to a provider's host is taken for ordinary traffic, but for the services that are none of ours."""
    calls: Counter[str] = Counter()
    missed = set()
    for path, requests in cassettes():
        for request in requests:
            url = urlsplit(request.url)
            provider = canonical(request).provider
            calls[provider] += 1
            no_llm = (*NO_LLM, *READ) if request.method == "GET" else NO_LLM
            if not provider and is_known(url.hostname or "") and not url.path.startswith(no_llm):
                missed.add((path.name, request.method, request.url))
    assert not missed
    assert len(calls) > 20


def test_every_request_finds_its_own_place() -> None:
    """Sent again in recorded order, each request is answered by its own answer."""
    for path, requests in cassettes():
        index = Index(requests)
        assert [index.take(request) for request in requests] == list(range(len(requests))), path


def test_the_spelling_of_a_request_leads_to_an_equal_one() -> None:
    """With the method in lower case and a fragment the place is the request's own, or that of an equal one."""
    for path, requests in cassettes():
        index = Index(requests)
        for number, request in enumerate(requests):
            if canonical(request).provider:
                other = Request(request.method.lower(), f"{request.url}#x", request.headers, request.body)
                found = index.take(other)
                assert found is not None, (path, number)
                assert found == number or canonical(requests[found]).key == canonical(request).key, (path, number)


@pytest.mark.parametrize("host", ["127.0.0.1", "api.openai.com", "eu.api.openai.com"])
def test_a_host_is_known_or_not(host: str) -> None:
    """The helper of these tests reads the tables as the tables are meant."""
    assert is_known(host) == (host != "127.0.0.1")
