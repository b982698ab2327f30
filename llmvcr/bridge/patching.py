"""What is patched beside the taps while a cassette is open: http.client, and what vcrpy's own patchers know alone."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import vcr
from vcr.stubs import VCRHTTPConnection, VCRHTTPSConnection

from llmvcr.bridge.late_vcr import PATCHERS

__all__ = ["KNOWN", "patchers"]

KNOWN = "9.4."
"""The versions of vcrpy that have no other patchers than `PATCHERS`; those of another are asked in any case."""

_MADE_OF_IT = ("botocore", "httplib2", "urllib3")
"""Libraries that make their classes of those of http.client, and that vcrpy imports before it patches anything."""


def patchers(cassette: Any) -> Iterator[AbstractContextManager[Any]]:
    """Give the patches of one of our cassettes; it has vcrpy skip `httplib`, which is looked after here."""
    if cassette.hears_http_client:
        yield _HTTP_CLIENT.asking(cassette)
    if cassette.custom_patches or PATCHERS.difference(cassette.skip_patchers) or not vcr.__version__.startswith(KNOWN):
        yield from vcr.patch.CassettePatcherBuilder(cassette).build()


class _Stub(type):
    """The class of the stubs, of which a library that is imported while they stand makes no classes of its own."""

    _baseclass: type
    _llmvcr: _Stubs

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        """Make a stub, or a class of one; those of urllib3 are made of what the stub stands in for."""
        if str(namespace.get("__module__")).partition(".")[0] in _MADE_OF_IT:
            real: Any = tuple(base._baseclass if isinstance(base, _Stub) else base for base in bases)
            return type(name, real, namespace)
        return super().__new__(cls, name, bases, namespace)


@dataclass(eq=False, slots=True)
class _Stubs:
    """vcrpy's stubs of one cassette, and what they stand in for."""

    classes: tuple[type, ...] = ()
    before: tuple[type, ...] = ()


class _HttpClient:
    """http.client with vcrpy's stubs in it, those of the cassette that was opened last of the open ones.

    Cassettes that are open side by side close in any order; vcrpy's own patchers leave a stub behind then.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing: list[_Stubs] = []

    @contextmanager
    def asking(self, cassette: Any) -> Iterator[None]:
        """Have http.client ask a cassette, from here to the end of the block."""
        mine = _Stubs()
        of_one = {"__module__": __name__, "cassette": cassette, "_llmvcr": mine}
        mine.classes = tuple(
            _Stub(f"{stub.__name__}{cassette._path}", (stub,), dict(of_one))
            for stub in (VCRHTTPConnection, VCRHTTPSConnection)
        )
        with self._lock:
            mine.before = _classes()
            self._standing.append(mine)
            _set(mine.classes)
        try:
            yield
        finally:
            with self._lock:
                self._standing.remove(mine)
                for other in self._standing:
                    if other.before == mine.classes:
                        other.before = mine.before
                # A plain cassette of vcrpy's that closes later than ours puts stubs back that stand no more.
                while isinstance(found := _classes()[0], _Stub) and found._llmvcr not in self._standing:
                    _set(found._llmvcr.before)


_HTTP_CLIENT = _HttpClient()
"""The one of the process, as http.client is."""


def _classes() -> tuple[type, ...]:
    return http.client.HTTPConnection, http.client.HTTPSConnection


def _set(classes: tuple[type, ...]) -> None:
    client: Any = http.client
    client.HTTPConnection, client.HTTPSConnection = classes
