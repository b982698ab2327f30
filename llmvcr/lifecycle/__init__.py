"""The life of cassettes: how old they are, what of them is used, what a run did with them, what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmvcr.late import late

if TYPE_CHECKING:
    from llmvcr.lifecycle.accounts import Account, Load
    from llmvcr.lifecycle.ageing import Ages, ages, max_age, recorded_at, spelt
    from llmvcr.lifecycle.merging import Merged, merged
    from llmvcr.lifecycle.pruning import alike, fingerprint, is_cassette, remove, without
    from llmvcr.lifecycle.using import Use, joined, orphans, root
    from llmvcr.lifecycle.verifying import answered, differences

__all__ = [
    "Account",
    "Ages",
    "Load",
    "Merged",
    "Use",
    "ages",
    "alike",
    "answered",
    "differences",
    "fingerprint",
    "is_cassette",
    "joined",
    "max_age",
    "merged",
    "orphans",
    "recorded_at",
    "remove",
    "root",
    "spelt",
    "without",
]

__getattr__ = late(
    __name__,
    {
        "accounts": ("Account", "Load"),
        "ageing": ("Ages", "ages", "max_age", "recorded_at", "spelt"),
        "merging": ("Merged", "merged"),
        "pruning": ("alike", "fingerprint", "is_cassette", "remove", "without"),
        "using": ("Use", "joined", "orphans", "root"),
        "verifying": ("answered", "differences"),
    },
)
