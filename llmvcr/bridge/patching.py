"""What is patched beside the taps while a cassette is open: http.client, and what vcrpy's own patchers know alone."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import vcr
from vcr.stubs import VCRHTTPConnection, VCRHTTPSConnection

from llmvcr.bridge.late_patches import PATCHERS

__all__ = ["KNOWN", "patchers"]

KNOWN = "9.4."
"""The versions of vcrpy that have no other patchers than `PATCHERS`; those of another are asked in any case."""


def patchers(cassette: Any) -> Iterator[AbstractContextManager[Any]]:
    """Give the patches of one of our cassettes; it has vcrpy skip `httplib`, which is looked after here."""
    if cassette.hears_http_client:
        yield _HTTP_CLIENT.asking(cassette)
    if cassette.custom_patches or PATCHERS.difference(cassette.skip_patchers) or not vcr.__version__.startswith(KNOWN):
        yield from vcr.patch.CassettePatcherBuilder(cassette).build()


class _HttpClient:
    """http.client with vcrpy's stubs in it, those of the cassette that was opened last of the open ones.

    Cassettes that are open side by side close in any order; vcrpy's own patchers leave a stub behind then.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing: list[list[tuple[type, ...]]] = []  # the stubs of each cassette, and what they stand in for

    @contextmanager
    def asking(self, cassette: Any) -> Iterator[None]:
        """Have http.client ask a cassette, from here to the end of the block."""
        stubs = tuple(
            type(f"{stub.__name__}{cassette._path}", (stub,), {"cassette": cassette})
            for stub in (VCRHTTPConnection, VCRHTTPSConnection)
        )
        with self._lock:
            mine = [stubs, _classes()]
            self._standing.append(mine)
            _set(stubs)
        try:
            yield
        finally:
            with self._lock:
                self._standing.remove(mine)
                if _classes() == stubs:
                    _set(mine[1])
                for other in self._standing:
                    if other[1] == stubs:
                        other[1] = mine[1]


_HTTP_CLIENT = _HttpClient()
"""The one of the process, as http.client is."""


def _classes() -> tuple[type, ...]:
    return http.client.HTTPConnection, http.client.HTTPSConnection


def _set(classes: tuple[type, ...]) -> None:
    client: Any = http.client
    client.HTTPConnection, client.HTTPSConnection = classes
