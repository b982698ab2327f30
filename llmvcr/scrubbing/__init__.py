"""Secrets in files that are there already: found and said, or taken out in place."""

from __future__ import annotations

from llmvcr.scrubbing.cleaning import Cleaned, clean
from llmvcr.scrubbing.looking import Found, Looked, files, look

__all__ = ["Cleaned", "Found", "Looked", "clean", "files", "look"]
