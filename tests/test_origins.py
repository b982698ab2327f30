"""Ids that only an earlier answer named: where they stand in later requests, once a call was answered anew."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from llmvcr.index import Index
from llmvcr.interaction import Request, Response
from wire.test_eventstream import event

BASE = "https://api.openai.com/v1"
OLD, NEW, OLDER, NEWER = "k3Jd82LmQ0Zx", "Pq9sT41vWy7B", "aa11BB22cc33", "dd44EE55ff66"


def said(text: str) -> Request:
    """A chat of one prompt."""
    return post("/chat/completions", {"model": "m", "messages": [{"role": "user", "content": text}]})


def post(path: str, body: Any = None, method: str = "POST") -> Request:
    """A call at OpenAI."""
    return Request(method, f"{BASE}{path}", (), None if body is None else json.dumps(body).encode())


def told(body: Any) -> Response:
    """An answer in JSON."""
    return Response(200, chunks=(json.dumps(body).encode(),))


class Played:
    """A cassette in play: what is recorded, and what comes anew."""

    def __init__(self, *recorded: tuple[Request, Any]) -> None:
        self.answers = [answer if isinstance(answer, Response) else told(answer) for _, answer in recorded]
        self.index = Index([request for request, _ in recorded], answer=self.answers.__getitem__)

    def take(self, request: Request) -> int | None:
        """Ask for an answer."""
        return self.index.take(request)

    def record(self, request: Request, answer: Any) -> None:
        """Ask a server, as a request that nothing answers does."""
        assert self.take(request) is None
        self.answers.append(told(answer))
        self.index.mark(self.index.add(request, fresh=True))


def test_an_id_of_a_fresh_answer_stands_for_a_recorded_one() -> None:
    """Where the first question was asked anew, the second quotes the new id and finds the recorded answer."""
    cassette = Played((said("one"), {"id": OLD}), (said(f"What of {OLD}?"), {}), (said(f"And ({OLD})!"), {}))
    cassette.record(said("another"), {"id": NEW})
    assert cassette.take(said(f"What of {NEW}?")) == 1
    assert cassette.take(said(f"And ({NEW})!")) == 2
    assert cassette.take(said(f"And ({NEW})!")) is None


def test_another_word_beside_it_is_another_request() -> None:
    """Only the id is renamed: the prompt around it, and what no answer named, are compared."""
    cassette = Played((said("one"), {"id": OLD}), (said(f"What of {OLD}?"), {}))
    cassette.record(said("another"), {"id": NEW})
    assert cassette.take(said(f"Who is {NEW}?")) is None
    assert cassette.take(said(f"What of {NEWER}?")) is None
    assert cassette.take(said(f"What of x{NEW}?")) is None


def test_nothing_is_renamed_while_nothing_is_recorded() -> None:
    """In a plain replay the application has the recorded ids: another id is another request."""
    cassette = Played(
        (said("one"), {"id": OLD}), (said("two"), {"id": OLDER}), (said(f"What of {OLD}?"), {}), (said("x"), {})
    )
    assert cassette.take(said(f"What of {OLDER}?")) is None
    assert cassette.take(said(f"What of {NEW}?")) is None
    cassette.record(said("another"), {"id": NEW})
    assert cassette.take(said(f"What of {OLDER}?")) is None


def test_what_refers_to_what_is_kept() -> None:
    """One new id stands for one recorded id, in one request and from request to request."""
    cassette = Played(
        (said("one"), {"data": [{"id": OLD}, {"id": OLDER}]}),
        (said(f"{OLD} or {OLDER}?"), {}),
        (said(f"{OLDER} then."), {}),
        (said(f"{OLD} then."), {}),
    )
    cassette.record(said("another"), {"data": [{"id": NEW}, {"id": NEWER}]})
    assert cassette.take(said(f"{NEW} or {NEW}?")) is None
    assert cassette.take(said(f"{NEW} or {NEWER}?")) == 1
    assert cassette.take(said(f"{NEW} then.")) == 3
    assert cassette.take(said(f"{NEW} then.")) is None
    assert cassette.take(said(f"{NEWER} then.")) == 2


def test_a_thread_made_by_the_same_request() -> None:
    """A path that names a new thread is that of the recorded one, where both were made by the same request."""
    made, asked = post("/threads", {"metadata": {"a": "b"}}), {"role": "user", "content": "hi"}
    cassette = Played(
        (made, {"id": f"thread_{OLD}"}),
        (post(f"/threads/thread_{OLD}/messages", asked), {"id": f"msg_{OLD}"}),
        (post(f"/threads/thread_{OLD}", None, "GET"), {}),
    )
    assert cassette.take(made) == 0
    cassette.record(made, {"id": f"thread_{NEW}"})
    assert cassette.take(post(f"/threads/thread_{NEWER}/messages", asked)) is None
    assert cassette.take(post(f"/threads/thread_{NEW}/messages", asked)) == 1
    assert cassette.take(post(f"/threads/thread_{NEW}", None, "GET")) == 2


def test_a_thing_made_otherwise_is_another() -> None:
    """An assistant with other instructions is another one, in the path and as a value: its answers are not replayed."""
    cassette = Played(
        (post("/assistants", {"model": "m", "instructions": "Be brief"}), {"id": f"asst_{OLD}"}),
        (post("/threads/t/runs", {"assistant_id": f"asst_{OLD}"}), {}),
        (post(f"/assistants/asst_{OLD}", None, "GET"), {}),
    )
    cassette.record(post("/assistants", {"model": "m", "instructions": "Be long"}), {"id": f"asst_{NEW}"})
    assert cassette.take(post("/threads/t/runs", {"assistant_id": f"asst_{NEW}"})) is None
    assert cassette.take(post(f"/assistants/asst_{NEW}", None, "GET")) is None


def test_peek_binds_nothing() -> None:
    """Looking ahead says what taking would give, and fixes nothing."""
    cassette = Played((said("one"), {"id": OLD}), (said("two"), {"id": OLDER}), (said(f"{OLD}?"), {}))
    cassette.record(said("another"), {"data": [{"id": NEW}, {"id": NEWER}]})
    assert cassette.index.peek(said(f"{NEW}?")) == cassette.index.peek(said(f"{NEWER}?")) == 2
    assert cassette.take(said(f"{NEWER}?")) == 2


STREAMED = f'data: {{"id": "{OLD}", "choices": []}}\n\ndata: [DONE]\n\n'.encode()
WRAPPED = event("chunk", {"bytes": b64encode(json.dumps({"message": {"id": OLD}}).encode()).decode(), "p": "ab"})


@pytest.mark.parametrize(
    "body",
    [STREAMED, STREAMED[:-9], f'{{"a": 1}}\n{{"toolUseId": "{OLD}"}}\n'.encode(), WRAPPED, WRAPPED + b"\0"],
    ids=["server-sent events", "events that were cut", "JSON lines", "event stream", "event stream that was cut"],
)
def test_ids_in_streams(body: bytes) -> None:
    """The ids of a streamed answer are known as those of a whole one are."""
    cassette = Played((said("one"), Response(200, chunks=(body,))), (said(f"What of {OLD}?"), {}))
    cassette.record(said("another"), {"id": NEW})
    assert cassette.take(said(f"What of {NEW}?")) == 1


def test_no_answer_is_read_before_it_has_to() -> None:
    """Fresh answers are read for a request that nothing answers, recorded ones where it quotes a fresh one's id."""
    read: list[int] = []

    def answer(position: int) -> Response:
        read.append(position)
        return told({"id": (OLD, NEW)[position]})

    index = Index([said("one")], answer=answer)
    assert index.take(said("one")) == 0
    assert index.take(said("two")) is None
    assert read == []
    index.mark(index.add(said("two"), fresh=True))
    assert index.take(said("three")) is None
    assert index.take(said(f"Of {NEWER}?")) is None
    assert read == [1]
    assert index.take(said(f"Of {NEW}?")) is None
    assert read == [1, 0]
