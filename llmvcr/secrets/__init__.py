"""What is known of secrets: names, shapes, spellings and placeholders as data, and how each is found in a text."""

from __future__ import annotations

from llmvcr.secrets.names import ENVIRONMENT, FIELDS, HEADERS, QUERY, TRACES
from llmvcr.secrets.shapes import SHAPES

__all__ = ["ENVIRONMENT", "FIELDS", "HEADERS", "QUERY", "SHAPES", "TRACES"]
