"""The shelf of file formats: each turns the bytes of one file into interactions and back."""

from __future__ import annotations

from llmvcr.errors import OptionError, ReadError
from llmvcr.formats.base import Document, Format
from llmvcr.formats.cassetter import CASSETTER
from llmvcr.formats.exchange import EXCHANGE
from llmvcr.formats.foreign import FOREIGN
from llmvcr.formats.go_vcr import GO_VCR
from llmvcr.formats.recording import RECORDING
from llmvcr.formats.ruby_vcr import RUBY_VCR
from llmvcr.formats.typed_json import TYPED_JSON
from llmvcr.formats.vcr_json import VCR_JSON
from llmvcr.formats.vcr_yaml import VCR_YAML

__all__ = ["FORMATS", "READ_ONLY", "Document", "Format", "by_name", "extended", "read", "sniff"]


FORMATS: tuple[Format, ...] = (TYPED_JSON, RECORDING, VCR_JSON, VCR_YAML)
"""Every format that is read and written, in the order in which they are asked whether a file is theirs."""

READ_ONLY: tuple[Format, ...] = (CASSETTER, GO_VCR, RUBY_VCR, EXCHANGE, FOREIGN)
"""The formats of other tools. They are asked first, because each claims only what is surely its own, and ours would
take most of it for a damaged file; `by_name` does not know them, so that nothing is ever written in one."""

_SKIMMED = (TYPED_JSON, VCR_YAML)
"""The formats whose own layout is so sure a sign that no other need be asked, and so regular that it is read fast."""


def by_name(name: str) -> Format:
    """Return the format called `name`, of those that are written; raises OptionError listing the names."""
    for known in FORMATS:
        if known.name == name:
            return known
    message = f"there is no format {name!r}; known are {_names()}"
    raise OptionError(message)


def sniff(data: bytes, *, path: str) -> Format:
    """Return the format that the content looks like, whatever the file's name; raises ReadError when none claims it."""
    if not data or data.isspace():
        raise ReadError(path, "is empty")
    for known in (*READ_ONLY, *FORMATS):
        if known.claims(data):
            return known
    raise ReadError(path, f"is in no format that llmvcr reads ({_names()})")


def read(data: bytes, *, path: str) -> Document:
    """Read a whole file in the format that its content looks like; raises ReadError."""
    for known in _SKIMMED:
        document = known.skim(data, path=path)
        if document is not None:
            return document
    return sniff(data, path=path).read(data, path=path)


def extended(data: bytes, fresh: Document, *, path: str) -> bytes | None:
    """Give the bytes of a cassette that can be read, with the interactions of `fresh` behind its own.

    What was there is neither parsed nor written anew, but copied: that takes next to no time, however much it is. None
    where the file has not the layout that we write, or has interactions of none: then it is to be written whole.
    Raises WriteError for what the format of the file cannot hold.
    """
    grown = (known.extend(data, fresh, path=path) for known in _SKIMMED)
    return next((whole for whole in grown if whole is not None), None)


def _names() -> str:
    return ", ".join(known.name for known in FORMATS)
