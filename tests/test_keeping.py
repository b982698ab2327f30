"""Failing storage: whichever write fails, the old cassette or the new one is whole, and what was recorded is kept."""

from __future__ import annotations

import errno
import itertools
import logging
import os
from pathlib import Path

import pytest

import llmvcr
from faulty_disk import FAULTS, Faulty, small_disk
from llmvcr import storage
from llmvcr.errors import CassetteError, WriteError
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.keeping import Keeping, recover

OLD, NEW, MORE = (
    Interaction(Request("GET", f"http://x/{name}"), Response(200, "OK", (), (name.encode(),)))
    for name in ("old", "new", "more")
)
LONG = bool(os.environ.get("LLMVCR_LONG"))


def _keeping(path: Path) -> Keeping:
    keeping = Keeping(path, "yaml")
    keeping.loaded(storage.load(path))
    return keeping


def test_a_cassette_that_is_gone_is_not_added_to(tmp_path: Path) -> None:
    """Who finds that the file was taken away after he looked for it, writes it whole, of what he has read."""
    path = tmp_path / "c.yaml"
    assert storage.fold_more(Document((NEW,)), path, ()) is False
    assert list(tmp_path.iterdir()) == []
    storage.dump([OLD], path)
    keeping = Keeping(path, "yaml")
    keeping.reads()
    keeping.loaded(storage.load(path))
    keeping.note(0, NEW)
    path.unlink()
    keeping.write(Document((OLD, NEW)), 1, copies=True)
    assert list(storage.load(path)) == [OLD, NEW]


def _failed(keeping: Keeping) -> WriteError | None:
    try:
        keeping.write(Document((OLD, NEW)), 1)
    except WriteError as error:
        return error
    return None


