"""Every failure through the openai and the anthropic SDK: raised alike, retried alike, attempt by attempt."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import llmvcr
from sdk.calls import How
from sdk.failing import CASES, SDKS, Case, Outcome, Provider, Sdk, ask, ask_async, misbehaving

sdks = pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)


def _all(sdk: Sdk, how: How, cases: Sequence[Case], provider: Provider, retries: int) -> list[Outcome]:
    """Ask for all cases at once, from a thread or a task each."""
    if how == "sync":
        with ThreadPoolExecutor(len(cases)) as pool:
            return list(pool.map(lambda case: ask(sdk, case, provider.url(case), retries), cases))

    async def together() -> list[Outcome]:
        return await asyncio.gather(*(ask_async(sdk, case, provider.url(case), retries) for case in cases))

    return asyncio.run(together())


def _attempts(path: Path) -> Counter[str]:
    """Count the recorded attempts by the name of the case."""
    bodies = [json.loads(one.request.body or b"") for one in llmvcr.load(path).interactions]
    prompts = [body["messages"][0]["content"] for body in bodies]
    return Counter(prompt.removeprefix("Please: ").removesuffix(".") for prompt in prompts)


@sdks
@pytest.mark.parametrize("retries", [0, 2])
def test_every_failure(sdk: Sdk, retries: int, how: How, tmp_path: Path) -> None:
    """Live, recording and on replay the same is raised at the same place; each attempt is recorded and played once."""
    serializer = "yaml" if how == "sync" else "json"
    path = tmp_path / f"failures.{serializer}"
    with misbehaving() as provider:
        live = _all(sdk, how, CASES, provider, retries)
        asked = provider.asked.copy()
        provider.asked.clear()
        with llmvcr.use_cassette(path, serializer=serializer):
            recording = _all(sdk, how, CASES, provider, retries)
        assert provider.asked == asked
        with llmvcr.use_cassette(path, record_mode="none", serializer=serializer) as cassette:
            replay = _all(sdk, how, CASES, provider, retries)
        assert provider.asked == asked
    assert dict(zip(CASES, recording, strict=True)) == dict(zip(CASES, live, strict=True))
    assert dict(zip(CASES, replay, strict=True)) == dict(zip(CASES, live, strict=True))
    attempts = {case.name: case.attempts if retries else 1 for case in CASES}
    assert _attempts(path) == attempts
    assert cassette.play_count == sum(attempts.values())
