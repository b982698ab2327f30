"""Files: the dialect that a file has is kept, writing is whole, bad files are named and left as they were."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import vcr
import yaml
from vcr.serializers import jsonserializer, yamlserializer

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, get, post, said, send
from shared import CASSETTES

SERIALIZERS = ("yaml", "json", "vcr_json")


def _ask(server: Counting, words: str) -> str:
    return said(post(server.url + CHAT, json=chat_body(words)))


def _shape(path: Path) -> str:
    """Say which dialect a file is in, by its content alone."""
    text = path.read_text(encoding="utf-8")
    if not text.startswith("{"):
        return "yaml"
    first = json.loads(text)["interactions"][0]
    return "json" if "__type__" in json.dumps(first) or "endpoint" in first["request"] else "vcr_json"


@pytest.mark.parametrize("dialect", SERIALIZERS)
def test_three_dialects(dialect: str, server: Counting, tmp_path: Path) -> None:
    """Each serializer writes its own dialect, and reads it again."""
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c", serializer=dialect, record_mode=mode):
            assert _ask(server, "one") == "1: one"
    assert _shape(tmp_path / "c") == dialect


@pytest.mark.parametrize("asked", SERIALIZERS)
@pytest.mark.parametrize("there", SERIALIZERS)
def test_dialect_is_kept(there: str, asked: str, server: Counting, tmp_path: Path) -> None:
    """A file that is added to keeps the dialect it has, whatever serializer is asked for."""
    with llmvcr.use_cassette(tmp_path / "c", serializer=there):
        _ask(server, "one")
    with llmvcr.use_cassette(tmp_path / "c", serializer=asked, record_mode="new_episodes"):
        assert [_ask(server, "one"), _ask(server, "two")] == ["1: one", "2: two"]
    assert _shape(tmp_path / "c") == there
    assert len(llmvcr.load(tmp_path / "c").interactions) == 2


@pytest.mark.parametrize(("dialect", "serializer"), [("yaml", yamlserializer), ("vcr_json", jsonserializer)])
def test_vcrpy_reads_ours(dialect: str, serializer: Any, server: Counting, tmp_path: Path) -> None:
    """Plain vcrpy replays what llmvcr wrote in its formats."""
    with llmvcr.use_cassette(tmp_path / "c", serializer=dialect):
        _ask(server, "one")
    recorder = vcr.VCR(record_mode="none")
    recorder.register_serializer("own", serializer)
    with recorder.use_cassette(str(tmp_path / "c"), serializer="own"):
        assert _ask(server, "one") == "1: one"


@pytest.mark.parametrize("serializer", ["yaml", "json"])
def test_we_read_vcrpys(serializer: str, server: Counting, tmp_path: Path) -> None:
    """What plain vcrpy wrote is replayed, under any of our serializers, and the file is not touched by that."""
    path = tmp_path / "c"
    with vcr.use_cassette(str(path), serializer=serializer):
        _ask(server, "one")
    before = path.read_bytes()
    for ours in SERIALIZERS:
        with llmvcr.use_cassette(path, serializer=ours):
            assert _ask(server, "one") == "1: one"
    assert path.read_bytes() == before


def test_yaml_of_vcrpys_own_shape(server: Counting, tmp_path: Path) -> None:
    """Of what stands in a YAML cassette only `response.llmvcr` is ours."""
    for recorder, name in ((vcr, "plain"), (llmvcr, "ours")):
        with recorder.use_cassette(str(tmp_path / name)):
            get(server.url + "/page")
    plain, ours = (yaml.safe_load((tmp_path / name).read_text(encoding="utf-8")) for name in ("plain", "ours"))
    (answer,) = (one["response"] for one in ours["interactions"])
    assert answer.pop("llmvcr")["version"] == 1
    for document in (plain, ours):
        for name in ("Date", "date"):
            document["interactions"][0]["response"]["headers"].pop(name, None)
    assert ours["interactions"][0]["request"] == plain["interactions"][0]["request"]
    assert answer["headers"] == plain["interactions"][0]["response"]["headers"]
    assert ours.keys() == plain.keys()


def test_stubs_of_vcrpy(server: Counting, tmp_path: Path) -> None:
    """A call that vcrpy's own stub hears is recorded with its time, in each dialect."""
    for dialect in SERIALIZERS:
        path = tmp_path / dialect
        for mode in ("once", "none"):
            with llmvcr.use_cassette(path, serializer=dialect, record_mode=mode):
                urllib.request.urlopen(server.url + "/page", timeout=10).close()  # noqa: S310 - loopback
        (interaction,) = llmvcr.load(path).interactions
        assert interaction.recorded_at is not None
    assert len(server.seen) == len(SERIALIZERS)


