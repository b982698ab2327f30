"""A pytest plugin that runs every test of a suite inside a cassette of its own.

The environment variable SUITE_CASSETTE says whose and how: "llmvcr all", "vcrpy once", …; `nothing` in place of a
record mode is a cassette that records all, and whose `before_record_request` lets nothing in.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

__all__ = ["suite_cassette"]


@pytest.fixture(autouse=True)
def suite_cassette(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Open the cassette, which is a file that is not there yet, before any other fixture of the test."""
    whose, _, mode = os.environ["SUITE_CASSETTE"].partition(" ")
    options: dict[str, Any] = {"record_mode": mode}
    if mode == "nothing":
        options = {"record_mode": "all", "before_record_request": lambda _request: None}
    path = tmp_path_factory.mktemp("cassette") / "cassette.yaml"
    with _vcr(whose).use_cassette(str(path), **options):
        yield


def _vcr(whose: str) -> Any:
    # Imported here: the suite may have to alias httpx before anything imports it.
    if whose == "llmvcr":
        import llmvcr  # noqa: PLC0415 - see above

        return llmvcr.VCR()
    import vcr  # noqa: PLC0415 - see above

    return vcr.VCR()
