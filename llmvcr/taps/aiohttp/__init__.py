"""The tap for aiohttp: the client's connectors ask the cassette, and the answers are heard as they pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from llmvcr.taps.anew import made_of
from llmvcr.taps.base import Patch, Recorder

__all__ = ["AIOHTTP", "AiohttpTap"]


@dataclass(frozen=True, slots=True)
class AiohttpTap:
    """aiohttp; it is tapped when the application imports it."""

    name: str = "aiohttp"
    replaces: tuple[str, ...] = ("aiohttp",)
    awaits: tuple[str, ...] = ("aiohttp",)
    is_steady: bool = True

    def patches(self, recorder: Recorder) -> Iterable[Patch]:
        """Give the patches of `llmvcr.taps.aiohttp.connecting`."""
        found: Iterable[Patch] = made_of("aiohttp", "BaseConnector", "llmvcr.taps.aiohttp.connecting").patches(recorder)
        return found


AIOHTTP = AiohttpTap()
