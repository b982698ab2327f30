"""Whole files or none: the bytes of a file are on the disk before they take its name."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from llmvcr.errors import ReadError, WriteError

__all__ = [
    "BINARY",
    "read",
    "reason",
    "refuse_existing",
    "temporaries",
    "unwritten",
    "write",
    "write_all",
    "write_many",
]

BINARY = getattr(os, "O_BINARY", 0)
"""What Windows wants said of a file that is opened for its bytes."""

_SYNCS = 16


def read(path: str | Path) -> bytes:
    """Return a file's bytes; FileNotFoundError where there is none, ReadError where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ReadError(str(path), reason(error)) from error


def write(path: str | Path, data: bytes, *, overwrite: bool = True) -> None:
    """Write a file whole or not at all, through a symlink to what it points to; folders are made as needed.

    The bytes go to a temporary file beside the target and to the disk, before they take its name; the mode of a file
    that was there is kept. Raises WriteError, also where the file exists and may not be overwritten.
    """
    write_all(Path(path).parent, {Path(path).name: data}, overwrite=overwrite)


def refuse_existing(path: str | Path) -> None:
    """Raise the WriteError for a file that may not be overwritten, if it is there."""
    if _is_there(Path(path)):
        raise _exists(path)


def write_all(folder: str | Path, files: Mapping[str, bytes], *, overwrite: bool = True) -> None:
    """Write several files into a folder, all or none: where one fails, those that were new are taken away again.

    Raises WriteError; without `overwrite` before anything is written, if one of the files exists.
    """
    (error,) = write_many([{Path(folder, name): data for name, data in files.items()}], overwrite=overwrite)
    if error is not None:
        raise error


def write_many(groups: Sequence[Mapping[Path, bytes]], *, overwrite: bool = True) -> tuple[WriteError | None, ...]:
    """Write groups of files, each group all or none as `write_all` does, and return what went wrong with each.

    A file takes its name only when its bytes are on the disk, as with `write`; but the disk is waited for once for
    all of them together, which takes a third of the time.
    """
    staged: list[dict[Path, Path]] = []
    errors: list[WriteError | None] = []
    try:
        for group in groups:
            staged.append({})
            errors.append(_stage(group, staged[-1], overwrite=overwrite))
        unsynced = _to_disk([temporary for mine in staged for temporary in mine.values()])
        for number, mine in enumerate(staged):
            lost = next((path for path, temporary in mine.items() if temporary in unsynced), None)
            if lost is not None:
                errors[number] = errors[number] or unwritten(lost, unsynced[mine[lost]])
            if errors[number] is None:
                errors[number] = _give_names(mine, overwrite=overwrite)
        for folder in {temporary.parent for mine in staged for temporary in mine.values()}:
            _sync_folder(folder)
    finally:
        for temporary in [temporary for mine in staged for temporary in mine.values()]:
            with contextlib.suppress(OSError):  # what went wrong with the file itself is told
                temporary.unlink()
    return tuple(errors)


def _stage(group: Mapping[Path, bytes], staged: dict[Path, Path], *, overwrite: bool) -> WriteError | None:
    """Write the bytes of each file under a temporary name beside its target, and enter the names in `staged`."""
    for path in group if not overwrite else ():
        if _is_there(path):
            return _exists(path)
    for path, data in group.items():
        target = Path(os.path.realpath(path))
        temporary = target.parent / f"{_stem(target)}{secrets.token_hex(4)}.tmp"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            staged[path] = temporary
            # 0o666 is what open() asks for: the user's umask decides.
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                file.write(data)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            staged.pop(path, None)
            return unwritten(path, error)
    return None


def temporaries(path: str | Path) -> tuple[Path, ...]:
    """Give the temporary files of a target, which are somebody's work in progress, or were left by who was killed."""
    target = Path(os.path.realpath(path))
    return tuple(target.parent.glob(f"{_stem(target)}*.tmp"))


def _stem(target: Path) -> str:
    # A cassette's name may reach 255 bytes, so the temporary name does not build on it.
    return f".{sha256(os.fsencode(target.name)).hexdigest()[:8]}-"


def _to_disk(files: Sequence[Path]) -> dict[Path, OSError]:
    """Wait until the bytes of all files are on the disk, and return those for which that failed."""
    failed: dict[Path, OSError] = {}

    def sync(file: Path) -> None:
        try:
            _sync(file, os.O_WRONLY | BINARY)
        except OSError as error:
            failed[file] = error

    if len(files) == 1:
        sync(files[0])
    elif files:
        # Side by side, so that the file system settles many of them in one go.
        with ThreadPoolExecutor(min(len(files), _SYNCS)) as pool:
            list(pool.map(sync, files))
    return failed


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_names(staged: Mapping[Path, Path], *, overwrite: bool) -> WriteError | None:
    fresh: list[Path] = []
    for path, temporary in staged.items():
        target = Path(os.path.realpath(path))
        existed = _is_there(target)
        try:
            mode = _mode(target)
            if mode is not None:
                temporary.chmod(mode)
            if overwrite:
                temporary.replace(target)
            else:
                _claim(temporary, target)
        except OSError as error:
            for each in fresh:
                each.unlink(missing_ok=True)
            return _exists(path) if isinstance(error, FileExistsError) else unwritten(path, error)
        if not existed:
            fresh.append(target)
    return None


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # a name that cannot be; writing it will say why


def _mode(target: Path) -> int | None:
    try:
        return target.stat().st_mode & 0o7777
    except FileNotFoundError:
        return None


def _claim(temporary: Path, target: Path) -> None:
    """Give the file its name only if nobody took that name meanwhile; raises FileExistsError."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: the check in `write` has to do.
        temporary.replace(target)


def _sync_folder(folder: Path) -> None:
    if os.name != "nt":
        # Some network file systems refuse to sync a folder; the file itself is on the disk by now.
        with contextlib.suppress(OSError):
            _sync(folder, os.O_RDONLY)


def unwritten(path: str | Path, error: OSError) -> WriteError:
    """Say why a file cannot be written."""
    return WriteError(str(path), f"cannot be written: {reason(error)}")


def _exists(path: str | Path) -> WriteError:
    return WriteError(str(path), "exists already", fix="choose another name, or overwrite it with --force")


def reason(error: OSError) -> str:
    """Say in the system's words what went wrong."""
    return error.strerror or type(error).__name__
