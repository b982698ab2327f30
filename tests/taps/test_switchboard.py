"""Whose call it is: the cassette of the context, the innermost one, or nobody's that could be known."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from llmvcr.errors import SideBySideError
from llmvcr.interaction import Request
from llmvcr.taps.base import Call, Dial, Patch, Recorder
from llmvcr.taps.httpx import HTTPX
from llmvcr.taps.switchboard import Line, Switchboard
from taps.scripted import Scripted


class Library:
    """A client library of one function."""

    def send(self, _url: str) -> Call | None:
        """Do what the library does."""
        return None


class Child(Library):
    """A class that has the function from its base."""


class LibraryTap:
    """A tap for it."""

    name = "library"
    replaces = ("library",)
    awaits: tuple[str, ...] = ()
    is_steady: bool = True

    def __init__(self, owner: Any = Library) -> None:
        self.owner = owner

    def patches(self, recorder: Recorder) -> Iterator[Patch]:
        """Give the one patch."""

        def send(_self: Library, url: str) -> Call:
            return recorder.call(Request("GET", url))

        yield self.owner, "send", send


class Transport(httpx.HTTPTransport):
    """A transport of an application's own."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer in the place of the network."""
        return httpx.Response(204, request=request)


class Cassette:
    """One that remembers what it heard."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.heard: list[str] = []

    def call(self, request: Request) -> Call:
        """Take note."""
        self.heard.append(request.url)
        return Call()

    def dial(self, request: Request) -> Dial:
        """Take note of a handshake."""
        self.heard.append(f"dialled {request.url}")
        return Dial()


PLAIN = Library.__dict__["send"]
A, B, C = "a", "b", "c"


@pytest.fixture
def board() -> Iterator[Switchboard]:
    """A switchboard of the test's own, which leaves nothing behind."""
    yield Switchboard()
    assert Library.__dict__["send"] is PLAIN


def _send(url: str) -> None:
    Library().send(url)


def test_nested(board: Switchboard) -> None:
    """Of nested cassettes the innermost hears a call, and after it the one around it."""
    outer, inner = Cassette(A), Cassette(B)
    board.enter(outer, [LibraryTap()])
    _send("1")
    board.enter(inner, [LibraryTap()])
    _send("2")
    board.leave(inner)
    _send("3")
    board.leave(outer)
    assert Library().send("4") is None
    assert (outer.heard, inner.heard) == (["1", "3"], ["2"])


def test_left_in_any_order(board: Switchboard) -> None:
    """Cassettes that overlap leave the library as it was, whichever goes first."""
    first, second = Cassette(A), Cassette(B)
    board.enter(first, [LibraryTap()])
    board.enter(second, [LibraryTap()])
    board.leave(first)
    _send("1")
    board.leave(second)
    assert Library.__dict__["send"] is PLAIN
    assert (first.heard, second.heard) == ([], ["1"])


def test_the_one_in_the_middle_stays_longest(board: Switchboard) -> None:
    """Of three cassettes that overlap the second still hears when the first and then the third are gone."""
    first, second, third = Cassette(A), Cassette(B), Cassette(C)
    for each in (first, second, third):
        board.enter(each, [LibraryTap()])
    board.leave(first)
    board.leave(third)
    _send("1")
    board.leave(second)
    _send("2")
    assert (first.heard, second.heard, third.heard) == ([], ["1"], [])


def test_a_tap_that_the_inner_one_leaves_out(board: Switchboard) -> None:
    """A cassette that does not hear a library leaves its calls to the one around it."""
    outer, inner = Cassette(A), Cassette(B)
    board.enter(outer, [LibraryTap()])
    board.enter(inner, [])
    _send("1")
    board.leave(inner)
    board.leave(outer)
    assert (outer.heard, inner.heard) == (["1"], [])


def test_side_by_side_in_tasks(board: Switchboard) -> None:
    """Each of two tasks speaks to its own cassette, however they take turns."""
    cassettes = {name: Cassette(name) for name in (A, B)}

    async def one(name: str) -> None:
        board.enter(cassettes[name], [LibraryTap()])
        for turn in range(20):
            await asyncio.sleep(0)
            _send(f"{name}{turn}")
        board.leave(cassettes[name])

    async def both() -> None:
        await asyncio.gather(one(A), one(B))

    asyncio.run(both())
    assert all(one.heard == [f"{name}{turn}" for turn in range(20)] for name, one in cassettes.items())


def test_side_by_side_in_threads(board: Switchboard) -> None:
    """Each of two threads speaks to its own cassette while both are open."""
    cassettes = {name: Cassette(name) for name in (A, B)}
    barrier = threading.Barrier(2)

    def one(name: str) -> None:
        board.enter(cassettes[name], [LibraryTap()])
        for turn in range(20):
            barrier.wait(10)
            _send(f"{name}{turn}")
        barrier.wait(10)
        board.leave(cassettes[name])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, (A, B)))
    assert all(one.heard == [f"{name}{turn}" for turn in range(20)] for name, one in cassettes.items())


def test_a_thread_without_context(board: Switchboard) -> None:
    """A thread that knows of no cassette speaks to the innermost that is open."""
    outer, inner = Cassette(A), Cassette(B)
    board.enter(outer, [LibraryTap()])
    board.enter(inner, [LibraryTap()])
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_send, "1").result()
        board.leave(inner)
        pool.submit(_send, "2").result()
    board.leave(outer)
    assert (outer.heard, inner.heard) == (["2"], ["1"])


