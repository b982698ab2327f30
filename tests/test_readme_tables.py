"""The README's tables, commands and links, held to the code."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

import llmvcr
from llmvcr import formats, pytest_plugin
from llmvcr.bridge import KNOWN_OPTIONS
from llmvcr.cli import COMMANDS, main
from llmvcr.presets import PRESETS
from llmvcr.providers import PROVIDERS
from readme import README, section, table
from shared import PROJECT


def test_the_table_of_presets_is_whole() -> None:
    """The table of presets has each preset, in order."""
    assert [row[0].strip("`") for row in table("preset")] == [preset.name for preset in PRESETS]


def test_the_rules_command_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The command that prints the rules takes the arguments that the README names."""
    assert "`llmvcr rules [--provider NAME] [--endpoint NAME]`" in README
    assert main(["rules", "--provider", "openai", "--endpoint", "chat.completions"]) == 0
    assert "messages[*].tool_call_id" in capsys.readouterr()[0]


def test_the_table_of_commands_is_whole() -> None:
    """The table of commands has each command, and no other."""
    named = re.findall(r"`llmvcr (\w+)", "".join(row[0] for row in table("command")))
    assert sorted(named) == sorted(command.__name__.rpartition(".")[2] for command in COMMANDS)


def test_the_table_of_names_is_the_public_api() -> None:
    """The table of names has every public name, and the README names no other."""
    named = set(re.findall(r"`llmvcr\.(\w+)", "".join(map(str, table("name")))))
    assert named == set(llmvcr.__all__) - {"__version__"}
    assert set(re.findall(r"(?<![.\w])llmvcr\.([A-Za-z]\w+)", README)) <= named


def test_every_option_that_is_named_exists() -> None:
    """Each `llmvcr_…` that the README names is an ini option or an option of a cassette."""
    named = set(re.findall(r"\bllmvcr_[a-z_]+", README))
    assert named <= {*pytest_plugin.INI_OPTIONS, *KNOWN_OPTIONS}
    assert {option for option in KNOWN_OPTIONS if option.startswith("llmvcr_")} <= named


def test_the_number_of_providers() -> None:
    """The README counts the providers."""
    assert f"the {len(PROVIDERS)} providers" in README


def test_the_tables_of_faults_are_whole() -> None:
    """The section on faults has each field of a Fault, as code."""
    fields = {field.name for field in dataclasses.fields(llmvcr.Fault)}
    assert {name for name in fields if re.search(rf"`{name}\b", section("Faults"))} == fields


def test_the_ini_table_has_every_option() -> None:
    """The table of ini options has each option of the plugin, with its default, and no other."""
    said = {row[0].strip("`"): row[2].strip("`") for row in table("ini option")}
    words: dict[object, object] = {True: "on", False: "off", (): ""}
    assert said == {name: words.get(default, default) for name, (_, default, _) in pytest_plugin.INI_OPTIONS.items()}


def test_what_is_only_an_ini_option() -> None:
    """The README names the ini options that a cassette does not take, and those alone."""
    (said,) = re.findall(r"All but (.*?) are also options", README, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", said)) == set(pytest_plugin.INI_OPTIONS) - KNOWN_OPTIONS


def test_the_formats_table_has_every_format() -> None:
    """The table of formats names the formats that can be written."""
    said = [row[0].split("`")[1] for row in table("`--to`, `serializer`")]
    assert sorted(said) == sorted(known.name for known in formats.FORMATS)


def test_the_convert_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The convert command of the README converts a folder."""
    command = re.search(r"\$ python tools/convert\.py (\S+) (\S+) --to (\w+)", README)
    assert command is not None
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "one.yaml").write_bytes((PROJECT / "cassettes/samples/models.yaml").read_bytes())
    assert main(["convert", command[1], command[2], "--to", command[3]]) == 0
    assert (tmp_path / command[2] / "one.json").exists()


def test_every_file_that_is_linked_exists() -> None:
    """The README's links to files of the project lead somewhere."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    headings = [f"#{heading.lower().replace(' ', '-')}" for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)]
    assert links
    assert all(link in headings or (PROJECT / link).exists() for link in links)
