"""A request that nothing recorded equals byte by byte, read step by step as far as it takes to find its answer."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from llmvcr.canonical import ids_of
from llmvcr.interaction import Json, Request
from llmvcr.quick_json import spelt

__all__ = ["Asked", "digest"]


class Asked:
    """One request; whatever is known of it is found out once."""

    __slots__ = ("_digest", "_ids", "_spelling", "_value", "request")

    def __init__(self, request: Request) -> None:
        """Take the request, of which nothing is read yet."""
        self.request = request
        self._digest = b""
        self._ids: Mapping[str, int] | None = None
        self._spelling: bytes | None = b""
        self._value: Json = None

    @property
    def spelling(self) -> bytes | None:
        """Its JSON in the one spelling of `quick_json`; None where it has none."""
        if self._spelling == b"":
            self._value, self._spelling = (spelt(self.request.body) if self.request.body else None) or (None, None)
        return self._spelling

    @property
    def digest(self) -> bytes:
        """What tells its JSON, method and URL from all others; b"" where it has no spelling."""
        if not self._digest and self.spelling is not None:
            self._digest = digest(self.request, self.spelling)
        return self._digest

    @property
    def ids(self) -> Mapping[str, int]:
        """What stands in its id fields, each with how often, as `canonical.ids_of` gives it; {} without a spelling."""
        if self._ids is None:
            self._ids = {} if self.spelling is None else ids_of(self.request, self._value)
            self._value = None  # which is changed by that
        return self._ids


def digest(request: Request, spelling: bytes) -> bytes:
    """Give what tells the JSON, method and URL of a request from all others, given the one spelling of its body."""
    head = f"{request.method}\n{request.url}\n".encode("utf-8", "surrogatepass")
    return sha256(head + spelling).digest()
