"""Which requests are side traffic, by rows: host, path, method and, for what any host may get, the kind of body."""

from __future__ import annotations

import pytest

from llmvcr.interaction import Request
from llmvcr.side_traffic import SIDE_TRAFFIC, recognised

_PROTOBUF = (("Content-Type", "application/x-protobuf; made=up"),)


@pytest.mark.parametrize(
    ("method", "url", "name"),
    [
        ("POST", "https://api.smith.langchain.com/runs/multipart", "LangSmith"),
        ("PATCH", "https://eu.api.smith.langchain.com/runs/00000000-0000-0000-0000-000000000000", "LangSmith"),
        ("GET", "https://api.smith.langchain.com/info", "LangSmith"),
        ("POST", "https://us.cloud.langfuse.com/api/public/otel/v1/traces", "Langfuse"),
        ("POST", "https://us.i.posthog.com/batch/", "PostHog"),
        ("POST", "https://o1.ingest.us.sentry.io/api/2/envelope/", "Sentry"),
        ("POST", "https://api.openai.com/v1/traces/ingest", "OpenAI traces"),
        ("POST", "https://llmobs-intake.datadoghq.com/api/v2/llmobs", "Datadog"),
        ("GET", "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken", "tiktoken"),
        (
            "get",
            "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json?a=b",
            "LiteLLM prices",
        ),
        ("HEAD", "https://huggingface.co/made-up/model/resolve/main/tokenizer.json", "Hugging Face hub"),
        ("GET", "https://huggingface.co/api/resolve-cache/models/made-up/model/abc/config.json", "Hugging Face hub"),
    ],
)
def test_recognised(method: str, url: str, name: str) -> None:
    """What libraries tell and fetch for themselves is recognised, whatever the query."""
    row = recognised(Request(method, url))
    assert row is not None
    assert row.name == name


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "https://api.openai.com/v1/chat/completions"),
        ("GET", "https://api.openai.com/v1/traces"),
        ("GET", "https://api.smith.langchain.com/commits/made-up/prompt/latest"),
        ("GET", "https://cloud.langfuse.com/api/public/v2/prompts/made-up"),
        ("POST", "https://us.i.posthog.com/flags/"),
        ("GET", "https://raw.githubusercontent.com/made-up/repository/main/data.json"),
        ("GET", "https://huggingface.co/api/models/made-up/model?expand=inferenceProviderMapping"),
        ("POST", "https://router.huggingface.co/v1/chat/completions"),
        ("POST", "https://example.com/api.smith.langchain.com/runs/batch"),
        ("POST", "https://api.smith.langchain.com.example.com/runs/batch"),
        ("POST", "http://localhost:4318/v1/logs"),
        ("POST", "http://[::1/v1/traces"),
    ],
)
def test_not_recognised(method: str, url: str) -> None:
    """Calls that an application is about, and hosts that only look alike, are not; nor is what is no URL."""
    assert recognised(Request(method, url)) is None


def test_opentelemetry_on_any_host() -> None:
    """OTLP is known by its path and its type together, wherever the collector stands."""
    for url in ("http://localhost:4318/v1/traces", "https://logfire-api.pydantic.dev/v1/metrics"):
        row = recognised(Request("POST", url, _PROTOBUF))
        assert row is not None
        assert row.name == "OpenTelemetry"


def test_the_rows_are_sound() -> None:
    """Names are unique, and a row for any host asks for a kind of body."""
    assert len({row.name for row in SIDE_TRAFFIC}) == len(SIDE_TRAFFIC)
    assert all(row.content_type for row in SIDE_TRAFFIC if row.hosts == ("*",))