@pytest.mark.parametrize("dialect", SERIALIZERS)
def test_nothing_is_left_beside(dialect: str, server: Counting, tmp_path: Path) -> None:
    """Recording, and adding to what is recorded, leave one file and no temporary one."""
    for words in ("one", "two"):
        with llmvcr.use_cassette(tmp_path / "c", serializer=dialect, record_mode="new_episodes"):
            _ask(server, words)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_failed_write_leaves_the_file(server: Counting, tmp_path: Path) -> None:
    """Where an interaction cannot be written, the error says so and the old file stands byte for byte."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        _ask(server, "one")
    before = path.read_bytes()

    def spoil(response: dict[str, Any]) -> dict[str, Any]:
        return {**response, "status": "no mapping"}

    with (
        pytest.raises(llmvcr.CassetteError, match=r"c\.yaml, interaction [01], response\.status"),
        llmvcr.use_cassette(path, record_mode="new_episodes", before_record_response=spoil),
    ):
        _ask(server, "two")
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["c.yaml"]


def test_unknown_keys_survive(server: Counting, tmp_path: Path) -> None:
    """Keys of other tools, at the top and in an interaction, are there when the file is added to."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        _ask(server, "one")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["made_up"] = {"by": "another tool"}
    document["interactions"][0]["response"]["elapsed"] = 0.25
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with llmvcr.use_cassette(path, record_mode="new_episodes"):
        _ask(server, "two")
    added = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert added["made_up"] == {"by": "another tool"}
    assert added["interactions"][0]["response"]["elapsed"] == 0.25


BAD = {
    "empty": b"",
    "blank": b"\n\n",
    "text": b"Dear diary, today I recorded nothing.\n",
    "foreign": b'{"log": {"version": "1.2", "entries": []}}\n',
    "list": b"- request: {}\n  response: {}\n",
    "binary": b"\x89PNG\r\n\x1a\n\x00\x00",
    "latin": b"interactions: []\nversion: 1\nname: caf\xe9\n",
}


@pytest.mark.parametrize("dialect", SERIALIZERS)
@pytest.mark.parametrize("kind", sorted(BAD))
@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all"])
def test_bad_file(kind: str, dialect: str, mode: str, server: Counting, tmp_path: Path) -> None:
    """A file that is no cassette is an error that names it, in every record mode, and is left as it was."""
    path = tmp_path / "c.yaml"
    path.write_bytes(BAD[kind])
    with (
        pytest.raises(llmvcr.ReadError, match=r"c\.yaml"),
        llmvcr.use_cassette(path, serializer=dialect, record_mode=mode),
    ):
        _ask(server, "one")
    assert path.read_bytes() == BAD[kind]
    assert server.seen == []


def _two_asked(server: Counting, path: Path, dialect: str) -> bytes:
    with llmvcr.use_cassette(path, serializer=dialect):
        _ask(server, "one")
        _ask(server, "two")
    return path.read_bytes()


def _opened(path: Path) -> int:
    """Open a cassette for replay and say how many interactions it has."""
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        return len(cassette)


@pytest.mark.parametrize("dialect", SERIALIZERS)
def test_cut_file(dialect: str, server: Counting, tmp_path: Path) -> None:
    """A file that was cut anywhere is an error that names it, never a shorter or a changed cassette."""
    path = tmp_path / "cut"
    whole = _two_asked(server, path, dialect)
    told = llmvcr.load(path).interactions
    for end in range(0, len(whole) - 1, 41):
        path.write_bytes(whole[:end])
        try:
            _opened(path)
        except llmvcr.ReadError as error:
            assert error.path == str(path)  # noqa: PT017 - most cuts fail, and each must fail so
        else:
            assert llmvcr.load(path).interactions == told, end
        assert path.read_bytes() == whole[:end]


def test_cut_between_interactions(server: Counting, tmp_path: Path) -> None:
    """A YAML file that was cut exactly between two interactions is an error, too: `version`, its last line, is gone."""
    path = tmp_path / "cut"
    whole = _two_asked(server, path, "yaml")
    path.write_bytes(whole[: whole.index(b"\n- request:", 20) + 1])
    with pytest.raises(llmvcr.ReadError):
        _opened(path)


@pytest.mark.parametrize(
    ("path_inside", "value", "place"),
    [
        (("interactions", 1, "request", "method"), None, "interaction 1, request.method"),
        (("interactions", 1, "response"), None, "interaction 1, response"),
        (("interactions", 0, "response", "status", "code"), "many", "interaction 0, response.status: has a code"),
        (("interactions", 1, "response", "llmvcr"), 7, "interaction 1, response.llmvcr"),
    ],
)
def test_place_of_the_fault(path_inside: Any, value: object, place: str, server: Counting, tmp_path: Path) -> None:
    """The error names the interaction and the path inside it."""
    path = tmp_path / "c.json"
    with llmvcr.use_cassette(path, serializer="vcr_json"):
        _ask(server, "one")
        _ask(server, "two")
    document = json.loads(path.read_text(encoding="utf-8"))
    part = document
    for step in path_inside[:-1]:
        part = part[step]
    if value is None:
        del part[path_inside[-1]]
    else:
        part[path_inside[-1]] = value
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(llmvcr.ReadError) as caught, llmvcr.use_cassette(path):
        pass
    assert f"c.json, {place}" in str(caught.value)


def test_seed_is_a_cassette(tmp_path: Path) -> None:
    """A single recording is a cassette too; replaying it leaves its bytes."""
    path = tmp_path / "weather.json"
    path.write_bytes((CASSETTES / "seeds" / "weather.json").read_bytes())
    before = path.read_bytes()
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        request = cassette.requests[0]
        answer = send(request.method, request.uri, content=request.body)
    assert answer.text.startswith("data: {")
    assert path.read_bytes() == before
