"""The only door to disk: whole files or none."""

from __future__ import annotations

import gzip
import os
import stat
import sys
from pathlib import Path

import pytest

from llmvcr import formats, storage
from llmvcr.errors import OptionError, ReadError, WriteError
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, Request, Response

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are those of POSIX")
as_user = pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read and write anything")


def _interaction(body: bytes) -> Interaction:
    return Interaction(Request("GET", "https://api.example.com/" + body.decode()), Response(200, "OK", (), (body,)))


ONE = Document((_interaction(b"one"),))
TWO = Document((_interaction(b"two"),))


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    """Folders are made as needed, and nothing but the file is left in them."""
    path = tmp_path / "a" / "b" / "c.yaml"
    storage.write(path, b"data")
    assert storage.read(path) == b"data"
    assert _names(path.parent) == ["c.yaml"]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Writing over a file replaces it."""
    path = tmp_path / "c.yaml"
    storage.write(path, b"a long first text")
    storage.write(path, b"second")
    assert path.read_bytes() == b"second"


def test_a_file_that_exists_may_be_left_alone(tmp_path: Path) -> None:
    """Without `overwrite` a file that exists keeps its content."""
    path = tmp_path / "c.yaml"
    storage.write(path, b"first", overwrite=False)
    with pytest.raises(WriteError, match=r"c\.yaml: exists already"):
        storage.write(path, b"second", overwrite=False)
    assert path.read_bytes() == b"first"
    assert _names(tmp_path) == ["c.yaml"]


@posix
def test_the_mode_of_a_file_is_kept(tmp_path: Path) -> None:
    """A private file stays private, and a new one has the mode that open() would give it."""
    path = tmp_path / "c.yaml"
    storage.write(path, b"first")
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    path.chmod(0o640)
    storage.write(path, b"second")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix
def test_a_symlink_is_written_through(tmp_path: Path) -> None:
    """A link stays a link; the file that it points to gets the content, there or not yet there."""
    real, link = tmp_path / "real" / "c.yaml", tmp_path / "link.yaml"
    link.symlink_to(real)
    for data in (b"first", b"second"):
        storage.write(link, data)
        assert link.is_symlink()
        assert real.read_bytes() == data
    assert _names(real.parent) == ["c.yaml"]


def test_a_name_of_255_bytes_can_be_written(tmp_path: Path) -> None:
    """The temporary file's name does not grow with the target's."""
    path = tmp_path / ("n" * 250 + ".yaml")
    storage.write(path, b"data")
    assert _names(tmp_path) == [path.name]


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """What the file system refuses is a WriteError, and nothing is left behind."""
    for overwrite in (True, False):
        with pytest.raises(WriteError, match="cannot be written: "):
            storage.write(tmp_path / ("n" * 300), b"data", overwrite=overwrite)
    assert _names(tmp_path) == []


def test_a_target_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    """A folder is never replaced by a file, nor taken for the folder of one."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(WriteError):
        storage.write(tmp_path / "folder", b"data")
    with pytest.raises(WriteError):
        storage.write(tmp_path / "file" / "c.yaml", b"data")
    assert _names(tmp_path) == ["file", "folder"]


@posix
@as_user
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    """No permission is a WriteError on writing and a ReadError on reading."""
    path = tmp_path / "c.yaml"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(ReadError, match=r"c\.yaml: Permission denied"):
        storage.read(path)
    tmp_path.chmod(0o500)
    with pytest.raises(WriteError, match=r"c\.yaml: cannot be written: Permission denied"):
        storage.write(path, b"data")
    tmp_path.chmod(0o700)


def test_several_files_are_written_or_none(tmp_path: Path) -> None:
    """Where one of several files fails, those before it are taken away again; those that existed stay."""
    storage.write_all(tmp_path, {"a": b"1", "b": b"2"})
    assert _names(tmp_path) == ["a", "b"]
    with pytest.raises(WriteError, match="exists already"):
        storage.write_all(tmp_path, {"c": b"3", "b": b"4"}, overwrite=False)
    with pytest.raises(WriteError):
        storage.write_all(tmp_path, {"a": b"1", "c": b"3", "n" * 300: b"4"})
    assert _names(tmp_path) == ["a", "b"]


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    """A missing file is a FileNotFoundError, as anywhere in Python; a folder is no file."""
    with pytest.raises(FileNotFoundError):
        storage.read(tmp_path / "no.yaml")
    with pytest.raises(FileNotFoundError):
        storage.load(tmp_path / "no.yaml")
    with pytest.raises(ReadError):
        storage.read(tmp_path)


