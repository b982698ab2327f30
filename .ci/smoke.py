"""The installed wheel is imported, pytest loads its plugin and a seed is replayed; copied away before it runs."""

from __future__ import annotations

import json
from importlib.metadata import entry_points, version
from pathlib import Path

import openai
import pytest

import llmvcr

HERE = Path(__file__).resolve().parent


def test_the_wheel_is_what_is_imported() -> None:
    """The package comes from site-packages, knows its version and ships its type marker."""
    home = Path(llmvcr.__file__).parent
    assert "site-packages" in home.parts
    assert (home / "py.typed").is_file()
    assert llmvcr.__version__ == version("pytest-llmvcr")


def test_pytest_loads_the_plugin(pytestconfig: pytest.Config) -> None:
    """Installing is enough: pytest finds the plugin by its entry point, and the console script is there."""
    assert pytestconfig.pluginmanager.hasplugin("llmvcr")
    assert "llmvcr" in entry_points(group="console_scripts").names


def test_a_seed_is_replayed() -> None:
    """A streamed recording of the seeds is answered by the openai SDK, without key or network."""
    seed = HERE / "seeds" / "weather.json"
    request = json.loads(seed.read_text(encoding="utf-8"))["request"]
    client = openai.OpenAI(api_key="sk-made-up-key", base_url="https://api.openai.com/v1", max_retries=0)
    with llmvcr.use_cassette(str(seed), record_mode="none"):
        chunks = list(client.chat.completions.create(**request["body"]))
    assert len(chunks) > 1
    assert chunks[-1].choices[0].finish_reason
