"""A whole tree, or one file: what goes where, worked out by several processes, each batch of files on disk at once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from llmvcr import formats, grouping, pool, resume, storage
from llmvcr.errors import LlmvcrError, OptionError, WriteError
from llmvcr.formats.base import Format
from llmvcr.interaction import Json
from llmvcr.jobs import RECORDINGS, FileReport, Job, Options, Prepared, destination, prepared

__all__ = ["Plan", "plan"]

_BATCH_FILES, _BATCH_BYTES = 32, 1 << 20
_POOL_FROM = 2
"""From how many batches on other processes are worth their start."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Every job, in the order of the names of their sources; `root` is the target folder of a tree."""

    jobs: tuple[Job, ...]
    options: Options
    root: Path | None = None

    def run(self, processes: int = 1) -> Iterator[FileReport]:
        """Do the jobs, giving each one's report in their order, as soon as its batch is on the disk."""
        state = None
        if self.root is not None and self.options.mode == "convert" and self.jobs:
            try:
                state = resume.opened(self.root, self.options)
            except LlmvcrError as error:
                yield from (_unmade(job, self.options, str(error)) for job in self.jobs)
                return
        batches = list(_batches(self.jobs, state))
        slim = None if state is None else replace(state, jobs={})
        work = partial(_do, options=self.options, state=slim, began=time.time_ns())
        # Recordings of several sources may meet in one folder: one process sees that they do.
        meeting = self.options.to == RECORDINGS and self.options.group_by != "file"
        processes = 1 if meeting or len(batches) < _POOL_FROM else min(processes, len(batches))
        for reports in pool.ordered(work, batches, jobs=processes, lost=partial(_lost, work=work)):
            yield from reports
        if state is not None:
            state.end()


def plan(source: str | Path, dest: str | Path | None, options: Options) -> Plan:
    """Plan a conversion: what becomes of which file; two sources of one target are found here.

    Raises FileNotFoundError where there is no source, OptionError where source and target do not fit.
    """
    source = Path(source)
    if not source.exists():
        raise FileNotFoundError(str(source))
    if not source.is_dir():
        return Plan((_single(source, None if dest is None else Path(dest), options),), options)
    root = _beside(source, options.to) if dest is None else Path(dest)
    if root.exists() and not root.is_dir():
        raise OptionError(f"{source} is a folder and {root} is not")
    inside = root != source and _real(root).is_relative_to(_real(source))
    found = storage.members(source)
    if inside:
        found = tuple(file for file in found if not _real(file).is_relative_to(_real(root)))
    to = formats.by_name(options.to)
    if to.name == RECORDINGS and options.group_by != "file":
        return Plan(
            tuple(_filed(file, root, file.relative_to(source).parent, options) for file in found), options, root
        )
    groups = grouping.grouped(found, source, options.group_by)
    targets = _targets(groups, root, to)
    jobs = []
    for group in groups:
        target, other = targets[group.sources[0]]
        flat = (root / group.place).parent if to.name == RECORDINGS and root != source else None
        error = None if other is None else f"{target}: is where {other} goes too, and {group.sources[0]} cannot"
        jobs.append(Job(group.sources, target, flat, error))
    return Plan(tuple(jobs), options, root)


def _real(path: Path) -> Path:
    # Path.resolve raises where links lead in a circle.
    return Path(os.path.realpath(path))


def _targets(groups: Sequence[grouping.Group], root: Path, to: Format) -> dict[Path, tuple[Path, Path | None]]:
    """Give the target of each group by its first source, and the source that has taken it, if another has.

    Of `a.json` and `a.yaml`, which would both become `a.json`, the one that is called so keeps the name, and the other
    becomes `a.yaml.json`.
    """
    taken: dict[Path, Path] = {}
    targets: dict[Path, tuple[Path, Path | None]] = {}
    named = [(group, root / group.place) for group in groups]
    for group, place in sorted(named, key=lambda each: each[0].named or destination(each[1], to) != each[1]):
        longer = place.with_name(place.name + ("" if to.name == RECORDINGS else to.suffix))
        target = longer if group.named else destination(place, to)
        if target in taken:
            target = longer
        other = taken.setdefault(target, group.sources[0])
        targets[group.sources[0]] = target, None if other == group.sources[0] else other
    return targets


