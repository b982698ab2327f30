"""Traffic beside the calls of an application: what libraries tell of themselves, and what they fetch for themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from llmvcr.interaction import Request, Response, header

__all__ = ["NOTHING", "SIDE_TRAFFIC", "Side", "recognised"]

Kind = Literal["telemetry", "download"]
"""telemetry is told and never read: an empty answer will do; a download is read, and nothing can stand for it."""

_OTLP = r"/v1/(?:traces|metrics|logs)"


@dataclass(frozen=True, slots=True)
class Side:
    """One row: requests of these methods to these hosts (exact, or "*.example.com") whose path fits the expression.

    `hosts` of ("*",) are any, if the body is of `content_type`. `advice` is for who has to do without a download.
    """

    name: str
    kind: Kind
    methods: tuple[str, ...]
    hosts: tuple[str, ...]
    path: str
    advice: str = ""
    content_type: str = ""


_TELL = ("POST", "PATCH", "PUT")
_FETCH = ("GET", "HEAD")
_CACHE = "fetch it once where the tests run, and keep {}; or record it by llmvcr_side_traffic = record"

SIDE_TRAFFIC: tuple[Side, ...] = (
    # langsmith 0.4: runs as they come, in batches, as multipart; what the server can do is asked once, before.
    Side(
        "LangSmith",
        "telemetry",
        (*_TELL, "GET"),
        ("api.smith.langchain.com", "*.api.smith.langchain.com"),
        r"(?:/api/v1)?/(?:runs(?:/.*)?|info|otel/v1/traces)",
    ),
    Side(
        "Langfuse",
        "telemetry",
        _TELL,
        ("cloud.langfuse.com", "*.cloud.langfuse.com"),
        r"/api/public/(?:ingestion|otel/v1/traces)",
    ),
    # Feature flags (/flags, /decide) are read: they are none.
    Side(
        "PostHog",
        "telemetry",
        _TELL,
        ("app.posthog.com", "*.posthog.com"),
        r"/(?:batch|capture|e|i/v0/e|track|engage)/?",
    ),
    Side("Sentry", "telemetry", _TELL, ("sentry.io", "*.sentry.io"), r"/api/[^/]+/(?:envelope|store|security)/?"),
    Side("OpenAI traces", "telemetry", _TELL, ("api.openai.com", "*.api.openai.com"), r"/v1/traces/ingest"),
    Side("Segment", "telemetry", _TELL, ("api.segment.io", "api.segment.com"), r"/v1/(?:batch|track|identify|import)"),
    Side("Mixpanel", "telemetry", _TELL, ("api.mixpanel.com", "api-*.mixpanel.com"), r"/(?:track|engage|import).*"),
    Side("Opik", "telemetry", _TELL, ("www.comet.com",), r"/opik/api/v1/private/(?:traces|spans)(?:/.*)?"),
    Side("Braintrust", "telemetry", _TELL, ("api.braintrust.dev",), r"/(?:logs3|otel/v1/traces)"),
    Side("Hugging Face telemetry", "telemetry", ("HEAD", "POST"), ("huggingface.co",), r"/api/telemetry/.*"),
    Side("Datadog", "telemetry", _TELL, ("*-intake.datadoghq.com", "*-intake.datadoghq.eu"), r"/.*"),
    # The protocol names path and type, not the host (OTLP 1.7, "OTLP/HTTP Request"); Logfire, Phoenix, CrewAI speak it.
    Side("OpenTelemetry", "telemetry", ("POST",), ("*",), rf"(?:/.*)?{_OTLP}", content_type="application/x-protobuf"),
    Side(
        "tiktoken",
        "download",
        _FETCH,
        ("openaipublic.blob.core.windows.net",),
        r"/(?:encodings|gpt-2)/.*",
        _CACHE.format("TIKTOKEN_CACHE_DIR"),
    ),
    Side(
        "LiteLLM prices",
        "download",
        _FETCH,
        ("raw.githubusercontent.com",),
        r"/BerriAI/litellm/.*\.json",
        "set LITELLM_LOCAL_MODEL_COST_MAP=True, so that LiteLLM reads the copy that it brings",
    ),
    Side("genai-prices", "download", _FETCH, ("raw.githubusercontent.com",), r"/pydantic/genai-prices/.*"),
    Side(
        "NLTK data",
        "download",
        _FETCH,
        ("raw.githubusercontent.com",),
        r"/nltk/nltk_data/.*",
        _CACHE.format("NLTK_DATA"),
    ),
    Side("Cohere tokenizer", "download", _FETCH, ("storage.googleapis.com",), r"/cohere-public/tokenizers/.*"),
    # Of the hub the files alone: what it says of a model decides where the inference client sends its calls.
    Side(
        "Hugging Face hub",
        "download",
        _FETCH,
        ("huggingface.co", "hf.co", "*.hf.co"),
        r"/(?:api/resolve-cache/.*|(?:[^/]+/){1,3}(?:resolve|raw)/.*|repos/.*|xet-bridge-.*)",
        _CACHE.format("HF_HOME") + "; with HF_HUB_OFFLINE=1 nothing is asked",
    ),
)
"""Every row; the first that fits counts."""

NOTHING = Response(200, "OK", (("content-type", "application/json"), ("content-length", "2")), (b"{}",))
"""What stands for the answer to telemetry."""


def recognised(request: Request) -> Side | None:
    """Give the row that a request fits; None for any other, which the application may be about. Never raises."""
    kind = (header(request.headers, "content-type") or "").partition(";")[0].strip().lower()
    return _row(request.method.upper(), request.url.partition("?")[0], kind)


@lru_cache(maxsize=1024)
def _row(method: str, url: str, content_type: str) -> Side | None:
    # A pure cache: libraries tell the same address again and again.
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    for row in SIDE_TRAFFIC:
        if method not in row.methods or row.content_type not in ("", content_type):
            continue
        if _fits(host, row.hosts) and re.fullmatch(row.path, parts.path):
            return row
    return None


def _fits(host: str, hosts: tuple[str, ...]) -> bool:
    return any(re.fullmatch(re.escape(one).replace(r"\*", ".*"), host) for one in hosts)
