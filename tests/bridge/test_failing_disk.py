"""Recording to a disk that fails: the application gets its answers, a file is old or new, and nothing is lost."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx2
import pytest

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, said
from faulty_disk import FAULTS, Faulty, as_nobody, small_disk
from llmvcr import storage
from llmvcr.keeping import recover
from llmvcr.taps.pieces import Pieces

LONG = bool(os.environ.get("LLMVCR_LONG"))
_ROOMS = 10  # blocks, or names, that are left on a disk: enough with the last of these
_WORDS = ("one", "two", "three")
_AT_LEAST = 12  # calls that may change the disk, from opening a cassette to closing it


Ask = Callable[[str], None]


@pytest.fixture
def ask(server: Counting) -> Iterator[Ask]:
    """Ask the server, by one client for all: making one takes longer than what is tested."""
    with httpx2.Client(verify=False, trust_env=False) as client:

        def asked(words: str) -> None:
            answer = client.post(server.url + CHAT, json=chat_body(words))
            assert said(answer).endswith(f": {words}")

        yield asked


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, on a disk that does not fail."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def _record(ask: Ask, path: Path) -> llmvcr.WriteError | None:
    """Record two more answers, which the application gets in any case; give the error of closing."""
    opened = llmvcr.use_cassette(path, record_mode="new_episodes")
    opened.__enter__()
    for words in _WORDS[1:]:
        ask(words)
    try:
        opened.__exit__(None, None, None)
    except llmvcr.WriteError as error:
        return error
    return None


def _prompts(path: Path) -> list[str]:
    bodies = [one.request.body or b"" for one in llmvcr.load(path).interactions]
    return [json.loads(body)["messages"][-1]["content"] for body in bodies]


def _held(path: Path, old: bytes, error: llmvcr.WriteError | None, elsewhere: Path) -> None:
    """See, when the disk works again, that nothing is lost: the old file or the new one, and the rest where it says."""
    if error is None:
        assert _prompts(path) == list(_WORDS)
    else:
        assert path.read_bytes() == old
        assert error.path.startswith(str(path.parent))
        place = Path(error.fix.split("kept in ")[1].split(";")[0].split(",")[0])
        if place.is_relative_to(elsewhere):
            assert _prompts(place)[-2:] == list(_WORDS[1:])
            assert place.stat().st_mode & 0o777 == 0o600
            place.unlink()
            return
        assert place.exists()
        assert str(path) in error.fix.split("llmvcr recover ")[1]
    recover(path)
    assert _prompts(path) == list(_WORDS)
    assert [one.name for one in path.parent.iterdir() if one.name != ".llmvcr"] == [path.name]
    assert [one for one in path.parent.glob(".llmvcr/*") if one.suffix in (".journal", ".lock", ".folding")] == []


@pytest.mark.parametrize("fault", FAULTS if LONG else FAULTS[:1], ids=errno.errorcode.get)
@pytest.mark.parametrize("how", ["yaml for good", "json once"])
def test_every_call_that_fails(
    how: str,
    fault: int,
    ask: Ask,
    tmp_path: Path,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever call fails from opening a cassette to closing it, the application goes on, and nothing is lost."""
    kind, lasts = how[:4], how.endswith("good")
    with llmvcr.use_cassette(tmp_path / f"c.{kind}", serializer=kind):
        ask("one")
    old = (tmp_path / f"c.{kind}").read_bytes()
    failed = []
    for nth in itertools.count(1):
        folder = tmp_path / str(nth)
        folder.mkdir()
        path = folder / f"c.{kind}"
        path.write_bytes(old)
        with monkeypatch.context() as patched:
            disk = Faulty(patched, folder, fault, nth, lasts=lasts)
            error = _record(ask, path)
        failed += disk.failed
        _held(path, old, error, elsewhere)
        if disk.count < nth:
            break
    assert {"open", "write", "fsync", "close", "replace", "mkdir", "chmod"} <= set(failed)
    assert nth > _AT_LEAST


