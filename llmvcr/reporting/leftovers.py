"""What a run left unplayed: reported, or taken out of the files that hold it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmvcr.errors import CassetteError

if TYPE_CHECKING:
    from llmvcr.lifecycle import Use

__all__ = ["Leftovers", "leftovers", "pruned", "refreshed", "shown"]


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Interactions that no test played, by their files, and cassettes that no test opened."""

    uses: tuple[Use, ...] = ()
    orphans: tuple[Path, ...] = ()
    unjudged: tuple[str, ...] = ()
    """Files and folders of which nobody can say: their tests failed or were skipped."""

    def __bool__(self) -> bool:
        return bool(self.uses or self.orphans)

    def told(self) -> Iterator[str]:
        """Give the lines of a report."""
        for use in self.uses:
            yield f"{shown(use.path)}: no test plays {_many(use.unused)}"
            yield from (f"  {line}" for line in _named(use))
        yield from (f"{shown(path)}: no test opens it" for path in self.orphans)
        if self.unjudged:
            names = ", ".join(sorted(map(shown, self.unjudged)))
            yield f"not judged, since not all of their tests ran to the end: {names}"


def leftovers(
    uses: Iterable[Use], opened: Collection[str], folders: Collection[str], spared: Collection[str]
) -> Leftovers:
    """Look for what is left; `opened` are real paths, `folders` those of the cassettes of the tests that ran.

    In the `spared` folders stand cassettes of tests that did not run, or not to their end.
    """
    from llmvcr import lifecycle  # noqa: PLC0415 - storage and yaml come with it

    files = lifecycle.joined(uses)
    roots = {lifecycle.root(folder) for folder in folders}
    lost = lifecycle.orphans(roots, {*opened, *files}, map(Path, spared))
    unjudged = [path for path, use in files.items() if not use.judged]
    return Leftovers(
        tuple(use for use in files.values() if use.judged and use.unused),
        lost,
        tuple(dict.fromkeys((*unjudged, *(one for one in spared if Path(one).is_dir())))),
    )


def pruned(found: Leftovers) -> Iterator[str]:
    """Take all of it away, and say in lines what was done, and what could not be."""
    from llmvcr import lifecycle  # noqa: PLC0415 - as above

    for use in found.uses:
        yield _taken_out(use)
    for path in found.orphans:
        try:
            lifecycle.remove(path)
            yield f"{shown(path)}: removed, since no test opens it"
        except CassetteError as error:
            yield str(error)


def refreshed(uses: Iterable[Use], *, whole: bool) -> Iterator[str]:
    """Take out of refreshed cassettes what was not played, and say what was done.

    Of a cassette that several tests share, or may share, only after a whole run.
    """
    from llmvcr import lifecycle  # noqa: PLC0415 - as above

    for use in lifecycle.joined(uses).values():
        if not use.renewed or not use.unused or not use.judged:
            continue
        if use.own or whole:
            yield _taken_out(use)
        else:
            yield f"{shown(use.path)}: {_many(use.unused)} not played stay: other tests may play them"


def shown(path: str | Path) -> str:
    """Give a path as people read it: from here, where it is below."""
    try:
        near = os.path.relpath(path)
    except ValueError:  # on another drive
        return str(path)
    return str(path) if near.startswith(os.pardir) else near


def _taken_out(use: Use) -> str:
    from llmvcr import lifecycle  # noqa: PLC0415 - as above

    try:
        count = lifecycle.without(use.path, use.unused)
    except (CassetteError, FileNotFoundError) as error:
        return str(error)
    gone = "" if Path(use.path).exists() else "; nothing is left, the file is removed"
    return f"{shown(use.path)}: {count} interaction{'' if count == 1 else 's'} taken out that no test plays{gone}"


def _many(unused: Mapping[str, int]) -> str:
    count = sum(unused.values())
    return f"{count} interaction{'' if count == 1 else 's'}"


def _named(use: Use) -> Iterator[str]:
    from llmvcr import lifecycle, storage  # noqa: PLC0415 - as above
    from llmvcr.canonical import canonical  # noqa: PLC0415 - as above
    from llmvcr.explaining.calls import address, named  # noqa: PLC0415 - as above

    try:
        held = storage.load(use.path).interactions
    except (CassetteError, FileNotFoundError):
        return
    for number in lifecycle.alike(held, use.unused):
        request = held[number].request
        yield f"#{number} {named(request, canonical(request)) or address(request)}"
