"""vcrpy's YAML cassettes: every vintage read, written so that plain vcrpy reads the same bytes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from llmvcr.errors import ReadError, WriteError
from llmvcr.formats import cassette, extra, vcr_dict, yaml_regular, yaml_slices
from llmvcr.formats.base import Document
from llmvcr.formats.unread import UnsureError
from llmvcr.formats.vintage import CUT
from llmvcr.interaction import Interaction, Json

__all__ = ["VCR_YAML", "VcrYaml", "unpacked"]

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"  # which editors on Windows put in front, and YAML allows
_HEAD = 1 << 16
_KEYS = (rb"interactions", rb"requests", rb"responses", rb"http_interactions")
_TOP = re.compile(rb"^(?:\{\s*)?[\"']?(?:" + b"|".join(_KEYS) + rb")[\"']?[ \t]*:", re.MULTILINE)
_MOST_UNPACKED = 64 << 20


@dataclass(frozen=True, slots=True)
class VcrYaml:
    """The format "yaml": {interactions: [{request, response}], version: 1}, plain or gzipped on reading."""

    name: str = "yaml"
    suffix: str = ".yaml"

    def claims(self, data: bytes) -> bool:
        """Say whether a top-level key of vcrpy's stands at the start of a line, in a gzipped file too."""
        if data[:2] == _GZIP:
            try:
                data = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _HEAD)
            except zlib.error:
                return True
        return _TOP.search(data.removeprefix(_BOM)) is not None

    def read(self, data: bytes, *, path: str) -> Document:
        """Read every shape of matching.md §6; raises ReadError, also for a file whose end is missing."""
        data = unpacked(data, path)
        if not data.strip():
            raise ReadError(path, "is empty")
        top = _loaded(data, path)
        document = cassette.to_document(top, path=path)
        _refuse_cut(top, data, path)
        return document

    def skim(self, data: bytes, *, path: str) -> Document | None:
        """Read a cassette in the layout of PyYAML, as vcrpy and `write` write it; long streams are read when asked for.

        None for any other file.
        """
        found = yaml_slices.sliced(data, path=path)
        return None if found is None else Document(found.interactions, found.beside, places=found.places)

    def extend(self, data: bytes, fresh: Document, *, path: str) -> bytes | None:
        """Give the bytes of a cassette that can be read, with the interactions of `fresh` behind its own.

        What was there is copied. None for a file of another format or another layout. Raises WriteError.
        """
        return yaml_slices.extended(data, self.write(fresh, path=path)) if data[:1] == b"i" else None

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:
        """Write what plain vcrpy 9.4.2 reads as the same bytes; JSON and SSE of several lines as block text.

        Bodies that are no UTF-8 are !!binary. Raises WriteError for text with lone surrogates.
        """
        written = [_written(each, number, path, strict=strict) for number, each in enumerate(document.interactions)]
        whole = cassette.to_dict(written, document.extra, strict=strict)
        from llmvcr.formats import yaml_text  # noqa: PLC0415 - PyYAML comes with it, which a replay has no use for

        return yaml_text.dump(whole, path=path)


VCR_YAML = VcrYaml()


def _loaded(data: bytes, path: str) -> Json:
    """Read YAML by its lines where they are sure, which takes half the time; else, and where it is wrong, safely."""
    try:
        if yaml_regular.is_plain_text(data):
            return yaml_regular.load(data.decode())
    except (UnsureError, ValueError, RecursionError):
        pass  # the safe loader will say what it is
    from llmvcr.formats import yaml_text  # noqa: PLC0415 - as above

    return yaml_text.load(data, path=path)


def _written(interaction: Interaction, number: int, path: str, *, strict: bool) -> dict[str, Json]:
    dct = vcr_dict.from_interaction(interaction, strict=strict)
    packed = dct["response"].get(extra.KEY)
    if packed:
        dct["response"][extra.KEY] = {key: _one_line(value) for key, value in packed.items()}
    try:
        for text in _texts(interaction):
            text.encode("utf-8")
    except UnicodeEncodeError:
        reason = "has text with a lone surrogate, which YAML cannot hold"
        raise WriteError(path, reason, interaction=number, fix="write it as vcr_json") from None
    return dct


def _texts(interaction: Interaction) -> list[str]:
    asked, answered = interaction.request, interaction.response
    lines = [part for line in (*asked.headers, *answered.headers) for part in line]
    return [asked.method, asked.url, answered.reason, *lines]


def _one_line(value: Json) -> Json:
    """Put lists of numbers (lengths, times) on one line each, however deep they stand."""
    if isinstance(value, Mapping):
        return {key: _one_line(held) for key, held in value.items()}
    if not isinstance(value, list):
        return value
    if all(isinstance(held, int | float) for held in value):
        from llmvcr.formats.yaml_text import Flow  # noqa: PLC0415 - as above

        return Flow(value)
    return [_one_line(held) for held in value]


def unpacked(data: bytes, path: str) -> bytes:
    """Unpack a gzip'd file, within bounds, or give the bytes as they are; raises ReadError."""
    if data[:2] != _GZIP:
        return data
    whole = b""
    try:
        while data:
            packed = zlib.decompressobj(zlib.MAX_WBITS | 16)
            whole += packed.decompress(data, _MOST_UNPACKED + 1 - len(whole))
            if len(whole) > _MOST_UNPACKED:
                raise ReadError(path, f"unpacks to more than {_MOST_UNPACKED >> 20} MiB")
            if not packed.eof:
                raise ReadError(path, "is a gzip file whose end is missing", fix=CUT)
            # Zeros after the last member are padding, as for the gzip command.
            data = packed.unused_data.lstrip(b"\0")
    except zlib.error:
        raise ReadError(path, "is a damaged gzip file") from None
    return whole


def _refuse_cut(top: Mapping[str, Json], data: bytes, path: str) -> None:
    # vcrpy writes `version` last, and so do we. Some projects drop it, so that of their files its absence alone says
    # nothing; but a line that does not end, or a status without its second key, then means that the rest was lost.
    if "version" in top or "interactions" not in top or not top["interactions"]:
        return
    if any(extra.KEY in each["response"] for each in top["interactions"]):
        raise ReadError(path, "has no version at its end, where llmvcr always writes one", fix=CUT)
    number = len(top["interactions"]) - 1
    status = top["interactions"][-1]["response"].get("status")
    if isinstance(status, Mapping) and "message" not in status:
        raise ReadError(path, "is missing", interaction=number, place="response.status.message", fix=CUT)
    if not data.endswith((b"\n", b"\r", b"}", b"...")):
        raise ReadError(path, "ends in the middle of a line, with no version after it", interaction=number, fix=CUT)
