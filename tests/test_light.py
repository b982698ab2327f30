"""Importing llmvcr and loading its plugin costs a test run next to nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("aiohttp", "anthropic", "boto3", "botocore", "httpx", "httpx2", "openai", "requests", "urllib3", "vcr", "yaml")

UNUSED = (
    "llmvcr.canonical",
    "llmvcr.conversation.reading",
    "llmvcr.explaining",
    "llmvcr.faults.fault",
    "llmvcr.faults.plan",
    "llmvcr.formats.shelf",
    "llmvcr.index.likeness",
    "llmvcr.index.readings",
    "llmvcr.index.respelt",
    "llmvcr.lifecycle.accounts",
    "llmvcr.lifecycle.pruning",
    "llmvcr.normalizing",
    "llmvcr.origins",
    "llmvcr.prices",
    "llmvcr.providers",
    "llmvcr.redaction",
    "llmvcr.rulesets",
    "llmvcr.secrets",
    "llmvcr.side_traffic",
    "llmvcr.sockets",
    "llmvcr.viewing",
    "websockets",
)
"""What a test that replays a cassette of vcrpy's layout, and asks for nothing else, has no use for."""

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


def with_chosen_plugins(folder: Path, *args: str) -> str:
    """Run Python in a folder, where pytest loads no plugin but those that are named, and give what it prints."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, *args]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_run_without_a_marked_test_stays_light(tmp_path: Path) -> None:
    """A pytest run with both plugins loads nothing heavy as long as no test is marked, and rewrites nothing of ours."""
    code = (
        "import importlib.util, sys\n"
        f"def test_light():\n    assert [n for n in {HEAVY!r} if n in sys.modules] == []\n"
        "def test_plain():\n    found = importlib.util.find_spec('llmvcr.pytest_plugin.merging')\n"
        "    assert type(found.loader).__name__ == 'SourceFileLoader'\n"
    )
    (tmp_path / "test_light.py").write_text(code, encoding="utf-8")
    plugins = ["-p", "recording", "-p", "llmvcr"]
    said = with_chosen_plugins(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins, str(tmp_path))
    assert "2 passed" in said


CASSETTE = (
    "interactions:\n- request:\n    body: null\n    headers: {}\n    method: GET\n    uri: http://h.invalid/\n"
    "  response:\n    body:\n      string: there\n    headers: {}\n    status:\n      code: 200\n"
    "      message: OK\nversion: 1\n"
)


def test_a_replay_imports_only_what_it_uses(tmp_path: Path) -> None:
    """A test that replays loads neither what explains, redacts and converts, nor what it does not ask about."""
    (tmp_path / "c.yaml").write_text(CASSETTE, encoding="utf-8")
    code = (
        "import sys, httpx2, llmvcr\n"
        "with llmvcr.use_cassette('c.yaml', record_mode='none'):\n"
        "    assert httpx2.get('http://h.invalid/', trust_env=False).text == 'there'\n"
        f"print(*[name for name in {UNUSED!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_plugin_starts_with_few_modules_of_ours() -> None:
    """Loading the plugin imports what declares options and sees a run, and nothing that only a cassette needs."""
    code = "import llmvcr.pytest_plugin, sys; print(*sorted(n for n in sys.modules if n.startswith('llmvcr.')))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    rooms = {name.split(".")[1] for name in done.stdout.split()}
    assert rooms == {"errors", "ini", "pytest_plugin"}


def test_a_run_brings_and_leaves_nothing(tmp_path: Path) -> None:
    """A marked test brings no library that it does not use; its run's finder of our modules is gone when it is over."""
    (tmp_path / "test_it.py").write_text(
        "import gc, sys, httpx2, pytest\n@pytest.mark.vcr\ndef test_it():\n"
        "    finders = {type(one).__module__ for one in sys.meta_path}\n"
        "    assert gc.isenabled() and 'llmvcr.pytest_plugin.importing' in finders\n"
        "    assert httpx2.get('http://h.invalid/', trust_env=False).text == 'there'\n"
        f"    assert [name for name in {HEAVY!r} if name in sys.modules] == ['httpx2', 'vcr']\n",
        encoding="utf-8",
    )
    folder = tmp_path / "cassettes" / "test_it"
    folder.mkdir(parents=True)
    (folder / "test_it.yaml").write_text(CASSETTE, encoding="utf-8")
    code = (
        "import gc, sys, pytest\nbefore = list(sys.meta_path)\n"
        "assert pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'recording', '-p', 'llmvcr', 'test_it.py']) == 0\n"
        "print(gc.isenabled(), sum(type(one).__module__.startswith('llmvcr') for one in sys.meta_path))"
    )
    assert with_chosen_plugins(tmp_path, "-c", code).splitlines()[-1] == "True 0"
