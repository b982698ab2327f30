"""The matcher `llm`: two requests are the same when their canonical forms are."""

from __future__ import annotations

from typing import Any

from llmvcr.bridge.translate import to_request
from llmvcr.canonical import canonical
from llmvcr.diff import changes, describe

__all__ = ["explain", "llm"]


def llm(received: Any, recorded: Any) -> None:
    """Compare two vcrpy requests as vcrpy's matchers do: AssertionError says what differs, field by field."""
    here, there = canonical(to_request(received)), canonical(to_request(recorded))
    if here.key != there.key:
        raise AssertionError(explain(changes(there.fields, here.fields)))


def explain(different: tuple[Any, ...]) -> str:
    """Say the changes between a recorded request and a received one, each by its path."""
    return "\n".join(describe(change) for change in different)
