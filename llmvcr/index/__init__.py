"""Recorded requests by what they ask: the next answer for a request in constant time, and the nearest where none is."""

from __future__ import annotations

from llmvcr.index.taking import Index

__all__ = ["Index"]
