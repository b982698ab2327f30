"""Which interactions of a cassette file nobody played, and which files nobody opened: joined over a whole run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from llmvcr import storage
from llmvcr.lifecycle.pruning import is_cassette

__all__ = ["Use", "joined", "orphans", "root"]

_CASSETTES = "cassettes"


@dataclass(frozen=True, slots=True)
class Use:
    """What of a file was not played while one test had it open: how many interactions of which fingerprint.

    `judged` is False where that says nothing: the test did not come to its end, or the file was recorded over. `own`
    says that the cassette is the test's alone, `renewed` that what is left is to go (`--llmvcr-mode=refresh`).
    """

    path: str
    unused: Mapping[str, int]
    judged: bool = True
    own: bool = True
    renewed: bool = False

    def __and__(self, other: Use) -> Use:
        """Give what neither of two tests played of one file."""
        return Use(
            self.path,
            Counter(self.unused) & Counter(other.unused),
            self.judged and other.judged,
            own=False,  # of two tests
            renewed=self.renewed or other.renewed,
        )


def joined(uses: Iterable[Use]) -> dict[str, Use]:
    """Give the use of each file by all that opened it, by its path."""
    files: dict[str, Use] = {}
    for use in uses:
        files[use.path] = files[use.path] & use if use.path in files else use
    return dict(sorted(files.items()))


def root(folder: str | Path) -> Path:
    """Give the folder below which the cassettes of a suite stand, by the folder of one module's.

    pytest-recording lays them as `cassettes/<module>/<test>.yaml`; a folder of the user's own stands for itself.
    """
    folder = Path(os.path.realpath(folder))
    return folder.parent if folder.parent.name == _CASSETTES else folder


def orphans(folders: Iterable[Path], opened: Collection[str], spared: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Give the cassettes below `folders` that are not among the files `opened` (real paths).

    What is no cassette is none of them. What stands below one of the `spared` folders, or in a folder of recordings
    that was `opened` as a whole, is passed over, and so are hidden files and folders.
    """
    passed = (*(Path(os.path.realpath(one)) for one in spared), *(Path(one) for one in opened if Path(one).is_dir()))
    found = dict.fromkeys(
        file for folder in sorted(set(folders)) if folder.is_dir() for file in storage.members(folder)
    )
    return tuple(
        file
        for file in found
        if os.path.realpath(file) not in opened
        and not any(file.is_relative_to(one) for one in passed)
        and is_cassette(file)
    )
