"""Side traffic while a cassette is open: telemetry and downloads of libraries, kept out of it, and counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from llmvcr.bridge.miss import miss
from llmvcr.bridge.options import Options
from llmvcr.bridge.translate import to_request
from llmvcr.interaction import Request
from llmvcr.taps import Call

__all__ = ["Siding"]


class Siding:
    """Looks at the calls that one cassette, whose lock is held meanwhile, has no answer for."""

    def __init__(self, cassette: Any, options: Options) -> None:
        """Take the cassette, which need not be loaded yet."""
        self._cassette, self._how = cassette, options.llmvcr_side_traffic
        self.counts: Counter[tuple[str, str]] = Counter()
        """Calls that were kept out, by whose they are and what became of them."""

    def keeps_out(self, request: Any) -> bool:
        """Say whether what one of vcrpy's own stubs heard is side traffic, and nothing to record."""
        if self._how == "record":
            return False
        from llmvcr.side_traffic import recognised  # noqa: PLC0415 - mostly every call has its answer

        if (row := recognised(to_request(request))) is None:
            return False
        self.counts[row.name, "passed on"] += 1
        return True

    def call(self, request: Request) -> Call | None:
        """Say what a tap does with a call that the cassette has no answer for, if it is side traffic; else None.

        Raises the miss for a download that may not go out.
        """
        if self._how == "record":
            return None
        from llmvcr.side_traffic import NOTHING, recognised  # noqa: PLC0415 - as above

        if (row := recognised(request)) is None:
            return None
        if self._how != "block" and not self._cassette.write_protected:
            self.counts[row.name, "passed on"] += 1
            return Call()
        if row.kind == "telemetry":
            self.counts[row.name, "answered by llmvcr"] += 1
            return Call(answer=NOTHING)
        self.counts[row.name, "refused"] += 1
        error = miss(self._cassette, request)
        advice = row.advice or "record it by llmvcr_side_traffic = record"
        error.add_note(f"{row.name} downloads this for itself; such are kept out of cassettes. What to do: {advice}.")
        raise error
