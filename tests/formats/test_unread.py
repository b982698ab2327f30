"""Interactions whose answers are read when they are asked for: nobody can tell them from others."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest

from llmvcr.formats.unread import head, unread
from llmvcr.interaction import Interaction, Request, Response

WHOLE = Interaction(
    Request("POST", "https://api.example.com/", (), b"{}"),
    Response(200, "OK", (("content-type", "text/plain"),), (b"one", b"two")),
    "2026-11-22T09:00:00Z",
    {"note": 1},
    {"request": {"strange": 2}},
)
HEAD = Response(200, "OK", (("content-type", "text/plain"),))


class Source:
    """Reads an interaction, and counts how often."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self) -> Interaction:
        """Read it."""
        self.asked += 1
        return WHOLE


@pytest.fixture
def source() -> Source:
    """One that nobody has asked."""
    return Source()


def lazy(source: Source) -> Interaction:
    """An interaction that it reads."""
    return unread(WHOLE.request, HEAD, WHOLE.recorded_at, source.read)


def test_what_is_known_is_given_without_reading(source: Source) -> None:
    """The request, the time of the recording and the head of the answer cost nothing."""
    one = lazy(source)
    assert (one.request, one.recorded_at, head(one)) == (WHOLE.request, WHOLE.recorded_at, HEAD)
    assert source.asked == 0


def test_the_rest_is_read_once(source: Source) -> None:
    """Whatever of the rest is asked for, and however often, it is read the first time; the head is the answer then."""
    one = lazy(source)
    assert (one.notes, one.response, one.unknown, one.response.body) == (
        WHOLE.notes,
        WHOLE.response,
        WHOLE.unknown,
        b"onetwo",
    )
    assert head(one) == HEAD
    assert source.asked == 1


def test_it_is_an_interaction_in_every_way(source: Source) -> None:
    """It is equal to one on either side, printed, replaced, copied and pickled as one."""
    assert isinstance(lazy(source), Interaction)
    assert lazy(source) == WHOLE
    assert WHOLE == lazy(source)  # noqa: SIM300 - from the other side
    assert lazy(source) == lazy(source)
    assert repr(lazy(source)) == repr(WHOLE)
    assert replace(lazy(source), recorded_at=None) == replace(WHOLE, recorded_at=None)
    assert copy.deepcopy(lazy(source)) == WHOLE
    assert type(pickle.loads(pickle.dumps(lazy(source)))) is Interaction  # noqa: S301 - our own bytes
    assert lazy(source) != replace(WHOLE, notes={})


def test_it_does_not_change(source: Source) -> None:
    """It takes no other value, and has no field that an interaction has not."""
    one = lazy(source)
    with pytest.raises(AttributeError):
        one.request = WHOLE.request  # type: ignore[misc]
    with pytest.raises(AttributeError):
        one.nonsense  # type: ignore[attr-defined]  # noqa: B018 - that it is not there is what is tested
    assert source.asked == 0
