"""vcrpy's own JSON cassettes, as its `json` serializer writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from llmvcr.errors import ReadError, WriteError
from llmvcr.formats import cassette, vcr_dict
from llmvcr.formats.base import Document
from llmvcr.formats.vintage import CUT
from llmvcr.interaction import Interaction, Json

__all__ = ["VCR_JSON", "VcrJson"]

_BOM = b"\xef\xbb\xbf"
_URI = re.compile(rb'"uri"\s*:')
_EMPTY = re.compile(rb'^[^"]*(?:"version"\s*:\s*1\s*,\s*)?"interactions"\s*:\s*\[\s*\]\s*[,}]')
_INTERACTIONS = re.compile(rb'^\s*\{.*?"(?:interactions|requests)"\s*:', re.DOTALL)


@dataclass(frozen=True, slots=True)
class VcrJson:
    """The format "vcr_json": {"version": 1, "interactions": [{"request": {…, "uri": …}, "response": {…}}]}."""

    name: str = "vcr_json"
    suffix: str = ".json"

    def claims(self, data: bytes) -> bool:
        """Say whether it is a JSON object whose requests have a `uri`, which no other format calls so; or has none."""
        if not data.removeprefix(_BOM).lstrip().startswith(b"{"):
            return False
        if not _URI.search(data):
            return _EMPTY.search(data) is not None
        try:
            top = json.loads(data.removeprefix(_BOM))
        except (ValueError, RecursionError):
            # A cut file is still claimed, so that the error names this format.
            return _INTERACTIONS.search(data.removeprefix(_BOM)) is not None
        requests = [top.get("requests"), top.get("interactions")]
        first = next((held[0] for held in requests if isinstance(held, list) and held), None)
        asked = first.get("request", first) if isinstance(first, Mapping) else None
        return isinstance(asked, Mapping) and "uri" in asked

    def read(self, data: bytes, *, path: str) -> Document:
        """Read a whole file; raises ReadError."""
        try:
            top = json.loads(data.removeprefix(_BOM))
        except json.JSONDecodeError as error:
            at_end = error.pos >= len(error.doc.rstrip()) or "Unterminated" in error.msg
            place = f"line {error.lineno}, column {error.colno}"
            fix = CUT if at_end else ""
            raise ReadError(path, f"is not well-formed JSON: {error.msg}", place=place, fix=fix) from None
        except RecursionError:
            raise ReadError(path, "nests too deep to be read") from None
        except ValueError as error:
            raise ReadError(path, f"is not well-formed JSON: {error}") from None
        return cassette.to_document(top, path=path)

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:
        """Write with an indent of 4 and ASCII escapes, as vcrpy does, `version` first.

        vcrpy's JSON has no place for a body that is no UTF-8: the body stands as "" and its bytes as base64 under the
        extra key, so that vcrpy loads the file (and answers with an empty body) and llmvcr gives the bytes; with
        `strict` that raises WriteError, as vcrpy itself refuses to write it.
        """
        written = [_written(each, number, path, strict=strict) for number, each in enumerate(document.interactions)]
        whole = cassette.to_dict(written, document.extra, strict=strict)
        # vcrpy serialises {"version", "interactions"} in this order, and JSON keeps it.
        whole = {"version": whole.pop("version"), **whole}
        try:
            return (json.dumps(whole, indent=4) + "\n").encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise WriteError(path, f"JSON cannot hold it: {error}") from None


VCR_JSON = VcrJson()


def _written(interaction: Interaction, number: int, path: str, *, strict: bool) -> dict[str, Json]:
    if strict:
        for place, body in (("request.body", interaction.request.body), ("response.body", interaction.response.body)):
            try:
                (body or b"").decode("utf-8")
            except UnicodeDecodeError:
                reason = "is no UTF-8, and vcrpy's JSON has no place for such bytes"
                fix = "convert without --strict, or to yaml"
                raise WriteError(path, reason, interaction=number, place=place, fix=fix) from None
    return vcr_dict.from_interaction(interaction, strict=strict, binary=False)