def _single(source: Path, dest: Path | None, options: Options) -> Job:
    to = formats.by_name(options.to)
    if dest is None:
        dest = destination(source, to)
    if to.name == RECORDINGS:
        return Job((source,), dest) if options.group_by == "file" else _filed(source, dest, Path(), options)
    return Job((source,), destination(dest / source.name, to) if dest.is_dir() else dest)


def _filed(source: Path, root: Path, below: Path, options: Options) -> Job:
    """Plan recordings as llama-stack lays them: in `recordings` of the folder; by test, the job itself names it."""
    if options.group_by == "test":
        return Job((source,), root)
    return Job((source,), root / below if below.name == "recordings" else root / below / "recordings")


def _beside(folder: Path, to: str) -> Path:
    # "." and ".." have no name of their own.
    folder = folder if folder.name not in ("", "..") else folder.resolve()
    return folder.with_name(f"{folder.name}-{to}")


_Batch = tuple[tuple[Job, Json], ...]
"""Jobs that are done together, each with what the state says of it."""


def _batches(jobs: Iterable[Job], state: resume.State | None) -> Iterator[_Batch]:
    batch: list[tuple[Job, Json]] = []
    size = 0
    for job in jobs:
        weight = sum(_size(source) for source in job.sources)
        if batch and (len(batch) == _BATCH_FILES or size + weight > _BATCH_BYTES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append((job, None if state is None else state.about(job)))
        size += weight
    if batch:
        yield tuple(batch)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it will say why


def _do(batch: _Batch, *, options: Options, state: resume.State | None, began: int) -> tuple[FileReport, ...]:
    done: list[tuple[Job, Prepared]] = []
    for job, told in batch:
        earlier = None if told is None else resume.before(job, told)
        done.append((job, Prepared(earlier, {}) if earlier is not None else prepared(job, options)))
    reports = [each.report for _, each in done]
    written = [number for number, (_, each) in enumerate(done) if each.files]
    ours: dict[Path, bytes] = {}
    groups: list[dict[Path, bytes]] = []
    for number in list(written):
        job, each = done[number]
        try:
            left = _missing(each, options, began, ours)
            if state is not None:
                state.intend(job, each)
        except (LlmvcrError, OSError) as failure:
            reports[number] = each.report.failed(str(failure))
            written.remove(number)
        else:
            groups.append(left)
            ours |= each.files
    errors = storage.write_many(groups, overwrite=options.force)
    for number, error in zip(written, errors, strict=True):
        if error is not None:
            reports[number] = reports[number].failed(str(error))
    return tuple(reports)


def _missing(done: Prepared, options: Options, began: int, ours: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """Return the files that are still to be written: of recordings that share a folder one may be there already.

    Raises WriteError where another recording of this run has the same name, which `force` would overwrite.
    """
    if options.to != RECORDINGS:
        return done.files
    left: dict[Path, bytes] = {}
    for path, data in done.files.items():
        other, fresh = ours.get(path), True
        if other is None and path.exists():
            other, fresh = storage.read(path), path.stat().st_mtime_ns >= began
        if other == data and (options.force or options.group_by != "file"):
            continue
        if other is not None and fresh and options.force:
            reason = f"is where another recording goes too, and {done.report.source} cannot"
            raise WriteError(str(path), reason, fix="convert it to json, or take one of the two away")
        left[path] = data
    return left


def _lost(batch: _Batch, *, work: partial[tuple[FileReport, ...]]) -> tuple[FileReport, ...]:
    """Stand for a batch whose process died: each job again in a process of its own, but for the one that kills it."""
    if len(batch) == 1:
        job = batch[0][0]
        return (_unmade(job, work.keywords["options"], f"{job.name}: the process that converted it died"),)
    singles = [(each,) for each in batch]
    found = pool.ordered(work, singles, jobs=2, lost=partial(_lost, work=work))
    return tuple(report for reports in found for report in reports)


def _unmade(job: Job, options: Options, error: str) -> FileReport:
    return FileReport(job.name, str(job.dest), "", options.to, 0, sources=len(job.sources)).failed(error)
