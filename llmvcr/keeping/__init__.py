"""Bringing what a cassette records to disk, and what a crash has left back into it."""

from __future__ import annotations

from llmvcr.keeping.joining import Check, fingerprint, mark_incomplete
from llmvcr.keeping.recovering import Recovered, recover
from llmvcr.keeping.writing import Keeping

__all__ = ["Check", "Keeping", "Recovered", "fingerprint", "mark_incomplete", "recover"]
