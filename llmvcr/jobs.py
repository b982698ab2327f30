"""One piece of converting: a file, or several into one, done in memory and verified by reading back."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from llmvcr import formats, grouping, lookup, redaction, storage
from llmvcr.errors import CassetteError, LlmvcrError, OptionError, ReadError, WriteError
from llmvcr.formats import extra, hashing, read_only, recording
from llmvcr.formats.base import Document, Format
from llmvcr.interaction import Interaction

__all__ = ["GROUPINGS", "RECORDINGS", "FileReport", "Job", "Options", "Prepared", "destination", "prepared"]

RECORDINGS = "recordings"
GROUPINGS = ("file", "test", "folder")

Mode = Literal["convert", "check", "dry-run"]
Outcome = Literal["converted", "checked", "planned", "before", "failed"]


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file, or of several that were to become one.

    `dest` is the file written, or for "recordings" the folder they went to; `from_` and `to` are names of formats,
    `from_` is "" where none claimed the file; `error` is None when it was converted and verified, else the reason
    why nothing was written; `losses` says in words what the target does not say beyond HTTP, in strict mode also
    what of HTTP it cannot say, and for recordings what llama-stack's lookup would miss. `secrets` names what looks
    like a secret, masked. `outcome` is "converted", "checked" (by --check), "planned" (by --dry-run), "before" (by an
    earlier run) or "failed"; sizes are in bytes, `seconds` those of the work itself.
    """

    source: str
    dest: str
    from_: str
    to: str
    interactions: int
    error: str | None = None
    losses: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    outcome: Outcome = "converted"
    sources: int = 1
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: float = 0.0

    def failed(self, error: str) -> FileReport:
        """Return the report of the same file with the reason why nothing was written."""
        return replace(self, error=error, outcome="failed", bytes_out=0)


@dataclass(frozen=True, slots=True)
class Options:
    """How to convert, the same for every file; `to` is the name of a format."""

    to: str
    force: bool = False
    strict: bool = False
    hash_version: int = hashing.LATEST
    test_id: str | None = None
    redact: bool = False
    group_by: str = "file"
    mode: Mode = "convert"

    def __post_init__(self) -> None:
        """Raise OptionError for a format, a hash version or a grouping that nobody knows."""
        formats.by_name(self.to)
        if self.hash_version not in hashing.VERSIONS:
            message = f"there is no hash version {self.hash_version!r}; known are 1 to {hashing.LATEST}"
            raise OptionError(message)
        if self.group_by not in GROUPINGS:
            message = f"there is no grouping by {self.group_by!r}; known are file, test and folder"
            raise OptionError(message)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: `sources` become the file `dest`, or for "recordings" files in the folder `dest`.

    A bare recording that becomes recordings goes to `flat` instead, where that is a folder. `error` says why the job
    cannot be done at all.
    """

    sources: tuple[Path, ...]
    dest: Path
    flat: Path | None = None
    error: str | None = None

    @property
    def name(self) -> str:
        """The file, or the folder that holds the files."""
        return str(self.sources[0] if len(self.sources) == 1 else self.sources[0].parent)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job done in memory: the bytes of each file to write, none where it failed or nothing is to be written.

    `seen` says of each source what was read: its absolute path, its size and time of change, the sha256 of its bytes.
    """

    report: FileReport
    files: dict[Path, bytes]
    seen: tuple[tuple[str, int, int, str], ...] = ()


def destination(source: Path, to: Format) -> Path:
    """Return the path beside `source` with the suffix of `to`; for "recordings" the folder without any."""
    stem = source.name
    for suffix in storage.SUFFIXES:
        if stem.endswith(suffix) and stem != suffix:
            stem = stem.removesuffix(suffix)
            break
    return source.with_name(stem if to.name == RECORDINGS else stem + to.suffix)


def prepared(job: Job, options: Options) -> Prepared:
    """Do a job in memory; whatever is wrong with a file stands in the report."""
    began = time.perf_counter()
    report = FileReport(job.name, str(job.dest), "", options.to, 0, sources=len(job.sources))
    files: dict[Path, bytes] = {}
    seen: list[tuple[str, int, int, str]] = []
    try:
        report, files = _done(job, options, report, seen)
    except CassetteError as error:
        report = report.failed(str(error))
    except (LlmvcrError, OSError) as error:
        report = report.failed(f"{job.name}: {error}")
    except Exception as error:  # noqa: BLE001 - a fault of ours in one file must not stop the others; it is reported
        report = report.failed(f"{job.name}: llmvcr failed on it: {type(error).__name__}: {error}")
    return Prepared(replace(report, seconds=round(time.perf_counter() - began, 6)), files, tuple(seen))


def _done(
    job: Job, options: Options, report: FileReport, seen: list[tuple[str, int, int, str]]
) -> tuple[FileReport, dict[Path, bytes]]:
    if job.error is not None:
        return report.failed(job.error), {}
    to = formats.by_name(options.to)
    if to.name != RECORDINGS and not options.force and options.mode != "check":
        storage.refuse_existing(job.dest)
    names, document = _read(job.sources, seen)
    report = replace(report, from_=names, bytes_in=sum(size for _, size, _, _ in seen), interactions=len(document))
    dest = job.flat if job.flat is not None and to.name == names == RECORDINGS else job.dest
    report = replace(report, dest=str(dest))
    document, secrets = _cleaned(document, options, path=job.name)
    report = replace(report, secrets=secrets)
    if options.mode == "dry-run":
        return replace(report, outcome="planned"), {}
    if to.name == RECORDINGS:
        named, losses = _recordings(document, to, options, path=job.name)
        files = {dest / name: data for name, data in named.items()}
    else:
        data, losses = _verified(document, to, options, path=str(dest))
        files = {dest: data}
    losses = (*_invented(document, names), *losses)
    report = replace(report, losses=losses, bytes_out=sum(map(len, files.values())))
    if options.mode == "check":
        return replace(report, outcome="checked"), {}
    return report, files


