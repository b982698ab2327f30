"""Refusals of the other providers, as their own SDKs read them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cohere
import pytest
from cohere.errors import InternalServerError, TooManyRequestsError
from google import genai
from google.genai.errors import APIError, ClientError, ServerError
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

import llmvcr
from llmvcr import Fault

KEY = "made-up-key"


def _gemini() -> None:
    with genai.Client(api_key=KEY) as client:
        client.models.generate_content(model="gemini-made-up", contents="Hello.")


def _gemini_streamed() -> None:
    with genai.Client(api_key=KEY) as client:
        list(client.models.generate_content_stream(model="gemini-made-up", contents="Hello."))


def _cohere() -> None:
    with cohere.ClientV2(api_key=KEY) as client:
        client.chat(
            model="made-up", messages=[{"role": "user", "content": "Hello."}], request_options={"max_retries": 0}
        )


def _mistral() -> None:
    with Mistral(api_key=KEY) as client:
        client.chat.complete(model="made-up", messages=[{"role": "user", "content": "Hello."}])


REFUSALS: list[tuple[Callable[[], None], int, type[Exception]]] = [
    (_gemini, 429, ClientError),
    (_gemini, 500, ServerError),
    (_gemini_streamed, 503, ServerError),
    (_cohere, 429, TooManyRequestsError),
    (_cohere, 500, InternalServerError),
    (_mistral, 429, SDKError),
]


@pytest.mark.parametrize(
    ("ask", "status", "error"), REFUSALS, ids=[f"{ask.__name__.strip('_')}-{status}" for ask, status, _ in REFUSALS]
)
def test_a_refusal_is_the_sdks_own_error(
    ask: Callable[[], None], status: int, error: type[Exception], tmp_path: Path
) -> None:
    """A refusal is the SDK's own class for it, which has read its status and its words."""
    fault = Fault(status=status, times="always")
    with (
        llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_faults=fault),
        pytest.raises(error) as raised,
    ):
        ask()
    refused: Any = raised.value
    assert status == (refused.code if isinstance(refused, APIError) else refused.status_code)
    assert "made by llmvcr" in str(refused)


def test_gemini_says_how_long_to_wait(tmp_path: Path) -> None:
    """Google tells the wait in the body, and so does the fault."""
    fault = Fault(status=429, retry_after=30, times="always")
    with (
        llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_faults=fault),
        pytest.raises(ClientError) as raised,
    ):
        _gemini()
    assert raised.value.status == "RESOURCE_EXHAUSTED"
    assert raised.value.details["error"]["details"][0]["retryDelay"] == "30s"
