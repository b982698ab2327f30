"""The frames of a WebSocket connection, and how they stand in files: one JSON object each, a message or a close."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from llmvcr.errors import ReadError
from llmvcr.interaction import SWITCHED, Interaction, Json, is_socket

__all__ = ["Close", "Event", "Frame", "from_json", "to_json", "unheard"]

_PLACE = "response.llmvcr.frames"
_LONGEST = 1e12  # milliseconds
_CODES = range(1000, 5000)  # RFC 6455, section 7.4
_LONGEST_REASON = 123  # RFC 6455, section 5.5


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: `sent` by the client or received by it, as text or as bytes, `ms` after the handshake was asked.

    `fragments` are the lengths in bytes of the pieces that it crossed the wire in, where there was more than one.
    Pings and pongs are no part of a conversation: either side answers them by itself.
    """

    data: str | bytes
    ms: float = 0.0
    fragments: tuple[int, ...] = ()
    sent: bool = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Close:
    """A close frame: `code` is None where it named none (RFC 6455, section 5.5.1)."""

    code: int | None = None
    reason: str = ""
    ms: float = 0.0
    sent: bool = field(kw_only=True)


Event = Frame | Close
"""What crossed a connection, in the order in which the client sent and received it."""


def to_json(events: Iterable[Event]) -> list[Json]:
    """Return one object an event: {"sent" or "received": said, "ms": …, "fragments": […]}, without what is nothing.

    What was said is text as it is, {"base64": …} for bytes, or {"close": code or null, "reason": …}.
    """
    return [_to_json(event) for event in events]


def from_json(value: Json, *, path: str, interaction: int | None = None) -> tuple[Event, ...]:
    """Read what `to_json` wrote; raises ReadError naming the place of what has the wrong shape."""
    if not isinstance(value, list):
        raise ReadError(path, "is not a list of frames", interaction=interaction, place=_PLACE)
    return tuple(_from_json(item, _Where(path, interaction, number)) for number, item in enumerate(value))


def unheard(interaction: Interaction) -> bool:
    """Say whether this is a WebSocket connection whose frames are not there, as in recordings of other tools.

    A handshake of our recording that was refused (any other status than 101), or that failed, has none.
    """
    if not is_socket(interaction.request.url) or "frames" in interaction.notes:
        return False
    ours = interaction.recorded_at is not None
    return not ours or interaction.response.status == SWITCHED


def _to_json(event: Event) -> dict[str, Json]:
    said: Json
    if isinstance(event, Close):
        said = {"close": event.code, **({"reason": event.reason} if event.reason else {})}
    else:
        said = event.data if isinstance(event.data, str) else {"base64": base64.b64encode(event.data).decode()}
    packed = {"sent" if event.sent else "received": said}
    if event.ms:
        packed["ms"] = event.ms
    if isinstance(event, Frame) and event.fragments:
        packed["fragments"] = list(event.fragments)
    return packed


@dataclass(frozen=True, slots=True)
class _Where:
    path: str
    interaction: int | None
    number: int

    def fail(self, name: str, reason: str) -> NoReturn:
        place = f"{_PLACE}[{self.number}]" + (f".{name}" if name else "")
        raise ReadError(self.path, reason, interaction=self.interaction, place=place)


def _from_json(item: Json, where: _Where) -> Event:
    if not isinstance(item, dict):
        where.fail("", "is not an object")
    sides = [side for side in ("sent", "received") if side in item]
    if len(sides) != 1:
        where.fail("", "says both sent and received" if sides else "says neither sent nor received")
    side, said, ms = sides[0], item[sides[0]], item.get("ms", 0.0)
    if isinstance(ms, bool) or not isinstance(ms, int | float) or not 0 <= ms < _LONGEST:
        where.fail("ms", "is not a number of milliseconds")
    if isinstance(said, dict) and "close" in said:
        return Close(*_close(said, side, where), ms, sent=side == "sent")
    data = _bytes(said["base64"], side, where) if isinstance(said, dict) and "base64" in said else said
    if not isinstance(data, str | bytes):
        where.fail(side, "is neither text, nor bytes in base64, nor a close")
    if isinstance(data, str) and not _can_be_sent(data):
        where.fail(side, "holds a lone surrogate, which no message can carry")
    return Frame(data, ms, _fragments(item.get("fragments", []), data, where), sent=side == "sent")


def _close(said: dict[str, Json], side: str, where: _Where) -> tuple[int | None, str]:
    code, reason = said["close"], said.get("reason", "")
    if code is not None and (isinstance(code, bool) or not isinstance(code, int) or code not in _CODES):
        where.fail(f"{side}.close", "is not a close code: a number from 1000 to 4999, or null")
    if not isinstance(reason, str):
        where.fail(f"{side}.reason", "is no text")
    if not _can_be_sent(reason) or len(reason.encode()) > _LONGEST_REASON:
        where.fail(f"{side}.reason", f"is no text of up to {_LONGEST_REASON} bytes, which is what a close can carry")
    return code, reason


def _can_be_sent(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bytes(value: Json, side: str, where: _Where) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        where.fail(f"{side}.base64", "is no base64")


def _fragments(value: Json, data: str | bytes, where: _Where) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(size) is int and size >= 0 for size in value):
        where.fail("fragments", "is not a list of lengths in bytes")
    size = len(data.encode() if isinstance(data, str) else data)
    # Lengths that do not add up mean that a person edited the message: their edit counts.
    return tuple(value) if sum(value) == size else ()
