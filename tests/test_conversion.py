"""One format to another: verified, whole or not at all, and one bad file never stops the others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from llmvcr import formats, storage
from llmvcr.conversion import FileReport, Report, convert, destination
from llmvcr.errors import OptionError
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, Request, Response
from shared import CASSETTES, corpus

SEEDS = {
    CASSETTES / "seeds" / "weather.json": "b8870267241e.json",
    CASSETTES / "seeds" / "web_search.json": "3d1ab6203f4a.json",
}
CHAT = "https://api.openai.com/v1/chat/completions"


def _chat(prompt: str, answer: bytes = b'{"id": "chatcmpl-1", "object": "chat.completion"}') -> Interaction:
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": prompt}]}).encode()
    return Interaction(
        Request("POST", CHAT, (("content-type", "application/json"),), body),
        Response(200, "OK", (("content-type", "application/json"),), (answer,)),
    )


RICH = Interaction(
    Request("POST", CHAT, (("a", "1"), ("b", "2"), ("a", "3")), b"\xff\x00"),
    Response(201, "Made", (("x", "y"),), (b"da", b"ta")),
    "2026-11-22T09:00:00Z",
    {"times": [0, 1]},
    {"request": {"trace": 1}, "interaction": {"by": "hand"}},
)


def _only(report: Report) -> FileReport:
    (file,) = report.files
    assert file.error is None, file.error
    return file


def _tree(folder: Path) -> list[str]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.startswith(".llmvcr/"))


@pytest.mark.parametrize(("seed", "name"), SEEDS.items(), ids=lambda value: Path(value).stem)
def test_a_seed_goes_to_yaml_and_comes_back(tmp_path: Path, seed: Path, name: str) -> None:
    """seed → yaml → recordings gives the seed's bytes, under the name that llama-stack gave it."""
    made = _only(convert(seed, tmp_path / "seed.yaml", to="yaml"))
    assert (made.from_, made.to, made.interactions, made.losses) == ("recordings", "yaml", 1, ())
    back = _only(convert(made.dest, to="recordings", hash_version=1))
    assert back.dest == str(tmp_path / "seed")
    assert _tree(tmp_path / "seed") == [name]
    assert (tmp_path / "seed" / name).read_bytes() == seed.read_bytes()


@pytest.mark.parametrize("seed", SEEDS, ids=lambda value: value.stem)
def test_plain_vcrpy_reads_a_seeds_yaml(tmp_path: Path, seed: Path) -> None:
    """The YAML of a seed is a cassette to plain vcrpy, with the bytes that llmvcr replays."""
    made = _only(convert(seed, tmp_path / "seed.yaml", to="yaml"))
    (request,), (response,) = deserialize(Path(made.dest).read_text(encoding="utf-8"), yamlserializer)
    (ours,) = storage.load(seed).interactions
    assert (request.method, request.uri, request.body) == ("POST", CHAT, ours.request.body)
    assert response["body"]["string"] == ours.response.body
    assert response["body"]["string"].endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("seed", SEEDS, ids=lambda value: value.stem)
@pytest.mark.parametrize("through", ["json", "vcr_json", "yaml", "recordings"])
def test_every_way_round_gives_the_same_bytes(tmp_path: Path, seed: Path, through: str) -> None:
    """yaml → any format → yaml is the same file."""
    first = _only(convert(seed, tmp_path / "first.yaml", to="yaml"))
    there = _only(convert(first.dest, tmp_path / "there", to=through))
    source = there.dest if through != "recordings" else next(Path(there.dest).iterdir())
    back = _only(convert(source, tmp_path / "back.yaml", to="yaml"))
    assert Path(back.dest).read_bytes() == Path(first.dest).read_bytes()


@pytest.mark.parametrize("to", ["json", "vcr_json", "yaml", "recordings"])
@pytest.mark.parametrize("from_", ["json", "vcr_json", "yaml", "recordings"])
def test_nothing_is_lost_between_any_two_formats(tmp_path: Path, from_: str, to: str) -> None:
    """Binary bodies, header order, boundaries, notes and unknown keys pass between all formats."""
    storage.dump(Document((RICH,)), tmp_path / "source.x", format=from_)
    made = _only(convert(tmp_path / "source.x", tmp_path / "made", to=to))
    missed = ("llama-stack's lookup, as its body is no JSON object",)
    assert made.losses == (missed if to == "recordings" else ())
    assert storage.load(made.dest).interactions == (RICH,)


