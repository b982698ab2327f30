"""One format to another, a file or a tree: each verified, each whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llmvcr import trees
from llmvcr.formats import hashing
from llmvcr.jobs import FileReport, Options, destination

__all__ = ["FileReport", "Options", "Report", "convert", "destination"]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every file, in the order of their names."""

    files: tuple[FileReport, ...]

    @property
    def failed(self) -> tuple[FileReport, ...]:
        """The files that could not be converted."""
        return tuple(file for file in self.files if file.error is not None)


def convert(  # noqa: PLR0913 - the public signature; inside, Options carries them
    source: str | Path,
    dest: str | Path | None = None,
    *,
    to: str,
    force: bool = False,
    strict: bool = False,
    hash_version: int = hashing.LATEST,
    test_id: str | None = None,
    redact: bool = False,
    group_by: str = "file",
    jobs: int = 1,
) -> Report:
    """Convert a file, or every file below a folder, to the format `to`.

    The format of a source is that of its content. Without `dest` a file goes beside its source under the suffix of
    the format ("recordings": into a folder named like it), a folder to SOURCE-TO beside it, with the same layout.
    Every file is read back and compared before it is written, whole or not at all; one that exists is left alone
    without `force`, unless an earlier run over the folder made it from the same source with the same options: it
    counts as done. `strict` writes the format alone, without our extra key. `redact` puts placeholders in the place
    of what looks like a secret. `group_by` puts the recordings of one "test" or "folder" into one cassette, or lays
    recordings as llama-stack does: in `recordings` of the test's folder, or of the source's. `jobs` is
    the number of processes; with more than one, a script has to guard its own start by `if __name__ == "__main__"`.

    Raises FileNotFoundError where there is no source and OptionError for options that make no sense; whatever is
    wrong with a file stands in its FileReport, and the others are converted all the same.
    """
    options = Options(
        to,
        force=force,
        strict=strict,
        hash_version=hash_version,
        test_id=test_id,
        redact=redact,
        group_by=group_by,
    )
    return Report(tuple(trees.plan(source, dest, options).run(jobs)))
