"""The format of a file is that of its content, whatever the file is called."""

from __future__ import annotations

import gzip

import pytest

from llmvcr import formats
from llmvcr.errors import OptionError, ReadError
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, Request, Response
from shared import CASSETTES, corpus

SEED = CASSETTES / "seeds" / "weather.json"
ONE = Document((Interaction(Request("GET", "https://api.example.com/x"), Response(200, "OK", (), (b"ok",))),))


@pytest.mark.parametrize("name", ["json", "recordings", "vcr_json", "yaml"])
def test_every_format_claims_what_it_writes(name: str) -> None:
    """What a format writes is sniffed as that format, and read by it."""
    data = formats.by_name(name).write(ONE, path="f")
    assert formats.sniff(data, path="f").name == name
    for spelt in (data, b"\xef\xbb\xbf" + data):  # as editors on Windows save it
        assert formats.read(spelt, path="f").interactions[0].response.body == b"ok"


@pytest.mark.parametrize("name", ["json", "recordings", "vcr_json", "yaml"])
def test_a_format_is_called_by_its_name(name: str) -> None:
    """Each format is found under the name that options use."""
    assert formats.by_name(name).name == name


def test_a_seed_is_a_recording() -> None:
    """The recordings that the project was created from are sniffed as such."""
    assert formats.sniff(SEED.read_bytes(), path="weather.json").name == "recordings"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"interactions: []\nversion: 1\n", "yaml"),
        (b"---\nversion: 1\ninteractions: []\n", "yaml"),
        (b"requests: []\nresponses: []\n", "yaml"),
        (b"interactions:\n- request:\n    body: '", "yaml"),
        (gzip.compress(b"requests: []\nresponses: []\n", mtime=0), "yaml"),
        (b'{"version": 1, "interactions": [{"request": {"method": "GET", "uri": "https://', "vcr_json"),
        (b'\xef\xbb\xbf{"interactions": [{"request": {"uri": "u"}, "response": {}}], "version": 1}', "vcr_json"),
        (b'{"version": 1, "interactions": [{"request": {"method": "GET", "url": "https://', "json"),
        (b'{"version": 1, "interactions": []}', "json"),
    ],
)
def test_content_decides(data: bytes, name: str) -> None:
    """A damaged file is still known for what it was, so that the error can say so."""
    assert formats.sniff(data, path="f").name == name


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "f: is empty"),
        (b" \n\t", "f: is empty"),
        (b"hello", "f: is in no format that llmvcr reads (json, recordings, vcr_json, yaml)"),
        (b"\0\1\2", "f: is in no format that llmvcr reads (json, recordings, vcr_json, yaml)"),
    ],
)
def test_a_stranger_is_refused(data: bytes, reason: str) -> None:
    """An empty file and one that no format claims are refused by name."""
    with pytest.raises(ReadError) as caught:
        formats.read(data, path="f")
    assert str(caught.value) == reason


def test_an_unknown_name_is_refused() -> None:
    """A format that does not exist is refused with the names of those that do."""
    with pytest.raises(OptionError) as caught:
        formats.by_name("toml")
    assert str(caught.value) == "there is no format 'toml'; known are json, recordings, vcr_json, yaml"


def test_files_of_other_tools_are_read_or_refused() -> None:
    """A file of another tool gives a document or one ReadError that names it, never another error."""
    for path in sorted(corpus("foreign").rglob("*")):
        if path.is_file():
            assert _says(path.read_bytes()).startswith(("f: ", "f, "))


def _says(data: bytes) -> str:
    try:
        return f"f: {len(formats.read(data, path='f').interactions)} interactions"
    except ReadError as error:
        return str(error)
