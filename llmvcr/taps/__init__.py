"""The shelf of taps: one file for each client library that is heard without being held back."""

from __future__ import annotations

from llmvcr.taps.base import Call, Patch, Recorder, Tap
from llmvcr.taps.httpx import HTTPX, HTTPX2

__all__ = ["TAPS", "Call", "Patch", "Recorder", "Tap"]

TAPS: tuple[Tap, ...] = (HTTPX, HTTPX2)
"""The libraries that are tapped; every other one keeps vcrpy's own stub."""
