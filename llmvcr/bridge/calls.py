"""The LLM calls made under one cassette, in the order of their requests, as a test may ask for them."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from llmvcr.bridge.translate import to_interaction
from llmvcr.errors import ReadError
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.taps import Call

if TYPE_CHECKING:
    from llmvcr.conversation import LlmCall
    from llmvcr.redaction import Redactor

__all__ = ["Calls"]


class Calls:
    """What was called while a cassette was open, and answered: played or recorded, not what else its file holds.

    A request is told as the application sent it, whatever a hook makes of it for the file, but without its secrets: a
    failing assertion prints the call. A stream that is recorded counts once it has ended. Safe to use from several
    threads.
    """

    def __init__(self, redactor: Redactor) -> None:
        """Begin with no calls; secrets are what `redactor` knows."""
        self._redactor = redactor
        self._next = itertools.count()
        self._made: dict[int, tuple[Request, Response]] = {}
        self._read: dict[int, LlmCall] = {}

    def hear(self, request: Request, call: Call) -> Call:
        """Take in what a tap asked, and what it is told to do; the same is to be done when the answer was heard."""
        place = next(self._next)
        if call.answer is not None:
            self._made[place] = request, call.answer
        elif call.record is not None:
            return replace(call, record=partial(self._heard, place, request, call.record))
        return call

    def add(self, request: Any, response: dict[str, Any]) -> None:
        """Take in what one of vcrpy's own stubs played or recorded."""
        with contextlib.suppress(ReadError):  # a response of the user's own making has nothing to read
            made = to_interaction(request, response, path="", number=0)
            self._made[next(self._next)] = made.request, made.response

    def told(self) -> tuple[LlmCall, ...]:
        """Give the LLM calls of them, read."""
        from llmvcr.conversation import read_call  # noqa: PLC0415 - most tests do not ask for their calls

        for place in sorted(self._made.keys() - self._read.keys()):
            self._read[place] = read_call(self._redactor.redact(Interaction(*self._made[place])).interaction)
        return tuple(self._read[place] for place in sorted(self._read) if self._read[place].provider)

    def _heard(self, place: int, request: Request, record: Callable[[Response], None], response: Response) -> None:
        self._made[place] = request, response
        record(response)
