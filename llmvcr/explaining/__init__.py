"""What a person reads where a recording is missing: which call, what is nearest, what differs, and what to do."""

from __future__ import annotations

from llmvcr.explaining.message import Missed, Reason, explained, painted
from llmvcr.explaining.remedies import rules_to_add

__all__ = ["Missed", "Reason", "explained", "painted", "rules_to_add"]
