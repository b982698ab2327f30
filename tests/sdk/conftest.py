"""What every test of the SDK is run over: both formats, both kinds of client."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdk.calls import How


@pytest.fixture(params=["yaml", "json"])
def serializer(request: pytest.FixtureRequest) -> str:
    """The name of the cassette's format."""
    return str(request.param)


@pytest.fixture(params=["sync", "async"])
def how(request: pytest.FixtureRequest) -> How:
    """Which of the two clients asks."""
    kind: How = request.param
    return kind


@pytest.fixture
def path(tmp_path: Path, serializer: str) -> str:
    """Where the cassette of this test goes."""
    return str(tmp_path / f"cassette.{serializer}")
