"""What the tests of the plugin share: a user's project, and a server for it that counts."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import anthropic
import httpcore2
import openai
import pytest
import truststore
import vcr
from pytest_recording import _vcr
from vcr.stubs import aiohttp_stubs

import llmvcr
from bridge.counting import Counting, counting
from plugin.suite import Suite

# Pytester takes every module out of sys.modules again that an inner run was the first to import. These must not be
# imported twice: vcrpy keeps what it patches in module globals, and all of them take their time, of each run.
__all__ = ["KEEP"]
_OURS = [name for _, name, _ in pkgutil.walk_packages(llmvcr.__path__, "llmvcr.") if not name.endswith("__main__")]
_LATE = ("betterleaks", "filelock", "genai_prices.data_snapshot", "websockets.asyncio.client", "websockets.sync.client")
KEEP = (_vcr, aiohttp_stubs, anthropic, httpcore2, openai, truststore, vcr, *map(import_module, (*_OURS, *_LATE)))


@pytest.fixture
def server() -> Iterator[Counting]:
    """A server that counts its answers."""
    with counting() as running:
        yield running


@pytest.fixture
def suite(pytester: pytest.Pytester, server: Counting, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A user's project, whose tests can reach the server."""
    monkeypatch.setenv("MADE_UP_SERVER", server.url)
    return Suite(pytester, server)
