"""`llmvcr rules`: what it prints, and its exit codes."""

from __future__ import annotations

import pytest

from cli.schemas import fitting
from llmvcr.cli import main
from llmvcr.presets import PRESETS
from llmvcr.providers import PROVIDERS


def test_one_provider(capsys: pytest.CaptureFixture[str]) -> None:
    """The rules of one provider, endpoint by endpoint, grouped by reason; then what holds for all."""
    assert main(["rules", "--provider", "cohere"]) == 0
    out, err = capsys.readouterr()
    head, _, rest = out.partition("cohere, without rules of their own: ")
    assert head == (
        "cohere v2.chat: POST /v2/chat\n"
        "  id: drawn by the server for each tool call, and echoed with the call and its result\n"
        "    messages[*].tool_calls[*].id\n"
        "    messages[*].tool_call_id\n"
        "cohere chat: POST /v1/chat\n"
        "  id: drawn by the server for the answer that called the tool, and echoed by older SDKs\n"
        "    tool_results[*].call.generation_id\n"
        "    chat_history[*].tool_results[*].call.generation_id\n"
    )
    assert rest.startswith("v2.embed, v2.rerank, ")
    assert rest.partition("\n")[2] == (
        "every provider\n"
        "  id: a generated id that also stands in an id field of the same request, quoted in a text\n"
        "    **\n"
        "  id: a generated id behind a prefix that only this provider's servers write, quoted in a text\n"
        "    **\n"
        "  id: a generated id that an earlier answer of the cassette brought, in a text or in the URL\n"
        "    **\n"
        "  base64: the bytes in a data: URL, in either base64 alphabet, padded or not (RFC 2397, RFC 4648)\n"
        "    **\n"
    )
    assert err == ""


def test_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Without arguments every provider, every rule with its reason, and every preset is printed."""
    assert main(["rules"]) == 0
    out, _ = capsys.readouterr()
    lines = set(out.splitlines())
    for provider in PROVIDERS:
        for endpoint in provider.endpoints:
            assert f"{provider.name} {endpoint.name}: " in out or not endpoint.rules
            for rule in endpoint.rules:
                assert {f"    {rule.path}", f"  {rule.action}: {rule.reason}"} <= lines
    for preset in PRESETS:
        assert f"preset {preset.name}: {preset.about}" in lines
        assert {f"    {rule.path}" for rule in preset.rules} <= lines


def test_one_endpoint(capsys: pytest.CaptureFixture[str]) -> None:
    """The rules of one endpoint of one provider only."""
    assert main(["rules", "--provider", "cohere", "--endpoint", "chat"]) == 0
    out, _ = capsys.readouterr()
    assert "cohere chat: POST /v1/chat\n" in out
    assert "v2.chat" not in out
    assert main(["rules", "--endpoint", "embeddings"]) == 0
    out, _ = capsys.readouterr()
    assert "azure embeddings: POST" in out
    assert "openai, without rules of their own: embeddings\n" in out
    assert "cohere" not in out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """--json gives the same as data: providers, endpoints, rules, presets."""
    assert main(["rules", "--provider", "openai", "--endpoint", "chat.completions", "--json"]) == 0
    told = fitting("rules", capsys.readouterr().out)
    (provider,) = told["providers"]
    assert provider["name"] == "openai"
    assert "call_" in provider["id_prefixes"]
    rules = [rule for endpoint in provider["endpoints"] for rule in endpoint["rules"]]
    assert {rule["action"] for rule in rules if rule["path"] == "messages[*].tool_call_id"} == {"id"}
    assert all(sorted(rule) == ["action", "path", "reason"] and rule["reason"] for rule in rules)
    assert [preset["name"] for preset in told["presets"]] == ["llm", "llm_strict", "llm_echo", "llm_uuid"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--provider", "opnai"], "--provider: there is no provider 'opnai'; did you mean 'openai'?"),
        (["--provider", "zzz"], "--provider: there is no provider 'zzz'; there are openai, "),
        (
            ["--provider", "cohere", "--endpoint", "chatt"],
            "--endpoint: there is no endpoint 'chatt'; did you mean 'chat'?",
        ),
        (["--provider", "cohere", "--endpoint", "responses"], "--endpoint: there is no endpoint 'responses'; "),
        (["extra"], "unrecognized arguments: extra"),
    ],
)
def test_wrong_usage(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A provider or endpoint that nobody knows is wrong usage: exit 2, one line on stderr, nothing on stdout."""
    assert main(["rules", *argv]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""


def test_what_is_compared_beside_the_body(capsys: pytest.CaptureFixture[str]) -> None:
    """A row's headers are named, and what holds for the calls on a provider's hosts that no row names."""
    assert main(["rules", "--provider", "dashscope", "--endpoint", "apps"]) == 0
    assert "dashscope apps: compared with x-dashscope-async and x-dashscope-sse\n" in capsys.readouterr().out
    assert main(["rules", "--provider", "anthropic", "--endpoint", "other"]) == 0
    told = capsys.readouterr().out
    assert "anthropic other: DELETE, PATCH, POST, PUT any other path on its hosts\n" in told
    assert "without rules" not in told
