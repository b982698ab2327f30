"""The shelf of taps: one file for each client library that is heard without being held back."""

from __future__ import annotations

from llmvcr.taps.aiohttp import AIOHTTP
from llmvcr.taps.base import Call, Dial, Patch, Recorder, Tap
from llmvcr.taps.httpx import CURL, HTTPX, HTTPX2, PYREQWEST
from llmvcr.taps.switchboard import Switchboard
from llmvcr.taps.urllib3 import URLLIB3
from llmvcr.taps.websockets import WEBSOCKETS

__all__ = ["SWITCHBOARD", "TAPS", "Call", "Dial", "Patch", "Recorder", "Tap"]

TAPS: tuple[Tap, ...] = (HTTPX, HTTPX2, CURL, PYREQWEST, AIOHTTP, URLLIB3, WEBSOCKETS)
"""The libraries that are tapped; every other one keeps vcrpy's own stub."""

SWITCHBOARD = Switchboard()
"""The one switchboard of the process: what it patches, the client libraries' classes, is there once as well."""
