"""Disks that fail: one call after another of those that may change a folder, and small disks that are really full."""

from __future__ import annotations

import builtins
import errno
import fcntl
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["FAULTS", "Faulty", "as_nobody", "small_disk"]

FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES)
"""What a disk may say: it is full, the user's part of it is, it is broken, read-only, or not this user's."""

_ON_PATHS = ("replace", "rename", "link", "mkdir", "chmod", "unlink", "rmdir")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_NOBODY = 65534


class Faulty:
    """Makes the n-th call of the system that may change a folder fail, and all that come after it while it `lasts`.

    Counted are open (for writing), write, fsync, flock, close, rename, link, mkdir, chmod, unlink and rmdir, in Python
    and in its file objects. A write that fails has written half of what it was given, as a disk that fills up has.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, fault: int, nth: int, *, lasts: bool) -> None:
        """Begin to count; `nth` is 1 for the first call."""
        self.count = 0
        """How many calls there were."""
        self.failed: list[str] = []
        """The names of those that failed."""
        self._folder, self._fault, self._nth, self._lasts = f"{folder}{os.sep}", fault, nth, lasts
        self._mine: set[int] = set()
        self._real = {name: getattr(os, name) for name in (*_ON_PATHS, "open", "write", "fsync", "close")}
        for name in _ON_PATHS:
            monkeypatch.setattr(os, name, self._on_paths(name))
        monkeypatch.setattr(os, "open", self._opens)
        monkeypatch.setattr(os, "write", self._writes)
        monkeypatch.setattr(os, "fsync", self._syncs)
        monkeypatch.setattr(os, "close", self._closes)
        if fault != errno.EACCES:  # what flock says of a lock that another one has, which is waited for
            monkeypatch.setattr(fcntl, "flock", self._flock(fcntl.flock))
        self._files = builtins.open
        monkeypatch.setattr(builtins, "open", self._file)
        monkeypatch.setattr(io, "open", self._file)

    def meets(self, name: str) -> bool:
        """Count a call, and say whether it fails."""
        self.count += 1
        fails = self.count == self._nth or (self._lasts and self.count > self._nth)
        if fails:
            self.failed.append(name)
        return fails

    def error(self) -> OSError:
        """Give the error."""
        return OSError(self._fault, os.strerror(self._fault))

    def _is_here(self, path: Any) -> bool:
        return not isinstance(path, int) and str(Path(os.fsdecode(path)).absolute()).startswith(self._folder)

    def _on_paths(self, name: str) -> Callable[..., Any]:
        def call(path: Any, *more: Any, **named: Any) -> Any:
            if self._is_here(path) and self.meets(name):
                raise self.error()
            return self._real[name](path, *more, **named)

        return call

    def _opens(self, path: Any, flags: int, *more: Any, **named: Any) -> int:
        here = self._is_here(path)
        if here and flags & _WRITES and self.meets("open"):
            raise self.error()
        descriptor: int = self._real["open"](path, flags, *more, **named)
        if here:
            self._mine.add(descriptor)
        return descriptor

    def _writes(self, descriptor: int, data: Any) -> int:
        written: int
        if descriptor in self._mine and self.meets("write"):
            self._real["write"](descriptor, bytes(data)[: len(data) // 2])
            raise self.error()
        written = self._real["write"](descriptor, data)
        return written

    def _syncs(self, descriptor: int) -> None:
        if descriptor in self._mine and self.meets("fsync"):
            raise self.error()
        self._real["fsync"](descriptor)

    def _closes(self, descriptor: int) -> None:
        self._real["close"](descriptor)
        if descriptor in self._mine:
            self._mine.discard(descriptor)
            if self.meets("close"):
                raise self.error()

    def _flock(self, real: Callable[[int, int], None]) -> Callable[[int, int], None]:
        def flock(descriptor: int, how: int) -> None:
            if descriptor in self._mine and how != fcntl.LOCK_UN and self.meets("flock"):
                raise self.error()
            real(descriptor, how)

        return flock

    def _file(self, file: Any, mode: str = "r", buffering: int = -1, *more: Any, **named: Any) -> Any:
        if "b" not in mode or mode.startswith("r") or not (file in self._mine or self._is_here(file)):
            return self._files(file, mode, buffering, *more, **named)
        raw = _Raw(self, file, mode, opener=named.get("opener"))
        self._mine.discard(file)  # its close is counted there
        return raw if buffering == 0 else io.BufferedWriter(raw)


class _Raw(io.FileIO):
    """A file whose writes and close may fail."""

    def __init__(self, disk: Faulty, file: Any, mode: str, *, opener: Any) -> None:
        self._disk = disk
        super().__init__(file, mode, opener=opener)

    def write(self, data: Any) -> int:
        if self._disk.meets("write"):
            super().write(bytes(data)[: len(data) // 2])
            raise self._disk.error()
        return super().write(data)

    def close(self) -> None:
        was_open = not self.closed
        super().close()
        if was_open and self._disk.meets("close"):
            raise self._disk.error()


@contextmanager
def small_disk(folder: Path, *options: str) -> Iterator[Path]:
    """Mount a disk in a new folder, with options of tmpfs such as `size=64k`; skips where that is not allowed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let a small disk be mounted")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be a user without rights of its own: root may do anything. Any other user stays who it is."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
