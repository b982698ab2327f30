"""What is patched beside the taps while a cassette is open: http.client, and what vcrpy's own patchers know alone."""

from __future__ import annotations

import http.client
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import vcr
from vcr.stubs import VCRHTTPConnection, VCRHTTPSConnection

from llmvcr.bridge.late_vcr import PATCHERS
from llmvcr.taps.arriving import brought

__all__ = ["KNOWN", "patchers"]

KNOWN = "9.4."
"""The versions of vcrpy that have no other patchers than `PATCHERS`; those of another are asked in any case."""

_MADE_OF_IT = "urllib3"
"""What is imported with http.client as it was; botocore and requests make their classes of urllib3's."""


def patchers(cassette: Any) -> Iterator[AbstractContextManager[Any]]:
    """Give the patches of one of our cassettes; it has vcrpy skip `httplib`, which is looked after here."""
    if cassette.hears_http_client:
        yield _HTTP_CLIENT.asking(cassette)
    if cassette.custom_patches or PATCHERS.difference(cassette.skip_patchers) or not vcr.__version__.startswith(KNOWN):
        yield from vcr.patch.CassettePatcherBuilder(cassette).build()


@dataclass(eq=False, slots=True)
class _Stubs:
    """vcrpy's stubs of one cassette, and what they stand in for."""

    classes: tuple[type, ...]
    before: tuple[type, ...] = ()


class _HttpClient:
    """http.client with vcrpy's stubs in it, those of the cassette that was opened last of the open ones.

    Cassettes that are open side by side close in any order; vcrpy's own patchers leave a stub behind then. It is a
    finder of imports, too: urllib3 makes its classes of those of http.client, and vcrpy imports it before it patches.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing: list[_Stubs] = []
        self._lowered = 0

    @contextmanager
    def asking(self, cassette: Any) -> Iterator[None]:
        """Have http.client ask a cassette, from here to the end of the block."""
        mine = _Stubs(
            tuple(
                type(f"{stub.__name__}{cassette._path}", (stub,), {"cassette": cassette})
                for stub in (VCRHTTPConnection, VCRHTTPSConnection)
            )
        )
        with self._lock:
            mine.before = self._standing[-1].classes if self._lowered and self._standing else _classes()
            if not self._standing and _MADE_OF_IT not in sys.modules:
                sys.meta_path.insert(0, self)
            self._standing.append(mine)
            if not self._lowered:
                _set(mine.classes)
        try:
            yield
        finally:
            with self._lock:
                self._standing.remove(mine)
                if _classes() == mine.classes:
                    _set(mine.before)
                for other in self._standing:
                    if other.before == mine.classes:
                        other.before = mine.before
                if not self._standing and self in sys.meta_path:
                    sys.meta_path = [one for one in sys.meta_path if one is not self]

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Have urllib3 imported as it would be without a cassette."""
        return brought(self._below, self, name, path, target) if name == _MADE_OF_IT else None

    @contextmanager
    def _below(self) -> Iterator[None]:
        """Have http.client as it is below our stubs, from here to the end of the block."""
        with self._lock:
            self._lowered += 1
            bottom = _classes()
            while found := [one.before for one in self._standing if one.classes == bottom]:
                bottom = found[0]
            _set(bottom)
        try:
            yield
        finally:
            with self._lock:
                self._lowered -= 1
                if self._standing and not self._lowered and _classes() == bottom:
                    _set(self._standing[-1].classes)


_HTTP_CLIENT = _HttpClient()
"""The one of the process, as http.client is."""


def _classes() -> tuple[type, ...]:
    return http.client.HTTPConnection, http.client.HTTPSConnection


def _set(classes: tuple[type, ...]) -> None:
    client: Any = http.client
    client.HTTPConnection, client.HTTPSConnection = classes
