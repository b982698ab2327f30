"""The tap for aiohttp: the client's connectors ask the cassette, and the answers are heard as they pass."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass

from llmvcr.taps.base import Patch, Recorder

__all__ = ["AIOHTTP", "AiohttpTap"]


@dataclass(frozen=True, slots=True)
class AiohttpTap:
    """aiohttp; it is imported when a cassette is opened, and never before."""

    name: str = "aiohttp"
    replaces: tuple[str, ...] = ("aiohttp",)

    def patches(self, recorder: Recorder) -> Iterable[Patch]:
        """Give the patches of `llmvcr.taps.aiohttp.connecting`; none where aiohttp is not installed."""
        if importlib.util.find_spec(self.name) is None:
            return ()
        found: Iterable[Patch] = importlib.import_module("llmvcr.taps.aiohttp.connecting").patches(recorder)
        return found


AIOHTTP = AiohttpTap()
