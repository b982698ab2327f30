"""What a user asks to go wrong, as a value: which fault, for which calls, how often."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from math import inf
from typing import Any, Literal

from llmvcr.errors import OptionError
from llmvcr.interaction import FAILED, Json
from llmvcr.providers import PROVIDERS

__all__ = ["Fault", "checked", "from_mark"]

_FIRST_ERROR = 400

_INSTEAD = ("status", "refuse", "dns", "timeout")
_EVENTS = ("malformed", "split", "cut_after", "stall_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which the provider misbehaves, made from a good recording; raises OptionError for what cannot be.

    In place of the answer, one of these:
    `status`       an answer with this status (400 to 598), whose body is what the provider says then; `retry_after`
                   (seconds) stands in its headers, and `body` (JSON, or the text itself) in place of the provider's
    `refuse`       the connection is refused
    `dns`          the host's name is not found
    `timeout`      the answer does not begin within the client's read timeout

    In the recorded answer, alone or together, where events count from 1 and an answer that is no stream is one event:
    `malformed`    the JSON of this event breaks off in its middle
    `split`        this event comes one byte at a time, which a correct client does not notice
    `cut_after`    the connection is lost after so many events (0: after the head)
    `stall_after`  nothing comes after so many events, until the client's read timeout

    It happens to calls of LLMs that fit `provider`, `endpoint` (names as `llmvcr rules` prints them) and `when`
    (values by name, of the body or the path; or a function of the fields that are compared, see
    `llmvcr.canonical.Canonical`), and to calls of any kind where `path` (a regular expression, searched for in the
    URL's path) is named: from the `call`-th that fits, the SDK's retries counted, `times` times or "always".

    Nobody waits: a stall is the read timeout at once, and `retry-after-ms: 1` in each refusal keeps SDKs from sleeping.
    With `wait` the client waits as it would: for its own timeout, and for as long as `retry_after` says.
    Unless `optional`, a fault that never happened is a FaultError when the cassette is closed.
    """

    status: int | None = None
    retry_after: float | None = None
    body: Json = None
    refuse: bool = False
    dns: bool = False
    timeout: bool = False
    malformed: int | None = None
    split: int | None = None
    cut_after: int | None = None
    stall_after: int | None = None
    provider: str | None = None
    endpoint: str | None = None
    path: str | None = None
    when: Mapping[str, Json] | Callable[[dict[str, Json]], bool] | None = None
    call: int = 1
    times: int | Literal["always"] = 1
    wait: bool = False
    optional: bool = False

    def __post_init__(self) -> None:
        problem = next(itertools.chain(self._wrong_values(), self._wrong_together()), "")
        if problem:
            raise OptionError(f"{self}: {problem}")

    def __str__(self) -> str:
        """Write the fault as the mark that asks for it, with what is not the default."""
        given = ((field.name, field.default, getattr(self, field.name)) for field in fields(self))
        return f"llm_fault({', '.join(f'{name}={_said(value)}' for name, default, value in given if value != default)})"

    @property
    def instead(self) -> bool:
        """Whether it takes the place of the answer, so that none has to be recorded."""
        return self.status is not None or self.refuse or self.dns or self.timeout

    @property
    def kinds(self) -> frozenset[str]:
        """What it does to an answer, by kind; two faults with a kind in common never happen to the same call."""
        if self.instead:
            return frozenset({"instead"})
        told = {"malformed": self.malformed, "split": self.split}
        ends = {"end"} if self.last is not None else set()
        return frozenset({name for name, event in told.items() if event is not None} | ends)

    @property
    def last(self) -> int | None:
        """How many events come before the answer breaks off, or None."""
        return self.stall_after if self.cut_after is None else self.cut_after

    @property
    def touched(self) -> int:
        """The last event that is altered, from 1; 0 where none is."""
        return max(self.malformed or 0, self.split or 0)

    def _wrong_values(self) -> Iterator[str]:
        yield from self._wrong_refusal()
        for name, least in (("malformed", 1), ("split", 1), ("cut_after", 0), ("stall_after", 0)):
            event = getattr(self, name)
            if event is not None and not _is_count(event, least):
                yield f"{name} is a number of events, from {least}"
        if not _is_count(self.call, 1):
            yield "call is the number of a call, from 1"
        if self.times != "always" and not _is_count(self.times, 1):
            yield "times is a number from 1, or 'always'"
        for name in ("refuse", "dns", "timeout", "wait", "optional"):
            if not isinstance(getattr(self, name), bool):
                yield f"{name} is True or False"
        when: object = self.when
        if when is not None and not isinstance(when, Mapping) and not callable(when):
            yield "when is a mapping of values, or a function of the fields"
        yield from self._unknown_names()

    def _wrong_refusal(self) -> Iterator[str]:
        if self.status is not None and not (_is_count(self.status, _FIRST_ERROR) and self.status < FAILED):
            yield f"status is an error's, {_FIRST_ERROR} to {FAILED - 1}"
        wait = self.retry_after
        if wait is not None and (isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 <= wait < inf):
            yield "retry_after is a number of seconds"
        if not isinstance(self.body, str | int | float | list | dict | None):
            yield "body is text, or JSON"

    def _unknown_names(self) -> Iterator[str]:
        known = {provider.name: provider for provider in PROVIDERS}
        if self.provider is not None and self.provider not in known:
            yield f"there is no provider {self.provider!r}; {_near(self.provider, known)}"
            return
        looked = known.values() if self.provider is None else (known[self.provider],)
        endpoints = {endpoint.name for provider in looked for endpoint in provider.endpoints}
        if self.endpoint is not None and self.endpoint not in endpoints:
            yield f"there is no endpoint {self.endpoint!r}; {_near(self.endpoint, endpoints)}"
        if self.path is not None:
            try:
                re.compile(self.path)
            except (re.error, TypeError) as error:
                yield f"path is no regular expression: {error}"

    def _wrong_together(self) -> Iterator[str]:
        given = [name for name in _INSTEAD if getattr(self, name) not in (None, False)]
        altering = [name for name in _EVENTS if getattr(self, name) is not None]
        if not given and not altering:
            yield f"it names no fault; there are {', '.join((*_INSTEAD, *_EVENTS))}"
        if len(given) > 1 or (given and altering):
            yield f"{given[0]} takes the place of the answer: {[*given, *altering][1]} needs a mark of its own"
        if self.cut_after is not None and self.stall_after is not None:
            yield "an answer ends once: cut_after and stall_after need a mark each"
        if self.last is not None and self.touched > self.last:
            yield f"event {self.touched} does not come, since the answer ends after {self.last}"
        if self.status is None and (self.retry_after is not None or self.body is not None):
            yield f"{'body' if self.retry_after is None else 'retry_after'} needs a status"
        if self.wait and self.status is None and self.stall_after is None and not self.timeout:
            yield "wait needs a status, stall_after or timeout: nothing else takes time"


def from_mark(args: tuple[object, ...], kwargs: Mapping[str, Any], *, where: str = "pytest.mark.llm_fault") -> Fault:
    """Make the fault that a mark asks for; raises OptionError naming what is wrong."""
    known = [field.name for field in fields(Fault)]
    if args:
        raise OptionError(f"{where}: {args[0]!r} has no name; write it as one of {', '.join(known)}")
    for name in kwargs:
        if name not in known:
            raise OptionError(f"{where}: there is no option {name!r}; {_near(name, known)}")
    return Fault(**kwargs)


def checked(faults: object) -> tuple[Fault, ...]:
    """Return the value of the option `llmvcr_faults` as it is meant; raises OptionError."""
    one = (faults,) if isinstance(faults, Fault) else faults
    if isinstance(one, list | tuple) and all(isinstance(fault, Fault) for fault in one):
        return tuple(one)
    raise OptionError(f"llmvcr_faults is a list of llmvcr.Fault, not {faults!r}")


def _said(value: object) -> str:
    return str(getattr(value, "__name__", "a function")) if callable(value) else repr(value)


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _near(name: object, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(str(name), names, 1)
    return f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(names)}"
