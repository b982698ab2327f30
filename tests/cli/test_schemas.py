"""The schemas of what the commands print with --json: sound, strict, complete, and fitted by real outputs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cli.schemas import fitting
from llmvcr.cli import COMMANDS, main, schemas
from shared import CASSETTES

OPTIONAL = {"a", "b"}
"""Keys of a change in `llmvcr diff` that are absent where one side has nothing."""
OUTPUTS = {
    "check": ["in", "--max-age", "1h", "--types"],
    "convert": ["in", "out", "--to", "yaml"],
    "diff": ["in/chat.yaml#0", "in/chat.yaml#1"],
    "lint": ["in", "--jobs", "1"],
    "merge": ["in/nothing.yaml", "in/chat.yaml", "in/tools.json", "-o", "out.yaml"],
    "prune": ["in"],
    "recover": ["in"],
    "redact": ["in", "--dry-run", "--jobs", "1"],
    "rules": [],
    "show": ["in"],
    "stats": ["in"],
    "view": ["in"],
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder `in` with a cassette, a recording, a broken file and one that is something else."""
    monkeypatch.chdir(tmp_path)
    folder = Path("in")
    folder.mkdir()
    shutil.copy(CASSETTES / "samples" / "chat.yaml", folder)
    shutil.copy(CASSETTES / "samples" / "tools.json", folder)
    shutil.copy(CASSETTES / "seeds" / "weather.json", folder / "0123456789ab.json")
    (folder / "broken.yaml").write_text("interactions: [")
    (folder / "nothing.yaml").write_text("interactions: []\nversion: 1\n")
    (folder / "other.json").write_text("[1]")


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("name", schemas.NAMES)
def test_outputs_fit(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What a command prints of a tree with all kinds of files, some of them bad, fits its schema."""
    assert main([name, *OUTPUTS[name], "--json"]) in (0, 1, 2)
    assert fitting(name, capsys.readouterr().out)["version"] == 1


def test_every_command_has_one() -> None:
    """There is a schema for each command, each stands in a file of its own, and there are no others."""
    commands = {command.__name__.rpartition(".")[2] for command in COMMANDS}
    assert set(schemas.NAMES) == commands
    files = {path.stem for path in Path(schemas.__file__).parent.glob("*.json")}
    assert files == set(schemas.NAMES)
    with pytest.raises(KeyError):
        schemas.text("no such command")


@pytest.mark.parametrize("name", schemas.NAMES)
def test_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--json-schema prints the schema as it stands in the package, and needs no other argument."""
    assert main([name, "--json-schema"]) == 0
    assert capsys.readouterr() == (schemas.text(name), "")


@pytest.mark.parametrize("name", schemas.NAMES)
def test_sound_and_strict(name: str) -> None:
    """Each is a schema; every object in it names all its keys, needs them, and takes no others."""
    schema = json.loads(schemas.text(name))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"llmvcr {name} --json"
    for one in _objects(schema):
        if "properties" in one:
            assert one["additionalProperties"] is False
            assert set(one["properties"]) - set(one["required"]) <= OPTIONAL
    with pytest.raises(jsonschema.ValidationError):
        fitting(name, '{"version": 1}')


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("type") == "object":
            yield value
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each)
