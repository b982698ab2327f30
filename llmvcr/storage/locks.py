"""Who may write a cassette: locks that are files in `.llmvcr`, which the kernel takes back from who was killed."""

from __future__ import annotations

import contextlib
import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from llmvcr.errors import WriteError
from llmvcr.storage.whole import temporaries, unwritten
from llmvcr.storage.working import in_workshop, tidy

__all__ = ["locked", "mark", "only_one", "release", "sweep"]

_LOG = logging.getLogger("llmvcr")

_PATIENCE = 10.0  # seconds; a cassette of a thousand interactions is written in less


def mark(cassette: Path) -> str:
    """Give what the names of a cassette's working files begin with: its own name may have 255 bytes already.

    Names that some file system takes for one (`A.yaml` and `a.yaml`, the two spellings of `é`) have one mark.
    """
    name = unicodedata.normalize("NFC", cassette.name).casefold()
    return sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]


@contextmanager
def only_one(cassette: str | Path, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Hold the one right to write a cassette; waits for others who hold it, and leaves no lock file behind.

    Who was killed holds nothing. For whoever lives it waits as long as that takes; the log says so once, after
    `patience` seconds: the other may have been stopped. Raises WriteError where there can be no lock file.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - 26 ms that a replay has no use for

    cassette = Path(cassette)

    def acquired(folder: Path) -> FileLock:
        lock = FileLock(folder / f"{mark(cassette)}.lock", thread_local=False)
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            _LOG.warning("%s: another process writes it; waiting for the lock %s", cassette, lock.lock_file)
            lock.acquire()
        return lock

    lock = in_workshop(cassette.parent, acquired)
    try:
        yield
    finally:
        release(lock)
        tidy(cassette.parent)


def locked(path: Path, *, new: bool = False) -> Any:
    """Lock a file for as long as this process lives, or give None where another one has it; raises WriteError.

    A `new` file is this process's own: another one may have its lock for a moment, to see whether somebody left it.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - as above

    # Begun by one thread, ended by another: as when a cassette is closed by who did not record.
    lock = FileLock(f"{path}.lock", thread_local=False)
    try:
        lock.acquire(timeout=-1 if new else 0, poll_interval=0.001)
    except Timeout:
        return None
    except (FileNotFoundError, FileExistsError):
        raise  # the folder was tidied away in this moment, before filelock looked or after
    except OSError as error:
        raise unwritten(path, error) from error
    return lock


def release(lock: Any) -> None:
    """Let go of a lock, and leave no file of it behind; a second time does nothing."""
    if lock is not None and lock.is_locked:
        # Unlinked while it is held: who waits for it sees that the file is another one, and asks again.
        with contextlib.suppress(OSError):
            Path(lock.lock_file).unlink()
        with contextlib.suppress(OSError):  # the end of the process takes it back
            lock.release()


def sweep(cassette: Path) -> None:
    """Remove what processes that were killed left of a cassette beside their journals; `only_one` is held meanwhile."""
    for lock in (cassette.parent / ".llmvcr").glob(f"{mark(cassette)}-*.journal.lock"):
        if not lock.with_suffix("").exists():
            with contextlib.suppress(WriteError, FileNotFoundError):
                release(locked(lock.with_suffix("")))
    for temporary in temporaries(cassette):
        with contextlib.suppress(OSError):
            temporary.unlink()
