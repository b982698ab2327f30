"""llmvcr under vcrpy: matcher, serializers, persister, cassette; the only room that imports vcr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmvcr.bridge.late_vcr import import_vcr

import_vcr()  # before what follows imports it as it is
# ruff: noqa: E402

from llmvcr.bridge.cassette import LlmCassette
from llmvcr.bridge.config import (
    KNOWN_OPTIONS,
    OWN_OPTIONS,
    STALE_IDLE,
    VCR,
    check_options,
    is_stale_idle,
    register,
    set_up,
    use_cassette,
    without_idle_rules,
)
from llmvcr.bridge.miss import Miss, MissAbort
from llmvcr.bridge.options import Options
from llmvcr.late import late

if TYPE_CHECKING:
    from llmvcr.bridge.accounting import account
    from llmvcr.bridge.watching import watched

__all__ = [
    "KNOWN_OPTIONS",
    "OWN_OPTIONS",
    "STALE_IDLE",
    "VCR",
    "LlmCassette",
    "Miss",
    "MissAbort",
    "Options",
    "account",
    "check_options",
    "is_stale_idle",
    "register",
    "set_up",
    "use_cassette",
    "watched",
    "without_idle_rules",
]

__getattr__ = late(__name__, {"accounting": ("account",), "watching": ("watched",)})
