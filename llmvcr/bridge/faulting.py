"""Faults while a cassette is open: what a call gets in place of its answer, or of it, and a word at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from llmvcr.bridge.miss import through_sdks
from llmvcr.bridge.translate import to_request
from llmvcr.errors import FaultError
from llmvcr.interaction import Request, Response, failure

if TYPE_CHECKING:
    from llmvcr.faults import Due, Fault, Plan

__all__ = ["Faulting", "Mishap"]

# `websockets` has no names of its own for these: it lets through what the operating system said.
_OF_THE_SYSTEM = {
    "ConnectError": "ConnectionRefusedError",
    "ClientConnectorDNSError": "gaierror",
    "ReadTimeout": "TimeoutError",
}


class Faulting:
    """The faults of one cassette; the cassette's lock sees to it that calls are counted one at a time.

    With `waits` clients wait as they would, where a fault takes time. An error of ours may be swallowed on its way
    through a client library, so that it is kept, and raised once more at the end.
    """

    def __init__(self, faults: Sequence[Fault], *, waits: bool) -> None:
        """Begin before the first call."""
        self.waits = waits
        self._failed: FaultError | None = None
        self._nothing = Mishap(self)
        self._plan: Plan | None = None
        if faults:
            from llmvcr.faults import Plan  # noqa: PLC0415 - most cassettes have no faults

            self._plan = Plan(faults)

    def mishap(self, request: Request) -> Mishap:
        """Count a call, and say what happens to it; raises FaultError."""
        if self._plan is None:
            return self._nothing
        with self.telling():
            due = self._plan.due(request)
        instead = next((fault for fault in due.faults if fault.instead), None)
        if instead is None:
            return Mishap(self, due)
        from llmvcr.faults import made  # noqa: PLC0415 - as above

        due.happened()
        return Mishap(self, due, made(instead, due.provider, waits=self.waits))

    def handshake(self, request: Request) -> Response | None:
        """Count the handshake of a WebSocket, and give what comes in place of its answer; raises FaultError."""
        mishap = self.mishap(request)
        if mishap.is_any and mishap.answer is None:
            self._cannot(request.method, request.url, "which opens a WebSocket: it can be refused, but not altered")
        answer = mishap.answer
        if answer is None or not answer.failed:
            return answer
        return failure(_OF_THE_SYSTEM[answer.ended], answer.error, answer.times)

    def unheard(self, request: Any) -> None:
        """Take a request of vcrpy's, which no tap has heard; raises FaultError where a fault is meant for it."""
        with self.telling():
            fits = self._plan is not None and self._plan.fits(to_request(request))
        if fits:
            self._cannot(
                request.method, request.uri, "whose client is heard by vcrpy's own stub, where none can be made"
            )

    def _cannot(self, method: str, url: str, why: str) -> NoReturn:
        with self.telling():
            raise FaultError(
                f"a fault is meant for {method} {url}, {why}; "
                "have the faults choose other calls, by provider, endpoint, path or when"
            )

    def check(self) -> None:
        """Raise FaultError where a fault could not be made, or never happened."""
        if self._failed is not None:
            raise self._failed
        if self._plan is not None:
            self._plan.check()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Keep an error of ours, and raise it as one that SDKs neither wrap nor retry."""
        try:
            yield
        except FaultError as error:
            self._failed = self._failed or error
            raise through_sdks(FaultError)(str(error)) from error.__cause__


@dataclass(frozen=True, slots=True)
class Mishap:
    """What happens to one call: mostly nothing."""

    faulting: Faulting
    due: Due | None = None
    answer: Response | None = None
    """What comes in place of a recorded answer, which nobody looks for then."""

    @property
    def is_any(self) -> bool:
        """Whether a fault is due."""
        return self.due is not None and bool(self.due.rows)

    def unrecorded(self) -> None:
        """Say that there is no recorded answer for what is due, and that it is recorded now."""
        if self.due is not None:
            self.due.unrecorded()

    def alter(self, answer: Response) -> tuple[Response, bool]:
        """Give a recorded answer as the call gets it, and whether that uses the recording up; raises FaultError.

        A call that gets all of it in smaller pieces does use it up. A recorded failure or refusal is given as it is:
        what is due waits for a good answer.
        """
        if self.due is None or answer.failed or answer.status >= HTTPStatus.BAD_REQUEST:
            return answer, True
        from llmvcr.bridge.unpacking import unpacked  # noqa: PLC0415 - as above
        from llmvcr.faults import altered  # noqa: PLC0415 - as above

        with self.faulting.telling():
            changed = altered(unpacked(answer)[0], self.due.faults, waits=self.faulting.waits)
        self.due.happened()
        return changed, all(fault.kinds == {"split"} for fault in self.due.faults)