@pytest.mark.parametrize("fault", FAULTS if LONG else FAULTS[:1], ids=errno.errorcode.get)
@pytest.mark.parametrize("lasts", [True, False], ids=["for good", "once"])
def test_every_write_that_fails(*, lasts: bool, fault: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old file or new file, never another; and where it is the old one, the error says where the rest is."""
    failed = 0
    for nth in itertools.count(1):
        path = tmp_path / str(nth) / "c.yaml"
        storage.dump([OLD], path)
        keeping = _keeping(path)
        keeping.note(0, NEW)
        with monkeypatch.context() as patched:
            faulty = Faulty(patched, path.parent, fault, nth, lasts=lasts)
            error = _failed(keeping)
        if error is not None:
            failed += 1
            assert error.path.startswith(str(path.parent))
            assert os.strerror(fault) in error.reason
            assert str(path.parent / ".llmvcr") in error.fix
        assert list(storage.load(path)) == ([OLD, NEW] if error is None else [OLD])
        recover(path)
        assert list(storage.load(path)) == [OLD, NEW], nth
        assert [one.name for one in path.parent.iterdir() if one.name != ".llmvcr"] == [path.name]
        if faulty.count < nth:
            break  # every write has failed by now
    assert nth > 30
    assert failed > 15


@pytest.mark.parametrize("nth", range(1, 8))
def test_a_journal_that_cannot_be_written(
    nth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where there can be no journal, the log says so once, the recording goes on, and the cassette is written."""
    path = tmp_path / "c.yaml"
    keeping = Keeping(path, "yaml")
    with caplog.at_level(logging.WARNING, "llmvcr"):
        with monkeypatch.context() as patched:
            Faulty(patched, tmp_path, errno.ENOSPC, nth, lasts=True)
            keeping.note(0, OLD)
            keeping.note(1, NEW)
        keeping.note(2, MORE)
    assert len(caplog.records) <= 1
    keeping.write(Document((OLD, NEW, MORE)), 0)
    assert list(storage.load(path)) == [OLD, NEW, MORE]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["c.yaml"]


def test_without_a_journal_the_recording_is_kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither journal nor cassette can be written, a whole cassette is left in the folder for temporary files."""
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "c.yaml"
    keeping = Keeping(path, "yaml")
    keeping.note(0, NEW)
    with pytest.raises(WriteError, match=r"file") as caught:
        keeping.write(Document((NEW,)), 0)
    (kept,) = elsewhere.iterdir()
    assert f"what was recorded is kept in {kept}, which is a whole cassette" in caught.value.fix
    assert list(llmvcr.load(kept)) == [NEW]


def test_a_cassette_that_somebody_broke(tmp_path: Path) -> None:
    """A file that is no cassette any more is left as it is, and what was recorded is kept."""
    path = tmp_path / "c.yaml"
    storage.dump([OLD], path)
    keeping = _keeping(path)
    keeping.note(0, NEW)
    path.write_bytes(b"- my\n- notes\n")
    with pytest.raises(CassetteError, match="what was recorded is kept in"):
        keeping.write(Document((OLD, NEW)), 1)
    assert path.read_bytes() == b"- my\n- notes\n"
    path.unlink()
    storage.dump([OLD], path)
    assert recover(path).interactions == 1
    assert list(storage.load(path)) == [OLD, NEW]


def test_a_small_disk(tmp_path: Path) -> None:
    """On a disk that is really full the old cassette is whole, and what fits is kept."""
    with small_disk(tmp_path / "disk", "size=64k") as disk:
        path = disk / "c.yaml"
        storage.dump([OLD], path)
        keeping = _keeping(path)
        keeping.note(0, NEW)
        (disk / "full").write_bytes(bytes((os.statvfs(disk).f_bavail - 1) * os.statvfs(disk).f_frsize))
        large = Interaction(NEW.request, Response(200, "OK", (), (b"x" * 20000,)))
        with pytest.raises(WriteError, match="No space left on device"):
            keeping.write(Document((OLD, large)), 1)
        assert list(storage.load(path)) == [OLD]
        (disk / "full").unlink()
        assert recover(path).interactions == 1
        assert list(storage.load(path)) == [OLD, NEW]


def test_written_while_it_was_read(tmp_path: Path) -> None:
    """What somebody writes while a cassette is being read is kept, although nobody here has read it."""
    path = tmp_path / "c.yaml"
    storage.dump([OLD], path)
    keeping = Keeping(path, "yaml")
    keeping.reads()
    read = storage.load(path)
    storage.dump([OLD, MORE], path)
    keeping.loaded(read)
    keeping.note(0, NEW)
    keeping.write(Document((OLD, NEW)), 1)
    assert list(storage.load(path)) == [OLD, MORE, NEW]


def test_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written anywhere, the error says so, and names what stands in the journal."""
    disk = tmp_path / "disk"
    path = disk / "c.yaml"
    storage.dump([OLD], path)
    keeping = _keeping(path)
    keeping.note(0, NEW)
    monkeypatch.setattr("tempfile.tempdir", str(disk))
    monkeypatch.setenv("HOME", str(disk))
    monkeypatch.chdir(disk)
    with monkeypatch.context() as patched:
        Faulty(patched, disk, errno.ENOSPC, 1, lasts=True)
        keeping.note(1, MORE)
        with pytest.raises(WriteError, match="No space left on device") as caught:
            keeping.write(Document((OLD, NEW, MORE)), 1)
        unwritten = Keeping(path, "yaml")
        unwritten.note(0, NEW)
        with pytest.raises(WriteError, match="what was recorded could be kept nowhere"):
            unwritten.write(Document((NEW,)), 0)
    (journal,) = disk.glob(".llmvcr/*.journal")
    assert f"what of it could be written down is kept in {journal}; when the cause is gone" in caught.value.fix
    assert list(storage.load(path)) == [OLD]
    assert recover(path).interactions == 1
    assert list(storage.load(path)) == [OLD, NEW]
    assert [one.name for one in disk.iterdir() if one.name != ".llmvcr"] == ["c.yaml"]


def test_where_a_cassette_really_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links are followed as they lead when a cassette is opened, those of its folder and its own; else it is there."""
    first, second, link = tmp_path / "first", tmp_path / "second", tmp_path / "link"
    first.mkdir()
    second.mkdir()
    link.symlink_to(first)
    assert Keeping(link / "c.yaml", "yaml").path == Keeping(link / "c.yaml", "yaml").path == first / "c.yaml"
    link.unlink()
    link.symlink_to(second)
    assert Keeping(link / "c.yaml", "yaml").path == second / "c.yaml"
    second.rename(tmp_path / "third")
    link.unlink()
    link.symlink_to(tmp_path / "third")
    assert Keeping(str(link / "c.yaml"), "yaml").path == tmp_path / "third" / "c.yaml"
    (first / "c.yaml").symlink_to(tmp_path / "other.yaml")
    assert Keeping(first / "c.yaml", "yaml").path == tmp_path / "other.yaml"
    assert Keeping(tmp_path / "none" / "c.yaml", "yaml").path == tmp_path / "none" / "c.yaml"
    monkeypatch.chdir(first)
    assert Keeping("d.yaml", "yaml").path == first / "d.yaml"
