"""The journal of a cassette: what was written is read back, however its process ended; locks leave nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from llmvcr.errors import WriteError
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.storage import (
    Journal,
    append,
    incomplete,
    left,
    only_one,
    set_incomplete,
    spool,
    sweep,
    unsettled,
    workshop,
)
from llmvcr.storage.locks import mark

CASSETTE = "test_it.yaml"
PLAIN = Interaction(Request("GET", "http://x/a"), Response(200, "OK", (), (b"one",)))
STREAMED = Interaction(
    Request("POST", "http://x/b", (), b'{"stream": true}'), Response(200, "OK", (), (b"data: 1\n", b"\ndata: 2\n\n"))
)

_CRASH = """
import os, sys
sys.path.insert(0, sys.argv[2])
from test_journal import PLAIN, STREAMED
from llmvcr.storage import Journal
journal = Journal(sys.argv[1])
journal.add(2, PLAIN)
journal.add(1, STREAMED)
os.kill(os.getpid(), 9)
"""


def _crash(cassette: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _CRASH, str(cassette), str(Path(__file__).parent)], check=False)
    assert done.returncode == -9


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / ".llmvcr").iterdir() if path.name != ".gitignore")


def test_nothing_is_written_before_something_is_recorded(tmp_path: Path) -> None:
    """A journal without interactions is no file."""
    journal = Journal(tmp_path / CASSETTE)
    journal.discard()
    assert list(tmp_path.iterdir()) == []


def test_after_a_kill(tmp_path: Path) -> None:
    """What a killed process had recorded is read back, whole and in the order of the requests."""
    cassette = tmp_path / CASSETTE
    _crash(cassette)
    (found,) = left(cassette)
    assert (found.interactions, found.damaged) == ((STREAMED, PLAIN), False)
    found.discard()
    assert left(cassette) == ()
    assert list(tmp_path.iterdir()) == []


def test_every_cut(tmp_path: Path) -> None:
    """A journal that was cut anywhere gives its whole lines, and says so; none gives a changed interaction."""
    cassette = tmp_path / CASSETTE
    _crash(cassette)
    (path,) = (tmp_path / ".llmvcr").glob("*.journal")
    data = path.read_bytes()
    for size in range(0, len(data), 7):
        path.write_bytes(data[:size])
        (found,) = left(cassette)
        assert all(one in (PLAIN, STREAMED) for one in found.interactions)
        found.leave()
        assert found.damaged is not (size == 0 or data[:size].endswith(b"\n"))


def test_the_living_are_left_alone(tmp_path: Path) -> None:
    """The journal of a process that lives is nobody else's; abandoned, it is there for the next."""
    cassette = tmp_path / CASSETTE
    journal = Journal(cassette)
    journal.add(0, PLAIN)
    assert left(cassette) == ()
    journal.abandon()
    (found,) = left(cassette)
    assert found.interactions == (PLAIN,)
    assert left(cassette) == ()
    found.leave()
    (found,) = left(cassette)
    found.discard()
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_discarded(tmp_path: Path) -> None:
    """Discarded, it leaves neither itself nor a lock."""
    journal = Journal(tmp_path / CASSETTE)
    journal.add(0, PLAIN)
    assert journal.path is not None
    assert journal.path.stat().st_mode & 0o777 == 0o600
    journal.discard()
    assert list(tmp_path.iterdir()) == []


def test_others_are_not_mistaken_for_it(tmp_path: Path) -> None:
    """Each cassette of a folder has journals of its own."""
    _crash(tmp_path / CASSETTE)
    assert left(tmp_path / "test_it_2.yaml") == ()
    assert left(tmp_path / "test.yaml") == ()