def test_an_answer_that_is_spooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer too large to hold is whole, whichever write of its spool fails; and no file of it stays."""
    pieces = tuple(bytes([letter]) * 700_000 for letter in b"abc")
    for lasts in (True, False):
        for nth in itertools.count(1):
            folder = tmp_path / f"{lasts}-{nth}"
            with monkeypatch.context() as patched:
                disk = Faulty(patched, folder, errno.ENOSPC, nth, lasts=lasts)
                held = Pieces(partial(storage.spool, folder))
                for piece in pieces:
                    held.add(piece)
                assert held.taken() == pieces
            assert [one.name for one in folder.rglob("*") if one.name not in (".llmvcr", ".gitignore")] == []
            if disk.count < nth:
                break


@pytest.mark.parametrize("what", ["blocks", "names"])
def test_a_disk_that_is_really_full(what: str, ask: Ask, tmp_path: Path, elsewhere: Path) -> None:
    """With so much room left, from none to enough, for bytes or for names, nothing is lost on a real disk."""
    errors = 0
    with small_disk(tmp_path / "disk", "size=96k" if what == "blocks" else "nr_inodes=12") as disk:
        path, full = disk / "c.yaml", disk / "full"
        with llmvcr.use_cassette(path):
            ask("one")
        old = path.read_bytes()
        for room in range(_ROOMS):
            full.mkdir()
            told = os.statvfs(disk)
            if what == "blocks":
                (full / "file").write_bytes(bytes(max(told.f_bavail - room, 0) * told.f_frsize))
            else:
                for number in range(told.f_favail - room):
                    (full / str(number)).write_bytes(b"")
            error = _record(ask, path)
            for one in full.iterdir():
                one.unlink()
            full.rmdir()
            _held(path, old, error, elsewhere)
            path.write_bytes(old)
            (disk / ".llmvcr" / ".gitignore").unlink(missing_ok=True)
            errors += error is not None
    assert 0 < errors < _ROOMS


def test_a_disk_that_is_read_only(ask: Ask, tmp_path: Path, elsewhere: Path) -> None:
    """On a disk that is mounted read-only the old file plays, and what is recorded is kept elsewhere."""
    with small_disk(tmp_path / "disk", "size=96k") as disk:
        path = disk / "c.yaml"
        with llmvcr.use_cassette(path):
            ask("one")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        error = _record(ask, path)
        assert error is not None
        assert error.reason == "cannot be written: Read-only file system"
        with llmvcr.use_cassette(path, record_mode="none"):
            ask("one")
        (kept,) = elsewhere.iterdir()
        assert error.fix == f"what was recorded is kept in {kept}, which is a whole cassette"
        assert _prompts(kept) == list(_WORDS)


@contextmanager
def _open_to_all() -> Iterator[Path]:
    """Give a folder that a user without rights can reach; pytest's own are private."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        folder.chmod(0o755)
        yield folder


def _nobodys(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)


def test_missing_rights(ask: Ask) -> None:
    """Where nothing may be written, the old cassette plays, and what is recorded is kept where it may."""
    with _open_to_all() as folder:
        path = folder / "c.yaml"
        with llmvcr.use_cassette(path):
            ask("one")
        old = path.read_bytes()
        temporary = Path(tempfile.mkdtemp(dir=folder))
        _nobodys(temporary)
        folder.chmod(0o555)
        with as_nobody(), pytest.MonkeyPatch.context() as patched:
            patched.setattr(tempfile, "tempdir", str(temporary))
            error = _record(ask, path)
            assert error is not None
            assert str(error).startswith(f"{folder / '.llmvcr'}: cannot be written: Permission denied")
            with llmvcr.use_cassette(path, record_mode="none"):
                ask("one")
        assert path.read_bytes() == old
        (kept,) = temporary.iterdir()
        assert str(kept) in error.fix
        assert _prompts(kept) == list(_WORDS)
        path.chmod(0)
        with as_nobody(), pytest.raises(llmvcr.ReadError, match="Permission denied"), llmvcr.use_cassette(path):
            pass
        folder.chmod(0o755)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("n" * 300 + ".yaml", "File name too long"),
        ("d/" * 2100 + "c.yaml", "File name too long"),
        ("a\0b.yaml", "null"),
        ("\udcff.yaml", "UTF-8"),
    ],
    ids=["name", "path", "null", "bytes"],
)
def test_names_that_cannot_be(name: str, reason: str, ask: Ask, server: Counting, tmp_path: Path) -> None:
    """A name that no file can have is refused when the cassette is opened, before anything is paid for."""
    with pytest.raises(llmvcr.CassetteError, match=reason) as caught, llmvcr.use_cassette(f"{tmp_path}/{name}"):
        ask("one")
    assert caught.value.path == f"{tmp_path}/{name}"
    assert server.words == []


def test_a_link_that_leads_to_itself(ask: Ask, server: Counting, tmp_path: Path) -> None:
    """So is a link that leads nowhere but to itself."""
    (tmp_path / "c.yaml").symlink_to("c.yaml")
    with pytest.raises(llmvcr.CassetteError, match=r"c\.yaml"), llmvcr.use_cassette(tmp_path / "c.yaml"):
        ask("one")
    assert server.words == []


@pytest.mark.parametrize(
    "name",
    [
        "new\nline",
        "100%s",
        "[a-b]*?",
        "-rf",
        " spaces ",
        'it\'s "quoted"',
        "é\u202eodd\U0001f600",
        "{brace}",
        "~",
    ],
)
def test_odd_names(name: str, ask: Ask, server: Counting, tmp_path: Path) -> None:
    """Whatever characters the names of cassette and folder have, it is recorded, found again and left alone."""
    path = tmp_path / name / f"{name}.yaml"
    for mode in ("once", "new_episodes"):
        with llmvcr.use_cassette(path, record_mode=mode):
            ask(mode)
    with llmvcr.use_cassette(path, record_mode="none"):
        ask("once")
    assert server.words == ["once", "new_episodes"]
    assert [one.name for one in (tmp_path / name).iterdir()] == [path.name]
