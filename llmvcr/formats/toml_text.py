"""TOML text to plain values, safely."""

# The standard library's parser is sound but trusting: it keeps every beginning of a dotted key, which is quadratic in
# the number of its parts, so that a file of 400 kB (a.a.a.… = 1) takes all memory there is. Keys are therefore looked
# at first: strings and comments, where dots mean nothing, are taken out as TOML itself delimits them.

from __future__ import annotations

import datetime as dt
import re
import tomllib

from llmvcr.errors import ReadError
from llmvcr.formats.vintage import CUT
from llmvcr.interaction import Json

__all__ = ["MAX_BYTES", "MAX_PARTS", "load"]

MAX_BYTES = 64 << 20
"""The longest file that is read, in bytes."""

MAX_PARTS = 16
"""How many parts a dotted key may have; cassetter's have three at most."""

_QUOTED = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}'
    r"|'''(?:[^']|'(?!''))*+'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*+"'
    r"|'[^'\n]*+'"
    r"|#[^\n]*+",
    re.DOTALL,
)
_DOTTED = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MAX_PARTS}}}")


def load(data: bytes, *, path: str) -> Json:
    """Read a TOML file as JSON's own types, dates and times as text.

    Raises ReadError for what is no TOML, and beyond MAX_BYTES and MAX_PARTS.
    """
    if len(data) > MAX_BYTES:
        raise ReadError(path, f"is a TOML file of more than {MAX_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
        if _DOTTED.search(_QUOTED.sub("s", text)):
            raise ReadError(path, f"has a dotted key of more than {MAX_PARTS} parts")
        return _plain(tomllib.loads(text))
    except UnicodeDecodeError as error:
        raise ReadError(path, f"is not UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise ReadError(path, f"is not well-formed TOML: {error}", fix=CUT) from None
    except (RecursionError, ValueError):
        raise ReadError(path, "nests too deep, or holds a number that is too long") from None


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value
