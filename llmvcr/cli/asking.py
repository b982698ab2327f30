"""What several commands ask for alike: how many processes, and options that print something and end, as --help does."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from llmvcr.cli import schemas
from llmvcr.cli.progress import say

__all__ = ["PrintSchema", "PrintVersion", "processes"]


class PrintVersion(argparse.Action):
    """Print the version of llmvcr; it is looked for when somebody asks, since that is not free."""

    def __init__(self, option_strings: Sequence[str], **more: Any) -> None:
        super().__init__(option_strings, **more | {"dest": argparse.SUPPRESS, "nargs": 0})

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and exit."""
        from importlib.metadata import version  # noqa: PLC0415 - as above

        say(sys.stdout, f"{parser.prog} {version('pytest-llmvcr')}")
        parser.exit()


class PrintSchema(argparse.Action):
    """Print the JSON Schema of what a command, named by `const`, prints with --json."""

    def __init__(self, option_strings: Sequence[str], **more: Any) -> None:
        super().__init__(option_strings, **more | {"dest": argparse.SUPPRESS, "nargs": 0})

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and exit."""
        say(sys.stdout, schemas.text(str(self.const)).removesuffix("\n"))
        parser.exit()


def processes(text: str) -> int:
    """Read the number of processes to work with; raises ArgumentTypeError for what is none."""
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError("is the number of processes, 1 or more")
    return count
