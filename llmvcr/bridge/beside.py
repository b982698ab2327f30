"""A journal beside a cassette that a persister or a serializer of the user's own saves: what they cannot lose."""

from __future__ import annotations

import contextlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from vcr.persisters.filesystem import CassetteNotFoundError

from llmvcr import storage
from llmvcr.bridge.translate import Pair, to_interaction, to_pair
from llmvcr.errors import ReadError, WriteError
from llmvcr.interaction import Interaction
from llmvcr.keeping import Keeping, fingerprint, mark_incomplete

__all__ = ["Beside", "beside"]

_LOG = logging.getLogger("llmvcr")

Load = Callable[[], tuple[Any, ...]]
Save = Callable[[dict[str, Any]], None]


def beside(path: str, owner: Any, *, first: bool) -> Beside | None:
    """Give the journal beside a cassette that `owner` saves, a persister or a serializer; None where it has no place.

    A path that is an address (`s3://...`) is no place on this machine. `first` is as in Keeping.
    """
    if "://" in path:
        _LOG.info("%s: no journal is kept of what is recorded, since this is no path: a crash would lose it", path)
        return None
    kind = owner if isinstance(owner, type) else type(owner)
    return Beside(path, first=first, saved_by=f"{kind.__module__}.{kind.__qualname__}")


class Beside(Keeping):
    """A journal as every cassette has one; but into the cassette it comes by functions that are not ours.

    They may save anything anywhere, and half of it: whether an interaction of a journal is in the cassette already is
    seen by what they load.
    """

    recovered = 0
    """How many interactions came back when the cassette was loaded."""

    def __init__(self, path: str, *, first: bool, saved_by: str) -> None:
        """Take the path of the cassette, where there need not be a file, nor a folder for it."""
        super().__init__(path, None, first=first, saved_by=saved_by)
        self._new_folders = []
        with contextlib.suppress(OSError):  # a name that cannot be
            self._new_folders = [folder for folder in self.path.parents if not folder.exists()]

    def load(self, load: Load, save: Save) -> tuple[Any, ...]:
        """Give what `load` gives, its errors as they are; what crashed processes had recorded is saved before.

        Where that cannot be saved, the log says so, and the journals stay.
        """
        if not storage.unsettled(self.path):
            return load()
        with self._alone():
            found = self._left()
            try:
                whole, count = _joined(load, found)
                if count or any(each.metadata for each in found):
                    save(whole)
            except Exception as error:  # noqa: BLE001 - a persister may raise what it likes; loading it tells
                _LOG.warning("what a run that was cut short has recorded cannot be brought back: %r", error)
            else:
                for each in found:
                    each.discard()
                storage.sweep(self.path)
                mark_incomplete(self.path, count)
                self.recovered = count
            finally:
                for each in found:
                    each.leave()  # those that stay
        return load()

    def save(self, said: dict[str, Any], kept: int, save: Save) -> None:
        """Save a cassette: its first `kept` interactions, what forked children and the dead have left, and the rest.

        A forked child only leaves its journal, to who opened the cassette. An error of `save` comes out as it is, with
        a note of where what was recorded is kept.
        """
        if os.getpid() != self._opened_by:
            self._journal.abandon()
            return
        with self._alone():
            left = self._left()
            try:
                self._foreign += tuple(one for each in left for one in each.interactions)
                pairs = [to_pair(one) for one in self._foreign]
                requests, responses = list(said["requests"]), list(said["responses"])
                requests[kept:kept] = [request for request, _ in pairs]
                responses[kept:kept] = [response for _, response in pairs]
                save({**said, "requests": requests, "responses": responses})
            except BaseException as error:
                if (place := self._journal.path) is not None:
                    error.add_note(
                        f"llmvcr: what was recorded is kept in {place}, for when the cassette is opened again"
                    )
                self._journal.abandon()
                raise
            else:
                for each in left:
                    each.discard()
                self._journal.discard()
            finally:
                for each in left:
                    each.leave()

    def drop(self) -> None:
        """Forget what was recorded, and the folders that were made for that alone."""
        super().drop()
        with contextlib.suppress(OSError):  # not empty
            for folder in self._new_folders:
                folder.rmdir()

    def _left(self) -> tuple[storage.Left, ...]:
        """Give what was left; nothing where it cannot be had."""
        with contextlib.suppress(WriteError):
            found = storage.left(self.path, by_any=True) if storage.unsettled(self.path) else ()
            for each in found:
                if each.unknown:
                    _LOG.warning("%s: %s; it is left alone", each.path, each.unknown)
                    each.leave()
            return tuple(each for each in found if not each.unknown)
        return ()

    def _alone(self) -> contextlib.ExitStack:
        """Hold the one right to write where there is a journal, and where there can be such a right."""
        stack = contextlib.ExitStack()
        if storage.unsettled(self.path):
            with contextlib.suppress(WriteError):
                stack.enter_context(storage.only_one(self.path))
        return stack


def _joined(load: Load, found: Iterable[storage.Left]) -> tuple[dict[str, Any], int]:
    """Give what is to be saved, and how many interactions of it are new."""
    requests: Sequence[Any] = ()
    responses: Sequence[Any] = ()
    metadata: Sequence[dict[str, Any]] = ()
    with contextlib.suppress(CassetteNotFoundError):
        requests, responses, *metadata = load()
    both = zip(requests, responses, strict=False)
    there = [to_pair(one) if isinstance(one, Interaction) else (one, two) for one, two in both]
    known = Counter(map(_fingerprint, there))
    first: list[Pair] = []
    lost: list[Pair] = []
    for each in found:
        for one in each.interactions:
            seen = fingerprint(one)
            if known[seen]:
                known[seen] -= 1  # killed after it was saved
            else:
                (first if each.first else lost).append(to_pair(one))
    pairs = [*first, *there, *lost]
    whole: dict[str, Any] = {"requests": [one for one, _ in pairs], "responses": [one for _, one in pairs]}
    told: dict[str, Any] = {}
    for more in (*(each.metadata for each in found), *metadata):
        told |= more
    return whole | ({"metadata": told} if told else {}), len(first) + len(lost)


def _fingerprint(pair: Pair) -> int:
    try:
        return fingerprint(to_interaction(*pair, path="cassette", number=0))
    except ReadError:  # of the user's own making
        return 0
