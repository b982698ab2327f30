"""Which of the open cassettes hears a call, and the patches that make the client libraries ask."""

# Two cassettes may be open side by side, in two tasks or two threads, while the transports that are patched are there
# once in the process. So the patches ask here, and the context of a call says whose it is (shared/decisions.md, 27).

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from llmvcr.errors import SideBySideError
from llmvcr.interaction import Request
from llmvcr.taps.arriving import Arrivals
from llmvcr.taps.base import Call, Dial, Recorder, Tap

__all__ = ["Line", "Switchboard", "Tapped", "unpatched"]


class Tapped(Recorder, Protocol):
    """A cassette as the switchboard knows it."""

    @property
    def label(self) -> str:
        """What a message calls it: its path."""
        ...


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a patch stands, if one is needed, and what stood there before."""

    owner: Any
    name: str
    stand_in: Any
    before: Any
    attributes: Any  # the owner's own, as they are at any time


@dataclass(eq=False, slots=True)
class _Seat:
    """An open cassette, the one it was opened in, and who opened it."""

    cassette: Tapped
    taps: frozenset[str]
    parent: _Seat | None
    opener: tuple[int, int | None]
    number: int  # in the order of opening
    installed: list[tuple[_Place, int]] = field(default_factory=list)  # with the number of the seat that it was for
    open: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """What the patches of one tap ask: it passes the question on to the cassette of the call."""

    board: Switchboard
    tap: str

    def call(self, request: Request) -> Call:
        """Ask the cassette that hears this call; without one the call is left alone."""
        cassette = self.board.hearing(self.tap)
        return Call() if cassette is None else cassette.call(request)

    def dial(self, request: Request) -> Dial:
        """Ask the cassette that hears this handshake; without one the connection is left alone."""
        cassette = self.board.hearing(self.tap)
        return Dial() if cassette is None else cassette.dial(request)


class Switchboard:
    """The cassettes that are open in this process. Safe to use from several threads at once."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.RLock()
        self._seats: list[_Seat] = []
        self._current: ContextVar[_Seat | None] = ContextVar("llmvcr_cassette", default=None)
        self._numbers = itertools.count()
        self._arrivals = Arrivals(self._arrived)
        self._made: dict[Tap, tuple[Any, tuple[_Place, ...]]] = {}  # with the library: good while that is as it was

    def enter(self, cassette: Tapped, taps: Iterable[Tap]) -> None:
        """Let `cassette` hear what is called through `taps` from now on, in this context and those made from it.

        Raises what a tap raises, a library that cannot be imported, say, and leaves every library as it was then.
        """
        taps = tuple(taps)
        for tap in taps:
            self._arrivals.settle(tap)
        with self._lock:
            names = frozenset(tap.name for tap in taps)
            seat = _Seat(cassette, names, self._parent(), _opener(), next(self._numbers))
            try:
                for tap in taps:
                    if self._arrivals.is_there(tap):
                        self._install(tap, seat)
            except BaseException:
                _undo(seat.installed)
                self._rest()
                raise
            self._seats.append(seat)
        self._current.set(seat)

    def leave(self, cassette: Tapped) -> None:
        """Let `cassette` hear nothing any more."""
        with self._lock:
            seat = next((one for one in self._seats if one.cassette is cassette), None)
            if seat is None:
                return
            self._seats.remove(seat)
            seat.open = False
            last = self._seats[-1] if self._seats else None
            # Who was opened while a patch stood has none of its own there, and still needs it.
            needed = [one for one in seat.installed if last is not None and one[1] < last.number]
            _undo([one for one in seat.installed if last is None or one[1] >= last.number])
            if last is not None:
                last.installed = [*needed, *last.installed]
            self._rest()
        if self._current.get() is seat:
            self._current.set(_still_open(seat))

    def hearing(self, tap: str) -> Tapped | None:
        """Give the cassette that hears a call through `tap` in this context; raises SideBySideError."""
        with self._lock:
            seat = _still_open(self._current.get())
            if seat is None:
                innermost = self._innermost()
                if len(innermost) > 1:
                    raise SideBySideError([one.cassette.label for one in innermost])
                seat = innermost[0] if innermost else None
            while seat is not None and (tap not in seat.taps or not seat.open):
                seat = seat.parent
        return None if seat is None else seat.cassette

    def here(self) -> tuple[Tapped, ...]:
        """Give the cassettes that a call of this context may belong to: one, or those that are open side by side."""
        with self._lock:
            seat = _still_open(self._current.get())
            return tuple(one.cassette for one in ([seat] if seat is not None else self._innermost()))

    def _arrived(self, tap: Tap) -> None:
        """Patch a library that was imported while cassettes are open; the first of them was there before it."""
        with self._lock:
            self._arrivals.heard(tap)
            if self._seats:
                self._install(tap, self._seats[0])

    def _rest(self) -> None:
        if not self._seats:
            self._arrivals.end()

    def _install(self, tap: Tap, seat: _Seat) -> None:
        library = sys.modules.get(tap.name)
        known, places = self._made.get(tap, (None, ()))
        if library is None or known is not library or not places or not _is_as_before(places):
            places = tuple(self._places(tap))
            if tap.is_steady:
                self._made[tap] = (sys.modules.get(tap.name), places)
        for one in places:
            if one.stand_in is not None:
                setattr(one.owner, one.name, one.stand_in)
                seat.installed.append((one, seat.number))

    def _places(self, tap: Tap) -> Iterator[_Place]:
        line = Line(self, tap.name)
        for owner, name, stand_in in tap.patches(line):
            needed = None if _is_ours(getattr(owner, name), self) else stand_in
            if needed is not None:
                needed.line = line
            yield _Place(owner, name, needed, vars(owner).get(name, _INHERITED), vars(owner))

    def _innermost(self) -> list[_Seat]:
        parents = [one.parent for one in self._seats]
        found = [one for one in self._seats if one not in parents]
        mine = [one for one in found if one.opener == _opener()]
        return mine if len(mine) == 1 else found

    def _parent(self) -> _Seat | None:
        seat = _still_open(self._current.get())
        if seat is not None:
            return seat
        # A fixture and the task of its test have no context in common, but a thread.
        thread, task = _opener()
        return next((one for one in reversed(self._seats) if one.opener in ((thread, task), (thread, None))), None)


_INHERITED = object()  # in the place of what stood in a class that had the attribute from its base


def _is_as_before(places: tuple[_Place, ...]) -> bool:
    for one in places:  # noqa: SIM110 - a generator takes three times as long, and this is asked at each opening
        if one.attributes.get(one.name, _INHERITED) is not one.before:
            return False
    return True


def _still_open(seat: _Seat | None) -> _Seat | None:
    while seat is not None and not seat.open:
        seat = seat.parent
    return seat


def _opener() -> tuple[int, int | None]:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident(), None if task is None else id(task)


def _is_ours(function: Any, board: Switchboard) -> bool:
    line = getattr(function, "line", None)
    return isinstance(line, Line) and line.board is board


def unpatched(function: Any) -> Any:
    """Look through the stand-ins of taps to what stood there before them."""
    while isinstance(getattr(function, "line", None), Line):
        function = function.__wrapped__
    return function


def _undo(installed: list[tuple[_Place, int]]) -> None:
    for one, _ in reversed(installed):
        if one.before is _INHERITED:
            delattr(one.owner, one.name)
        else:
            setattr(one.owner, one.name, one.before)
