"""`llmvcr convert --check-names`: recordings under wrong names, and answers that fit no type of the SDK."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from llmvcr import naming
from llmvcr.cli.progress import say
from llmvcr.interaction import Json
from llmvcr.naming import Checked

__all__ = ["run"]

_VERSION = 1


def run(source: Path, *, types: bool, as_json: bool) -> int:
    """Print a line for each find and one for the whole, or JSON; 1 where there is any; raises FileNotFoundError."""
    done = []
    for checked in naming.check(source, types=types):
        done.append(checked)
        if not as_json:
            _tell(checked)
    totals = _totals(done)
    if as_json:
        files = [asdict(each) | {"path": str(each.path)} for each in done]
        told = {"version": _VERSION, "mode": "check-names", "files": files, "totals": totals}
        say(sys.stdout, json.dumps(told, indent=2))
    else:
        recordings = totals["recordings"]
        many = f"{recordings} recording{'' if recordings == 1 else 's'}"
        total = f"{many}: {totals['wrong']} under a name that is not the hash"
        total += f"; files with answers that do not fit their types: {totals['faulty']}" if types else ""
        say(sys.stdout, f"{total}; {totals['failed']} failed")
    return 1 if totals["wrong"] or totals["faulty"] or totals["failed"] else 0


def _tell(checked: Checked) -> None:
    if checked.error is not None:
        say(sys.stderr, f"failed: {checked.error}")
    if checked.proper is not None:
        say(sys.stdout, f"{checked.path}: is no hash of its content, which is {checked.proper}")
    for fault in checked.faults:
        say(sys.stdout, f"{checked.path}: {fault}")
    for name in checked.unchecked:
        say(sys.stderr, f"not checked: {checked.path}: {name}")


def _totals(done: Sequence[Checked]) -> dict[str, Json]:
    return {
        "recordings": sum(each.kind == "recording" for each in done),
        "wrong": sum(each.proper is not None for each in done),
        "faulty": sum(bool(each.faults) for each in done),
        "failed": sum(each.error is not None for each in done),
    }
