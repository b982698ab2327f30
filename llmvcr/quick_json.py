"""One text for each JSON value, by a fast parser that not every run has a need of; None wherever it is not sure."""

from __future__ import annotations

import msgspec

from llmvcr.bodies import MAX_DEPTH, Body, may_hold_open
from llmvcr.interaction import Json
from llmvcr.wire.nesting import nests_deeper

__all__ = ["body", "one_spelling", "one_text", "spelt"]

_FIRST_INEXACT = 2.0**53


def one_spelling(data: bytes) -> bytes | None:
    """Give the JSON text of a body with sorted keys, without blanks, in UTF-8; None for one that is not read so.

    Bodies for which it gives equal texts are equal JSON as `llmvcr.bodies.read` has it: the same keys, the same
    strings, the same numbers. None is given for what is no JSON in UTF-8, and wherever readers differ or `bodies` goes
    by more than the value: an object that names a key twice, a number with an exponent, a float beyond 2**53, a lone
    surrogate, what is nested deep. Never raises.
    """
    read = spelt(data)
    return None if read is None else read[1]


def spelt(data: bytes) -> tuple[Json, bytes] | None:
    """Give the value of a body, which belongs to the caller, with its one spelling; None where that has none."""
    # Before it is parsed: msgspec takes more of the stack for a level than Python counts on.
    if nests_deeper(data, MAX_DEPTH):
        return None
    try:
        value = _DECODER.decode(data)
        text = _ENCODER.encode(value)
    except (msgspec.MsgspecError, ValueError):
        return None
    # Of a key that stands twice only one is left. Nothing grows on the way, numbers with an exponent aside: so nothing
    # was lost where the length is the same, and else no quote is, if each stands for itself in both.
    if len(text) != len(data) and (b"\\u0022" in data or text.count(b'"') != data.count(b'"')):
        return None
    return value, text


def body(data: bytes) -> Body | None:
    """Read a body as `llmvcr.bodies.read` does, three times as fast; None where that has to say what it is."""
    found = spelt(data)
    if found is None:
        return None
    text = data.decode()
    return None if may_hold_open(text) else Body("json", found[0], found[0], text)


def one_text(value: Json) -> bytes | None:
    """Give the JSON text of a value of a canonical form, with sorted keys; None for what is no such value.

    No other value has this text. (NaN, which is written as null, has no value that stands in a request.)
    """
    try:
        return _MARKED.encode(value)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError):
        return None


def _plain(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    raise TypeError(value)


def _number(text: str) -> float | int:
    number = float(text)
    if not -_FIRST_INEXACT < number < _FIRST_INEXACT or "e" in text or "E" in text:
        raise ValueError(text)
    return int(number) if number.is_integer() else number


_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(order="sorted")
_MARKED = msgspec.json.Encoder(order="sorted", enc_hook=_plain)
