"""What is asked of one test's cassette, by ini file, command line, `vcr_config` and marks: one set of options."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from llmvcr.bridge import STALE_IDLE, check_options, is_stale_idle, without_idle_rules
from llmvcr.errors import OptionError

if TYPE_CHECKING:
    from llmvcr.faults import Fault

__all__ = ["faults", "merged"]


def merged(
    config: dict[str, Any], marks: list[pytest.Mark], mode: str | None, everywhere: dict[str, Any], named: str
) -> dict[str, Any]:
    """Merge `vcr_config` and marks, the nearest mark last; refuses unknown options by name.

    `mode` is `--llmvcr-mode`, `everywhere` what the ini file says to every cassette, and `named` its `llmvcr_format`.
    """
    # yaml is what pytest-recording takes for no serializer; named, it would shorten long names by one letter less.
    found: dict[str, Any] = {"serializer": named} if named != "yaml" else {}
    try:
        check_options(config, where="vcr_config")
        found |= copy.deepcopy(config)  # as pytest-recording does: a test may change what it was given
        for mark in reversed(marks):
            check_options(mark.kwargs, where="pytest.mark.vcr")
            found |= mark.kwargs
        if not everywhere["llmvcr_max_age"]:
            _check_stale(found, marks)
    except OptionError as error:
        raise pytest.UsageError(str(error)) from None
    _enter_mode(found, marks, mode)
    found = without_idle_rules(found, where="pytest.mark.vcr and vcr_config together")
    if found.get("serializer") == "vcr_json":
        # pytest-recording makes the serializer's name the file's suffix, and vcrpy's JSON ends in .json too.
        found |= {"serializer": "json", "llmvcr_dialect": "vcr_json"}
    return found


def _check_stale(options: dict[str, Any], marks: list[pytest.Mark]) -> None:
    """Refuse `llmvcr_stale` of a mark where no age is named; that of `vcr_config` is many tests', some with an age."""
    if not is_stale_idle(options):
        return
    if any("llmvcr_stale" in mark.kwargs for mark in marks):
        raise OptionError(f"pytest.mark.vcr: {STALE_IDLE}")
    del options["llmvcr_stale"]


def faults(node: pytest.Item) -> list[Fault]:
    """Give the faults that marks ask for: those of module and class first, then the test's own, from the top down."""
    if node.get_closest_marker("llm_fault") is None:
        return []
    marks: list[pytest.Mark] = []
    for above in node.listchain():
        own = [mark for mark in above.own_markers if mark.name == "llm_fault"]
        # Decorators are applied from the bottom up; a module's `pytestmark` is a list that reads as it stands.
        marks += own if isinstance(above, pytest.Module) else reversed(own)
    from llmvcr.faults import from_mark  # noqa: PLC0415 - every provider comes with it

    try:
        return [from_mark(mark.args, mark.kwargs) for mark in marks]
    except OptionError as error:
        raise pytest.UsageError(str(error)) from None


def _enter_mode(options: dict[str, Any], marks: list[pytest.Mark], asked: str | None) -> None:
    """Have a record mode of ours in the place of pytest-recording's; what a mark says comes before the command line."""
    said = {name for mark in marks for name in ("llmvcr_mode", "record_mode") if name in mark.kwargs}
    if len(said) == 2:
        message = "pytest.mark.vcr: llmvcr_mode stands in the place of record_mode: give one of the two"
        raise pytest.UsageError(message)
    if asked and not said:
        options["llmvcr_mode"] = asked
    if options.get("llmvcr_mode"):
        options.pop("llmvcr_mode" if "record_mode" in said else "record_mode", None)
