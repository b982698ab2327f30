"""WebSocket conversations: their frames as files hold them, and recorded connections that answer a client's frames."""

from __future__ import annotations

from llmvcr.sockets.fitting import BREAK, Due, Mismatch, Recorded, whole
from llmvcr.sockets.frames import Close, Event, Frame, from_json, to_json, unheard
from llmvcr.sockets.playing import Player, Recordings

__all__ = [
    "BREAK",
    "Close",
    "Due",
    "Event",
    "Frame",
    "Mismatch",
    "Player",
    "Recorded",
    "Recordings",
    "from_json",
    "to_json",
    "unheard",
    "whole",
]
