"""A small project of a user's, written, run by pytest inside this one, and looked at afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.counting import Counting
from shared import LONG

__all__ = ["FORMATS", "LATER_PARALLEL", "PARALLEL", "Suite"]

_XDIST = pytest.param(("-n", "2" if LONG else "1"), id="xdist")  # test_workers.py has what takes several workers
_LATER = pytest.mark.skipif(not LONG, reason="LLMVCR_LONG=1 has it on a worker of pytest-xdist, too")

PARALLEL = pytest.mark.parametrize("workers", [pytest.param((), id="plain"), _XDIST])
"""Each test so marked runs its project once in this process and once under pytest-xdist."""

LATER_PARALLEL = pytest.mark.parametrize(
    "workers", [pytest.param((), id="plain"), pytest.param(*_XDIST.values, id="xdist", marks=_LATER)]
)
"""As `PARALLEL`, under pytest-xdist in the long form only: what comes of it is told as elsewhere."""

FORMATS = pytest.mark.parametrize(
    ("kind", "workers"),
    [
        pytest.param("yaml", (), id="yaml"),
        pytest.param("json", (), id="json"),
        pytest.param("json", *_XDIST.values, id="json-xdist", marks=_LATER),
    ],
)
"""Each test so marked runs its project in both formats, and in the long form in one of them under pytest-xdist."""

_PLUGINS_OFF = ("cacheprovider", "hypothesispytest", "pytest_httpserver", "timeout")
"""Plugins that the project has no use for: hypothesis alone takes a second of each worker."""

_ASKING = """
import json, os, urllib.request
import httpx2

SERVER = os.environ["MADE_UP_SERVER"]


def ask(words, **fields):
    body = {"model": "made-up-model", "messages": [{"role": "user", "content": words}], **fields}
    answer = httpx2.post(SERVER + "/v1/chat/completions", json=body, verify=False)
    return answer.json()["choices"][0]["message"]["content"]


def get(path, body=None, headers={}):
    request = urllib.request.Request(SERVER + path, body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["n"]
"""


class Suite:
    """The project: `write` its parts, `run` it, and `files` says which cassettes are there."""

    def __init__(self, pytester: pytest.Pytester, server: Counting) -> None:
        """Begin a project whose tests can `from asking import ask, get`."""
        self.pytester = pytester
        self.server = server
        self.path = pytester.path
        self.ini()
        pytester.makepyfile(asking=_ASKING)

    def ini(self, *lines: str) -> None:
        """Write the ini file, with these lines of ours."""
        fixed = ("[pytest]", "filterwarnings = error", "asyncio_default_fixture_loop_scope = function")
        self.pytester.makeini("\n".join((*fixed, *lines)))

    def conftest(self, source: str) -> None:
        """Write the conftest."""
        self.pytester.makeconftest(source)

    def tests(self, source: str, name: str = "test_it") -> None:
        """Write a test module that begins with the imports it needs."""
        self.pytester.makepyfile(**{name: f"import pytest\nfrom asking import ask, get\n{source}"})

    def run(self, *args: str, **outcomes: int) -> pytest.RunResult:
        """Run pytest in this process, and see that so many tests passed, failed and so on."""
        result = self.start(*args)
        result.assert_outcomes(**outcomes)
        return result

    def start(self, *args: str, subprocess: bool = False) -> pytest.RunResult:
        """Run pytest in this process, or in one of its own, and see nothing."""
        run = self.pytester.runpytest_subprocess if subprocess else self.pytester.runpytest_inprocess
        return run(*(f"-pno:{name}" for name in _PLUGINS_OFF), *args)

    @property
    def files(self) -> list[str]:
        """Every cassette, as "<module>/<name>"."""
        folder = self.path / "cassettes"
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def cassette(self, name: str) -> Path:
        """Where a cassette stands."""
        return self.path / "cassettes" / name
