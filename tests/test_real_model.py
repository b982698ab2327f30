"""One long test by option: a real model is recorded and replayed, where LLMVCR_REAL_MODEL names its base URL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import openai
import pytest

import llmvcr
from tools._samples import CASSETTE, KEY, SAMPLES, SERIALIZERS, Script, play, play_async

if TYPE_CHECKING:
    from pathlib import Path

BASE_URL = os.environ.get("LLMVCR_REAL_MODEL", "")

pytestmark = pytest.mark.skipif(
    not BASE_URL, reason="LLMVCR_REAL_MODEL names no server; tools/record_samples.py --serve"
)


def shown(answers: list[Any]) -> list[Any]:
    """Give the answers in a form that compares: the SDK's objects dumped, its errors as status and body.

    A page of models counts as one class, though the async SDK has its own.
    """
    return [
        shown(answer)
        if isinstance(answer, list)
        else (answer.status_code, answer.body)
        if isinstance(answer, openai.APIStatusError)
        else (type(answer).__name__.replace("AsyncPage", "SyncPage"), answer.to_dict(mode="json", warnings=False))
        for answer in answers
    ]


@pytest.mark.parametrize("serializer", SERIALIZERS)
@pytest.mark.parametrize("script", SAMPLES, ids=lambda script: script.__name__)
@pytest.mark.timeout(600)
@pytest.mark.asyncio
async def test_a_replay_of_a_real_model_equals_its_recording(script: Script, serializer: str, tmp_path: Path) -> None:
    """What the live server said through the sync SDK, a replay says again, to the sync and to the async SDK."""
    path = tmp_path / f"{script.__name__}.{serializer}"
    options: dict[str, Any] = {**CASSETTE, "serializer": serializer}
    client = openai.OpenAI(base_url=BASE_URL, api_key=KEY, max_retries=0)
    with llmvcr.use_cassette(path, record_mode="once", **options):
        live = shown(play(client, script))
    with llmvcr.use_cassette(path, record_mode="none", **options):
        assert shown(play(client, script)) == live
    with llmvcr.use_cassette(path, record_mode="none", **options):
        async with openai.AsyncOpenAI(base_url=BASE_URL, api_key=KEY, max_retries=0) as asynchronous:
            assert shown(await play_async(asynchronous, script)) == live