def test_strict_writes_the_format_alone_and_says_what_it_gave_up(tmp_path: Path) -> None:
    """With strict no key of ours is written, and each loss is named."""
    storage.dump(Document((RICH, RICH)), tmp_path / "a.json")
    made = _only(convert(tmp_path / "a.json", tmp_path / "a.yaml", to="yaml", strict=True))
    assert made.losses == (
        "boundaries of 2 chunks (in 2 of 2)",
        "key interaction.by (in 2 of 2)",
        "key request.trace (in 2 of 2)",
        "note times (in 2 of 2)",
        "recorded_at (in 2 of 2)",
        "request.headers (in 2 of 2)",
    )
    assert b"llmvcr" not in Path(made.dest).read_bytes()


def test_strict_refuses_what_a_format_cannot_say_at_all(tmp_path: Path) -> None:
    """A body that vcrpy's JSON cannot hold is an error of that file, not a loss."""
    storage.dump(Document((RICH,)), tmp_path / "a.yaml")
    (file,) = convert(tmp_path / "a.yaml", to="vcr_json", strict=True).files
    assert file.error is not None
    assert "request.body: is no UTF-8" in file.error
    assert _tree(tmp_path) == ["a.yaml"]


def test_the_content_says_what_a_file_is(tmp_path: Path) -> None:
    """YAML in a .json file is converted as YAML."""
    (tmp_path / "a.json").write_bytes(formats.by_name("yaml").write(Document((RICH,)), path=""))
    assert _only(convert(tmp_path / "a.json", tmp_path / "b.json", to="json")).from_ == "yaml"


@pytest.mark.parametrize(
    ("source", "to", "expected"),
    [
        ("a/b.yaml", "json", "a/b.json"),
        ("a/b.yaml.gz", "vcr_json", "a/b.json"),
        ("a/b.json", "recordings", "a/b"),
        ("a/gpt-4.1", "yaml", "a/gpt-4.1.yaml"),
        ("a/.yaml", "json", "a/.yaml.json"),
    ],
)
def test_the_default_target_stands_beside_the_source(source: str, to: str, expected: str) -> None:
    """A target is called like its source under the suffix of its format."""
    assert destination(Path(source), formats.by_name(to)) == Path(expected)


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    """A file that exists is left alone, the source above all, unless force is given."""
    seed = tmp_path / "seed.json"
    seed.write_bytes(next(iter(SEEDS)).read_bytes())
    (file,) = convert(seed, to="json").files
    assert file.error == f"{seed}: exists already\nHow to fix: choose another name, or overwrite it with --force"
    assert seed.read_bytes() == next(iter(SEEDS)).read_bytes()
    assert _only(convert(seed, to="json", force=True)).from_ == "recordings"
    assert _only(convert(seed, tmp_path / "b.json", to="json")).from_ == "json"


def test_recordings_are_written_all_or_none(tmp_path: Path) -> None:
    """Where one name of several is taken, none is written."""
    storage.dump(Document((_chat("one"), _chat("two"))), tmp_path / "a.yaml")
    made = _only(convert(tmp_path / "a.yaml", to="recordings"))
    names = _tree(Path(made.dest))
    assert len(names) == 2
    (tmp_path / "a" / names[0]).unlink()
    (file,) = convert(tmp_path / "a.yaml", to="recordings").files
    assert file.error is not None
    assert "exists already" in file.error
    assert _tree(tmp_path / "a") == names[1:]


def test_one_request_with_two_answers_has_no_place_in_recordings(tmp_path: Path) -> None:
    """llama-stack holds one answer a request: the second is refused, or with strict named as lost."""
    storage.dump(Document((_chat("a"), _chat("a", b'{"id": "2"}'), _chat("a"))), tmp_path / "a.yaml")
    (file,) = convert(tmp_path / "a.yaml", to="recordings").files
    assert file.error is not None
    assert "interaction 1: asks the same as interaction 0" in file.error
    made = _only(convert(tmp_path / "a.yaml", to="recordings", strict=True))
    assert "interaction 1, which asks the same as interaction 0 (in 1 of 3)" in made.losses
    assert len(_tree(Path(made.dest))) == 1


def test_a_test_id_stands_in_the_recording_and_in_its_name(tmp_path: Path) -> None:
    """From hash version 2 on a recording is named for its test."""
    storage.dump(Document((_chat("a"),)), tmp_path / "a.yaml")
    names: set[str] = set()
    for test_id in (None, "tests/test_a.py::test_a", "tests/test_a.py::test_b"):
        dest = tmp_path / str(len(names))
        _only(convert(tmp_path / "a.yaml", dest, to="recordings", test_id=test_id))
        (path,) = dest.iterdir()
        assert json.loads(path.read_bytes()).get("test_id") == test_id
        names.add(path.name)
    assert len(names) == 3
    assert all(len(name) == 64 + len(".json") for name in names)


