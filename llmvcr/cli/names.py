"""`llmvcr convert --check-names`: recordings under wrong names, and answers that fit no type of the SDK."""

from __future__ import annotations

import sys
from pathlib import Path

from llmvcr import naming
from llmvcr.cli.progress import say

__all__ = ["run"]


def run(source: Path, *, types: bool) -> int:
    """Print a line for each find and one for the whole; 1 where there is any; raises FileNotFoundError."""
    recordings = wrong = faulty = failed = 0
    for checked in naming.check(source, types=types):
        recordings += checked.kind == "recording"
        wrong += checked.proper is not None
        faulty += bool(checked.faults)
        failed += checked.error is not None
        if checked.error is not None:
            say(sys.stderr, f"failed: {checked.error}")
        if checked.proper is not None:
            say(sys.stdout, f"{checked.path}: is no hash of its content, which is {checked.proper}")
        for fault in checked.faults:
            say(sys.stdout, f"{checked.path}: {fault}")
        for name in checked.unchecked:
            say(sys.stderr, f"not checked: {checked.path}: {name}")
    total = f"{recordings} recording{'' if recordings == 1 else 's'}: {wrong} under a name that is not the hash"
    total += f"; files with answers that do not fit their types: {faulty}" if types else ""
    say(sys.stdout, f"{total}; {failed} failed")
    return 1 if wrong or faulty or failed else 0
