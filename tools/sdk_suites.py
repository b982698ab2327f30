"""Run the openai and the anthropic SDK's own test suites inside a cassette, and name every test that is worse.

    python3 tools/sdk_suites.py [--suite NAME] [--run NAME] [--cache FOLDER] [--clone FOLDER]

The suites are those of the SDKs' source distributions, as far as they are about streams, clients and responses, run in
environments of their own under a cache folder outside this project. Each test of a run runs inside a cassette of its
own, on a file that is not there yet:

    baseline         no cassette, llmvcr not installed
    recording        llmvcr, record_mode="all": nothing is looked up, everything is recorded
    fresh            llmvcr, record_mode="once": everything is looked up, nothing is found, everything is recorded
    nothing          llmvcr, with a hook that lets no request in: nothing is recorded
    vcrpy-recording  as `recording`, with plain vcrpy (for comparison, never an error)
    vcrpy-fresh      as `fresh`, with plain vcrpy (for comparison, never an error)

Thirteen tests of openai read `.inline-snapshot/external`, which its distribution lacks: --clone names a clone of its
repository (bare or not) to take the folder from; without it they fail in the baseline and say nothing. A test that is
worse is run again by itself, up to three times (once where it is no error): if it then does as well as before, it is
called flaky. Some race the clock: run this where the machine has little else to do. Exit code 0 where no test is worse
inside a cassette of llmvcr, 1 where one is, 2 where something could not be set up.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import _suites
from tools._suite_runs import Run, Suite

__all__ = ["RUNS", "SUITES", "main"]

# The suites run inside a cassette of ours or of vcrpy's: the plugins of both projects stay out of them.
_INSIDE = ("-p", "no:llmvcr", "-p", "no:recording", "-p", "in_cassette")


def _inside(name: str, whose: str, mode: str) -> Run:
    return Run(name, _INSIDE, {"SUITE_CASSETTE": f"{whose} {mode}"}, counts=whose == "llmvcr")


RUNS = (
    Run("baseline", installed=False),
    _inside("recording", "llmvcr", "all"),
    _inside("fresh", "llmvcr", "once"),
    _inside("nothing", "llmvcr", "nothing"),
    _inside("vcrpy-recording", "vcrpy", "all"),
    _inside("vcrpy-fresh", "vcrpy", "once"),
)

SUITES = (
    Suite(
        "openai",
        "3.54.0",
        "aiohttp,realtime",
        needs=(
            "azure-identity",
            "botocore",
            "inline-snapshot",
            "pytest",
            "pytest-asyncio",
            "pytest-xdist",
            "rich",
            "trio",
        ),
        tests=(
            "tests/test_streaming.py",
            "tests/test_sse_framing.py",
            "tests/lib/chat",
            "tests/lib/responses",
            "tests/test_client.py",
            "tests/test_response.py",
            "tests/test_httpx2.py",
        ),
        folder=".inline-snapshot",
    ),
    Suite(
        "anthropic",
        "2.12.0",
        "aiohttp",
        needs=(
            "http-snapshot[httpx]==0.1.9",
            "inline-snapshot",
            "pytest",
            "pytest-asyncio",
            "pytest-xdist",
            "respx",
            "rich",
        ),
        tests=("tests/test_streaming.py", "tests/decoders", "tests/lib/streaming", "tests/test_response.py"),
    ),
)


def main(argv: list[str] | None = None) -> int:
    """Run the suites that were asked for and print the table."""
    return _suites.main(__doc__ or "", SUITES, RUNS, argv)


if __name__ == "__main__":
    raise SystemExit(main())
