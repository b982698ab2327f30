"""What the README shows of the command line is what the commands print."""

from __future__ import annotations

import re
import shlex
import sys

import pytest

from llmvcr.cli import COMMANDS, main
from shared import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = [
    (command, printed)
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for command, printed in re.findall(r"^\$ llmvcr ?(.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.mark.parametrize(
    ("command", "printed"), [pytest.param(*each, id=each[0]) for each in BLOCKS if each[1].strip()]
)
def test_a_command_prints_what_stands_there(
    command: str, printed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of a block with its output prints that, in the project's folder and without the extras."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    main(shlex.split(command))
    assert "".join(capsys.readouterr()) == printed


@pytest.mark.parametrize("command", [each[0] for each in BLOCKS if not each[1].strip()])
def test_a_command_that_is_named_exists(command: str) -> None:
    """A command without its output names one that is there, and options of it alone."""
    name, *options = shlex.split(command.partition(" #")[0])
    assert [each for each in COMMANDS if each.__name__.endswith(f".{name}")]
    sources = (PROJECT / "llmvcr" / "cli" / f"{one}.py" for one in (name, "secret_options"))
    source = "".join(path.read_text(encoding="utf-8") for path in sources)
    assert all(f'"{option}"' in source for option in options if option.startswith("-"))