def test_a_tree_keeps_its_layout(tmp_path: Path) -> None:
    """Every recording below a folder is converted to the same place below another; the rest is left alone."""
    storage.dump(Document((RICH,)), tmp_path / "in" / "a.yaml")
    storage.dump(Document((RICH, RICH)), tmp_path / "in" / "below" / "b.yaml.gz")
    storage.dump(Document((RICH,)), tmp_path / "in" / ".llmvcr" / "c.yaml")
    (tmp_path / "in" / "README.md").write_text("interactions:\n", encoding="utf-8")
    report = convert(tmp_path / "in", to="json")
    assert [file.interactions for file in report.files] == [1, 2]
    assert report.failed == ()
    assert _tree(tmp_path / "in-json") == ["a.json", "below/b.json"]


def test_a_tree_of_recordings_stays_flat(tmp_path: Path) -> None:
    """A recording is written into the folder that it was in, a cassette into a folder of its own."""
    storage.dump(Document((_chat("one"),)), tmp_path / "in" / "recordings" / "x.json", format="recordings")
    storage.dump(Document((_chat("two"), _chat("three"))), tmp_path / "in" / "cassette.yaml")
    report = convert(tmp_path / "in", tmp_path / "out", to="recordings", hash_version=1)
    assert report.failed == ()
    assert [Path(name).parent.name for name in _tree(tmp_path / "out")] == ["cassette", "cassette", "recordings"]


def test_a_target_below_its_source_is_not_converted_again(tmp_path: Path) -> None:
    """What an earlier run wrote below the source is no source."""
    storage.dump(Document((RICH,)), tmp_path / "a.yaml")
    for _ in range(2):
        report = convert(tmp_path, tmp_path / "out", to="json", force=True)
        assert [Path(file.source).name for file in report.files] == ["a.yaml"]


def test_one_bad_file_never_stops_the_others(tmp_path: Path) -> None:
    """Each failure is named with its file; all that can be converted is."""
    storage.dump(Document((RICH,)), tmp_path / "in" / "b.yaml")
    (tmp_path / "in" / "a.yaml").write_bytes(b"")
    (tmp_path / "in" / "c.json").write_bytes(b'{"version": 1, "interactions": [{"request": {"uri": "ht')
    (tmp_path / "in" / "d.yml").write_bytes(formats.by_name("yaml").write(Document((RICH,)), path=""))
    (tmp_path / "in" / "b.yml").write_bytes(formats.by_name("yaml").write(Document((RICH,)), path=""))
    report = convert(tmp_path / "in", tmp_path / "out", to="json")
    assert [(Path(file.source).name, file.error is None) for file in report.files] == [
        ("a.yaml", False),
        ("b.yaml", True),
        ("b.yml", True),
        ("c.json", False),
        ("d.yml", True),
    ]
    errors = [file.error for file in report.failed]
    assert errors[0] == f"{tmp_path / 'in' / 'a.yaml'}: is empty"
    assert str(errors[1]).startswith(str(tmp_path / "in" / "c.json"))
    assert _tree(tmp_path / "out") == ["b.json", "b.yml.json", "d.json"]


def test_a_file_into_a_folder_that_exists(tmp_path: Path) -> None:
    """A target that is a folder takes the file under its own name."""
    (tmp_path / "out").mkdir()
    storage.dump(Document((RICH,)), tmp_path / "a.yaml")
    assert _only(convert(tmp_path / "a.yaml", tmp_path / "out", to="json")).dest == str(tmp_path / "out" / "a.json")


def test_options_without_sense_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    """An unknown format, an unknown hash version and a missing source are errors of the call."""
    storage.dump(Document((RICH,)), tmp_path / "a.yaml")
    with pytest.raises(OptionError, match="there is no format 'toml'"):
        convert(tmp_path / "a.yaml", to="toml")
    with pytest.raises(OptionError, match="there is no hash version 8; known are 1 to 7"):
        convert(tmp_path / "a.yaml", to="recordings", hash_version=8)
    with pytest.raises(OptionError, match="is a folder and"):
        convert(tmp_path, tmp_path / "a.yaml", to="json")
    with pytest.raises(FileNotFoundError):
        convert(tmp_path / "no.yaml", to="json")


def test_real_cassettes_go_through_typed_json_and_come_back(tmp_path: Path) -> None:
    """Public cassettes → typed JSON → YAML hold the same interactions, byte for byte."""
    files = sorted(path for path in corpus("vcrpy").rglob("*") if path.is_file())
    for number, path in enumerate(files if os.environ.get("LLMVCR_LONG") else files[::25]):
        there = _only(convert(path, tmp_path / f"{number}.json", to="json"))
        back = _only(convert(there.dest, tmp_path / f"{number}.yaml", to="yaml"))
        assert there.losses == back.losses == ()
        assert storage.load(back.dest) == storage.load(path)
