"""llmvcr under vcrpy: matcher, serializers, persister, cassette; the only room that imports vcr."""

from __future__ import annotations

from llmvcr.bridge.accounting import account
from llmvcr.bridge.cassette import LlmCassette
from llmvcr.bridge.config import (
    KNOWN_OPTIONS,
    OWN_OPTIONS,
    VCR,
    check_options,
    register,
    use_cassette,
    without_idle_rules,
)
from llmvcr.bridge.miss import Miss, MissAbort
from llmvcr.bridge.watching import watched

__all__ = [
    "KNOWN_OPTIONS",
    "OWN_OPTIONS",
    "VCR",
    "LlmCassette",
    "Miss",
    "MissAbort",
    "account",
    "check_options",
    "register",
    "use_cassette",
    "watched",
    "without_idle_rules",
]
