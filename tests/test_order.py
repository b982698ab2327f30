"""Equal requests, one after the other and at once: recorded order, and each answer given once."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import llmvcr
from llmvcr.interaction import Interaction, Request, Response

URL = "http://127.0.0.1:9/v1/chat/completions"
QUESTIONS, TIMES = 25, 8
# Each asked as often as it is recorded, in an order that is not the recorded one.
ASKED = tuple(random.Random(5).sample([n % QUESTIONS for n in range(QUESTIONS * TIMES)], QUESTIONS * TIMES))  # noqa: S311
_JSON = (("content-type", "application/json"),)


def body(question: int, **spelling: object) -> bytes:
    """A chat that asks one question."""
    told = {"model": "m", "messages": [{"role": "user", "content": f"question {question}"}]}
    return json.dumps(told, **spelling).encode()  # type: ignore[arg-type]


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """A cassette of 25 questions, each recorded 8 times with other answers, all mixed."""
    recorded = [
        Interaction(Request("POST", URL, _JSON, body(question)), Response(200, "OK", _JSON, (answer(question, time),)))
        for time in range(TIMES)
        for question in range(QUESTIONS)
    ]
    llmvcr.dump(recorded, tmp_path / "cassette.yaml")
    return tmp_path / "cassette.yaml"


def answer(question: int, time: int) -> bytes:
    """What was recorded for a question, and when."""
    return json.dumps({"question": question, "time": time}).encode()


def _one_by_one(questions: tuple[int, ...]) -> list[bytes]:
    with httpx.Client() as client:
        return [client.post(URL, content=body(question)).content for question in questions]


def _by_threads(questions: tuple[int, ...]) -> list[bytes]:
    with httpx.Client() as client, ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda question: client.post(URL, content=body(question, indent=1)).content, questions))


def _by_gather(questions: tuple[int, ...]) -> list[bytes]:
    async def everything() -> list[bytes]:
        async with httpx.AsyncClient() as client:
            answers = await asyncio.gather(*(client.post(URL, content=body(question)) for question in questions))
        return [one.content for one in answers]

    return asyncio.run(everything())


@pytest.mark.parametrize("asks", [_one_by_one, _by_threads, _by_gather])
def test_each_caller_gets_an_answer_of_its_own(asks: Callable[[tuple[int, ...]], list[bytes]], path: Path) -> None:
    """200 requests, 8 of a kind, at once or in turn: all get an answer to their question, and none is given twice."""
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        heard = [json.loads(one) for one in asks(ASKED)]
        with pytest.raises(llmvcr.Miss):
            _one_by_one((0,))
    assert [one["question"] for one in heard] == list(ASKED)
    assert sorted((one["question"], one["time"]) for one in heard) == [
        (question, time) for question in range(QUESTIONS) for time in range(TIMES)
    ]
    assert cassette.play_count == len(ASKED)


@pytest.mark.parametrize("spelling", [{}, {"indent": 2}], ids=["same bytes", "same JSON"])
def test_equal_requests_are_answered_in_recorded_order(spelling: dict[str, object], path: Path) -> None:
    """The first asked gets what was recorded first, however the request is spelt."""
    with llmvcr.use_cassette(path, record_mode="none"), httpx.Client() as client:
        heard = [client.post(URL, content=body(7, **spelling)).content for _ in range(TIMES)]
    assert heard == [answer(7, time) for time in range(TIMES)]


@pytest.mark.parametrize("asks", [_one_by_one, _by_threads, _by_gather])
def test_repeats_begin_when_all_is_played(asks: Callable[[tuple[int, ...]], list[bytes]], path: Path) -> None:
    """Where answers may repeat, each is given once first, and the last one again and again from then on."""
    with llmvcr.use_cassette(path, record_mode="none", allow_playback_repeats=True):
        heard = asks((3,) * (TIMES + 4))
    assert sorted(heard) == sorted([*(answer(3, time) for time in range(TIMES)), *[answer(3, TIMES - 1)] * 4])
