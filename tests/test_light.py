"""Importing llmvcr and loading its plugin costs a test run next to nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("aiohttp", "anthropic", "boto3", "botocore", "httpx", "httpx2", "openai", "requests", "urllib3", "vcr", "yaml")

REPORT = f"import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"


def loaded(code: str) -> set[str]:
    """The heavy packages that are loaded in a new Python after it has run `code`."""
    done = subprocess.run([sys.executable, "-c", f"{code}\n{REPORT}"], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", HEAVY)
def test_the_measurement_sees_what_is_loaded(name: str) -> None:
    """A package that is imported is reported, so that an empty report means something."""
    stand_in = f"import sys, types; sys.modules[{name!r}] = types.ModuleType({name!r})"
    assert loaded(stand_in) == {name}


def test_import_llmvcr_is_light() -> None:
    """`import llmvcr` loads no recorder, no YAML, no SDK and no HTTP library."""
    assert loaded("import llmvcr") == set()


def test_the_plugin_adds_nothing_heavy_to_pytest_recording() -> None:
    """Importing the plugin loads no heavy package that pytest-recording's own plugin does not."""
    assert loaded("import llmvcr.pytest_plugin") <= loaded("import pytest_recording.plugin")


def test_a_run_without_a_marked_test_stays_light(tmp_path: Path) -> None:
    """A whole pytest run with both plugins loads nothing heavy as long as no test is marked."""
    code = f"import sys\ndef test_light():\n    assert [n for n in {HEAVY!r} if n in sys.modules] == []\n"
    (tmp_path / "test_light.py").write_text(code, encoding="utf-8")
    plugins = ["-p", "pytest_recording.plugin", "-p", "llmvcr.pytest_plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
