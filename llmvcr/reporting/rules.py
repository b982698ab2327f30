"""The rules of a user's that found nothing in a whole run: named, where that was asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pluggy

__all__ = ["Rules"]

_HOOK = pluggy.HookimplMarker("pytest")  # pytest's own `hookimpl`
_OUTPUT = "llmvcr_rules"  # under which a worker of pytest-xdist tells its controller


class Rules:
    """The hooks that join what all cassettes, of all workers, say of the rules that they go by."""

    def __init__(self, named: Collection[str]) -> None:
        """Take the rules that are in force everywhere, as people read them."""
        self._named = set(named)
        self._applied: set[str] = set()

    def heard(self, named: Collection[str], applied: Collection[str]) -> None:
        """Take in what one cassette says: its rules, and those that found something."""
        self._named.update(named)
        self._applied.update(applied)

    @_HOOK(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist tells."""
        self.heard(*getattr(node, "workeroutput", {}).get(_OUTPUT, ((), ())))

    @_HOOK
    def pytest_sessionfinish(self, session: Any) -> None:
        """Tell the controller of pytest-xdist."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_OUTPUT] = sorted(self._named), sorted(self._applied)

    @_HOOK
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Name the rules that found nothing."""
        if not self._named:
            return
        terminalreporter.section("rules of llmvcr that found nothing")
        for rule in sorted(self._named - self._applied) or [f"none of {len(self._named)}"]:
            terminalreporter.line(rule)
