"""What the tests of the taps share: the two libraries, and a server that a test paces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest

from taps.paced import Paced, paced
from taps.scripted import Scripted, scripted


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def lib(request: pytest.FixtureRequest) -> Any:
    """Each library of the tap."""
    return request.param


@pytest.fixture
def server() -> Iterator[Paced]:
    """A server that does what the test has written down."""
    with paced() as running:
        yield running


@pytest.fixture
def script() -> Iterator[Scripted]:
    """A server that sends the very bytes that the test has written down."""
    with scripted() as running:
        yield running
