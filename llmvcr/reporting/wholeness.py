"""Whether the whole suite ran, as far as that can be known: only then it can be said what nobody uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["asked_for", "ended"]

_NARROWING = {
    "keyword": "-k",
    "markexpr": "-m",
    "deselect": "--deselect",
    "ignore": "--ignore",
    "ignore_glob": "--ignore-glob",
    "lf": "--last-failed",
    "stepwise": "--stepwise",
    "disable_recording": "--disable-recording",
    "pyargs": "--pyargs",
    "collectonly": "--collect-only",
    "setuponly": "--setup-only",
    "setupplan": "--setup-plan",
}
"""Options of the command line that leave tests out, by the names that pytest keeps them under."""

_CUT_SHORT = {2: "it was interrupted", 3: "pytest failed", 4: "it could not begin", 5: "there was no test"}


def asked_for(config: Any) -> Iterator[str]:
    """Say why not the whole suite was asked for; `config` is pytest's."""
    for name, said in _NARROWING.items():
        if config.getoption(name, None):
            yield f"{said} was given"
    chosen = [Path(config.invocation_params.dir, str(arg).partition("::")[0]) for arg in config.args]
    if any("::" in str(arg) for arg in config.args):
        yield "single tests were named"
    everything = [Path(config.rootpath, one) for one in config.getini("testpaths")] or [config.rootpath]
    if not all(any(one.is_relative_to(place) for place in chosen) for one in everything):
        said = " ".join(sorted(str(arg) for arg in config.args))
        yield f"only a part of the suite was asked for ({said}); the ini option testpaths says where all of it is"


def ended(session: Any, exitstatus: int) -> Iterator[str]:
    """Say why a run did not come to its end; `session` is pytest's."""
    if said := _CUT_SHORT.get(int(exitstatus)):
        yield said
    elif getattr(session, "shouldfail", False) or getattr(session, "shouldstop", False):
        yield "it was stopped before its end"
