"""The shelf of file formats: each turns the bytes of one file into interactions and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from llmvcr.errors import OptionError, ReadError
from llmvcr.formats.base import Document, Format
from llmvcr.late import late
from llmvcr.wire.nesting import watched

if TYPE_CHECKING:
    from llmvcr.formats.shelf import FORMATS, READ_ONLY
    from llmvcr.formats.typed_json import TypedJson
    from llmvcr.formats.vcr_yaml import VcrYaml

__all__ = ["FORMATS", "READ_ONLY", "Document", "Format", "by_name", "extended", "read", "sniff"]

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[|\{\s*[\"}])")

__getattr__ = late(__name__, {"shelf": ("FORMATS", "READ_ONLY")})


def by_name(name: str) -> Format:
    """Return the format called `name`, of those that are written; raises OptionError listing the names."""
    from llmvcr.formats.shelf import FORMATS  # noqa: PLC0415 - not all of it is needed to replay

    for known in FORMATS:
        if known.name == name:
            return known
    message = f"there is no format {name!r}; known are {_names()}"
    raise OptionError(message)


def sniff(data: bytes, *, path: str) -> Format:
    """Return the format that the content looks like, whatever the file's name; raises ReadError when none claims it."""
    if not data or data.isspace():
        raise ReadError(path, "is empty")
    _look_down(data, path)
    from llmvcr.formats.shelf import FORMATS, READ_ONLY  # noqa: PLC0415 - not all of it is needed to replay

    for known in (*READ_ONLY, *FORMATS):
        if known.claims(data):
            return known
    raise ReadError(path, f"is in no format that llmvcr reads ({_names()})")


def read(data: bytes, *, path: str) -> Document:
    """Read a whole file in the format that its content looks like; raises ReadError."""
    _look_down(data, path)
    for known in _skimmed():
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
    if not fresh.interactions:
        return data
    grown = (known.extend(data, fresh, path=path) for known in _skimmed())
    return next((whole for whole in grown if whole is not None), None)


def _look_down(data: bytes, path: str) -> None:
    try:
        if _JSON.match(data):
            watched(data)
    except RecursionError:
        raise ReadError(path, "is nested too deep") from None


def _skimmed() -> Iterator[VcrYaml | TypedJson]:
    """Give the formats whose own layout is so sure a sign that no other need be asked, and so regular that it is fast.

    No file is in both.
    """
    from llmvcr.formats.vcr_yaml import VCR_YAML  # noqa: PLC0415 - who has the one mostly does without the other

    yield VCR_YAML
    from llmvcr.formats.typed_json import TYPED_JSON  # noqa: PLC0415 - as above

    yield TYPED_JSON


def _names() -> str:
    from llmvcr.formats.shelf import FORMATS  # noqa: PLC0415 - as in `by_name`

    return ", ".join(known.name for known in FORMATS)
