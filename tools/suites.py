"""Run the test suites of vcrpy and pytest-recording without llmvcr and with it, and name every test that is worse.

    python3 tools/suites.py [--suite NAME] [--run NAME] [--cache FOLDER]

Each suite is the one in its project's source distribution, run in environments of its own under a cache folder
outside this project. The runs:

    baseline   without llmvcr installed
    recording  with llmvcr installed and switched off: what pytest-recording, which comes with it, does to vcrpy's suite
    plugin     with llmvcr installed, so that pytest loads its plugin (held against `recording`, else `baseline`)
    alone      llmvcr's plugin loaded, pytest-recording's not
    replaced   as `alone`, with `vcr.VCR` replaced by `llmvcr.VCR` (reported, never an error)

A test that is worse is run again by itself, up to three times (once where it is no error): if it then does as well as
before, it is called flaky.
A test that llmvcr fails on purpose stands in the table of suites with the reason, and is no error.
Exit code 0 where no test is worse for llmvcr's plugin, 1 where one is, 2 where something could not be set up.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import _suites
from tools._suite_runs import Run, Suite

__all__ = ["RUNS", "SUITES", "main"]

RUNS = (
    Run("baseline", installed=False),
    Run("recording", ("-p", "no:llmvcr")),
    Run("plugin", counts=True, against="recording"),
    Run("alone", ("-p", "no:recording"), counts=True),
    Run("replaced", ("-p", "no:recording", "-p", "llmvcr_as_vcr")),
)

SUITES = (
    Suite(
        "pytest-recording",
        "0.14.1",
        "tests",
        needs=("pycurl",),
        runs=("baseline", "plugin"),
        expected={
            "tests/test_recording.py::test_forbidden_characters": "a name that had characters replaced ends with a "
            "mark of its own: ids that differ in such a character only share no cassette; the old name is still read",
        },
    ),
    Suite(
        "vcrpy",
        "9.4.2",
        "tests",
        arguments=("-m", "not online"),
        files={".editorconfig": "root = true\n\n[*]\ncharset = utf-8\nindent_style = space\n"},
        certificates=True,
    ),
)


def main(argv: list[str] | None = None) -> int:
    """Run the suites that were asked for and print the table."""
    return _suites.main(__doc__ or "", SUITES, RUNS, argv)


if __name__ == "__main__":
    raise SystemExit(main())
