"""The tap for urllib3, and so for requests and boto3: pools that ask the cassette, and answers heard as they pass."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass

from llmvcr.taps.base import Patch, Recorder
from llmvcr.taps.installed import is_installed

__all__ = ["URLLIB3", "Urllib3Tap"]


@dataclass(frozen=True, slots=True)
class Urllib3Tap:
    """urllib3 2 and 1.26; it is imported when a cassette is opened, and never before."""

    name: str = "urllib3"
    replaces: tuple[str, ...] = ("urllib3", "requests", "boto3")
    awaits: tuple[str, ...] = ()

    def patches(self, recorder: Recorder) -> Iterable[Patch]:
        """Give the patches of `llmvcr.taps.urllib3.pools`; none where urllib3 is not installed."""
        if not is_installed(self.name):
            return ()
        found: Iterable[Patch] = importlib.import_module(f"{__name__}.pools").patches(recorder)
        return found


URLLIB3 = Urllib3Tap()
