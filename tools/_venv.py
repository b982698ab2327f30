"""The project's own virtual environment, made on the first run of a tool and reused from then on."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["ensure"]

_ROOT = Path(__file__).resolve().parent.parent
_VENV = _ROOT / ".venv"
_PYTHON = _VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
_STAMP = _VENV / "llmvcr-stamp"
_OLDEST = (3, 11)
_PIP_WITH_GROUPS = (25, 1)  # the first pip that knows `--group`


def ensure() -> None:
    """Return at once inside the project's `.venv`; otherwise make it complete and start this very command in it.

    Exits (SystemExit) with a sentence that says what to do where Python is too old or a step fails.
    """
    if Path(sys.prefix).resolve() == _VENV.resolve():
        return
    if sys.version_info < _OLDEST:  # a bare python3 may be anything
        sys.exit(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
    if not _complete():
        _make()
    command = [str(_PYTHON), *sys.argv]
    sys.stdout.flush()
    if os.name == "nt":  # there exec returns to the shell before the new process has ended
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)  # noqa: S606 - the very command, in the other interpreter


def _complete() -> bool:
    return _PYTHON.exists() and _STAMP.exists() and _STAMP.read_text(encoding="utf-8") == _wanted()


def _wanted() -> str:
    # The folder is part of it: an editable install and the scripts name it, so a moved clone installs anew.
    return hashlib.sha256((_ROOT / "pyproject.toml").read_bytes() + os.fsencode(_ROOT)).hexdigest()


def _make() -> None:
    started = time.monotonic()
    _STAMP.unlink(missing_ok=True)
    if not _PYTHON.exists():
        _say(f"making .venv with Python {sys.version.split()[0]} (first run only)")
        _run(
            [sys.executable, "-m", "venv", "--clear", str(_VENV)],
            "on Debian and Ubuntu: apt install python3-venv",
        )
    if _pip_version() < _PIP_WITH_GROUPS:
        _say("upgrading its pip, which is too old for dependency groups")
        _pip("--upgrade", "pip")
    _say("installing llmvcr and its development tools from pyproject.toml into it")
    _pip("--group", "dev", "--editable", ".")
    _STAMP.write_text(_wanted(), encoding="utf-8")
    _say(f"ready in {time.monotonic() - started:.0f} s")


def _pip(*arguments: str) -> None:
    _run(
        [str(_PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments],
        "this one step needs a package index: look at pip's words above, then run the command again",
    )


def _pip_version() -> tuple[int, ...]:
    said = subprocess.run([str(_PYTHON), "-m", "pip", "--version"], check=False, capture_output=True, text=True)
    found = re.match(r"pip (\d+)\.(\d+)", said.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _run(command: list[str], advice: str) -> None:
    if subprocess.run(command, check=False, cwd=_ROOT).returncode:
        sys.exit(f"{' '.join(command)} failed ({advice}).")


def _say(words: str) -> None:
    print(f"setup: {words}", flush=True)
