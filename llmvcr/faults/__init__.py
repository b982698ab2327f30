"""Faults on demand: what a provider that misbehaves would do to a good recording.

`fault` is what a user asks for, `plan` says which call it happens to, `making` what comes of it: from the shapes in
`refusals` or from the events of the recorded answer, which `streams` cuts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmvcr.late import late

if TYPE_CHECKING:
    from llmvcr.faults.fault import Fault, checked, from_mark
    from llmvcr.faults.making import altered, made
    from llmvcr.faults.plan import Due, Plan

__all__ = ["Due", "Fault", "Plan", "altered", "checked", "from_mark", "made"]

__getattr__ = late(
    __name__,
    {
        "fault": ("Fault", "checked", "from_mark"),
        "making": ("altered", "made"),
        "plan": ("Due", "Plan"),
    },
)
