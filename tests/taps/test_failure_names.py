"""What one library calls a failure that another has raised."""

from __future__ import annotations

import importlib

import pytest

from llmvcr.taps.failures import FAILURES, in_library


@pytest.mark.parametrize(
    ("library", "name", "expected"),
    [
        ("httpx", "ReadTimeout", "ReadTimeout"),
        ("httpx", "ClientConnectorDNSError", "ConnectError"),
        ("httpx", "NewConnectionError", "ConnectError"),
        ("httpx", "IncompleteRead", "RemoteProtocolError"),
        ("aiohttp", "ConnectError", "ClientConnectorError"),
        ("aiohttp", "RemoteProtocolError", "ClientPayloadError"),
        ("urllib3", "ConnectError", "NewConnectionError"),
        ("urllib3", "ClientConnectorDNSError", "NameResolutionError"),
        ("httpx", "MadeUpError", ""),
    ],
)
def test_a_name_in_another_library(library: str, name: str, expected: str) -> None:
    """A failure keeps its kind in each library, and its own name in its own."""
    assert in_library(library, name) == expected


@pytest.mark.parametrize("library", ["httpx", "aiohttp"])
def test_the_names_are_real(library: str) -> None:
    """Each class that a row names is an exception of its library."""
    modules = [
        importlib.import_module(name)
        for name in (
            library,
            f"{library}._exceptions" if library == "httpx" else "aiohttp.client_exceptions",
            "builtins",
        )
    ]
    for row in FAILURES:
        assert any(issubclass(getattr(module, getattr(row, library), int), Exception) for module in modules), row


def test_the_names_of_urllib3_are_real() -> None:
    """urllib3 has its exceptions in a module of their own, and lets some of http.client's and Python's own through."""
    modules = [importlib.import_module(name) for name in ("urllib3.exceptions", "http.client", "builtins")]
    for row in FAILURES:
        assert any(issubclass(getattr(module, row.urllib3, int), Exception) for module in modules), row
