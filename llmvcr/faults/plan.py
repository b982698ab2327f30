"""Which faults happen to which call, in the order in which calls are asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmvcr.errors import FaultError
from llmvcr.interaction import Json, Request, header

if TYPE_CHECKING:
    from llmvcr.canonical import Canonical
    from llmvcr.faults.fault import Fault

__all__ = ["Due", "Plan"]

_NAMED_CALLS = 5  # in a message


@dataclass(slots=True)
class _Row:
    """One fault, and what became of it."""

    fault: Fault
    fitted: int = 0
    happened: int = 0
    unrecorded: bool = False

    @property
    def is_due(self) -> bool:
        more = self.fault.times == "always" or self.happened < self.fault.times
        return more and self.fitted >= self.fault.call


@dataclass(frozen=True, slots=True)
class Due:
    """What is due to one call of `provider` (a name, or "" for other traffic); it is due until it happens."""

    provider: str
    rows: tuple[_Row, ...] = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults, in their order."""
        return tuple(row.fault for row in self.rows)

    def happened(self) -> None:
        """Say that they did happen."""
        for row in self.rows:
            row.happened += 1

    def unrecorded(self) -> None:
        """Say that there is no recorded answer for them, and that it is recorded now."""
        for row in self.rows:
            row.unrecorded = True


class Plan:
    """The faults of one cassette, and how many calls fitted each. The caller sees to it that one thread asks at a time.

    Faults are tried in their order, and each call takes the first that is due, with all those behind it that do
    something else to the same answer: a broken event and a cut go together, two cuts come one call after the other,
    and what takes the place of an answer comes alone. A fault that is not taken stays due.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Begin before the first call."""
        self._rows = [_Row(fault) for fault in faults]
        self._calls: dict[str, int] = {}  # how often each was made, as people name it

    def due(self, request: Request) -> Due:
        """Count a call, and give what is due to it; raises FaultError where a function of the user's fails."""
        if not self._rows:
            return Due("")
        form = _form(request)
        name = f"{form.provider} {form.endpoint}" if form.provider else f"{request.method} {_path(request)}"
        self._calls[name] = self._calls.get(name, 0) + 1
        taken: list[_Row] = []
        for row in self._rows:
            if _fits(row.fault, request, form):
                row.fitted += 1
                if row.is_due and all(_go_together(row.fault, other.fault) for other in taken):
                    taken.append(row)
        return Due(form.provider, tuple(taken))

    def fits(self, request: Request) -> bool:
        """Say whether any fault fits a call, now or later, without counting it; raises FaultError as `due` does."""
        if not self._rows:
            return False
        form = _form(request)
        return any(_fits(row.fault, request, form) for row in self._rows)

    def check(self) -> None:
        """Raise FaultError naming each fault that never happened and is not `optional`, and why."""
        idle = [row for row in self._rows if not row.happened and not row.fault.optional]
        if idle:
            raise FaultError("\n".join(f"{row.fault} never happened: {self._why(row)}" for row in idle))

    def _why(self, row: _Row) -> str:
        if row.unrecorded:
            return "the answer that it is made from was recorded in this run; run the test once more"
        if row.fitted >= row.fault.call:
            return "each call that fits was taken by a fault that stands before it, or had no answer to alter"
        if row.fitted:
            return f"only {row.fitted} of the calls fit, and it waits for number {row.fault.call}"
        if not self._calls:
            return "no call was made through this cassette"
        named = [f"{name} ({times}x)" if times > 1 else name for name, times in self._calls.items()]
        more = f" and {len(named) - _NAMED_CALLS} more" if len(named) > _NAMED_CALLS else ""
        return f"no call fits; there were {', '.join(named[:_NAMED_CALLS])}{more}"


def _form(request: Request) -> Canonical:
    from llmvcr.canonical import canonical  # noqa: PLC0415 - most cassettes have no faults, and every provider comes with it

    return canonical(request)


def _go_together(one: Fault, other: Fault) -> bool:
    if one.instead or other.instead or one.kinds & other.kinds:
        return False
    last = one.last if other.last is None else other.last
    return last is None or max(one.touched, other.touched) <= last


def _fits(fault: Fault, request: Request, form: Canonical) -> bool:
    if fault.path is None and not form.provider:
        return False
    if fault.path is not None and not re.search(fault.path, _path(request)):
        return False
    if fault.provider not in (None, form.provider) or fault.endpoint not in (None, form.endpoint):
        return False
    if isinstance(fault.when, Mapping):
        from llmvcr import bodies  # noqa: PLC0415 - as above

        sent = bodies.read(request.body, header(request.headers, "content-type")).keys
        values: dict[str, Json] = {**form.fields.get("path", {})} if form.provider else {}
        values |= sent if isinstance(sent, Mapping) else {}
        return all(name in values and values[name] == value for name, value in fault.when.items())
    if fault.when is None:
        return True
    try:
        return bool(fault.when(form.fields))
    except Exception as error:
        raise FaultError(f"{fault}: its function raised {type(error).__name__}: {error}") from error


def _path(request: Request) -> str:
    try:
        return urlsplit(request.url).path or "/"
    except ValueError:
        return request.url
