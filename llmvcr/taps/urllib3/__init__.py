"""The tap for urllib3, and so for requests and boto3: pools that ask the cassette, and answers heard as they pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from llmvcr.taps.anew import made_of
from llmvcr.taps.base import Patch, Recorder

__all__ = ["URLLIB3", "Urllib3Tap"]


@dataclass(frozen=True, slots=True)
class Urllib3Tap:
    """urllib3 2 and 1.26; it is tapped when the application imports it."""

    name: str = "urllib3"
    replaces: tuple[str, ...] = ("urllib3", "requests", "boto3")
    awaits: tuple[str, ...] = ("urllib3",)
    is_steady: bool = True

    def patches(self, recorder: Recorder) -> Iterable[Patch]:
        """Give the patches of `llmvcr.taps.urllib3.pools`."""
        found: Iterable[Patch] = made_of(
            "urllib3.connectionpool", "HTTPConnectionPool", "llmvcr.taps.urllib3.pools"
        ).patches(recorder)
        return found


URLLIB3 = Urllib3Tap()
