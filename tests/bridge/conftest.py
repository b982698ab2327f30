"""What the tests of the bridge share: a server that counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge.counting import Counting, counting


@pytest.fixture
def server() -> Iterator[Counting]:
    """A server that counts its answers."""
    with counting() as running:
        yield running
