"""The report of a conversion as JSON, for other programs to read.

{"version": 1, "mode": "convert" | "check" | "dry-run", "complete": bool, "options": {…}, "files": [file, …],
"totals": {…}}. `complete` is false where the run was interrupted. A file is {"source", "sources" (how many), "dest",
"from", "to", "outcome" ("converted", "checked", "planned", "before", "failed"), "interactions", "bytes_in",
"bytes_out", "losses" [text], "secrets" [text, masked], "error" (text or null), "seconds"}. `totals` has the number of
files by outcome, and the sums of interactions, bytes_in, bytes_out and seconds (of work, over all processes) and the
number of files `with_losses` and `with_secrets`.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter

from llmvcr.conversion import FileReport, Options
from llmvcr.interaction import Json

__all__ = ["Collected"]

_VERSION = 1
_OUTCOMES = ("converted", "checked", "planned", "before", "failed")
_SUMS = ("interactions", "bytes_in", "bytes_out", "seconds")


class Collected:
    """The reports of a run as they come; to `keep` each is what a report needs, else there are only the totals."""

    def __init__(self, options: Options, *, keep: bool) -> None:
        """Begin a report of a run with these options."""
        self._options, self._keep = options, keep
        self._files: list[str] = []
        self._totals: Counter[str] = Counter()
        self._seconds = 0.0

    def add(self, report: FileReport) -> None:
        """Add one file's report."""
        self._totals[report.outcome] += 1
        self._totals["interactions"] += 0 if report.error else report.interactions
        self._totals["bytes_in"] += report.bytes_in
        self._totals["bytes_out"] += report.bytes_out
        self._totals["with_losses"] += bool(report.losses)
        self._totals["with_secrets"] += bool(report.secrets)
        self._seconds += report.seconds
        if self._keep:
            told = {"from" if key == "from_" else key: value for key, value in dataclasses.asdict(report).items()}
            self._files.append(json.dumps(told))

    def count(self, name: str) -> int:
        """Return a number of `totals`."""
        return self._totals[name]

    def report(self, *, complete: bool) -> str:
        """Give the report as JSON, a file a line; `complete` says that the run came to its end."""
        names = (*_OUTCOMES, *_SUMS, "with_losses", "with_secrets")
        totals: dict[str, Json] = {name: self._totals[name] for name in names}
        totals["seconds"] = round(self._seconds, 6)
        options = {key: value for key, value in dataclasses.asdict(self._options).items() if key != "mode"}
        head = {"version": _VERSION, "mode": self._options.mode, "complete": complete, "options": options}
        text = json.dumps(head)[:-1] + ', "files": [\n' + ",\n".join(self._files)
        return f'{text}\n], "totals": {json.dumps(totals)}}}'
