"""The one key of our own, `llmvcr` under `response`, that every format carries for what it cannot say itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from llmvcr.errors import ReadError
from llmvcr.interaction import Headers, Interaction, Json, Response
from llmvcr.wire import events

__all__ = ["KEY", "NOTHING", "OWN", "PLACES", "VERSION", "Extra", "cut", "lengths", "losses", "pack", "unpack"]

KEY = "llmvcr"
"""The key's name; it stands in the `response` object of every format, and nowhere else."""

VERSION = 1
"""The version of what stands under the key; a file that names a higher one is refused."""

OWN = frozenset({"body", "headers", "reason", "request", "status"})
"""Names that a single format may give to `pack` as `more`, beside the common ones; a note never stands under one."""

PLACES = ("interaction", "request", "response")
"""Where in an interaction an unknown key can have stood."""

_LONGEST = 1e12  # milliseconds that a float still tells apart by less than one
_STRINGS = ("ended", "error", "http_version")  # of a response, each as the field of that name
_COMMON = frozenset(
    {"version", "recorded_at", "chunks", "times", "trailers", "header_lines", "unknown", "notes", *_STRINGS}
)
_NOTHING: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Extra:
    """What stood under the key.

    `chunks` holds lengths in bytes, or None where the file names none; `said` are fields of a Response by their names;
    `request_headers` and `response_headers` are None where the format's own headers say it all; `more` holds the keys
    of `OWN`, for the format that wrote them.
    """

    recorded_at: str | None = None
    chunks: tuple[int, ...] | None = None
    times: tuple[float, ...] = ()
    said: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)
    request_headers: Headers | None = None
    response_headers: Headers | None = None
    unknown: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)
    notes: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)
    more: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)

    def put(self, response: Response, body: bytes) -> Response:
        """Give `response` the body, cut as it was, and whatever else the key says of it.

        Times that are not one for the head and one for each chunk belong to a body that a person has edited since.
        """
        chunks = cut(body, self.chunks)
        times = self.times if len(self.times) == 1 + len(chunks) or response.failed else ()
        return replace(response, chunks=chunks, times=times, **self.said)


NOTHING = Extra()
"""What is said where there is no key."""


def pack(
    interaction: Interaction,
    *,
    request_headers: bool = False,
    response_headers: bool = False,
    unknown: Mapping[str, Json] | None = None,
    **more: Json,
) -> dict[str, Json]:
    """Return the object for the key, in writing order; {} when there is nothing to say, and then no key is written.

    `request_headers` and `response_headers` say that the format's own headers lose order or spelling, so that all
    lines are kept here; `unknown` replaces the interaction's own where a format writes some of it elsewhere; `more`
    are the format's own facts, with names from `OWN` (ValueError for any other).
    """
    if strange := sorted(set(more) - OWN):
        message = f"no format may write {strange} under {KEY}: add the name to OWN"
        raise ValueError(message)
    packed: dict[str, Json] = dict(more)
    if interaction.recorded_at is not None:
        packed["recorded_at"] = interaction.recorded_at
    packed |= _passage(interaction.response)
    lines: dict[str, Json] = {}
    if request_headers:
        lines["request"] = [list(line) for line in interaction.request.headers]
    if response_headers:
        lines["response"] = [list(line) for line in interaction.response.headers]
    if lines:
        packed["header_lines"] = lines
    left = interaction.unknown if unknown is None else unknown
    if left:
        packed["unknown"] = dict(left)
    reserved = OWN | _COMMON
    packed.update({name: note for name, note in interaction.notes.items() if name not in reserved})
    if hidden := {name: note for name, note in interaction.notes.items() if name in reserved}:
        packed["notes"] = hidden
    return {"version": VERSION, **packed} if packed else {}


