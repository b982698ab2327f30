"""A request that is not recorded: the errors that say so, in a way that reaches the person."""

from __future__ import annotations

import sys
from typing import Any, TypeVar

from vcr.errors import CannotOverwriteExistingCassetteException

__all__ = ["Miss", "MissAbort", "miss", "through_sdks"]

_Error = TypeVar("_Error", bound=Exception)

_SDK_ERRORS = (("openai", "OpenAIError"), ("anthropic", "AnthropicError"))
"""Base errors that an SDK lets through at once. Of any other exception it takes a lost connection, asks twice more
with pauses, and says "Connection error." in place of the reason (openai 3.54, `_base_client.request`)."""


_RECORD = (
    "To record it, run once with --record-mode=new_episodes (without pytest: record_mode='new_episodes').",
    "To record the whole cassette again, run once with --record-mode=rewrite.",
)
_VARIES = (
    "If what differs changes on every run, leave it out of the comparison: give the path above to llmvcr_ignore,",
    "  llmvcr_patterns or llmvcr_ids (README, Matching); `llmvcr rules` lists the rules in force.",
)
_ADVICE = {
    "cassette_not_found": (
        "Record it: run once with --record-mode=once (without pytest: record_mode='once').",
        "If it was recorded, check the path above: its folder, its name, and its suffix (.yaml or .json).",
    ),
    "already_played": (
        "If equal requests may get the same answer again, set allow_playback_repeats=True.",
        *_RECORD,
    ),
    "no_match": (*_RECORD, *_VARIES),
    "nothing_similar": (*_RECORD, "If it should not be recorded at all, name its host in ignore_hosts."),
}
"""What to do, by vcrpy's reasons; vcrpy's own advice knows neither pytest's options nor our rules."""


class Miss(CannotOverwriteExistingCassetteException):  # type: ignore[misc]
    """A request that is in no cassette while the record mode forbids to record it.

    It is vcrpy's own error for this case, so that `except` clauses for that go on working. Where the openai or
    anthropic SDK is loaded, it is also an instance of the SDK's base error, so that the SDK lets it through.
    """


class MissAbort(BaseException):
    """A miss that no SDK can wrap, retry or swallow, since it is no `Exception`; `miss` is the error itself."""

    def __init__(self, missing: Miss) -> None:
        super().__init__(str(missing))
        self.miss = missing


def miss(cassette: Any, request: Any) -> Miss:
    """Return the error for a vcrpy request that `cassette` lacks."""
    error = through_sdks(Miss)(cassette=cassette, failed_request=request)
    said, _, _ = str(error).partition("\n\nHow to fix:\n")
    error.args = ("\n".join((said, "", "How to fix:", *(f"  * {line}" for line in _ADVICE[error.reason]))),)
    return error


def through_sdks(kind: type[_Error]) -> type[_Error]:
    """Return an error class as one that the SDKs which are loaded let through at once."""
    bases = [getattr(sys.modules[sdk], name) for sdk, name in _SDK_ERRORS if hasattr(sys.modules.get(sdk), name)]
    return type(kind.__name__, (kind, *bases), {"__module__": kind.__module__}) if bases else kind
