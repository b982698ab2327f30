"""What the walls of a process stand on: who is asked, which address has which name, and the patched places."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llmvcr.errors import NetworkBlockedAbort, NetworkBlockedError
from llmvcr.walls.passing import is_passing
from llmvcr.walls.seams import LATE, Seam, seams
from llmvcr.walls.wall import Wall

__all__ = ["Walls"]


@dataclass(frozen=True, slots=True)
class _Patched:
    owner: Any
    name: str
    stand_in: Any
    before: Any

    def is_as_before(self) -> bool:
        return self.owner.__dict__.get(self.name, _INHERITED) is self.before


class Walls:
    """The walls of one process. Safe to use from several threads at once."""

    def __init__(self, here: Callable[[], Sequence[Wall | None]], *more: Seam) -> None:
        """Start with none; `here` gives the wall of each cassette that a call of this context may belong to.

        That is one, mostly; several where a thread has no context and cassettes are open side by side; None for a
        cassette without a wall. `more` are places beside those of `seams`.
        """
        self._here, self._more = here, more
        self._lock = threading.RLock()
        self._standing = 0
        self._patched: tuple[_Patched, ...] = ()
        self._late: tuple[Any, ...] = ()  # the modules that were there when these were made
        self._places: tuple[_Patched, ...] = ()  # as found the last time: mostly all is again as it was then
        self._made: dict[tuple[Any, str], tuple[Any, Any]] = {}  # by place: what was there, and its stand-in, for good
        self._names: dict[tuple[str, int], str] = {}  # by address and port (0: any): the name that was looked up last

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Have the walls asked, from here to the end of the block, wherever something connects."""
        with self._lock:
            self._standing += 1
            if self._standing == 1:
                self._patch()
        try:
            yield
        finally:
            with self._lock:
                self._standing -= 1
                if not self._standing:
                    self._unpatch()

    def verdict(
        self, names: Sequence[str], port: int | None, *, everything: bool = True
    ) -> NetworkBlockedError | NetworkBlockedAbort | None:
        """Return the error for a connection of this context; None where a call is heard, or a cassette lets it pass."""
        if not self._standing or is_passing():
            return None
        walls = self._here()
        found = [None if wall is None else wall.stops(names, port, everything=everything) for wall in walls]
        return found[0] if found and all(found) else None

    def connecting(self, host: str, port: int) -> None:
        """Judge a connection to a name or an address; raises NetworkBlockedError or NetworkBlockedAbort."""
        name = self._names.get((host, port)) or self._names.get((host, 0))
        if error := self.verdict((host, name) if name else (host,), port):
            raise error

    def wrapping(self, host: str) -> None:
        """Judge a TLS connection to the server of this name, whichever way it was made; raises as `connecting` does.

        It may run through a proxy, or to an address that was known before.
        """
        with self._lock:
            addresses = [address for (address, _), name in self._names.items() if name == host]
        if error := self.verdict((*addresses, host), None, everything=False):
            raise error

    def looking_up(self, host: str, port: int) -> NetworkBlockedError | NetworkBlockedAbort | None:
        """Judge a name before it is looked up: raises what is certain, returns what its addresses may still avert.

        pytest-recording sees addresses alone, so that its `allowed_hosts` may be such. A lookup without a port is
        only a question (a check of addresses, `proxy_bypass`), which needs no recording.
        """
        error = self.verdict((host,), port) if port else None
        if error and not any(wall is not None and wall.has_allowed for wall in self._here()):
            raise error
        return error

    def looked_up(
        self, host: str, addresses: Sequence[tuple[str, int]], doubt: NetworkBlockedError | NetworkBlockedAbort | None
    ) -> None:
        """Keep what a name's addresses are; raises the doubt, unless one of them is allowed."""
        if doubt:
            walls = [wall for wall in self._here() if wall is not None]
            if not any(wall.allows(address) for wall in walls for address, _ in addresses):
                raise doubt
        with self._lock:
            if self._standing:
                self._names.update(dict.fromkeys(addresses, host))

    def _patch(self) -> None:
        late = tuple(map(sys.modules.get, LATE))
        if late != self._late or not all(one.is_as_before() for one in self._places):
            self._late, self._places = late, tuple(self._found())
        self._patched = self._places
        for one in self._places:
            setattr(one.owner, one.name, one.stand_in)

    def _found(self) -> Iterator[_Patched]:
        for owner, name, make in (*seams(self), *self._more):
            before = owner.__dict__.get(name, _INHERITED)
            real = self._real(getattr(owner, name))
            known, stand_in = self._made.get((owner, name), (None, None))
            if known is not real:
                stand_in = make(real)
                setattr(stand_in, _MARK, (self, real))
                self._made[owner, name] = (real, stand_in)
            yield _Patched(owner, name, stand_in, before)

    def _unpatch(self) -> None:
        for one in reversed(self._patched):
            if one.owner.__dict__.get(one.name) is not one.stand_in:
                continue  # pytest-recording, or a test, has put its own there since: theirs to take away
            if one.before is _INHERITED:
                delattr(one.owner, one.name)
            else:
                setattr(one.owner, one.name, self._real(one.before))
        self._patched = ()
        self._names.clear()

    def _real(self, function: Any) -> Any:
        """Look through a stand-in of these walls: who found it here earlier may have put it back."""
        walls, real = getattr(function, _MARK, (None, None))
        return real if walls is self else function


_INHERITED = object()  # in the place of what stood in a class that had the attribute from its base
_MARK = "_llmvcr_walls"  # on each stand-in: the walls that it asks, and what it stands in for
