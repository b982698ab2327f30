"""The names that are known."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from llmvcr.providers import KNOWN_TYPES
from llmvcr.providers.openai import OPENAI
from llmvcr.providers.types import SDKS
from shared import PROJECT, corpus


def test_known_types_are_plain_dotted_names() -> None:
    """A name is a module and one class, without anything that a lookup could be led astray by."""
    for name in KNOWN_TYPES:
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)*\.[A-Z][A-Za-z]+", name, re.ASCII), name


def test_every_name_of_the_tables_is_known() -> None:
    """What we write we can read back as objects."""
    for call in OPENAI.endpoints:
        assert {call.reply, call.chunk, call.items, *call.events.values()} - {""} <= KNOWN_TYPES


def test_every_name_of_real_recordings_is_known() -> None:
    """All classes that llama-stack's recorder has written are known by name."""
    pattern = re.compile(rb'"__type__": "([^"]+)"')
    seen: set[str] = set()
    for path in corpus("recordings").rglob("*.json"):
        seen.update(found.decode() for found in pattern.findall(path.read_bytes()))
    assert len(seen) > 10
    assert seen <= KNOWN_TYPES


@pytest.mark.parametrize("package", [top for top, _ in SDKS])
def test_knowing_the_names_imports_no_sdk(package: str) -> None:
    """The tables are text: to have them costs no SDK."""
    code = f"import sys, llmvcr.providers; sys.exit({package!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(PROJECT), check=False)
    assert done.returncode == 0
