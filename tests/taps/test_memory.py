"""Memory while a large stream is recorded: flat, whatever its size."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from typing import Any

import llmvcr
from llmvcr.storage import load
from taps.paced import Paced

PIECE = b"x" * 65536
COUNT = 3200 if os.environ.get("LLMVCR_LONG") else 256  # 200 MB, or 16
ROOM = 6_000_000  # bytes: what is held before it is spooled, a few pieces on their way, and the client


def test_a_large_stream(lib: Any, server: Paced, tmp_path: Path) -> None:
    """While it passes no more of it is held than the first megabyte; it is all in the cassette, and no spool stays."""
    server.steps = [PIECE] * COUNT
    seen = peak = 0
    with llmvcr.use_cassette(tmp_path / "c.yaml"), lib.Client(verify=False, trust_env=False) as client:
        tracemalloc.start()
        try:
            with client.stream("GET", server.url) as answer:
                for piece in answer.iter_raw():
                    seen += len(piece)
                    _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert seen == len(PIECE) * COUNT
    assert peak < ROOM
    (interaction,) = load(tmp_path / "c.yaml").interactions
    assert len(interaction.response.body) == seen
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]