def unpack(obj: Json, *, path: str, interaction: int | None = None) -> Extra:
    """Read what stood under the key; `obj` is None where there was no key.

    Raises ReadError where it is no object of version 1 .. VERSION, or a part of it has the wrong shape.
    """
    if obj is None:
        return NOTHING

    def need(right: bool, name: str, what: str) -> None:  # noqa: FBT001
        if not right:
            place = f"response.{KEY}.{name}" if name else f"response.{KEY}"
            raise ReadError(path, f"is not {what}", interaction=interaction, place=place)

    need(isinstance(obj, dict), "", "an object")
    version, recorded_at, chunks = obj.get("version", VERSION), obj.get("recorded_at"), obj.get("chunks")
    need(type(version) is int and version > 0, "version", "a positive whole number")
    if version > VERSION:
        reason = f"is of version {version}, and this llmvcr knows up to {VERSION}"
        fix, place = "install a newer pytest-llmvcr", f"response.{KEY}.version"
        raise ReadError(path, reason, interaction=interaction, place=place, fix=fix)
    lines, unknown, notes = obj.get("header_lines", {}), obj.get("unknown", {}), obj.get("notes", {})
    need(isinstance(recorded_at, str | None), "recorded_at", "a string")
    for name in _STRINGS:
        need(isinstance(obj.get(name, ""), str), name, "a string")
    need(chunks is None or _is_lengths(chunks), "chunks", "a list of lengths in bytes")
    need(_is_times(obj.get("times", [])), "times", "a list of milliseconds")
    need(_is_lines(obj.get("trailers", [])), "trailers", "a list of [name, value]")
    right = isinstance(lines, dict) and all(_is_lines(value) for value in lines.values())
    need(right, "header_lines", "an object of lists of [name, value]")
    need(isinstance(unknown, dict), "unknown", "an object")
    need(isinstance(notes, dict), "notes", "an object")
    return Extra(
        recorded_at=recorded_at,
        chunks=None if chunks is None else tuple(chunks),
        times=tuple(obj.get("times", ())),
        said={
            **{name: obj[name] for name in _STRINGS if name in obj},
            **({"trailers": _lines(obj["trailers"])} if "trailers" in obj else {}),
        },
        request_headers=_lines(lines.get("request")),
        response_headers=_lines(lines.get("response")),
        unknown=unknown,
        notes={name: value for name, value in obj.items() if name not in OWN | _COMMON} | notes,
        more={name: value for name, value in obj.items() if name in OWN},
    )


def lengths(chunks: Iterable[bytes]) -> list[int]:
    """Return the length of each chunk, in bytes."""
    return [len(chunk) for chunk in chunks]


def cut(body: bytes, sizes: Sequence[int] | None) -> tuple[bytes, ...]:
    """Cut a body into chunks of these sizes; without them a stream is cut by its events, any other body is one chunk.

    Sizes that do not add up mean that a person edited the body: their edit counts, the boundaries are gone.
    """
    if sizes is None or sum(sizes) != len(body):
        return events(body) or ((body,) if body else ())
    chunks, at = [], 0
    for size in sizes:
        chunks.append(body[at : at + size])
        at += size
    return tuple(chunks)


def losses(before: Interaction, after: Interaction) -> tuple[str, ...]:
    """Name what `after` no longer says beyond HTTP, in plain words, without values."""
    lost = []
    if before.recorded_at != after.recorded_at:
        lost.append("recorded_at")
    if lengths(before.response.chunks) != lengths(after.response.chunks):
        lost.append(f"boundaries of {len(before.response.chunks)} chunks")
    if before.response.times != after.response.times:
        lost.append(f"times of {len(before.response.times)} pieces")
    if (before.response.ended, before.response.error) != (after.response.ended, after.response.error):
        lost.append("how the stream ended")
    lost += [
        name for name in ("http_version", "trailers") if getattr(before.response, name) != getattr(after.response, name)
    ]
    lost += [f"note {name}" for name in before.notes if before.notes[name] != after.notes.get(name)]
    for place, keys in before.unknown.items():
        kept = after.unknown.get(place)
        if isinstance(keys, Mapping) and isinstance(kept, Mapping | None):
            lost += [f"key {place}.{name}" for name in keys if kept is None or keys[name] != kept.get(name)]
        elif keys != kept:
            lost.append(f"key {place}")
    return tuple(lost)


def _passage(response: Response) -> dict[str, Json]:
    """Say how an answer came, as far as that is more than "an event a chunk" and "whole"."""
    said: dict[str, Json] = {}
    if response.chunks != cut(response.body, None):
        said["chunks"] = lengths(response.chunks)
    if response.times:
        said["times"] = list(response.times)
    said |= {name: value for name in _STRINGS if (value := getattr(response, name))}
    if response.trailers:
        said["trailers"] = [list(line) for line in response.trailers]
    return said


def _is_lengths(value: Json) -> bool:
    return isinstance(value, list) and all(type(size) is int and size >= 0 for size in value)


def _is_times(value: Json) -> bool:
    return isinstance(value, list) and all(type(time) in (int, float) and 0 <= time < _LONGEST for time in value)


def _is_lines(value: Json) -> bool:
    return isinstance(value, list) and all(
        isinstance(line, list) and len(line) == 2 and all(isinstance(part, str) for part in line) for line in value
    )


def _lines(value: Json) -> Headers | None:
    return None if value is None else tuple((name, text) for name, text in value)
