"""Interactions of which a part, or all, still stands in their file: each is read when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any

from llmvcr.interaction import Interaction, Request, Response

__all__ = ["PRINT_BYTES", "UnsureError", "fingerprint", "head", "is_outlined", "is_unread", "outlined", "unread"]

PRINT_BYTES = 16
"""How long a fingerprint is."""

_ASKED = ("method", "url", "headers", "body")
_BEGUN = ("recorded_at", "head")
_LATER = ("response", "notes", "unknown")


class UnsureError(Exception):
    """Raised and caught between the modules that read only what they are sure of: another reader has to say."""


class _UnreadRequest(Request):
    """To everyone a Request like any other, whose fields are read when the first of them is asked for."""

    __slots__ = ("mark", "read")
    mark: bytes
    read: Callable[[], Interaction] | None

    def __init__(self, mark: bytes, read: Callable[[], Interaction]) -> None:
        object.__setattr__(self, "mark", mark)
        object.__setattr__(self, "read", read)

    @property  # type: ignore[misc]
    def __class__(self) -> type[Request]:  # type: ignore[override]
        return Request

    def __getattr__(self, name: str) -> Any:
        if name not in _ASKED:
            raise AttributeError(name)
        read = self.read
        if read is not None:
            whole = read().request
            for field in _ASKED:
                object.__setattr__(self, field, getattr(whole, field))
            object.__setattr__(self, "read", None)  # last: until then other threads may be here, too
        return object.__getattribute__(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return Request, (self.method, self.url, self.headers, self.body)


class _Unread(Interaction):
    """To everyone an Interaction like any other: equal to one, printed, copied and pickled as one.

    What stands in the slots of `_LATER` is put there when the first of them is asked for, and what stands in those of
    `_BEGUN` too, if `begin` is given. Threads may ask at the same time: they read the same twice.
    """

    __slots__ = ("begin", "head", "read")
    head: Response
    begin: Callable[[], Interaction] | None
    read: Callable[[], Interaction] | None

    def __init__(
        self,
        request: Request,
        read: Callable[[], Interaction],
        begin: Callable[[], Interaction] | None = None,
    ) -> None:
        for name, value in (("request", request), ("read", read), ("begin", begin)):
            object.__setattr__(self, name, value)

    @property  # type: ignore[misc]
    def __class__(self) -> type[Interaction]:  # type: ignore[override]
        # What `dataclasses` asks for when it compares, prints and replaces.
        return Interaction

    def __getattr__(self, name: str) -> Any:
        # Called only for a slot that is empty.
        if name in _BEGUN and self.begin is not None:
            begun = self.begin()
            object.__setattr__(self, "head", head(begun))
            object.__setattr__(self, "recorded_at", begun.recorded_at)
        elif name in _LATER:
            read = self.read
            if read is not None:
                whole = read()
                for later in _LATER:
                    object.__setattr__(self, later, getattr(whole, later))
                object.__setattr__(self, "read", None)  # last: until then others may be here, too
        else:
            raise AttributeError(name)
        return object.__getattribute__(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return Interaction, (self.request, self.response, self.recorded_at, self.notes, self.unknown)


def unread(request: Request, head: Response, recorded_at: str | None, read: Callable[[], Interaction]) -> Interaction:
    """Give an Interaction of which `read` gives the rest when it is asked for.

    `head` is the answer without its body and its times. `read` must not fail: whoever leaves an answer unread has
    made sure that it can be read, since an error belongs to the opening of a file, not to the middle of a test.
    """
    found = _Unread(request, read)
    object.__setattr__(found, "head", head)
    object.__setattr__(found, "recorded_at", recorded_at)
    return found


def outlined(mark: bytes, read: Callable[[], Interaction]) -> Interaction:
    """Give an Interaction of which nothing was read but the fingerprint of its request, `mark`.

    `read` gives it, and must not fail: it was read before, and found to be one that can be played.
    """
    once = lru_cache(maxsize=1)(read)
    return _Unread(_UnreadRequest(mark, once), once, once)


def is_outlined(interaction: Interaction) -> bool:
    """Say whether an interaction was looked at when its file was read before, so that it need not be again."""
    return type(interaction) is _Unread and interaction.begin is not None


def is_unread(request: Request) -> bool:
    """Say whether a request still stands in its file."""
    return type(request) is _UnreadRequest and request.read is not None


def head(interaction: Interaction) -> Response:
    """Give the answer as far as it is known without reading on: all of it, or all but its body and times."""
    return interaction.head if type(interaction) is _Unread else interaction.response


def fingerprint(request: Request) -> bytes:
    """Give what no other request has in its place that asks other bytes of another URL, or by another method."""
    if type(request) is _UnreadRequest:
        return request.mark
    asked = f"{request.method}\n{request.url}\n".encode("utf-8", "surrogatepass")
    return sha256(asked + (request.body or b"")).digest()[:PRINT_BYTES]