def _read(sources: Sequence[Path], seen: list[tuple[str, int, int, str]]) -> tuple[str, Document]:
    """Read the sources as one document, with the names of their formats; enter in `seen` what was read."""
    names: dict[str, None] = {}
    documents = []
    for source in sources:
        changed = source.stat().st_mtime_ns
        data = storage.read(source)
        seen.append((str(source.absolute()), len(data), changed, hashlib.sha256(data).hexdigest()))
        from_ = formats.sniff(data, path=str(source))
        names[from_.name] = None
        documents.append(from_.read(data, path=str(source)))
    if len(documents) == 1:
        return next(iter(names)), documents[0]
    return "+".join(names), Document(tuple(each for document in documents for each in document))


def _invented(document: Document, names: str) -> tuple[str, ...]:
    """Name the bodies whose bytes the format of another tool does not tell, so that they were made from its JSON."""
    if names in {known.name for known in formats.FORMATS}:
        return ()  # it was said when the file was made
    rebuilt = Counter(place for each in document for place in each.notes.get(read_only.REBUILT, ()))
    return _told(Counter({f"bytes of {place}, rebuilt from JSON": n for place, n in rebuilt.items()}), len(document))


def _cleaned(document: Document, options: Options, *, path: str) -> tuple[Document, tuple[str, ...]]:
    """Name what looks like a secret, and put placeholders in its place if that is asked for."""
    seen = Counter(str(each) for interaction in document for each in redaction.find(interaction))
    beside = redaction.find_in_json(document.extra, "beside the interactions") if document.extra else ()
    if (seen or beside) and options.redact:
        clean = tuple(redaction.redacted(each) for each in document)
        document = replace(document, interactions=clean, extra=redaction.redacted_json(document.extra))
        for number, interaction in enumerate(document):
            if left := redaction.find(interaction):
                reason = f"still holds a secret that --redact cannot reach: {left[0].kind} {left[0].masked}"
                fix = "record it again without compression, or edit it"
                raise WriteError(path, reason, interaction=number, place=left[0].place, fix=fix)
    return document, (*map(str, beside), *_told(seen, len(document)))


def _recordings(
    document: Document, to: Format, options: Options, *, path: str
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Give each interaction's file by its name, as llama-stack names it; raises WriteError where two are at odds."""
    files: dict[str, bytes] = {}
    first: dict[str, int] = {}
    lost: Counter[str] = Counter(f"top-level key {key}" for key in document.extra)
    for number, interaction in enumerate(document):
        single = Document((interaction,))
        try:
            _, losses = _verified(single, to, options, path=path)
        except CassetteError as error:
            raise type(error)(error.path, error.reason, interaction=number, place=error.place, fix=error.fix) from None
        lost.update(losses)
        lost.update(lookup.missed(interaction))
        # The test's name is not in the interaction; nothing else differs from what was just verified.
        stated = recording.recording_of(interaction, test_id=options.test_id, strict=options.strict)
        data = recording.text_of(stated, interaction).encode()
        name = hashing.name(stated, options.hash_version, options.test_id)
        if options.group_by == "test":
            told = stated.get("test_id", stated["request"].get("test_id"))
            name = (grouping.recordings_folder(told) / name).as_posix()
        before = first.setdefault(name, number)
        if files.setdefault(name, data) == data:
            continue
        if not options.strict:
            reason = f"asks the same as interaction {before}, and this layout holds one answer a request"
            fix = "convert it to json, or with --strict to keep the first answer"
            raise WriteError(path, reason, interaction=number, fix=fix)
        lost[f"interaction {number}, which asks the same as interaction {before}"] += 1
    return files, _told(lost, len(document))


def _verified(document: Document, to: Format, options: Options, *, path: str) -> tuple[bytes, tuple[str, ...]]:
    """Write to memory and read it back; raises WriteError where the two differ in what the target can say."""
    data = to.write(document, path=path, strict=options.strict)
    try:
        again = to.read(data, path=path)
    except ReadError as error:
        raise WriteError(path, f"what was written does not read back: {error.reason}", place=error.place) from error
    if len(again) != len(document):
        raise WriteError(path, f"reads back as {len(again)} interactions of {len(document)}")
    lost: Counter[str] = Counter()
    for number, (before, after) in enumerate(zip(document, again, strict=True)):
        if (changed := _changed(before, after)) and not options.strict:
            raise WriteError(path, "does not read back the same", interaction=number, place=changed[0])
        lost.update((*changed, *extra.losses(before, after)))
    lost.update(f"top-level key {key}" for key in document.extra if again.extra.get(key) != document.extra[key])
    return data, _told(lost, len(document))


def _changed(before: Interaction, after: Interaction) -> tuple[str, ...]:
    """Name the parts of HTTP in which two interactions differ."""
    pairs = (
        ("request.method", before.request.method, after.request.method),
        ("request.url", before.request.url, after.request.url),
        ("request.headers", before.request.headers, after.request.headers),
        ("request.body", before.request.body, after.request.body),
        ("response.status", before.response.status, after.response.status),
        ("response.reason", before.response.reason, after.response.reason),
        ("response.headers", before.response.headers, after.response.headers),
        ("response.body", before.response.body, after.response.body),
    )
    return tuple(name for name, one, other in pairs if one != other)


def _told(lost: Counter[str], total: int) -> tuple[str, ...]:
    return tuple(f"{what} (in {count} of {total})" if total > 1 else what for what, count in sorted(lost.items()))
