"""What one run of pytest, all its workers together, knows of its cassettes: names, and which it began to record."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from llmvcr import storage

__all__ = ["Run", "begin_anew", "go_on", "older", "own_mark", "run", "short", "told_apart"]


class Run:
    """A run, by a folder that is its own, and shared by the workers of pytest-xdist."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which need not be there yet; nothing is written before a cassette is begun."""
        self._folder = folder

    def begun(self, cassette: str | Path, *, now: bool) -> bool:
        """Say whether this run has begun to record a cassette, which every test that shares it may add to then.

        `now` says that it begins here, since nothing is recorded, or not all. To be called when the cassette was
        looked for, and before anything is recorded: who finds it later finds this too. Raises WriteError.
        """
        name = hashlib.sha256(os.fsencode(os.path.realpath(cassette))).hexdigest()[:32]
        if now:
            storage.append(storage.workshop(self._folder) / name, b"")
        return now or (self._folder / ".llmvcr" / name).exists()


def run(request: Any) -> Run:
    """Give the run that a fixture's request is part of."""
    folder: Path = request.getfixturevalue("tmp_path_factory").getbasetemp()
    return Run(folder.parent if hasattr(request.config, "workerinput") else folder)


def go_on(opened: Any, request: Any, *, once: bool) -> None:
    """Under `once` let a cassette, just opened, be added to by every test of the run that began to record it."""
    if once:
        # Nothing was loaded; or it went on by itself, since a crash has cut short who recorded it.
        new = not opened.rewound or opened.record_mode != "once"
        if run(request).begun(opened.path, now=new) and opened.rewound:
            opened.go_on()


def begin_anew(cassette: Path) -> None:
    """Forget what an earlier run left behind of a cassette that is to be recorded again from its beginning."""
    for each in storage.left(cassette):
        each.discard()
    storage.set_incomplete(cassette, to=False)


def own_mark(node: Any, name: str) -> str:
    """Give what the name of a parametrised test's cassette ends in, where the test's id cannot stand in it.

    Ids that differ only in such characters are one name for pytest-recording (shared/decisions.md, 6).
    """
    if not hasattr(node, "callspec") or node.get_closest_marker("default_cassette") or name.endswith(node.name):
        return ""
    return told_apart(node.name)


def told_apart(name: str) -> str:
    """Give what a name ends in that would be another test's, too, without it."""
    return "~" + hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:8]


def older(node: Any, folder: str | Path, name: str, suffix: str, limit: int) -> tuple[str, ...]:
    """Give the cassette under the name without that mark: read until there is one with it, and never written."""
    if "~" not in name:
        return ()
    plain = name.removesuffix(own_mark(node, name.rpartition("~")[0]) or "/")
    own, old = (Path(folder, short(each, suffix, limit) + suffix) for each in (name, plain))
    return (str(old),) if plain != name and old.exists() and not own.exists() else ()


def short(name: str, suffix: str, limit: int) -> str:
    """Shorten a name as pytest-recording does, which counts the suffix of a named serializer without its dot."""
    if len(name) + len(suffix) <= limit:
        return name
    mark = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: limit - len(suffix) - len(mark) - 3]}...{mark}"