def test_a_file_is_loaded_by_its_content(tmp_path: Path) -> None:
    """The suffix says nothing: YAML in a .json file is YAML."""
    (tmp_path / "c.json").write_bytes(formats.by_name("yaml").write(ONE, path=""))
    assert storage.load(tmp_path / "c.json") == ONE


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    """An empty file is no cassette, and says so."""
    (tmp_path / "c.yaml").write_bytes(b"\n")
    with pytest.raises(ReadError) as caught:
        storage.load(tmp_path / "c.yaml")
    assert str(caught.value) == f"{tmp_path / 'c.yaml'}: is empty"


def test_a_folder_is_loaded_in_order_of_names(tmp_path: Path) -> None:
    """A folder of recordings and cassettes is one document that repeats; what is none is left alone."""
    storage.dump(TWO, tmp_path / "b.yaml")
    storage.dump(ONE, tmp_path / "a.json", format="recordings")
    storage.dump(ONE, tmp_path / "below" / "c.yaml")
    storage.dump(ONE, tmp_path / ".hidden.yaml")
    (tmp_path / "README.md").write_text("interactions:\n", encoding="utf-8")
    document = storage.load(tmp_path)
    assert document.repeats
    assert [each.response.body for each in document.interactions] == [b"one", b"two"]


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    """A folder with nothing to play is an error, not an empty cassette."""
    with pytest.raises(ReadError, match="is a folder without recordings"):
        storage.load(tmp_path)


@pytest.mark.parametrize(("name", "sniffed"), [("c.yaml", "yaml"), ("c.yml", "yaml"), ("c.json", "json")])
def test_a_new_file_is_written_by_its_suffix(tmp_path: Path, name: str, sniffed: str) -> None:
    """Without an option the suffix names the format of a new file."""
    storage.dump(ONE, tmp_path / name)
    assert formats.sniff((tmp_path / name).read_bytes(), path=name).name == sniffed
    assert storage.load(tmp_path / name).interactions[0].response.body == b"one"


def test_an_option_names_the_format_of_a_new_file(tmp_path: Path) -> None:
    """The option goes before the suffix."""
    storage.dump(ONE, tmp_path / "c.json", format="vcr_json")
    assert formats.sniff(storage.read(tmp_path / "c.json"), path="c.json").name == "vcr_json"


def test_a_file_keeps_its_dialect(tmp_path: Path) -> None:
    """A file that is added to keeps the dialect that it has, whatever the option says."""
    storage.dump(ONE, tmp_path / "c.json", format="vcr_json")
    storage.dump(TWO, tmp_path / "c.json", format="json")
    assert formats.sniff(storage.read(tmp_path / "c.json"), path="c.json").name == "vcr_json"
    assert storage.load(tmp_path / "c.json") == TWO


def test_a_packed_file_stays_packed(tmp_path: Path) -> None:
    """A name that ends in .gz is packed, the same bytes each time."""
    storage.dump(ONE, tmp_path / "c.yaml.gz")
    first = storage.read(tmp_path / "c.yaml.gz")
    storage.dump(ONE, tmp_path / "c.yaml.gz")
    assert storage.read(tmp_path / "c.yaml.gz") == first
    assert gzip.decompress(first).startswith(b"interactions:")
    assert storage.load(tmp_path / "c.yaml.gz") == ONE


def test_a_stranger_is_never_overwritten(tmp_path: Path) -> None:
    """A file of another kind is left as it was; an empty one counts as new."""
    path = tmp_path / "notes.yaml"
    path.write_bytes(b"- my\n- notes\n")
    with pytest.raises(ReadError):
        storage.dump(ONE, path)
    assert path.read_bytes() == b"- my\n- notes\n"
    path.write_bytes(b"")
    storage.dump(ONE, path)
    assert storage.load(path) == ONE


def test_a_suffix_that_names_no_format_is_refused(tmp_path: Path) -> None:
    """Without option and known suffix nobody can tell what to write."""
    with pytest.raises(OptionError, match=r"the suffix '\.txt' names no format"):
        storage.dump(ONE, tmp_path / "c.txt")
    with pytest.raises(OptionError, match="there is no format 'toml'"):
        storage.dump(ONE, tmp_path / "c.yaml", format="toml")
    assert _names(tmp_path) == []