def test_a_thread_between_two(board: Switchboard) -> None:
    """With several side by side a thread of no context is refused, and one that carries a context is heard."""
    first, second = Cassette(A), Cassette(B)
    contexts = [contextvars.Context(), contextvars.Context()]
    with ThreadPoolExecutor(2) as pool:
        pool.submit(contexts[0].run, board.enter, first, [LibraryTap()]).result()
        in_second = threading.Thread(target=contexts[1].run, args=(board.enter, second, [LibraryTap()]))
        in_second.start()
        in_second.join()
        with pytest.raises(SideBySideError, match=r"2 cassettes are open side by side \(a, b\)") as raised:
            _send("1")
        contexts[1].run(_send, "2")
        contexts[0].run(_send, "3")
    board.leave(first)
    board.leave(second)
    assert (first.heard, second.heard) == (["3"], ["2"])
    assert raised.value.labels == (A, B)


def test_a_context_that_outlives_its_cassette(board: Switchboard) -> None:
    """A loop that was made under one test's cassette speaks to that of the next test."""
    first, second = Cassette(A), Cassette(B)
    board.enter(first, [LibraryTap()])
    kept = contextvars.copy_context()
    board.leave(first)
    board.enter(second, [LibraryTap()])
    kept.run(_send, "1")
    board.leave(second)
    assert (first.heard, second.heard) == ([], ["1"])


def test_a_task_that_opens_one_more_than_its_fixture(board: Switchboard) -> None:
    """A task without the fixture's context opens a cassette inside the fixture's, not beside it."""
    outer, inner = Cassette(A), Cassette(B)
    board.enter(outer, [LibraryTap()])

    async def test() -> None:
        board.enter(inner, [LibraryTap()])
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_send, "1").result()
        board.leave(inner)
        _send("2")

    contextvars.Context().run(asyncio.run, test())
    board.leave(outer)
    assert (outer.heard, inner.heard) == (["2"], ["1"])


def test_patches_of_others(board: Switchboard) -> None:
    """A cassette that is opened under the patch of another recorder hears, and leaves that patch in place."""
    outer, inner = Cassette(A), Cassette(B)
    board.enter(outer, [LibraryTap()])
    ours = Library.__dict__["send"]

    def theirs(_self: Library, _url: str) -> Call | None:
        return None

    Library.send = theirs  # type: ignore[method-assign, assignment]
    _send("1")
    board.enter(inner, [LibraryTap()])
    _send("2")
    board.leave(inner)
    assert Library.__dict__["send"] is theirs
    Library.send = ours  # type: ignore[method-assign]
    board.leave(outer)
    assert (outer.heard, inner.heard) == ([], ["2"])


def test_patches_of_others_come_and_go(board: Switchboard) -> None:
    """A cassette that is opened again calls what stands there now, and puts that back."""
    tap = LibraryTap()

    def theirs(_self: Library, _url: str) -> Call | None:
        return None

    for before in (PLAIN, theirs, PLAIN):
        Library.send = before  # type: ignore[method-assign, assignment]
        cassette = Cassette(A)
        board.enter(cassette, [tap])
        _send("1")
        board.leave(cassette)
        assert (cassette.heard, Library.__dict__["send"]) == (["1"], before)


def test_inherited(board: Switchboard) -> None:
    """A class that has the function from its base has it from there again afterwards."""
    cassette = Cassette(A)
    board.enter(cassette, [LibraryTap(Child)])
    Child().send("1")
    board.leave(cassette)
    assert "send" not in Child.__dict__
    assert cassette.heard == ["1"]


def test_left_twice(board: Switchboard) -> None:
    """Leaving a cassette that was left changes nothing."""
    cassette = Cassette(C)
    board.enter(cassette, [LibraryTap()])
    board.leave(cassette)
    board.leave(cassette)
    assert cassette.heard == []


def test_a_handshake_is_heard_as_a_call_is(board: Switchboard) -> None:
    """The handshake of a WebSocket goes to the cassette of its context; without one the connection is left alone."""
    cassette, line = Cassette(A), Line(board, "library")
    board.enter(cassette, [LibraryTap()])
    line.dial(Request("GET", "wss://h/x"))
    board.leave(cassette)
    assert line.dial(Request("GET", "wss://h/y")) == Dial()
    assert cassette.heard == ["dialled wss://h/x"]


def test_a_tap_that_fails(board: Switchboard) -> None:
    """Where a library cannot be tapped, the cassette is not open, and the libraries before it are as they were."""

    class Broken(LibraryTap):
        def patches(self, recorder: Recorder) -> Iterator[Patch]:
            yield from super().patches(recorder)
            raise ImportError(recorder)

    with pytest.raises(ImportError):
        board.enter(Cassette(A), [LibraryTap(), Broken(Child)])
    assert Library.__dict__["send"] is PLAIN
    assert "send" not in Child.__dict__
    assert board.here() == ()


@pytest.mark.parametrize("places", [(False, True, False), (True, False, True)], ids=["later", "from the beginning"])
def test_a_class_in_the_place_of_another(
    places: tuple[bool, ...], board: Switchboard, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transport class that stands in the place of the library's is heard, and the library's own again after it."""
    script.steps = [b"HTTP/1.1 204 No Content\r\n\r\n"]
    own, kinds = httpx.HTTPTransport, list[type[httpx.HTTPTransport]]()
    for is_another in places:
        monkeypatch.setattr(httpx, "HTTPTransport", Transport if is_another else own)
        cassette = Cassette(A)
        board.enter(cassette, [HTTPX])
        with httpx.HTTPTransport() as transport:
            transport.handle_request(httpx.Request("GET", f"http://{script.host}/")).read()
        board.leave(cassette)
        kinds.append(type(transport))
        assert cassette.heard == [f"http://{script.host}/"]
    assert [kind is Transport for kind in kinds] == list(places)
