"""Interactions whose answers still stand in their file: each is read when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llmvcr.interaction import Interaction, Request, Response

__all__ = ["UnsureError", "head", "unread"]

_LATER = ("response", "notes", "unknown")


class UnsureError(Exception):
    """Raised and caught between the modules that read only what they are sure of: another reader has to say."""


class _Unread(Interaction):
    """To everyone an Interaction like any other: equal to one, printed, copied and pickled as one.

    What stands in the slots of `_LATER` is put there when the first of them is asked for. Threads may ask at the same
    time: they read the same twice.
    """

    __slots__ = ("_read", "head")
    head: Response
    _read: Callable[[], Interaction] | None

    def __init__(
        self, request: Request, head: Response, recorded_at: str | None, read: Callable[[], Interaction]
    ) -> None:
        known = (("request", request), ("recorded_at", recorded_at), ("head", head), ("_read", read))
        for name, value in known:
            object.__setattr__(self, name, value)

    @property  # type: ignore[misc]
    def __class__(self) -> type[Interaction]:  # type: ignore[override]
        # What `dataclasses` asks for when it compares, prints and replaces.
        return Interaction

    def __getattr__(self, name: str) -> Any:
        # Called only for a slot that is empty.
        if name not in _LATER:
            raise AttributeError(name)
        read = self._read
        if read is not None:
            whole = read()
            for later in _LATER:
                object.__setattr__(self, later, getattr(whole, later))
            object.__setattr__(self, "_read", None)  # last: until then others may be here, too
        return object.__getattribute__(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return Interaction, (self.request, self.response, self.recorded_at, self.notes, self.unknown)


def unread(request: Request, head: Response, recorded_at: str | None, read: Callable[[], Interaction]) -> Interaction:
    """Give an Interaction of which `read` gives the rest when it is asked for.

    `head` is the answer without its body and its times. `read` must not fail: whoever leaves an answer unread has
    made sure that it can be read, since an error belongs to the opening of a file, not to the middle of a test.
    """
    return _Unread(request, head, recorded_at, read)


def head(interaction: Interaction) -> Response:
    """Give the answer as far as it is known without reading on: all of it, or all but its body and times."""
    return interaction.head if type(interaction) is _Unread else interaction.response
