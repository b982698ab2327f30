"""The gate before a cassette is written: no secret that is still in it passes (shared/decisions.md, 22 and 24)."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llmvcr import formats, storage
from llmvcr.errors import LeakError
from llmvcr.formats import Document

if TYPE_CHECKING:
    from llmvcr.redaction import Find, Redactor

__all__ = ["Gate", "Leaks"]

Leaks = Literal["fail", "warn", "off"]
"""What a secret does that is found in what was recorded: refuse the file, say so in the log, or nothing."""

_LOG = logging.getLogger("llmvcr")


@dataclass(frozen=True, slots=True)
class Gate:
    """Looks through what is written for the first time, by our own shapes and by the scanner where it is installed."""

    leaks: Leaks
    redactor: Redactor

    def check(self, document: Document, kept: int, path: str, format: str) -> None:  # noqa: A002 - as in storage.dump
        """Look at the interactions after the first `kept`; raises LeakError.

        Those before them were looked at when they were added. What was refused is stored beside, in `format`, with all
        that was found masked.
        """
        if self.leaks == "off":
            return
        fresh = replace(document, interactions=document.interactions[kept:])
        found = self._found(fresh, path, format)
        if not found:
            return
        told = [f"interaction {number}, {find}" if number is not None else str(find) for number, find in found]
        if self.leaks == "warn":
            _LOG.warning("%s: what looks like a secret is written: %s", path, "; ".join(told))
            return
        raise LeakError(path, told, str(self._masked(fresh, path, format, [find for _, find in found])))

    def _found(self, document: Document, path: str, format: str) -> list[tuple[int | None, Find]]:  # noqa: A002 - as above
        from llmvcr.redaction import Find  # noqa: PLC0415 - a replay writes nothing
        from llmvcr.secrets import scanner  # noqa: PLC0415 - as above

        found: list[tuple[int | None, Find]] = []
        for number, one in enumerate(document.interactions):
            found += [(number, find) for find in self.redactor.find(one)]
        known = {find.value for _, find in found}
        text = formats.by_name(format).write(document, path=path).decode("utf-8", "replace")
        others = dict.fromkeys(Find("text", rule, value) for rule, value in scanner.scanned(text))
        return [*found, *((None, find) for find in others if not any(find.value in value for value in known))]

    def _masked(self, document: Document, path: str, format: str, found: list[Find]) -> Path:  # noqa: A002 - as above
        from llmvcr import redaction  # noqa: PLC0415 - a replay writes nothing

        # A value of the user's own is replaced from 4 characters on, wherever it stands and however it is spelt.
        masking = redaction.redactor([{"value": find.value, "kind": find.kind} for find in found], os.environ)
        clean = tuple(masking.redact(one).interaction for one in document.interactions)
        suffix = ".yaml" if format == "yaml" else ".json"
        place = storage.workshop(Path(path).parent) / f"refused-{Path(path).stem[:200]}{suffix}"
        storage.dump(replace(document, interactions=clean), place, format=format)
        return place
