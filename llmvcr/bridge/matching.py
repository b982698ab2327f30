"""The matcher `llm`: two requests are the same when their canonical forms are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llmvcr.bridge.translate import to_request
from llmvcr.interaction import Request

if TYPE_CHECKING:
    from llmvcr.canonical import Canonical

__all__ = ["explain", "llm", "matcher"]


def llm(received: Any, recorded: Any) -> None:
    """Compare two vcrpy requests as vcrpy's matchers do: AssertionError says what differs, field by field."""
    from llmvcr.canonical import canonical  # noqa: PLC0415 - every provider comes with it

    _compare(received, recorded, canonical)


def matcher(form: Callable[[Request], Canonical]) -> Callable[[Any, Any], None]:
    """Return the matcher `llm` of a cassette whose requests have this form."""

    def compare(received: Any, recorded: Any) -> None:
        _compare(received, recorded, form)

    compare.__name__ = llm.__name__  # vcrpy names matchers so in its messages
    return compare


def _compare(received: Any, recorded: Any, form: Callable[[Request], Canonical]) -> None:
    here, there = form(to_request(received)), form(to_request(recorded))
    if here.key != there.key:
        from llmvcr.diff import changes  # noqa: PLC0415 - as above

        raise AssertionError(explain(changes(there.fields, here.fields)))


def explain(different: tuple[Any, ...]) -> str:
    """Say the changes between a recorded request and a received one, each by its path."""
    from llmvcr.diff import describe  # noqa: PLC0415 - as above

    return "\n".join(describe(change) for change in different)