def test_a_forked_child(tmp_path: Path) -> None:
    """A forked child writes a journal of its own, and leaves its parent's alone."""
    cassette = tmp_path / CASSETTE
    journal = Journal(cassette)
    journal.add(0, PLAIN)
    child = os.fork()
    if child == 0:
        journal.add(1, STREAMED)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    (found,) = left(cassette)
    assert found.interactions == (STREAMED,)
    journal.discard()
    assert journal.path is None


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """Any bytes, headers and boundaries come back as they were."""
    cassette = tmp_path / CASSETTE
    odd = Interaction(
        Request("POST", "http://x/", (("a", "1"), ("A", "2"), ("a", "3")), b"\x00\xff"),
        Response(200, "", (), (b"\xff", b"\xfe\n"), "ReadError", "cut\nhere", (0.1, 2.0, 3.5), "HTTP/2"),
        notes={"made_up": 1},
    )
    journal = Journal(cassette)
    journal.add(0, odd)
    journal.abandon()
    (found,) = left(cassette)
    assert found.interactions == (odd,)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """Where no journal can be, that is a WriteError that names the place."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError, match="file"):
        Journal(tmp_path / "file" / CASSETTE).add(0, PLAIN)


def _count(cassette: str, counter: str) -> None:
    for _ in range(50):
        with only_one(cassette):
            number = int(Path(counter).read_text())
            Path(counter).write_text(str(number + 1))


def test_only_one_writes_at_a_time(tmp_path: Path) -> None:
    """Of several processes one has the right to write, and no lock file is left."""
    counter = tmp_path / "counter"
    counter.write_text("0")
    spawn = multiprocessing.get_context("fork")
    workers = [spawn.Process(target=_count, args=(str(tmp_path / CASSETTE), str(counter))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counter.read_text() == "200"
    assert list(tmp_path.iterdir()) == [counter]


@pytest.mark.parametrize("how", ["alone", "forks"])
def test_a_lock_of_the_dead(how: str, tmp_path: Path) -> None:
    """Who was killed with locks in hand holds none, even where a forked child lives on; and none of them stays."""
    cassette = tmp_path / CASSETTE
    ready, over = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        journal = Journal(cassette)
        journal.add(0, PLAIN)
        with only_one(cassette):
            if how == "forks" and os.fork() == 0:
                os.close(over[1])
                os.write(ready[1], b"x")
                os.read(over[0], 1)  # lives on, when its parent is killed
                os._exit(0)
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert how == "alone" or os.read(ready[0], 1) == b"x"
    assert [name.rpartition(".")[2] for name in _names(tmp_path)] == ["journal", "lock", "lock"]
    with only_one(cassette):
        sweep(cassette)
        (found,) = left(cassette)
        assert found.interactions == (PLAIN,)
        found.discard()
    assert list(tmp_path.iterdir()) == []
    for end in (*ready, *over):
        os.close(end)


def test_a_lock_file_of_nobody(tmp_path: Path) -> None:
    """Lock files that lie about are taken over, and are gone afterwards."""
    cassette = tmp_path / CASSETTE
    folder = workshop(tmp_path)
    for name in (f"{mark(cassette)}.lock", f"{mark(cassette)}-1-00000000.journal.lock"):
        (folder / name).write_bytes(b"123\nmade-up-host\n")
    with only_one(cassette):
        sweep(cassette)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_the_living(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Who has to wait long for somebody that lives says so, and waits."""
    cassette = tmp_path / CASSETTE
    holds, over = threading.Event(), threading.Event()

    def hold() -> None:
        with only_one(cassette):
            holds.set()
            over.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait(10)
    thread_that_ends = threading.Timer(0.2, over.set)
    thread_that_ends.start()
    with only_one(cassette, patience=0.01):
        pass
    thread.join()
    thread_that_ends.join()
    (record,) = caplog.records
    lock = tmp_path / ".llmvcr" / f"{mark(cassette)}.lock"
    assert record.getMessage() == f"{cassette}: another process writes it; waiting for the lock {lock}"
    assert list(tmp_path.iterdir()) == []


def test_a_new_journal_is_nobody_elses(tmp_path: Path) -> None:
    """Others who look for what was left, over and over, never take the journal of one that is just beginning."""
    cassette = tmp_path / CASSETTE
    over = threading.Event()
    taken = []

    def looks() -> None:
        while not over.is_set():
            with only_one(cassette):
                sweep(cassette)
                for each in left(cassette):
                    taken.append(each)
                    each.leave()

    thread = threading.Thread(target=looks)
    thread.start()
    for _ in range(40):
        journal = Journal(cassette)
        journal.add(0, PLAIN)
        journal.discard()
    over.set()
    thread.join()
    assert taken == []
    assert list(tmp_path.iterdir()) == []


def test_names_that_are_one_file(tmp_path: Path) -> None:
    """Names that a file system takes for one, as by another case of letters, have one journal; others each its own."""
    first, second = tmp_path / "Caf\u00e9.yaml", tmp_path / "cafe\u0301.yaml"
    first.write_bytes(b"")
    journal = Journal(first)
    journal.add(0, PLAIN)
    journal.abandon()
    assert left(second) == ()
    os.link(first, second)
    (found,) = left(second)
    found.discard()
    assert left(first) == ()


def test_a_spool_has_no_name(tmp_path: Path) -> None:
    """What is spooled can be read again, and no file of it is to be seen."""
    with spool(tmp_path) as file:
        file.write(b"much")
        file.seek(0)
        assert file.read() == b"much"
        assert _names(tmp_path) == []


def test_what_is_left_beside_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Working files of a cassette are seen from the folder where it stands, too."""
    monkeypatch.chdir(tmp_path)
    assert not incomplete(Path("c.yaml"))
    assert not unsettled(Path("c.yaml"))
    set_incomplete(Path("c.yaml"), to=True)
    assert incomplete(Path("c.yaml"))
    assert incomplete(tmp_path / "c.yaml")
    append(workshop(tmp_path) / f"{mark(Path('c.yaml'))}-1.journal", b"{}\n")
    assert unsettled(Path("c.yaml"))
    assert unsettled(tmp_path / "c.yaml")
