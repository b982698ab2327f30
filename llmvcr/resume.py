"""What a run over a tree has done, kept in `.llmvcr/convert.jsonl` of the target, so that the next one goes on there.

One line a job, written before its files take their names: the source (size, time, sha256), the sha256 of each file to
write, and the report. A job is done when its sources are as they were and each of its files is there with that content;
so it does not matter when a run was killed. A line that was cut is passed over.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmvcr import storage
from llmvcr.errors import ReadError
from llmvcr.interaction import Json
from llmvcr.jobs import FileReport, Job, Options, Prepared
from llmvcr.wire.nesting import watched

__all__ = ["State", "before", "opened"]

_VERSION = 1
_NAME = "convert.jsonl"
_LISTS = ("losses", "secrets")


@dataclass(frozen=True, slots=True)
class State:
    """The state of a target folder: `path` of the file, and what it says of each job by the job's target."""

    path: Path
    options: str
    jobs: Mapping[str, Json] = field(default_factory=dict)

    def about(self, job: Job) -> Json:
        """Return what is known of a job; None for nothing."""
        return self.jobs.get(_key(job))

    def intend(self, job: Job, prepared: Prepared) -> None:
        """Write down a job whose files are about to take their names."""
        targets = {str(path.absolute()): _sha(data) for path, data in prepared.files.items()}
        report = dataclasses.asdict(prepared.report)
        self._line({"job": _key(job), "sources": prepared.seen, "targets": targets, "report": report})

    def end(self) -> None:
        """Write down that the run reached its end."""
        self._line({"end": True})

    def _line(self, told: dict[str, Json]) -> None:
        storage.append(self.path, json.dumps({**told, "options": self.options}).encode() + b"\n")


def opened(root: Path, options: Options) -> State:
    """Open the state of a target folder for a run with these options; raises WriteError.

    With `force` only what a forced run did that has not come to its end counts as done.
    """
    path = storage.workshop(root) / _NAME
    told = dataclasses.asdict(options)
    said = json.dumps([_VERSION, *(told[name] for name in sorted(told) if name != "mode")])
    try:
        data = storage.read(path)
    except (FileNotFoundError, ReadError):
        data = b""
    if data and not data.endswith(b"\n"):
        storage.append(path, b"\n")
    jobs: dict[str, Json] = {}
    for line in data.splitlines():
        try:
            entry = json.loads(watched(line))
        except (ValueError, RecursionError):
            continue  # cut by the kill of an earlier run
        if not isinstance(entry, dict) or entry.get("options") != said:
            continue
        if entry.get("end") and options.force:
            jobs.clear()
        elif isinstance(entry.get("job"), str):
            jobs[entry["job"]] = entry
    return State(path, said, jobs)


def before(job: Job, told: Json) -> FileReport | None:
    """Return the report of the run that did this job, if all is still as it left it; else None."""
    try:
        same = [str(source.absolute()) for source in job.sources] == [source[0] for source in told["sources"]]
        if not same or not all(_unchanged(*source) for source in told["sources"]):
            return None
        if not all(_sha(storage.read(path)) == sha for path, sha in told["targets"].items()):
            return None
        report: dict[str, Any] = dict(told["report"])
        report |= {name: tuple(report[name]) for name in _LISTS}
        return FileReport(**{**report, "outcome": "before", "seconds": 0.0})
    except (OSError, ReadError, KeyError, TypeError, ValueError, AttributeError):
        return None  # not there any more, or not written by us


def _unchanged(path: str, size: int, time: int, sha: str) -> bool:
    found = Path(path).stat()
    return (found.st_size, found.st_mtime_ns) == (size, time) or _sha(storage.read(path)) == sha


def _key(job: Job) -> str:
    return f"{job.sources[0].absolute()} -> {job.dest.absolute()}"


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
