"""Walls: under record mode none no connection passes by the cassette that should have answered.

A tap hears a client library; whatever else opens a connection (httpcore used directly, a raw socket, a class of
http.client that was imported before the cassette was opened) would ask the real server in silence. While a wall stands,
Python's sockets, its TLS and asyncio's loops ask it first. Not seen are connections that were open before, and those
that are made in C or in another process: gRPC, curl, subprocesses.
"""

from __future__ import annotations

from llmvcr.walls.ground import Walls
from llmvcr.walls.passing import is_passing, passing
from llmvcr.walls.wall import Wall

__all__ = ["Wall", "Walls", "is_passing", "passing"]
