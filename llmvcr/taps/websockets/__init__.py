"""The tap for websockets: real connections are heard frame by frame, recorded ones are played by a server in memory.

Heard are its two clients, websockets.asyncio.client and websockets.sync.client, from version 13 on. Its legacy client
(websockets.legacy.client) and the one for trio are left alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

from llmvcr.taps.base import Patch, Recorder
from llmvcr.taps.installed import is_installed

__all__ = ["WEBSOCKETS", "WebsocketsTap"]


@dataclass(frozen=True, slots=True)
class WebsocketsTap:
    """The library websockets, which the openai SDK speaks to Realtime and Responses through."""

    name: str = "websockets"
    awaits: tuple[str, ...] = ("websockets.asyncio.client", "websockets.sync.client")
    is_steady: bool = False

    @property
    def replaces(self) -> tuple[str, ...]:
        """Name none: vcrpy knows no WebSockets."""
        return ()

    def patches(self, recorder: Recorder) -> Iterator[Patch]:
        """Give one patch for each client of the library."""
        if is_installed("websockets") and is_installed("websockets.asyncio"):
            # Only here: whoever opens no cassette, or has no websockets, need not load it.
            yield from importlib.import_module("llmvcr.taps.websockets.connecting").patches(recorder)


WEBSOCKETS = WebsocketsTap()
