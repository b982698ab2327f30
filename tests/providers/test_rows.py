"""What holds for the rows of every provider."""

from __future__ import annotations

import pytest

from llmvcr.providers import OTHER, PROVIDERS, Provider

# Everything that a rule may leave out; a new one is to be thought over, and then to be added here.
LEFT_OUT = {
    "clientRequestToken",
    "inputs[*].completed_at",
    "inputs[*].created_at",
    "prompt_cache_key",
    "query.access_token",
    "query.api-version",
    "query.beta",
    "query.key",
    "query.version",
    "sdp",
}

ASKED = {
    "arguments",
    "content",
    "input",
    "instructions",
    "messages",
    "model",
    "name",
    "output",
    "prompt",
    "role",
    "text",
}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_every_rule_says_why(provider: Provider) -> None:
    """A reason is a clause that a person can weigh, and no row stands twice."""
    for endpoint in provider.endpoints:
        assert all(len(rule.reason) > 15 for rule in endpoint.rules), endpoint.name
        rows = [(rule.path, rule.action) for rule in endpoint.rules]
        assert len(set(rows)) == len(rows), endpoint.name


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_little_is_left_out(provider: Provider) -> None:
    """No rule leaves out what is asked of a model, or renames it; telemetry asks nothing."""
    tables = [(endpoint.name, endpoint.rules) for endpoint in provider.endpoints if not endpoint.is_telemetry]
    for name, rules in (*tables, ("other", provider.rules)):
        for rule in rules:
            assert rule.action != "ignore" or rule.path in LEFT_OUT, name
            assert rule.action != "id" or rule.path.rpartition(".")[2] not in ASKED, name


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_rows_are_written_alike(provider: Provider) -> None:
    """Hosts and methods are spelt as they are looked up, and a header that holds a secret is named in lower case."""
    assert all(host == host.lower() and host.count("*") <= 1 for host in provider.hosts)
    assert all(name == name.lower() for name in (*provider.secret_headers, *provider.account_headers))
    assert all(base.startswith("/") and not base.endswith(("/", "/v1")) for base in provider.bases)
    for endpoint in provider.endpoints:
        assert endpoint.name != OTHER
        assert all(header == header.lower() for header in endpoint.headers)
        assert endpoint.method == endpoint.method.upper()
        assert endpoint.path.startswith("/")
        assert endpoint.body_keys == tuple(sorted(endpoint.body_keys)), endpoint.name


def test_names_of_providers_are_their_own() -> None:
    """No two providers have one name: rows are looked up by it."""
    names = [provider.name for provider in PROVIDERS]
    assert len(set(names)) == len(names)
