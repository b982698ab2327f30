"""The tap for aiohttp: the client's connectors ask the cassette, and the answers are heard as they pass."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass

from llmvcr.taps.base import Patch, Recorder
from llmvcr.taps.installed import is_installed

__all__ = ["AIOHTTP", "AiohttpTap"]


@dataclass(frozen=True, slots=True)
class AiohttpTap:
    """aiohttp; it is imported when a cassette is opened, and never before."""

    name: str = "aiohttp"
    replaces: tuple[str, ...] = ("aiohttp",)
    awaits: tuple[str, ...] = ()

    def patches(self, recorder: Recorder) -> Iterable[Patch]:
        """Give the patches of `llmvcr.taps.aiohttp.connecting`; none where aiohttp is not installed."""
        if not is_installed(self.name):
            return ()
        found: Iterable[Patch] = importlib.import_module("llmvcr.taps.aiohttp.connecting").patches(recorder)
        return found


AIOHTTP = AiohttpTap()
